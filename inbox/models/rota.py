"""The rota of older posts: where people go on writing when polling does not come there any more, or never did.

They are read round by round, the longest unread first, with what polling leaves of the network's budget.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

import connectors
from connectors.base import PostContext, RemoteMessage
from inbox.clock import Clock, moment
from inbox.models.audit import Audit
from inbox.models.channel import Channel, Stream

# From the beginning of one round to that of the next, at least.
ROUND = timedelta(days=1)


class Round(models.Model):
    """Once through a channel's older posts. posts: how many were read. found: how many messages were new."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="rounds")
    began_at = models.DateTimeField(db_default=Clock())
    ended_at = models.DateTimeField(null=True)
    posts = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_round_at_a_time", fields=["channel"], condition=Q(ended_at__isnull=True))
        ]
        indexes = [models.Index(name="round_newest", fields=["channel", "-began_at"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.began_at}"

    @classmethod
    def of(cls, channel: Channel, at: datetime | None = None) -> Round | None:
        """The round under way, or a new one where it is time; None where it is not, or nothing is older."""
        under_way = channel.rounds.filter(ended_at=None).first()
        if under_way or channel.rounds.filter(began_at__gt=moment(at, -ROUND)).exists():
            return under_way
        if not channel.streams.older(at).exists():
            return None
        begun, _new = cls.objects.get_or_create(channel=channel, ended_at=None, defaults={"began_at": moment(at)})
        begun.refresh_from_db()
        return begun

    def next(self, at: datetime | None = None) -> Stream | None:
        """What has gone unread the longest; None where all has been read since the round began."""
        unread = Q(read_at__isnull=True) | Q(read_at__lt=self.began_at)
        return self.channel.streams.older(at).filter(unread).order_by(F("read_at").asc(nulls_first=True), "pk").first()

    def note(self, stream: Stream, new: int, at: datetime | None = None) -> None:
        """One has been read; also one that cannot be read has had its turn."""
        with transaction.atomic():
            Stream.objects.filter(pk=stream.pk).update(read_at=moment(at))
            Round.objects.filter(pk=self.pk).update(posts=F("posts") + 1, found=F("found") + new)

    def end(self, at: datetime | None = None) -> bool:
        """Everything has been read; false where that was noted already."""
        with transaction.atomic():
            ended = bool(Round.objects.filter(pk=self.pk, ended_at__isnull=True).update(ended_at=moment(at)))
            if ended:
                self.refresh_from_db()
                Audit.write("round_ended", by=None, channel=self.channel, posts=self.posts, found=self.found)
            return ended


def keep_turns(channel: Channel, shown: Iterable[PostContext | RemoteMessage]) -> None:
    """Posts that people may go on writing under get their place in the rota."""
    kind = connectors.get(channel.network)
    found = [kind.turn(one, account_id=channel.account_id) for one in shown]
    turns = {turn.stream: turn for turn in found if turn}
    if not turns:
        return
    known = set(channel.streams.filter(key__in=turns, post_at__isnull=False).values_list("key", flat=True))
    rows = [
        Stream(channel=channel, key=key, post_at=turn.at, polled_until=turn.polled_until)
        for key, turn in sorted(turns.items())
        if key not in known
    ]
    Stream.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["channel", "key"], update_fields=["post_at", "polled_until"]
    )


def hear_of(channel: Channel, messages: Iterable[RemoteMessage], at: datetime | None = None) -> None:
    """Somebody has written there: what had gone quiet is read again. Row by row: none waits for two."""
    ids = {one for message in messages for one in (message.post_remote_id, message.root_remote_id)}
    quiet = Q(heard_at__isnull=True) | Q(heard_at__lt=moment(at, -ROUND))
    for pk in beneath(channel, ids).filter(quiet).values_list("pk", flat=True):
        Stream.objects.filter(pk=pk).update(heard_at=moment(at))


def leave_rota(channel: Channel, remote_ids: Collection[str]) -> None:
    """Under what is gone nobody writes."""
    beneath(channel, remote_ids).update(post_at=None)


def beneath(channel: Channel, remote_ids: Collection[str]) -> models.QuerySet[Stream]:
    names = connectors.get(channel.network).beneath
    keys = [f"{name}/{one}" for name in names for one in remote_ids]
    return channel.streams.filter(key__in=keys, post_at__isnull=False)
