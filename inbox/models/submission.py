"""Forms that were sent, with what was answered: the same form once more changes nothing and gets the same answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import models

from inbox.clock import Clock, moment
from inbox.models.person import Person


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def outlived(self) -> SubmissionQuerySet:
        """Nobody sends these again. Index submission_at."""
        return self.filter(at__lt=moment(plus=-timedelta(days=settings.SAMTAL_ANSWERS_KEPT_DAYS)))


class Submission(models.Model):
    """One form, known by the key that its page gave it. `digest` is of where it went and what it said.

    It is written in the transaction of the act itself, so there is no answer without its act and no act without its
    answer. What was refused is not kept: nothing was done, and the next try may fare better.
    """

    key = models.UUIDField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    route = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Clock())

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_answer_a_form", fields=["person", "key", "route"])]
        indexes = [models.Index(name="submission_at", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"

    @classmethod
    def begin(cls, key: UUID, *, by: Person, route: str, digest: str) -> Submission:
        """Ours to answer, or the earlier one. Call inside the act's transaction.

        The INSERT waits while a twin is being answered; what it then finds has been answered.
        """
        form = Submission(key=key, person=by, route=route, digest=digest)
        Submission.objects.bulk_create([form], ignore_conflicts=True)
        return Submission.objects.get(key=key, person=by, route=route)

    @property
    def is_answered(self) -> bool:
        """False is our own: others see a row only once its transaction, and with it the answer, is committed."""
        return self.status is not None

    def keep(self, status: int, headers: dict[str, str], body: str) -> None:
        Submission.objects.filter(pk=self.pk).update(status=status, headers=headers, body=body)
