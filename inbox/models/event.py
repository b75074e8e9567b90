"""What the networks tell by themselves: notifications as they came, and what they said of messages we did not have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q

import connectors
from connectors.base import ConnectorError, Malformed, Notification
from inbox.clock import Clock, moment
from inbox.models.channel import Channel, ChannelState

# A notification that has ended so many workers is put aside, raw, for a person.
MOST_TRIES = 5
TOMBSTONES_STAND = timedelta(days=90)
# What names the app's secret among a channel's.
SECRETS = ("app_secret", "consumer_secret")


def secrets_of(network: str) -> dict[int | None, str]:
    """The secrets a notification of this network may be signed with, by the channel each belongs to, None for all."""
    channels = Channel.objects.filter(network=network).exclude(state=ChannelState.OFF).order_by("pk")
    found: dict[str, int | None] = {}
    for channel in channels:
        for name in SECRETS:
            if secret := channel.secrets.get(name):
                found.setdefault(secret.reveal(), channel.pk)
    if common := settings.SAMTAL_WEBHOOK_SECRETS.get(connectors.app_of(network)):
        first = channels.first()
        found.setdefault(common, first.pk if first else None)
    return {pk: secret for secret, pk in found.items()}


class RawEventQuerySet(models.QuerySet["RawEvent"]):
    def unread(self, at: datetime | None = None, plus: timedelta | None = None) -> RawEventQuerySet:
        """What is to be read now and in no worker's hands. Index raw_event_unread."""
        return self.filter(read_at__isnull=True, not_before__lte=moment(at, plus))

    def outlived(self, at: datetime | None = None) -> RawEventQuerySet:
        """Read so long ago that nobody will ask for it any more."""
        return self.filter(read_at__lte=moment(at, -timedelta(days=settings.SAMTAL_RAW_DAYS)))


class RawEvent(models.Model):
    """One notification, byte for byte, whose signature was good. It is stored in one insert and read later.

    The same bytes on the same day are the same row; on another day they change nothing, since every change is told
    with its time. `received_on` is part of what is unique so that the table can be partitioned by it.
    """

    network = models.CharField(max_length=20)
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="+", help_text="Whose secret it was")
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    received_on = models.DateField(db_default=Clock())
    received_at = models.DateTimeField(db_default=Clock())
    read_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(db_default=Clock())
    tries = models.PositiveSmallIntegerField(default=0)

    objects = RawEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_event_a_day", fields=["received_on", "network", "digest"]),
        ]
        indexes = [models.Index(name="raw_event_unread", fields=["not_before"], condition=Q(read_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.network} {self.digest[:8]}"

    @classmethod
    def keep(cls, network: str, channel_id: int | None, body: bytes) -> int | None:
        """Store what has come, in one insert: its id, None where the same is here already."""
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO inbox_rawevent (network, channel_id, body, digest, tries) VALUES (%s, %s, %s, %s, 0)
                   ON CONFLICT DO NOTHING RETURNING id""",
                (network, channel_id, body, hashlib.sha256(body).hexdigest()),
            )
            row = cursor.fetchone()
        return row[0] if row else None

    @classmethod
    def take(cls, most: int, at: datetime | None = None) -> list[RawEvent]:
        """The oldest that nobody reads, taken and counted as tried: a worker that dies of one leaves a trace.

        What has ended a worker before is taken alone, so that it cannot hold up the others.
        """
        with transaction.atomic():
            rows = list(cls.objects.unread(at).select_for_update(skip_locked=True).order_by("not_before", "pk")[:most])
            tried = [row for row in rows if row.tries]
            rows = tried[:1] or rows
            lease = moment(at, timedelta(seconds=settings.SAMTAL_PULL_LEASE))
            cls.objects.filter(pk__in=[row.pk for row in rows]).update(tries=F("tries") + 1, not_before=lease)
            return rows

    @classmethod
    def wait(cls, pks: Collection[int], wait: timedelta, at: datetime | None = None) -> None:
        """Nobody has died of these: they are read again, later."""
        cls.objects.filter(pk__in=pks).update(tries=0, not_before=moment(at, wait))

    @classmethod
    def again(cls, network: str, channel_id: int | None, body: bytes) -> None:
        """One that has been read, or was kept in quarantine, is read once more."""
        if cls.keep(network, channel_id, body) is None:
            same = cls.objects.filter(network=network, digest=hashlib.sha256(body).hexdigest())
            same.update(read_at=None, tries=0, not_before=moment(), received_at=moment())

    def notification(self) -> Notification:
        """What it says; what cannot be read at all is one malformed piece."""
        body = bytes(self.body)
        if self.tries >= MOST_TRIES:
            return Notification((), (Malformed(as_json(body), "it has ended a worker several times"),))
        try:
            return connectors.get(self.network).parse_webhook(body)
        except ConnectorError as error:
            return Notification((), (Malformed(as_json(body), str(error)),))


def as_json(body: bytes) -> object:
    """A body as the quarantine can keep it: its JSON, else its text."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return {"body": body.decode("utf-8", "replace")}
    return found if isinstance(found, dict) else {"body": body.decode("utf-8", "replace")}


class ForetoldQuerySet(models.QuerySet["Foretold"]):
    def outlived(self, at: datetime | None = None) -> ForetoldQuerySet:
        """Said so long ago that what it speaks of is beyond every reach."""
        return self.filter(told_at__lte=moment(at, -TOMBSTONES_STAND))


class Foretold(models.Model):
    """What a network said of a message before we had it: that it is gone, or hidden.

    A delete that comes before its create leaves this tombstone, and the create finds it.
    """

    network = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=120)
    removed_at = models.DateTimeField(null=True)
    hidden = models.BooleanField(null=True)
    hidden_at = models.DateTimeField(null=True, help_text="By the network's own clock")
    told_at = models.DateTimeField(db_default=Clock())

    objects = ForetoldQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="foretold_once", fields=["network", "remote_id"])]

    def __str__(self) -> str:
        return f"{self.network} {self.remote_id}"

    @classmethod
    def removed(cls, network: str, remote_ids: Iterable[str], at: datetime | None) -> None:
        rows = [Foretold(network=network, remote_id=one, removed_at=moment(at)) for one in sorted(set(remote_ids))]
        Foretold.objects.bulk_create(rows, ignore_conflicts=True)
        # Said again, it changes nothing: what is gone has been gone since the first time.
        standing = cls.objects.filter(network=network, remote_id__in=[row.remote_id for row in rows])
        standing.filter(removed_at__isnull=True).update(removed_at=moment(at))

    @classmethod
    def turned(cls, network: str, remote_id: str, *, hidden: bool, at: datetime) -> None:
        """Hidden or shown again, by the network's clock: what is older than what is known changes nothing."""
        with transaction.atomic():
            row, new = cls.objects.get_or_create(
                network=network, remote_id=remote_id, defaults={"hidden": hidden, "hidden_at": at}
            )
            if not new:
                older = Q(hidden_at__isnull=True) | Q(hidden_at__lte=at)
                cls.objects.filter(older, pk=row.pk).update(hidden=hidden, hidden_at=at)
