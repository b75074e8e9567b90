"""Rate limits: how often a bucket (a route for one token) may be used in a window; the count survives a restart."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.clock import Clock
from connectors.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Allowance:
    limit: int
    used: int
    resets_at: int

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


class Allowances:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, network: str, bucket: str, *, limit: int, window: float) -> Allowance:
        """Count one use. A new window starts with the first use after the old one has ended."""
        now = self._clock.now()
        row = self._store.one(
            "INSERT INTO allowance VALUES (:network, :bucket, :ends, 1) ON CONFLICT (network, bucket) DO UPDATE SET"
            " used = CASE WHEN resets_at <= :now THEN 1 ELSE used + 1 END,"
            " resets_at = CASE WHEN resets_at <= :now THEN :ends ELSE resets_at END RETURNING used, resets_at",
            {"network": network, "bucket": bucket, "ends": int(now + window), "now": now},
        )
        assert row is not None
        return Allowance(limit, int(row["used"]), int(row["resets_at"]))
