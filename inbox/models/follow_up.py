"""Follow-ups: what we promised, with its date. A promise that left proposes one; nothing closes it silently."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inbox.clock import Clock, moment
from inbox.models.audit import Audit
from inbox.models.person import Person
from inbox.models.thread import Thread

if TYPE_CHECKING:
    from inbox.models.reply import Reply

UNDATED = timedelta(days=1)


class FollowUpState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    OPEN = "open", pgettext_lazy("follow-up", "To do")
    KEPT = "kept", _("Kept")
    DROPPED = "dropped", _("Dropped")


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def to_do(self) -> FollowUpQuerySet:
        """Owed, soonest first. Index follow_up_due."""
        owed = self.filter(state__in=[FollowUpState.PROPOSED, FollowUpState.OPEN])
        return owed.select_related("thread__author", "thread__channel", "owner").order_by("due_at", "pk")

    def overdue(self, at: datetime | None = None) -> FollowUpQuerySet:
        return self.to_do().filter(due_at__lt=moment(at))


class FollowUp(models.Model):
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="follow_ups")
    reply = models.ForeignKey("inbox.Reply", models.SET_NULL, null=True, related_name="follow_ups")
    kind = models.CharField(max_length=10, choices=[("promise", _("Promise")), ("look", _("Look again"))])
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="follow_ups")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=FollowUpState, default=FollowUpState.PROPOSED)
    made_at = models.DateTimeField(db_default=Clock())
    done_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="follow_up_due", fields=["due_at"], condition=models.Q(state__in=["proposed", "open"]))
        ]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def from_promise(cls, reply: Reply) -> None:
        """Propose a follow-up for every promise the rules noticed in a reply that has left."""
        promises = [v for v in (reply.verdict or {}).get("violations", []) if v["rule"] == "follow_up"]
        for promise in promises[:1]:
            data = promise.get("data", {})
            due_at = parse_due(data.get("due", "")) or next_working_day()
            phrase = data.get("phrase") or reply.text[:120]
            cls.objects.create(
                thread=reply.thread, reply=reply, kind="promise", text=phrase, owner=reply.written_by, due_at=due_at
            )
            Audit.write("promised", by=None, reply=reply, due=due_at.isoformat())

    @classmethod
    def write(cls, thread: Thread, *, by: Person, text: str, due_at: datetime) -> FollowUp:
        """A follow-up a person sets by hand."""
        with transaction.atomic():
            made = cls.objects.create(
                thread=thread, kind="promise", text=text, owner=by, due_at=due_at, state=FollowUpState.OPEN
            )
            Audit.write("follow_up_set", by=by, thread=thread, due=due_at.isoformat())
            return made

    def confirm(self, *, by: Person, due_at: datetime | None = None) -> bool:
        return self.move(FollowUpState.OPEN, [FollowUpState.PROPOSED], by=by, due_at=due_at or self.due_at)

    def keep(self, *, by: Person) -> bool:
        owed = [FollowUpState.PROPOSED, FollowUpState.OPEN]
        return self.move(FollowUpState.KEPT, owed, by=by, done_at=Clock())

    def drop(self, *, by: Person, reason: str) -> bool:
        """It needs no follow-up after all; says why."""
        owed = [FollowUpState.PROPOSED, FollowUpState.OPEN]
        return self.move(FollowUpState.DROPPED, owed, by=by, done_at=Clock(), reason=reason)

    def move(self, to: FollowUpState, only: list[FollowUpState], *, by: Person, **fields: object) -> bool:
        with transaction.atomic():
            rows = FollowUp.objects.filter(pk=self.pk, state__in=only).update(state=to, **fields)
            if rows:
                Audit.write(f"follow_up_{to}", by=by, thread=self.thread, follow_up=self.pk)
            return bool(rows)


def parse_due(text: str) -> datetime | None:
    """The promise's own date, where the rules could read one."""
    due = parse_datetime(text) if text else None
    return timezone.make_aware(due) if due and timezone.is_naive(due) else due


def next_working_day() -> datetime:
    """A promise without a date is due at noon of the next working day."""
    day = timezone.localtime() + UNDATED
    while day.weekday() >= 5:
        day += UNDATED
    return day.replace(hour=12, minute=0, second=0, microsecond=0)
