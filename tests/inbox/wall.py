"""A network in memory: what is on it, and one call at a time, so that a test can stop a worker between two steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import (
    Author,
    Connector,
    ConnectorError,
    Credentials,
    ErrorKind,
    Kind,
    Outgoing,
    Page,
    ReadBack,
    RemoteMessage,
    Sent,
    Visibility,
    Window,
)
from connectors.facebook import Facebook
from inbox.clock import read_clock

OK, LOST, REFUSED = "ok", "lost", "refused"


@dataclass
class Wall:
    """posts: what we have published, oldest first; keys: the `Outgoing.key` of each, to tell twins apart.

    answer: how the next call of send ends.
    """

    account_id: str
    posts: list[RemoteMessage] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answer: str = OK

    def post(self, outgoing: Outgoing) -> RemoteMessage:
        number = len(self.posts) + 1
        message = RemoteMessage(
            remote_id=f"own_{number}",
            root_remote_id=outgoing.root_remote_id,
            kind=Kind.COMMENT,
            visibility=Visibility.PUBLIC,
            text=outgoing.text,
            created_at=read_clock(),
            author=Author(self.account_id, "Nordnett"),
            parent_remote_id=outgoing.answers_remote_id,
        )
        self.posts.append(message)
        self.keys.append(outgoing.key)
        return message

    def connect(self, **_options: object) -> WallConnector:
        """In the place of Channel.connect: bound to the wall, it is not given the channel."""
        return WallConnector(self)


class WallConnector(Facebook):
    """Facebook as the rest of Samtal sees it, with the wall behind it."""

    rate = None  # no answer of it speaks of a budget

    def __init__(self, wall: Wall) -> None:
        Connector.__init__(self, Credentials(wall.account_id))  # no tokens, no HTTP
        self.wall = wall

    def fetch_page(self, stream: str, window: Window, *, since: datetime, known: object) -> Page:
        return Page((), window)

    def send(self, outgoing: Outgoing) -> Sent:
        answer, self.wall.answer = self.wall.answer, OK
        if answer == REFUSED:
            raise ConnectorError("the post is gone", kind=ErrorKind.GONE, permanent=True)
        message = self.wall.post(outgoing)
        if answer == LOST:
            raise ConnectorError("no answer", kind=ErrorKind.UNAVAILABLE, outcome_unknown=True)
        return Sent(message.remote_id, "", message.created_at)

    def read_back(self, outgoing: Outgoing, *, since: datetime) -> ReadBack:
        own = tuple(reversed(self.wall.posts))
        return ReadBack(own, own[0].created_at if own else None)
