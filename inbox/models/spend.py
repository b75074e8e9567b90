"""What the networks that are paid by use have cost: counted a day and kind, priced by the table of the settings."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Sum

from inbox.clock import read_clock
from inbox.models.channel import Channel

# The share of a month's money that may be spent ahead of the month before reading slows down.
AHEAD = 0.1
SLOWEST = timedelta(minutes=15)


class Spend(models.Model):
    """How much of one kind a channel has used on one day (UTC, as the networks count)."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="spent")
    day = models.DateField()
    kind = models.CharField(max_length=12)
    units = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_spend", fields=["channel", "day", "kind"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.day} {self.kind} {self.units}"

    @classmethod
    def note(cls, channel: Channel, spent: Mapping[str, int], at: datetime | None = None) -> None:
        """Add what a call has cost; nothing where the network is free."""
        kinds = {kind: number for kind, number in spent.items() if number}
        if not kinds:
            return
        day = (at or read_clock()).date()
        for kind, number in sorted(kinds.items()):
            row, new = cls.objects.get_or_create(channel=channel, day=day, kind=kind, defaults={"units": number})
            if not new:
                cls.objects.filter(pk=row.pk).update(units=F("units") + number)


def cap_of(channel: Channel) -> Decimal | None:
    """What the channel may spend a month; None where nothing is set, or nothing costs."""
    if channel.network not in settings.SAMTAL_PRICES:
        return None
    if channel.monthly_cap is not None:
        return channel.monthly_cap
    return Decimal(str(settings.SAMTAL_MONTHLY_CAP)) if settings.SAMTAL_MONTHLY_CAP else None


@dataclass(frozen=True)
class Meter:
    """A channel's month: what was used of each kind, what it cost, what may be spent (None: no cap), how far it is."""

    units: Mapping[str, int]
    cost: Decimal
    cap: Decimal | None
    elapsed: float
    month_ends: datetime

    @classmethod
    def of(cls, channel: Channel, at: datetime | None = None) -> Meter:
        now = at or read_clock()
        first = now.date().replace(day=1)
        rows = channel.spent.filter(day__gte=first).values("kind").annotate(number=Sum("units")).order_by("kind")
        units = {row["kind"]: int(row["number"]) for row in rows}
        prices = settings.SAMTAL_PRICES.get(channel.network, {})
        cost = sum((Decimal(str(prices.get(kind, 0))) * number for kind, number in units.items()), Decimal())
        days = calendar.monthrange(now.year, now.month)[1]
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        length = timedelta(days=days)
        return cls(units, cost, cap_of(channel), (now - start) / length, start + length)

    @property
    def paid(self) -> bool:
        """Whether this network costs anything at all."""
        return bool(self.units) or self.cap is not None

    @property
    def share(self) -> float:
        """Of the month's money, 0 where there is no cap."""
        return float(self.cost / self.cap) if self.cap else 0.0

    @property
    def percent(self) -> int:
        return min(round(self.share * 100), 100)

    @property
    def used_up(self) -> bool:
        return self.cap is not None and self.cost >= self.cap

    @property
    def ahead(self) -> bool:
        """More is spent than the month has gone by: reading slows down."""
        return self.cap is not None and self.share > self.elapsed + AHEAD

    def pace(self, usual: timedelta) -> timedelta:
        """How long to wait until the next poll: longer the further the money is ahead of the month."""
        if not self.ahead:
            return usual
        return min(max(usual, SLOWEST), usual * (1 + 20 * (self.share - self.elapsed)))
