"""Pictures that came with messages: fetched once, made anew, served by us, gone with their message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

import connectors
from connectors.base import ConnectorError
from connectors.pictures import fetch
from inbox.clock import Clock, moment
from inbox.models.message import Message
from inbox.models.token import options_for

SHOWN = ("photo", "sticker")
MOST_OF_A_MESSAGE = 10
MOST_TRIES = 4
LEASE = timedelta(minutes=2)
PAUSE = timedelta(minutes=10)


class PictureQuerySet(models.QuerySet["Picture"]):
    def due(self, at: datetime | None = None, plus: timedelta | None = None) -> PictureQuerySet:
        """To be fetched now. Index picture_due."""
        return self.filter(not_before__lte=moment(at, plus))

    def described(self) -> PictureQuerySet:
        """Those that can be shown, without their bytes."""
        return self.filter(width__isnull=False).defer("content").order_by("number")


class Picture(models.Model):
    """One picture of a message. not_before: when a worker fetches it, null once that is settled either way.

    A trigger (migration 0012) takes it away when its message is removed.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="pictures")
    number = models.PositiveSmallIntegerField()
    url = models.TextField()
    alt_text = models.TextField(blank=True)
    content = models.BinaryField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    not_before = models.DateTimeField(null=True, db_default=Clock())
    tries = models.PositiveSmallIntegerField(default=0)

    objects = PictureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_picture_a_number", fields=["message", "number"]),
            models.CheckConstraint(
                name="picture_whole",
                condition=Q(content__isnull=True, width__isnull=True) | Q(content__isnull=False, width__isnull=False),
            ),
        ]
        indexes = [models.Index(name="picture_due", fields=["not_before"], condition=Q(not_before__isnull=False))]

    def __str__(self) -> str:
        return self.alt_text or str(_("Picture without a description"))

    @staticmethod
    def expect(messages: Sequence[Message]) -> None:
        """Note what has to be fetched for new messages."""
        rows = [
            Picture(message=message, number=number, url=one["url"], alt_text=one["alt_text"])
            for message in messages
            for number, one in enumerate(message.attachments[:MOST_OF_A_MESSAGE])
            if one["kind"] in SHOWN and one["url"]
        ]
        if rows:
            Picture.objects.bulk_create(rows, ignore_conflicts=True)

    def take(self, at: datetime | None = None) -> bool:
        """Take it for one try; false where another worker has it or it is settled."""
        rows = Picture.objects.due(at).filter(pk=self.pk)
        return bool(rows.update(not_before=moment(at, LEASE), tries=F("tries") + 1))

    def fetch(self) -> None:
        """One call; what cannot be had stays a word beside the message."""
        network = self.message.network
        try:
            found = fetch(self.url, connectors.get(network), options_for(network))
        except ConnectorError as error:
            again = not error.permanent and self.tries + 1 < MOST_TRIES
            Picture.objects.filter(pk=self.pk).update(not_before=moment(plus=PAUSE) if again else None)
            return
        Picture.objects.filter(pk=self.pk).update(
            content=found.content, width=found.width, height=found.height, not_before=None
        )
