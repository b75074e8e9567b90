"""What inbox adds to the rules: who changed them, rules a lead switched off for a while, and "wrong stop"."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from inbox.clock import Clock, moment
from inbox.models.audit import Audit
from inbox.models.person import Person

SWITCHED_OFF_FOR = timedelta(hours=4)


class RuleBreakQuerySet(models.QuerySet["RuleBreak"]):
    def in_force(self, at: datetime | None = None) -> RuleBreakQuerySet:
        return self.filter(until__gt=moment(at))


class RuleBreak(models.Model):
    """A rule that fails, switched off by a lead for four hours, with a reason."""

    rule = models.CharField(max_length=40)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Clock())
    until = models.DateTimeField()

    objects = RuleBreakQuerySet.as_manager()

    def __str__(self) -> str:
        return self.rule

    @classmethod
    def switch_off(cls, rule: str, *, by: Person, reason: str, at: datetime | None = None) -> RuleBreak:
        with transaction.atomic():
            made = cls.objects.create(rule=rule, by=by, reason=reason, until=moment(at, SWITCHED_OFF_FOR))
            Audit.write("rule_switched_off", by=by, rule=rule)
            return made


class WrongStop(models.Model):
    """An agent says the rules were wrong here. It has an owner and gets an answer; the decision becomes an example."""

    reply = models.ForeignKey("inbox.Reply", models.CASCADE, related_name="wrong_stops")
    rule = models.CharField(max_length=40)
    text = models.TextField(help_text="The draft as it stood")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Clock())
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=500, blank=True)
    was_wrong = models.BooleanField(null=True, help_text=_("The rule was wrong"))

    def __str__(self) -> str:
        return f"{self.rule} {self.reply_id}"

    @classmethod
    def report(cls, reply: models.Model, rule: str, text: str, *, by: Person) -> WrongStop:
        with transaction.atomic():
            made, new = cls.objects.get_or_create(reply=reply, rule=rule, text=text, defaults={"by": by})
            if new:
                Audit.write("wrong_stop", by=by, rule=rule, reply_ref=reply.pk)
            return made

    def decide(self, *, by: Person, was_wrong: bool, answer: str) -> None:
        with transaction.atomic():
            WrongStop.objects.filter(pk=self.pk).update(answered_by=by, was_wrong=was_wrong, answer=answer)
            Audit.write("wrong_stop_answered", by=by, rule=self.rule, was_wrong=was_wrong)
