"""Pages and what they do. A view: role and method, get, act, respond."""
