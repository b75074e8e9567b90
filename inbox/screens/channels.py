"""Channels as people judge them: how complete, how well, how long their token lasts, what the network last said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import connectors
from connectors.login import Offer
from inbox.clock import read_clock
from inbox.models import Channel, ChannelState, Quarantined, Reply, Round, Stream, Thread
from inbox.models.token import WARN_BEFORE
from inbox.screens.intake import IntakeState, intake_states

# What each permission of a network is for, as people say it.
SCOPE_WORDS: dict[str, str | Promise] = {
    "pages_show_list": _("see which pages you run"),
    "pages_read_engagement": _("read the page's posts and who writes under them"),
    "pages_read_user_content": _("read what visitors write"),
    "pages_manage_engagement": _("answer, hide and delete comments"),
    "pages_manage_metadata": _("be told at once when somebody writes"),
    "pages_messaging": _("read and answer private messages"),
    "instagram_basic": _("see the account and its media"),
    "instagram_manage_comments": _("read comments and mentions, answer, hide and delete"),
    "tweet.read": _("read posts"),
    "tweet.write": _("answer posts, and delete our own"),
    "tweet.moderate.write": _("hide answers under our posts"),
    "users.read": _("see who writes"),
    "dm.read": _("read private messages"),
    "dm.write": _("answer private messages"),
    "offline.access": _("stay connected for more than two hours"),
}

# What people say of a stream that the network may keep from us.
STREAM_WORDS: dict[str, str | Promise] = {
    "conversations": _("private messages"),
    "messages": _("private messages"),
    "tagged": _("posts that tag us"),
    "ratings": _("recommendations"),
}


@dataclass(frozen=True)
class Scope:
    """A permission: the network's name for it, and what it is for."""

    key: str
    words: str


@dataclass(frozen=True)
class ChannelRow:
    """One channel with what its network last said. `waiting` are replies parked on it.

    older: posts that polling does not come to. last_round: through those, ended or under way.
    days_left: of its token, None where it has no end, renews itself, or the network does not say.
    unread: what the network does not let us read, in words, where nobody could know beforehand.
    """

    channel: Channel
    complete_up_to: datetime | None
    catching_up: bool
    quarantined: int
    waiting: int
    missing: Sequence[Scope]
    days_left: int | None
    unread: Sequence[str]
    intake: IntakeState
    older: int
    last_round: Round | None

    now: datetime

    @property
    def closed_until(self) -> datetime | None:
        """Until when the network takes no calls; None where it takes them."""
        return self.channel.closed_until if self.still(self.channel.closed_until) else None

    @property
    def reads_closed_until(self) -> datetime | None:
        """The same where it is reading alone."""
        until = self.channel.reads_closed_until
        return until if self.still(until) and until != self.closed_until else None

    def still(self, until: datetime | None) -> bool:
        return until is not None and until > self.now

    @property
    def budget(self) -> int | None:
        """Percent of the network's calls that are left; None where it does not say, or takes none now."""
        left = self.channel.budget_left
        closed = self.closed_until or self.reads_closed_until
        return None if left is None or closed else round(100 * left)

    @property
    def kept(self) -> int:
        """Percent of them that are never used for reading."""
        return round(100 * settings.SAMTAL_SENDING_SHARE)

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left < WARN_BEFORE[0].days


def channels_screen() -> dict[str, object]:
    quarantined = counts(Quarantined.objects.filter(replayed_at__isnull=True).values_list("channel"))
    parked = Reply.objects.filter(state="queued").exclude(waits_for__in=["", "undo"])
    waiting = counts(parked.values_list("channel"))
    open_windows = counts(Stream.objects.filter(walk_to_at__isnull=False).values_list("channel"))
    now, channels = read_clock(), list(Channel.objects.order_by("name"))
    states = intake_states(channels)
    older = counts(Stream.objects.older().values_list("channel"))
    newest = Round.objects.order_by("channel", "-began_at").distinct("channel")
    rounds = {one.channel_id: one for one in newest}
    unread = refused_streams()
    rows = [
        ChannelRow(
            channel,
            complete_up_to=None if open_windows.get(channel.pk) else channel.last_read_at,
            catching_up=bool(open_windows.get(channel.pk)),
            quarantined=quarantined.get(channel.pk, 0),
            waiting=waiting.get(channel.pk, 0),
            missing=asked_for(channel.missing_scopes),
            days_left=channel.days_left(now),
            unread=unread.get(channel.pk, ()),
            intake=states[channel.pk],
            older=older.get(channel.pk, 0),
            last_round=rounds.get(channel.pk),
            now=now,
        )
        for channel in channels
    ]
    return {"rows": rows}


def refused_streams() -> dict[int, list[str]]:
    """By channel, what the network does not let it read."""
    found: dict[int, list[str]] = {}
    rows = Stream.objects.filter(refused_at__isnull=False).exclude(channel__state=ChannelState.OFF)
    for channel_id, key in rows.order_by("key").values_list("channel", "key"):
        found.setdefault(channel_id, []).append(str(STREAM_WORDS.get(key, key)))
    return found


def asked_for(scopes: Iterable[str]) -> list[Scope]:
    """Permissions in words."""
    return [Scope(scope, str(SCOPE_WORDS.get(scope, scope))) for scope in scopes]


@dataclass(frozen=True)
class OfferRow:
    """An account that can be connected, what it may not do, and the channel it is already."""

    account_id: str
    name: str
    missing: Sequence[Scope]
    channel: Channel | None


def offers_screen(network: str, offers: Sequence[Offer]) -> list[OfferRow]:
    ids = [offer.account.remote_id for offer in offers]
    known = {channel.account_id: channel for channel in Channel.objects.filter(network=network, account_id__in=ids)}
    login = connectors.LOGINS[network]
    return [
        OfferRow(
            offer.account.remote_id,
            offer.account.name,
            asked_for(login.missing(offer.grant.scopes)),
            known.get(offer.account.remote_id),
        )
        for offer in offers
    ]


def staying(channel: Channel) -> dict[str, int]:
    """What a channel has that stays when it is disconnected, and what becomes of the rest."""
    return {
        "threads": Thread.objects.filter(channel=channel).count(),
        "open_threads": Thread.objects.filter(channel=channel).open().count(),
        "unsent": Reply.objects.filter(channel=channel, state__in=["held", "queued"]).count(),
    }


def counts(rows: QuerySet[Any, tuple[Any, ...]]) -> dict[int, int]:
    """How many rows a channel has."""
    return dict(rows.annotate(number=Count("pk")).order_by())
