"""How intake stands, channel by channel: gaps, what could not be read, what reading costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inbox.models import Channel, Gap, Meter, Quarantined

SHOWN = 20
KINDS = {
    "owned": _("our own mentions and posts read"),
    "post": _("other posts read"),
    "user": _("people looked up"),
    "dm": _("private messages read"),
    "reply": _("replies sent"),
    "link": _("replies with a link sent"),
    "dm_sent": _("private messages sent"),
    "delete": _("posts deleted"),
    "manage": _("replies hidden or shown"),
}


@dataclass(frozen=True)
class SpendLine:
    """One kind of use this month."""

    label: str
    units: int
    cost: Decimal


@dataclass(frozen=True)
class IntakeState:
    """One channel's. pieces: the newest that could not be read; there may be more."""

    gaps: Sequence[Gap]
    pieces: Sequence[Quarantined]
    meter: Meter | None
    lines: Sequence[SpendLine]


def intake_states(channels: Iterable[Channel]) -> dict[int, IntakeState]:
    """By channel. Only channels of a network that costs money ask for a meter."""
    gaps, pieces = defaultdict(list), defaultdict(list)
    for gap in Gap.objects.open():
        gaps[gap.channel_id].append(gap)
    for piece in Quarantined.objects.filter(replayed_at__isnull=True).order_by("-pk")[: 10 * SHOWN]:
        pieces[piece.channel_id].append(piece)
    states: dict[int, IntakeState] = {}
    for channel in channels:
        meter = Meter.of(channel) if channel.network in settings.SAMTAL_PRICES else None
        lines = spend_lines(channel, meter) if meter else []
        states[channel.pk] = IntakeState(gaps[channel.pk], pieces[channel.pk][:SHOWN], meter, lines)
    return states


def spend_lines(channel: Channel, meter: Meter) -> list[SpendLine]:
    prices = settings.SAMTAL_PRICES[channel.network]
    return [
        SpendLine(str(KINDS.get(kind, kind)), units, Decimal(str(prices.get(kind, 0))) * units)
        for kind, units in meter.units.items()
    ]
