"""What could not be read is read once more, when Samtal has learnt to: nothing that came is ever lost."""

from __future__ import annotations

import json

from django.db import transaction
from django.db.models import Q

import connectors
from connectors.base import ConnectorError, Malformed
from inbox.clock import moment
from inbox.models.audit import Audit
from inbox.models.channel import Channel, ChannelState, Quarantined
from inbox.models.event import RawEvent
from inbox.models.hearing import WEBHOOK, apply, by_channel
from inbox.models.intake import clean, keep_posts, store
from inbox.models.person import Person


def replay(kept: Quarantined, *, by: Person | None) -> bool:
    """Read one piece again; false where it still cannot be read, and why is noted, or where it has been read by now."""
    with transaction.atomic():
        waiting = Quarantined.objects.select_for_update(skip_locked=True).filter(replayed_at__isnull=True)
        row = waiting.filter(pk=kept.pk).select_related("channel").first()
        if row is None:
            return False
        bad = read_event(row) if row.stream == WEBHOOK else read_piece(row)
        if bad:
            Quarantined.objects.filter(pk=row.pk).update(reason=clean(bad[0].reason)[:300])
            return False
        Quarantined.objects.filter(pk=row.pk).update(replayed_at=moment())
        Audit.write("quarantine_replayed", by=by, channel=row.channel, piece=row.pk)
        return True


def replay_all(channel: Channel, *, by: Person | None) -> tuple[int, int]:
    """(read, still not readable), oldest first; each piece by itself, so that one cannot hold up the others."""
    rows = list(channel.quarantine.filter(replayed_at__isnull=True).order_by("pk"))
    read = sum(replay(row, by=by) for row in rows)
    return read, len(rows) - read


def read_event(row: Quarantined) -> tuple[Malformed, ...]:
    """A notification, or a piece of one."""
    raw = row.raw
    text = raw.get("body") if isinstance(raw, dict) and set(raw) == {"body"} else None
    body = text if isinstance(text, str) else json.dumps(raw)
    try:
        said = connectors.get(row.channel.network).parse_webhook(body.encode())
    except ConnectorError as error:
        return (Malformed(raw, str(error)),)
    if not said.malformed:
        # Its own channel too, where that has been disconnected since: a person asks for it.
        open_to_it = Channel.objects.filter(Q(pk=row.channel_id) | ~Q(state=ChannelState.OFF))
        channels = list(open_to_it.filter(network=row.channel.network).order_by("pk"))
        for channel, changes in by_channel(said.changes, channels).items():
            apply(channel, changes)
    if any(change.only_named for change in said.changes):
        # The network has to be asked, which is for a worker to do.
        RawEvent.again(row.channel.network, row.channel.pk, body.encode())
    return said.malformed


def read_piece(row: Quarantined) -> tuple[Malformed, ...]:
    """An entry of a page."""
    page = row.channel.connect().read_again(row.stream, row.raw)
    if not page.malformed:
        keep_posts(row.channel, page.posts)
        store(row.channel, page.messages)
    return page.malformed
