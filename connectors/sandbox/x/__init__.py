"""The X API v2 as tweepy meets it."""
