"""How many customers are waiting, seen from the outside: the player stops writing when they are too many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
# Nobody waits for ever: what has been left alone this long was set aside.
FORGOTTEN = 7200.0


class Unanswered:
    """Threads whose last word is the player's. Fed with the truth, in the order of writing."""

    def __init__(self) -> None:
        self._top: dict[str, str] = {}
        self._waiting: dict[str, float] = {}

    def feed(self, entries: Iterable[Json], ours: frozenset[str]) -> None:
        """ours: ids of the organisation's accounts."""
        for entry in entries:
            top = self._place(entry, ours)
            if entry["author_id"] in ours:
                self._waiting.pop(top, None)
            elif entry["via"] == "player":
                self._waiting[top] = entry["created_at"]

    def count(self, now: float) -> int:
        return sum(1 for since in self._waiting.values() if now - since < FORGOTTEN)

    def _place(self, entry: Json, ours: frozenset[str]) -> str:
        """The first entry of its thread; what stands under a post of ours begins a thread of its own."""
        id = str(entry["id"])
        top = self._top.get(str(entry["parent_id"]), id)
        if not (entry["author_id"] in ours and entry["parent_id"] is None):
            self._top[id] = top
        return top
