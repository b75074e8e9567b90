"""Connecting by OAuth: the consent pages of both networks, and the tokens they lead to."""
