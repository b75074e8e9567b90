"""Reads a connector's streams as intake does: page by page, keeping between two pages only what it would store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.base import Connector, Page, PostContext, RemoteMessage, Window

REACH = timedelta(days=30)


@dataclass
class Reader:
    """connect makes a new connector, as a new worker would: nothing may live in it from one page to the next."""

    connect: Callable[[], Connector]
    windows: dict[str, Window] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    messages: dict[str, RemoteMessage] = field(default_factory=dict)
    posts: dict[str, PostContext] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    # Called before each page, for what happens meanwhile.
    meanwhile: Callable[[], None] = lambda: None

    def poll(self) -> list[Page]:
        """All streams to their ends. Returns the pages of this poll."""
        before = len(self.pages)
        for stream in self.connect().streams():
            for followed, state in self._walk(stream).items():
                self._walk(followed)
                self.known[followed] = state
        return self.pages[before:]

    def _walk(self, stream: str) -> dict[str, str]:
        follow: dict[str, str] = {}
        for _ in range(1000):
            page = self.page(stream)
            follow |= {one.stream: one.state for one in page.follow}
            if page.window.walk_to is None:
                return follow
        raise AssertionError(f"the walk of {stream} does not end")

    def page(self, stream: str) -> Page:
        self.meanwhile()
        window = self.windows.get(stream, Window())
        page = self.connect().fetch_page(stream, window, since=datetime.now(UTC) - REACH, known=self.known)
        self.windows[stream] = page.window
        self.messages |= {message.remote_id: message for message in page.messages}
        self.posts |= {post.remote_id: post for post in page.posts}
        self.pages.append(page)
        return page

    def texts(self, of: str | None = None) -> list[str]:
        """Texts of everybody, or of everybody but the account `of`."""
        shown = self.messages.values()
        return sorted(one.text for one in shown if of is None or not one.author or one.author.remote_id != of)
