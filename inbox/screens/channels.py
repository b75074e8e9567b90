"""Channels as people judge them: how complete, how well, what the network last said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from inbox.models import Channel


@dataclass(frozen=True)
class ChannelRow:
    """One channel with what its network last said. `waiting` are replies parked on it."""

    channel: Channel
    complete_up_to: datetime | None
    quarantined: int
    waiting: int
    catching_up: bool


def channels_screen() -> dict[str, object]:
    counted = Channel.objects.annotate(
        quarantined=Count("quarantine", filter=Q(quarantine__replayed_at__isnull=True), distinct=True),
        parked=Count("replies", filter=Q(replies__state="queued") & ~Q(replies__waits_for__in=["", "undo"]), distinct=True),
        windows=Count("streams", filter=Q(streams__walk_to_at__isnull=False), distinct=True),
    )
    rows = [
        ChannelRow(
            channel,
            complete_up_to=None if channel.windows else channel.last_read_at,  # type: ignore[attr-defined]
            quarantined=channel.quarantined,  # type: ignore[attr-defined]
            waiting=channel.parked,  # type: ignore[attr-defined]
            catching_up=bool(channel.windows),  # type: ignore[attr-defined]
        )
        for channel in counted.order_by("name")
    ]
    return {"rows": rows}
