"""What a page shows, gathered in a fixed number of queries. A screen returns the context of one template."""
