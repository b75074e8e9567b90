"""Trouble on purpose: which calls go wrong, how, and how often. Kept in the store, so a restart changes nothing."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from connectors.sandbox.clock import Clock
from connectors.sandbox.entries import Refusal
from connectors.sandbox.store import Store

KINDS = {
    "rate_limit": "429 (X) or a throttle code (Graph); `reset` in seconds, null for no header, or text as it stands",
    "graph_error": "a Graph error by `code` and `subcode`",
    "status": "`status` with a `body` of html, json, text, none (no content type) or empty",
    "body": "`text` as it stands, with `status` and `content_type`",
    "truncated": "the real answer, cut after `share` of it; keep_length leaves the promised length standing",
    "hang": "nothing for `seconds`, then the connection closes",
    "reset": "the connection is reset",
    "late_answer": "done at once, answered after `seconds`",
    "late_effect": "done and answered after `seconds`, also when the client has gone",
    "slow_body": "the real answer at `bytes_per_second`",
    "duplicate": "refused as a duplicate: 506 (Graph), 403 (X)",
    "redirect": "302 to `location`",
    "between": "answered well; then `entries` are written and `deletes` ([network, id]) deleted",
}
BODIES = ("html", "json", "text", "none", "empty")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the calls that match.

    network, method, path: what it meets; path is a regular expression searched in the path without its query.
    skip: so many matching calls pass first. count: how often it strikes, None for ever.
    probability, seed: strikes a share of the calls, the same ones in every run.
    effect: the call does what it should before its answer is replaced: "accepted, but the answer is lost".
    """

    kind: str
    network: str = ""
    method: str = ""
    path: str = ""
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    effect: bool = False
    status: int = 503
    body: str = "html"
    code: int = 2
    subcode: int | None = None
    reset: float | str | None = None
    seconds: float = 0.0
    bytes_per_second: float = 100.0
    share: float = 0.5
    keep_length: bool = False
    location: str = "/elsewhere"
    text: str = ""
    content_type: str | None = "application/json; charset=utf-8"
    entries: Sequence[dict[str, Any]] = field(default_factory=tuple)
    deletes: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def meets(self, network: str, method: str, path: str) -> bool:
        return (
            self.network in ("", network)
            and self.method.upper() in ("", method)
            and re.search(self.path, path) is not None
        )


@dataclass(slots=True)
class Standing:
    """A fault in the book. closed_until: a rate limit keeps its window closed for everybody it meets."""

    id: int
    fault: Fault
    left: int | None
    chance: random.Random
    fired: int = 0
    passed: int = 0
    closed_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes now. early: the call came inside a window that an answer had declared closed."""

    fault: Fault
    early: bool = False


class Faults:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._book: list[Standing] = []
        self.load()

    def load(self) -> None:
        self._book = []
        for row in self._store.all("SELECT * FROM fault ORDER BY id"):
            fault = Fault(**json.loads(row["rule"]))
            self._book.append(Standing(row["id"], fault, row["left"], random.Random(fault.seed), row["fired"]))

    def add(self, fault: Fault) -> int:
        """Raises Refusal for a fault that could never strike as it is written."""
        _check(fault)
        row = self._store.one(
            "INSERT INTO fault (rule, left) VALUES (?, ?) RETURNING id", (json.dumps(asdict(fault)), fault.count)
        )
        assert row is not None
        self._book.append(Standing(row["id"], fault, fault.count, random.Random(fault.seed)))
        return int(row["id"])

    def every(self) -> list[dict[str, Any]]:
        return [
            {"id": standing.id, "left": standing.left, "fired": standing.fired, **asdict(standing.fault)}
            for standing in self._book
        ]

    def clear(self, id: int | None = None) -> None:
        self._store.run("DELETE FROM fault WHERE :id IS NULL OR id = :id", {"id": id})
        self._book = [standing for standing in self._book if id is not None and standing.id != id]

    def strike(self, network: str, method: str, path: str) -> Strike | None:
        """The first fault in the book that strikes this call, counted down."""
        now = self._clock.now()
        for standing in self._book:
            if not standing.fault.meets(network, method, path):
                continue
            if now < standing.closed_until:
                return Strike(replace(standing.fault, reset=standing.closed_until - now), early=True)
            if self._falls(standing):
                self._fire(standing, now)
                return Strike(standing.fault)
        return None

    def _falls(self, standing: Standing) -> bool:
        if standing.left == 0:
            return False
        standing.passed += 1
        if standing.passed <= standing.fault.skip:
            return False
        return standing.chance.random() < standing.fault.probability

    def _fire(self, standing: Standing, now: float) -> None:
        standing.fired += 1
        if standing.left is not None:
            standing.left -= 1
        reset = standing.fault.reset
        if standing.fault.kind == "rate_limit" and isinstance(reset, int | float) and reset > 0:
            standing.closed_until = now + reset
        self._store.run(
            "UPDATE fault SET left = ?, fired = ? WHERE id = ?", (standing.left, standing.fired, standing.id)
        )


def _check(fault: Fault) -> None:
    if fault.kind not in KINDS:
        raise Refusal(f"a fault is one of {', '.join(KINDS)}")
    if fault.body not in BODIES:
        raise Refusal(f"a body is {', '.join(BODIES)}")
    try:
        re.compile(fault.path)
    except re.error as error:
        raise Refusal(f"path is not a regular expression: {error}") from None
