"""Channels as people judge them: how complete, how well, what the network last said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from inbox.models import Channel, Quarantined, Reply, Stream


@dataclass(frozen=True)
class ChannelRow:
    """One channel with what its network last said. `waiting` are replies parked on it."""

    channel: Channel
    complete_up_to: datetime | None
    catching_up: bool
    quarantined: int
    waiting: int


def channels_screen() -> dict[str, object]:
    quarantined = counts(Quarantined.objects.filter(replayed_at__isnull=True).values_list("channel"))
    parked = Reply.objects.filter(state="queued").exclude(waits_for__in=["", "undo"])
    waiting = counts(parked.values_list("channel"))
    open_windows = counts(Stream.objects.filter(walk_to_at__isnull=False).values_list("channel"))
    rows = [
        ChannelRow(
            channel,
            complete_up_to=None if open_windows.get(channel.pk) else channel.last_read_at,
            catching_up=bool(open_windows.get(channel.pk)),
            quarantined=quarantined.get(channel.pk, 0),
            waiting=waiting.get(channel.pk, 0),
        )
        for channel in Channel.objects.order_by("name")
    ]
    return {"rows": rows}


def counts(rows: QuerySet[Any, tuple[Any, ...]]) -> dict[int, int]:
    """How many rows a channel has."""
    return dict(rows.annotate(number=Count("pk")).order_by())
