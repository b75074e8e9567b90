"""The record of every call the networks got: for the budgets, the spend meter and "no call inside a closed window"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.clock import Clock
from connectors.sandbox.store import Store

KEPT = 50_000
VERSION = re.compile(r"^/v\d+\.\d+(?=/|$)")
# Ids of both networks: numbers, numbers joined by an underscore, and the t_ and m_ of private messages.
ID = re.compile(r"(?<=/)(?:\d+(?:[_-]\d+)*|[tm]_[\w.:-]+)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Called:
    """path: without its query, where tokens would be. resources: what the network would bill (posts, users read)."""

    network: str
    method: str
    path: str
    status: int
    fault: str = ""
    early: bool = False
    resources: int = 0
    ms: float = 0.0

    @property
    def route(self) -> str:
        """ "GET /{id}/comments", whatever the version and the id."""
        version, rest = ("/2", self.path[2:]) if self.path.startswith("/2/") else ("", VERSION.sub("", self.path))
        return f"{self.method} {version}{ID.sub('{id}', rest) or '/'}"


class Calls:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, called: Called) -> None:
        with self._store.transaction():
            self._store.run(
                "INSERT INTO call (at, network, route, path, status, fault, early, resources, ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._clock.now(),
                    called.network,
                    called.route,
                    called.path,
                    called.status,
                    called.fault,
                    called.early,
                    called.resources,
                    round(called.ms, 2),
                ),
            )
            self._store.run(
                "INSERT INTO call_count VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (network, route, status, fault)"
                " DO UPDATE SET calls = calls + 1, resources = resources + excluded.resources,"
                " early = early + excluded.early",
                (called.network, called.route, called.status, called.fault, called.resources, called.early),
            )

    def counts(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._store.all("SELECT * FROM call_count ORDER BY network, route, status, fault")]

    def latest(self, limit: int = 200, since: int = 0) -> list[dict[str, Any]]:
        """Newest first; `since` is the seq of a call seen before."""
        sql = "SELECT * FROM call WHERE seq > ? ORDER BY seq DESC LIMIT ?"
        return [dict(row) for row in self._store.all(sql, (since, limit))]

    def trim(self) -> None:
        """Keep the newest calls; the counts know of all of them."""
        self._store.run("DELETE FROM call WHERE seq <= (SELECT max(seq) FROM call) - ?", (KEPT,))

    def clear(self) -> None:
        self._store.run("DELETE FROM call")
        self._store.run("DELETE FROM call_count")
