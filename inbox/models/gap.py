"""Gaps: what a network does not show us any more, with its range, until a lead has taken note."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inbox.clock import Clock, moment
from inbox.models.audit import Audit
from inbox.models.channel import Channel
from inbox.models.person import Person

if TYPE_CHECKING:
    from connectors.base import Mark


class Wall(models.TextChoices):
    """Why what lies in between cannot be read any more."""

    COUNT = "count", _("The network shows no more than its newest messages.")
    AGE = "age", _("The network does not show what is older than this.")
    REACH = "reach", _("It is older than this channel reaches back.")


class GapQuerySet(models.QuerySet["Gap"]):
    def open(self) -> GapQuerySet:
        """Of which no lead has taken note. Index gap_open."""
        return self.filter(acknowledged_at__isnull=True).select_related("channel").order_by("from_at")


class Gap(models.Model):
    """A range of one stream that is out of reach."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="gaps")
    stream = models.CharField(max_length=600)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    wall = models.CharField(max_length=8, choices=Wall)
    found_at = models.DateTimeField(db_default=Clock())
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_gap", fields=["channel", "stream", "from_at"]),
            models.CheckConstraint(name="gap_has_length", condition=Q(to_at__gt=models.F("from_at"))),
        ]
        indexes = [models.Index(name="gap_open", fields=["channel"], condition=Q(acknowledged_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.channel} {self.from_at}–{self.to_at}"

    @classmethod
    def find(cls, channel: Channel, stream: str, known: Mark | None, reached: datetime, wall: Wall) -> None:
        """Note what lies between what was known and what was reached, once. Call in a transaction."""
        if known is None or reached <= known.at:
            return
        row = cls(channel=channel, stream=stream, from_at=known.at, to_at=reached, wall=wall)
        if not cls.objects.filter(channel=channel, stream=stream, from_at=known.at).exists():
            row.save()
            Audit.write("gap_found", by=None, channel=channel, stream=stream, wall=str(wall))

    @classmethod
    def find_among(cls, channel: Channel, kind: str, known: Mark | None, reached: datetime, wall: Wall) -> None:
        """As `find`, for one of many streams of a kind that meet one wall together: theirs is one gap, which grows
        until a lead has taken note of it. Call in a transaction.
        """
        if known is None or reached <= known.at:
            return
        alike = cls.objects.filter(channel=channel, stream=kind)
        touching = alike.filter(acknowledged_at__isnull=True, wall=wall, from_at__lte=reached, to_at__gte=known.at)
        standing = touching.select_for_update().order_by("from_at").first()
        if standing is None:
            cls.find(channel, kind, known, reached, wall)
            return
        if not alike.filter(from_at=known.at).exists():
            standing.from_at = min(standing.from_at, known.at)
        standing.to_at = max(standing.to_at, reached)
        standing.save(update_fields=["from_at", "to_at"])

    def acknowledge(self, *, by: Person) -> bool:
        """A lead has taken note; false where another was faster."""
        with transaction.atomic():
            rows = Gap.objects.filter(pk=self.pk, acknowledged_at__isnull=True).update(
                acknowledged_by=by, acknowledged_at=moment()
            )
            if rows:
                Audit.write("gap_acknowledged", by=by, channel=self.channel, gap=self.pk)
            return bool(rows)
