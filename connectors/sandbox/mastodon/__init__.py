"""Mastodon's protocol: one instance, on which the organisation and its customers have their accounts."""
