"""What is in force for a while: outages, quiet periods, embargoes, and the statements released about them."""

from __future__ import annotations

from datetime import datetime, time
from typing import TypedDict

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from policies.verdict import ActiveSituation, ReferralTarget, Wording


class HoursData(TypedDict):
    """Open on these weekdays (Monday is 0) from "08:00" to "20:00"."""

    days: list[int]
    opens: str
    closes: str


class TargetData(TypedDict):
    """A referral target as stored; no hours is always open."""

    kind: str
    text: str
    language: str
    hours: list[HoursData]


def _is_open(target: TargetData, at: datetime) -> bool:
    hours = target["hours"]
    return not hours or any(
        at.weekday() in span["days"]
        and time.fromisoformat(span["opens"]) <= at.time() < time.fromisoformat(span["closes"])
        for span in hours
    )


class SituationQuerySet(models.QuerySet["Situation"]):
    def in_force(self, at: datetime) -> SituationQuerySet:
        """Begun and not ended at `at`; few rows, served by situation_in_force."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)

    def outages(self) -> SituationQuerySet:
        return self.filter(kind=Situation.Kind.OUTAGE)


class Situation(models.Model):
    """Who switched it on and off stands in the inbox's audit."""

    class Kind(models.TextChoices):
        OUTAGE = "outage", _("outage")
        QUIET = "quiet", _("quiet period")
        EMBARGO = "embargo", _("embargo")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=200)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until further notice."))
    area = models.CharField(_("area"), max_length=200, blank=True)
    channel_ids = models.JSONField(_("channels"), default=list, blank=True)
    terms = models.JSONField(_("words that attach threads"), default=list, blank=True)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    targets = models.JSONField(_("where to point"), default=list, blank=True)

    objects = SituationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("situation")
        verbose_name_plural = _("situations")
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="situation_in_force")]
        constraints = [
            models.CheckConstraint(
                name="situation_ends_after_it_starts",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=models.F("starts_at")),
            ),
            models.CheckConstraint(
                name="situation_kind_is_known", condition=Q(kind__in=["outage", "quiet", "embargo"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def end(self, *, at: datetime) -> bool:
        """Switch it off; False if it was over before."""
        changed = Situation.objects.in_force(at).filter(pk=self.pk).update(ends_at=at)
        self.refresh_from_db()
        return changed == 1

    def covers_channel(self, channel_id: int) -> bool:
        """No channels named is every channel."""
        return not self.channel_ids or channel_id in self.channel_ids

    def load(self, *, at: datetime) -> ActiveSituation:
        """The frozen form the engine takes, with the targets open at `at`, which is in the organisation's time zone."""
        return ActiveSituation(
            id=self.pk,
            kind=self.kind,
            title=self.title,
            topics=tuple(self.topics),
            terms=tuple(self.terms),
            targets=tuple(
                ReferralTarget(target["kind"], target["text"], target["language"])
                for target in self.targets
                if _is_open(target, at)
            ),
        )


class StatementQuerySet(models.QuerySet["Statement"]):
    def released(self, at: datetime) -> StatementQuerySet:
        """Released, and its time has come and not passed."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at), released_at__lte=at, valid_from__lte=at)


class Statement(models.Model):
    """A public wording that may be said about a topic or a situation, one text a language."""

    situation = models.ForeignKey(
        Situation, null=True, blank=True, on_delete=models.SET_NULL, related_name="statements"
    )
    topics = models.JSONField(_("topics"), default=list, blank=True)
    texts = models.JSONField(_("texts"), default=dict)
    link = models.URLField(_("link"), blank=True)
    valid_from = models.DateTimeField(_("from"))
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from"]
        verbose_name = _("statement")
        verbose_name_plural = _("statements")

    def __str__(self) -> str:
        return next(iter(self.texts.values()), self.link)

    def release(self, *, at: datetime) -> bool:
        """Let it be said; False if it was released before."""
        changed = Statement.objects.filter(pk=self.pk, released_at__isnull=True).update(released_at=at)
        self.refresh_from_db()
        return changed == 1

    def load(self) -> list[Wording]:
        """One wording a language, as the engine takes them."""
        return [
            Wording(self.pk, text, link=self.link, language=language, topics=tuple(self.topics))
            for language, text in self.texts.items()
        ]
