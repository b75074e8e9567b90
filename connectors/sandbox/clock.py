"""The sandbox's own time: it can be frozen and moved, so that windows of days pass in a test without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.sandbox.store import Store


class Clock:
    """Seconds since 1970, kept across restarts. `source` is the machine's clock."""

    def __init__(self, store: Store, source: Callable[[], float] = time.time) -> None:
        self._store = store
        self._source = source
        self._offset = 0.0
        self._frozen_at: float | None = None
        self.load()

    def load(self) -> None:
        """Take over what the store remembers; after a reset that is the machine's own time."""
        kept = self._store.get("clock", {})
        self._offset = float(kept.get("offset", 0.0))
        frozen = kept.get("frozen_at")
        self._frozen_at = None if frozen is None else float(frozen)

    def now(self) -> float:
        return self._source() + self._offset if self._frozen_at is None else self._frozen_at

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    def freeze(self, at: float | None = None) -> None:
        self._frozen_at = self.now() if at is None else at
        self._save()

    def resume(self) -> None:
        """Run on from where the clock stands."""
        self._offset, self._frozen_at = self.now() - self._source(), None
        self._save()

    def advance(self, seconds: float) -> None:
        if self._frozen_at is None:
            self._offset += seconds
        else:
            self._frozen_at += seconds
        self._save()

    def _save(self) -> None:
        self._store.put("clock", {"offset": self._offset, "frozen_at": self._frozen_at})


def seconds(text: str | float) -> float:
    """Seconds since 1970 from a number, a numeric string or an ISO time (without a zone it is UTC).

    Raises ValueError for anything else.
    """
    if isinstance(text, int | float):
        return float(text)
    try:
        return float(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def iso(at: float) -> str:
    """ "2026-11-22T14:03:12.345Z", as X writes times and as the control API answers them."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
