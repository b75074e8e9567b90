"""The record: who did what, when, under which rulebook. Plain inserts; a trigger refuses change and removal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction

from inbox.clock import Clock, moment

if TYPE_CHECKING:
    from inbox.models.channel import Channel
    from inbox.models.person import Person
    from inbox.models.reply import Reply
    from inbox.models.thread import Thread

# Ids are given before commit, so a smaller one may appear after a larger: the newest minute is not sealed yet.
SETTLED_AFTER = timedelta(seconds=60)

type_of_plain = str | int | float | bool | None | list[str] | list[int]


class AuditQuerySet(models.QuerySet["Audit"]):
    def of_thread(self, thread: Thread) -> AuditQuerySet:
        """Index audit_thread."""
        return self.filter(thread_id=thread.pk).select_related("by").order_by("pk")

    def unsealed(self) -> AuditQuerySet:
        last = AuditSeal.objects.aggregate(last=models.Max("last_id"))["last"] or 0
        return self.filter(pk__gt=last).order_by("pk")


class Audit(models.Model):
    """One act. ids and digests, never message text, so that the record can outlive an erased person's words."""

    at = models.DateTimeField(db_default=Clock())
    verb = models.CharField(max_length=40)
    by = models.ForeignKey("inbox.Person", models.PROTECT, null=True, related_name="+")
    thread_id = models.BigIntegerField(null=True)
    reply_id = models.BigIntegerField(null=True)
    channel_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="audit_thread", fields=["thread_id", "id"])]

    def __str__(self) -> str:
        return f"{self.at} {self.verb}"

    @classmethod
    def write(
        cls,
        verb: str,
        *,
        by: Person | None,
        thread: Thread | None = None,
        reply: Reply | None = None,
        channel: Channel | None = None,
        **data: type_of_plain,
    ) -> None:
        """Insert one row in the caller's transaction. `by` None is the program itself."""
        cls.objects.create(
            verb=verb,
            by=by,
            thread_id=thread.pk if thread else (reply.thread_id if reply else None),
            reply_id=reply.pk if reply else None,
            channel_id=channel.pk if channel else None,
            data=data,
        )

    def digest_line(self) -> bytes:
        parts = (self.pk, self.at.isoformat(), self.verb, self.by_id, self.thread_id, self.reply_id, self.channel_id)
        return f"{parts!r}{sorted(self.data.items())!r}\n".encode()


class AuditSeal(models.Model):
    """A sealed batch: its digest covers the batch and the seal before it, so a changed or missing row shows."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Clock())

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"

    @classmethod
    def digest_of(cls, previous: str, rows: Iterable[Audit]) -> str:
        sha = hashlib.sha256(previous.encode())
        for row in rows:
            sha.update(row.digest_line())
        return sha.hexdigest()

    @classmethod
    def seal(cls, most: int = 5000) -> AuditSeal | None:
        """Chain the next batch, None if there is none."""
        with transaction.atomic():
            previous = cls.objects.select_for_update().order_by("-last_id").first()
            rows = list(Audit.objects.unsealed().filter(at__lt=moment(plus=-SETTLED_AFTER))[:most])
            if not rows:
                return None
            digest = cls.digest_of(previous.digest if previous else "", rows)
            return cls.objects.create(first_id=rows[0].pk, last_id=rows[-1].pk, digest=digest)

    @classmethod
    def first_broken(cls) -> AuditSeal | None:
        """The first seal that its rows do not fit any more: one was changed, removed or slipped in."""
        previous = ""
        for seal in cls.objects.order_by("last_id").iterator():
            rows = Audit.objects.filter(pk__gte=seal.first_id, pk__lte=seal.last_id).order_by("pk")
            if cls.digest_of(previous, rows) != seal.digest:
                return seal
            previous = seal.digest
        return None
