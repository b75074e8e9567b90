"""People: who signs in, what they may do, how they like their screen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from inbox.models.audit import Audit
from policies.models import Rulebook

if TYPE_CHECKING:
    from inbox.models.channel import Channel


class Role(models.TextChoices):
    NONE = "none", _("No role")
    AGENT = "agent", _("Colleague")
    LEAD = "lead", _("Team lead")
    ADMIN = "admin", _("Administrator")


class Level(models.TextChoices):
    """Clearance: what a person may do on one channel."""

    NONE = "none", _("May read")
    SUPERVISED = "supervised", _("May answer, with approval")
    FULL = "full", _("May answer")


MAY_ANSWER = (Level.SUPERVISED, Level.FULL)


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> Person:
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser):
    """A named person of the organisation. Never deleted, only locked out: the record points here."""

    username = models.CharField(_("user name"), max_length=60, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    first_name = models.CharField(_("first name"), max_length=60)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.NONE)
    is_active = models.BooleanField(default=True)
    on_duty = models.BooleanField(default=False)
    language = models.CharField(max_length=5, blank=True)
    undo_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    compact = models.BooleanField(default=False)
    letter_keys = models.BooleanField(default=True)
    anonymous = models.BooleanField(default=False, help_text=_("Signs as the organisation only (safety)"))
    rules_read = models.PositiveIntegerField(default=0)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="person_undo_at_most_200",
                condition=models.Q(undo_seconds__isnull=True) | models.Q(undo_seconds__lte=200),
            )
        ]

    def __str__(self) -> str:
        return self.first_name or self.username

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.full_name.split())

    @property
    def leads(self) -> bool:
        return self.role in (Role.LEAD, Role.ADMIN)

    @property
    def undo_window(self) -> timedelta:
        """The organisation's window, which a person may lengthen but not shorten."""
        return timedelta(seconds=max(settings.SAMTAL_UNDO_SECONDS, self.undo_seconds or 0))

    def is_only_lead_on_duty(self) -> bool:
        """Nobody else is there to approve."""
        others = Person.objects.filter(role=Role.LEAD, is_active=True, on_duty=True).exclude(pk=self.pk)
        return self.role == Role.LEAD and not others.exists()

    def clear(
        self, channel: Channel, level: str, *, by: Person, mentor: Person | None = None, moderates: bool = False
    ) -> None:
        """A lead says what this person may do on a channel."""
        given = {"level": level, "mentor": mentor, "moderates": moderates, "given_by": by}
        with transaction.atomic():
            Clearance.objects.update_or_create(person=self, channel=channel, defaults=given)
            Audit.write("cleared", by=by, channel=channel, person=self.pk, level=level, moderates=moderates)

    def lock_out(self, *, by: Person, reason: str) -> None:
        """Out now: no session works any more, and nothing of theirs leaves. Their words are kept as drafts."""
        with transaction.atomic():
            Person.objects.filter(pk=self.pk).update(is_active=False, on_duty=False)
            self.lock_threads()
            for reply in self.replies.filter(state__in=["held", "queued"]):
                reply.return_to_draft("locked_out", by=by)
            nobody = {"claimed_by": None, "claimed_at": None, "lease_until": None}
            self.claims.update(**nobody)
            self.assignments.update(assigned_to=None, assigned_by=None)
            Audit.write("locked_out", by=by, person=self.pk, reason=reason)

    def lock_threads(self) -> None:
        """Every thread this person has to do with, in the order of ids: before their replies, as everywhere."""
        threads = self.claims.model._default_manager.all()
        theirs = models.Q(claimed_by=self) | models.Q(assigned_to=self)
        theirs |= models.Q(pk__in=self.replies.filter(state__in=["held", "queued"]).values("thread"))
        list(threads.filter(theirs).order_by("pk").select_for_update().values_list("pk"))

    def has_read_rules(self) -> None:
        """Remember the newest rulebook this person has seen, so that a change is told once."""
        newest = Rulebook.objects.in_force()
        if newest and newest.version != self.rules_read:
            self.rules_read = newest.version
            self.save(update_fields=["rules_read"])

    def toggle_duty(self) -> None:
        self.on_duty = not self.on_duty
        self.save(update_fields=["on_duty"])

    def may_answer(self, channel_id: int) -> bool:
        """As clearance_for says it, for who needs no more."""
        cleared = self.clearances.filter(channel=channel_id, level__in=MAY_ANSWER)
        return self.role == Role.LEAD or cleared.exists()

    def clearance_for(self, channel: Channel) -> Clearance:
        """The clearance on a channel; a lead answers everywhere, everyone else only where a lead said so."""
        if self.role == Role.LEAD:
            return Clearance(person=self, channel=channel, level=Level.FULL, moderates=True)
        found = self.clearances.filter(channel=channel).select_related("mentor").first()
        return found or Clearance(person=self, channel=channel, level=Level.NONE)


class Clearance(models.Model):
    """What a lead lets a person do on a channel. `mentor` reads the replies of a supervised person."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="clearances")
    channel = models.ForeignKey("inbox.Channel", models.CASCADE, related_name="clearances")
    level = models.CharField(max_length=10, choices=Level.choices)
    mentor = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    moderates = models.BooleanField(_("may hide and delete messages"), default=False)
    given_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_clearance_a_channel", fields=["person", "channel"])]

    def __str__(self) -> str:
        return f"{self.person} {self.channel}: {self.level}"

    @property
    def may_answer(self) -> bool:
        return self.level in MAY_ANSWER
