"""What the sandbox's networks hold: people, and entries (posts, comments, tweets, private messages)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.store import Row

FACEBOOK = "facebook"
X = "x"
MASTODON = "mastodon"
INSTAGRAM = "instagram"
BLOG = "blog"
NETWORKS = (FACEBOOK, X, MASTODON, INSTAGRAM, BLOG)
KINDS = {
    FACEBOOK: ("post", "comment", "rating", "private"),
    X: ("tweet", "private"),
    MASTODON: ("status",),
    INSTAGRAM: ("media", "comment"),
    BLOG: ("entry", "comment"),
}
# Every id of Instagram's is one, and none of Facebook's.
INSTAGRAM_ID = re.compile(r"1[78]\d{15}")
# Their ids are times, and order everything.
SNOWFLAKES = (X, MASTODON)


class Refusal(Exception):
    """The world cannot do that; the text says why, for the control API and the street."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account on a network; `ours` are the organisation's own pages and users."""

    network: str
    id: str
    name: str
    handle: str = ""
    language: str = ""
    followers: int = 0
    ours: bool = False
    protected: bool = False
    long_posts: bool = False
    created_at: float = 0.0

    @classmethod
    def from_row(cls, row: Row) -> Person:
        flags = {name: bool(row[name]) for name in ("ours", "protected", "long_posts")}
        return cls(**{**dict(row), **flags})


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something to be written.

    id, created_at, visible_at: the network's own when None. wall_id: the page a Facebook post stands on.
    via: "api" for what came through the networks' own API, else who pressed the button: street, player, control.
    """

    network: str
    kind: str
    author_id: str
    text: str
    parent_id: str | None = None
    wall_id: str | None = None
    id: str | None = None
    created_at: float | None = None
    visible_at: float | None = None
    via: str = "control"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something written, as a reader sees it now. root_id: the Facebook post, the X conversation, the private one."""

    seq: int
    network: str
    id: str
    kind: str
    author_id: str
    text: str
    created_at: float
    position: int
    parent_id: str | None
    root_id: str
    wall_id: str | None
    via: str
    edited_at: float | None
    deleted_at: float | None
    hidden: bool
    extra: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Row) -> Entry:
        values = dict(zip(COLUMNS, tuple(row)[: len(COLUMNS)], strict=True))
        values["hidden"], values["extra"] = bool(values["hidden"]), json.loads(values["extra"])
        return cls(**values)

    @property
    def own_text(self) -> str:
        """What the author typed: X puts the people answered in front of a reply."""
        return self.text[int(self.extra.get("prefix", 0)) :]


COLUMNS = tuple(Entry.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened, for the webhooks. verb: add, edited, remove, hide, unhide."""

    verb: str
    entry: Entry
    at: float
