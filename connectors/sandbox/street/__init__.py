"""The street: a web page where a person writes as a customer and reads what the organisation answered."""
