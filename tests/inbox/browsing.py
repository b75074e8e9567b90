"""Signed-in clients, and what an answer says."""

from __future__ import annotations

import html
import re

from django.http import HttpResponseBase
from django.test import Client

from inbox.models import Person

HTMX = {"HX-Request": "true"}


def client(person: Person | None = None, *, csrf: bool = False) -> Client:
    """A browser with a session of its own; `csrf` makes it strict about tokens, as the server is."""
    made = Client(enforce_csrf_checks=csrf)
    if person:
        made.force_login(person)
    return made


def words(answer: HttpResponseBase) -> str:
    """What the page says, without its markup."""
    text = re.sub(r"<[^>]+>", " ", getattr(answer, "content", b"").decode())
    return " ".join(html.unescape(text).split())
