"""Threads: what agents take, answer and follow up. Claims, the order of the queue, topics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from connectors.base import Visibility
from inbox.clock import Clock, moment, read_clock
from inbox.models.audit import Audit
from inbox.models.channel import Channel
from inbox.models.message import Author, Message, Sighting
from inbox.models.person import MAY_ANSWER, Person, Role
from inbox.states import UNDER_WAY, Settled, ThreadState

if TYPE_CHECKING:
    from inbox.models.reply import Reply

DANGER_FIRST = timedelta(days=3650)
# What most threads have none of: the model, and its way to the thread.
SELDOM = {
    "has_notes": ("Note", "thread"),
    "has_deeds": ("Deed", "thread"),
    "has_follow_ups": ("FollowUp", "thread"),
    "has_revisions": ("Revision", "reply__thread"),
}


class Topic(models.TextChoices):
    """What a message touches, in the words of POLICY.md."""

    RUMOUR = "rumour", _("Rumour")
    FINANCIALS = "financials", _("Figures")
    COMPETITOR = "competitor", _("Other suppliers")
    REORGANISATION = "reorganisation", _("Reorganisation")
    OUTAGE = "outage", _("Outage")
    LAUNCH = "launch", _("Launch")
    INTERNAL = "internal", _("Internal")


class CloseReason(models.TextChoices):
    SOLVED = "solved", _("Solved")
    SILENT = "silent", _("No word from the customer")
    SPAM = "spam", _("Spam")
    NO_QUESTION = "no_question", _("No question")
    NOT_OURS = "not_ours", _("Not for us")


class Taken(Exception):
    """Somebody else has the thread. `by` is who, None where it cannot be told any more."""

    def __init__(self, by: Person | None) -> None:
        super().__init__(str(by))
        self.by = by


class ThreadQuerySet(models.QuerySet["Thread"]):
    def readable_by(self, person: Person) -> ThreadQuerySet:
        """Public threads are everyone's to read; private ones only theirs who were named on the channel."""
        if person.leads:
            return self
        named = person.clearances.values("channel_id")
        return self.filter(Q(visibility=Visibility.PUBLIC) | Q(channel_id__in=named))

    def answerable_by(self, person: Person) -> ThreadQuerySet:
        """Threads on channels where a lead lets this person answer."""
        if person.role == Role.LEAD:
            return self
        cleared = person.clearances.filter(level__in=MAY_ANSWER).values("channel_id")
        return self.filter(channel_id__in=cleared)

    def for_a_page(self) -> ThreadQuerySet:
        """With the time by the database's clock, and whether there is any of what most threads have none of.

        A page need not ask for either then.
        """
        get_model = self.model._meta.apps.get_model
        told: dict[str, Clock | Exists] = {"read_at": Clock()}
        for name, (model, thread) in SELDOM.items():
            told[name] = Exists(get_model("inbox", model)._default_manager.filter(**{thread: OuterRef("pk")}))
        elsewhere = Sighting.objects.filter(~Q(channel=OuterRef("channel")), message__thread=OuterRef("pk"))
        return self.annotate(**told | {"has_others": Exists(elsewhere)})

    def open(self) -> ThreadQuerySet:
        return self.filter(state=ThreadState.OPEN)

    def shown(self, at: datetime | None = None) -> ThreadQuerySet:
        """Without those put off until later."""
        return self.filter(Q(later_until__isnull=True) | Q(later_until__lte=moment(at)))

    def free(self, person: Person | None = None, at: datetime | None = None) -> ThreadQuerySet:
        """Nobody else's: no live claim, not assigned to another, no words of another on their way out."""
        unclaimed = Q(claimed_by__isnull=True) | Q(lease_until__lt=moment(at)) | Q(claimed_by=person)
        unassigned = Q(assigned_to__isnull=True) | Q(assigned_to=person)
        others = Message._meta.apps.get_model("inbox", "Reply").objects.filter(
            thread=OuterRef("pk"), state__in=UNDER_WAY
        )
        return self.filter(unclaimed, unassigned).exclude(Exists(others.exclude(written_by=person)))

    def queue(self, person: Person, at: datetime | None = None) -> ThreadQuerySet:
        """What this person could take next, best first. Index thread_queue (due_at of open threads)."""
        return self.open().shown(at).answerable_by(person).free(person, at).order_by("due_at", "pk")

    def mine(self, person: Person) -> ThreadQuerySet:
        return self.open().filter(Q(claimed_by=person) | Q(assigned_to=person)).order_by("due_at", "pk")

    def next_for(self, person: Person, at: datetime | None = None) -> Thread | None:
        """Take the best free thread, passing over those other people are taking at this very moment."""
        with transaction.atomic():
            free = self.queue(person, at).filter(Q(claimed_by__isnull=True) | ~Q(claimed_by=person))
            thread = free.select_for_update(skip_locked=True, of=("self",)).first()
            return thread if thread and thread.claim(by=person, at=at) else None

    def renew_leases(self, holders: Iterable[tuple[int, int]], at: datetime | None = None) -> int:
        """One UPDATE for all (thread, person) pairs that open tabs show; a claim lost meanwhile stays lost."""
        pairs = Q(pk__in=[])
        for thread_id, person_id in holders:
            pairs |= Q(pk=thread_id, claimed_by=person_id)
        return self.filter(pairs).update(lease_until=moment(at, lease()))


def lease() -> timedelta:
    return timedelta(seconds=settings.SAMTAL_LEASE_SECONDS)


class Thread(models.Model):
    """One public subtree (a comment, visitor post or mention with its replies) or one private conversation."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="threads")
    network = models.CharField(max_length=20)
    scope = models.BigIntegerField(default=0)
    root_remote_id = models.CharField(max_length=120)
    visibility = models.CharField(max_length=8, default=Visibility.PUBLIC)
    page_post = models.ForeignKey("inbox.PagePost", models.SET_NULL, null=True, related_name="threads")
    author = models.ForeignKey(Author, models.PROTECT, null=True, related_name="threads")
    language = models.CharField(max_length=5, blank=True)

    state = models.CharField(max_length=10, choices=ThreadState, default=ThreadState.OPEN)
    close_reason = models.CharField(max_length=12, choices=CloseReason, blank=True)
    topic = models.CharField(max_length=16, choices=Topic, blank=True)
    topic_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    topic_suggested = models.CharField(max_length=16, blank=True)
    topics_refused = models.JSONField(default=list)
    danger = models.BooleanField(default=False)

    due_at = models.DateTimeField()
    due_reason = models.CharField(max_length=20, blank=True)
    later_until = models.DateTimeField(null=True)
    look_again_on = models.DateField(null=True)

    claimed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="claims")
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(Person, models.PROTECT, null=True, related_name="assignments")
    assigned_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    opened_at = models.DateTimeField(db_default=Clock())
    last_at = models.DateTimeField()
    excerpt = models.CharField(max_length=160, blank=True)
    last_author = models.ForeignKey(Author, models.PROTECT, null=True, related_name="+")
    last_answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    pointed_to_service_at = models.DateTimeField(null=True, help_text="Last reply that pointed to customer service")
    version = models.PositiveIntegerField(default=0, help_text="Raised by a trigger on every change people can see")

    # Not columns: see for_a_page. Without it one must look.
    read_at: datetime | None = None
    has_notes = has_deeds = has_follow_ups = has_revisions = has_others = True

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_thread", fields=["network", "scope", "root_remote_id"]),
            models.CheckConstraint(
                name="claim_is_whole",
                condition=Q(claimed_by__isnull=True, claimed_at__isnull=True, lease_until__isnull=True)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False, lease_until__isnull=False),
            ),
            models.CheckConstraint(name="thread_state", condition=Q(state__in=ThreadState.values)),
            models.CheckConstraint(
                name="waiting_has_a_date", condition=~Q(state="waiting") | Q(look_again_on__isnull=False)
            ),
        ]
        indexes = [
            models.Index(name="thread_queue", fields=["due_at", "id"], condition=Q(state="open")),
            models.Index(name="thread_last", fields=["-last_at", "-id"]),
            models.Index(name="thread_waiting", fields=["look_again_on"], condition=Q(state="waiting")),
            models.Index(name="thread_claimed", fields=["claimed_by"], condition=Q(claimed_by__isnull=False)),
            models.Index(name="thread_assigned", fields=["assigned_to"], condition=Q(assigned_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.author or _('Unknown author')}: {self.excerpt}"

    @property
    def is_private(self) -> bool:
        return self.visibility == Visibility.PRIVATE

    @property
    def lease_is_live(self) -> bool:
        """Whether the claim shown in a list still holds. For the eye only: claims themselves ask the database."""
        return self.lease_until is not None and self.lease_until > timezone.now()

    @property
    def why(self) -> str:
        """Why it stands where it stands in the queue."""
        return str(DueReason(self.due_reason).label) if self.due_reason else ""

    @property
    def get_topic_suggested_display(self) -> str:
        return str(Topic(self.topic_suggested).label) if self.topic_suggested else ""

    @property
    def topic_in_force(self) -> str:
        """What gates a reply: a person's tag, else a suggestion nobody has said no to."""
        return self.topic or (self.topic_suggested if self.topic_suggested not in self.topics_refused else "")

    def other_channels(self) -> list[str]:
        """Names of those that have seen something of it, too: one post may mention two of our accounts."""
        if not self.has_others:
            return []
        others = Channel.objects.exclude(pk=self.channel_id).filter(sightings__message__thread=self)
        return list(others.order_by("name").values_list("name", flat=True).distinct())

    # --- claims --------------------------------------------------------------------------------------------------

    def claimant(self, at: datetime | None = None) -> Person | None:
        """Whose claim is live, else whom it is assigned to."""
        if self.claimed_by and self.lease_until and self.lease_until > (at or read_clock()):
            return self.claimed_by
        return self.assigned_to

    def holder(self, at: datetime | None = None) -> Person | None:
        """Who has the thread now: its claimant, else whose words are under way."""
        if claimant := self.claimant(at):
            return claimant
        under_way = self.replies.filter(state__in=UNDER_WAY).select_related("written_by").first()
        return under_way.written_by if under_way else None

    def claim(self, *, by: Person, at: datetime | None = None) -> bool:
        """Take it: one conditional UPDATE, so of two people one gets it. False for who came second."""
        with transaction.atomic():
            rows = (
                Thread.objects.filter(pk=self.pk)
                .free(by, at)
                .update(claimed_by=by, claimed_at=moment(at), lease_until=moment(at, lease()))
            )
            if rows:
                Audit.write("claimed", by=by, thread=self)
            return bool(rows)

    def release(self, *, by: Person) -> bool:
        """Put back. False where it was not this person's."""
        with transaction.atomic():
            rows = Thread.objects.filter(Q(claimed_by=by) | Q(assigned_to=by), pk=self.pk).update(
                claimed_by=None, claimed_at=None, lease_until=None, assigned_to=None, assigned_by=None
            )
            if rows:
                Audit.write("released", by=by, thread=self)
            return bool(rows)

    def assign(self, *, to: Person, by: Person) -> None:
        """A lead gives it to a person. An assignment does not expire."""
        with transaction.atomic():
            thread = Thread.objects.select_for_update().get(pk=self.pk)
            thread.recall(by=by, unless=to, why="assigned")
            Thread.objects.filter(pk=self.pk).update(
                assigned_to=to, assigned_by=by, claimed_by=None, claimed_at=None, lease_until=None
            )
            Audit.write("assigned", by=by, thread=self, to=to.pk)

    def take_over(self, *, by: Person, reason: str, at: datetime | None = None) -> bool:
        """Take it from whoever has it. A held or queued reply of theirs becomes a draft again first.

        False where a reply is just leaving: what is on its way cannot be taken over.
        """
        with transaction.atomic():
            thread = Thread.objects.select_for_update().get(pk=self.pk)
            if thread.replies.filter(state="sending").exclude(written_by=by).exists():
                return False
            previous = thread.holder()
            thread.recall(by=by, unless=by, why="taken_over")
            Thread.objects.filter(pk=self.pk).update(
                claimed_by=by,
                claimed_at=moment(at),
                lease_until=moment(at, lease()),
                assigned_to=None,
                assigned_by=None,
            )
            Audit.write("taken_over", by=by, thread=self, reason=reason, previous=previous.pk if previous else None)
            return True

    def recall(self, *, by: Person, unless: Person, why: str) -> None:
        """Bring others' held and queued replies back to draft, text kept. Call with the thread locked."""
        for reply in self.replies.filter(state__in=["held", "queued"]).exclude(written_by=unless):
            reply.return_to_draft(why, by=by)

    # --- topics --------------------------------------------------------------------------------------------------

    def tag(self, topic: str, *, by: Person) -> None:
        """Say what the thread touches; "" takes the tag away."""
        with transaction.atomic():
            Thread.objects.filter(pk=self.pk).update(topic=topic, topic_by=by if topic else None)
            Audit.write("tagged", by=by, thread=self, topic=topic)

    def refuse_topic(self, topic: str, *, by: Person) -> None:
        """A person says a suggestion is wrong: it gates no more."""
        with transaction.atomic():
            thread = Thread.objects.select_for_update().get(pk=self.pk)
            refused = sorted({*thread.topics_refused, topic})
            cleared = {"topic": "", "topic_by": None} if thread.topic == topic else {}
            Thread.objects.filter(pk=self.pk).update(topics_refused=refused, **cleared)
            Audit.write("topic_refused", by=by, thread=self, topic=topic)

    # --- states --------------------------------------------------------------------------------------------------

    def keep_for(self, person: Person, at: datetime | None = None) -> None:
        """Raises Taken where somebody else is at work on it. Locks the row for the rest of the transaction."""
        locked = Thread.objects.select_for_update().get(pk=self.pk)
        if not Thread.objects.filter(pk=self.pk).free(person, at).exists():
            raise Taken(locked.holder())

    def set_aside(self, reason: str, *, by: Person) -> bool:
        """Close without a reply. False where it is not open any more; Taken where somebody else has it."""
        with transaction.atomic():
            self.keep_for(by)
            rows = Thread.objects.filter(pk=self.pk, state=ThreadState.OPEN).update(
                state=ThreadState.SET_ASIDE, close_reason=reason, **NOBODY
            )
            if rows:
                self.messages.unsettled().update(settled=Settled.SET_ASIDE)
                Audit.write("set_aside", by=by, thread=self, reason=reason)
            return bool(rows)

    def close(self, reason: str, *, by: Person) -> bool:
        """It has come to its end. False where it is not open any more; Taken where somebody else has it."""
        with transaction.atomic():
            self.keep_for(by)
            rows = Thread.objects.filter(pk=self.pk, state__in=[ThreadState.OPEN, ThreadState.WAITING]).update(
                state=ThreadState.CLOSED, close_reason=reason, **NOBODY
            )
            if rows:
                self.messages.unsettled().update(settled=Settled.SET_ASIDE)
                Audit.write("closed", by=by, thread=self, reason=reason)
            return bool(rows)

    def reopen(self, *, by: Person) -> bool:
        with transaction.atomic():
            done = [ThreadState.WAITING, ThreadState.CLOSED, ThreadState.SET_ASIDE]
            rows = Thread.objects.filter(pk=self.pk, state__in=done).update(
                state=ThreadState.OPEN, close_reason="", look_again_on=None, due_at=moment(), due_reason="reopened"
            )
            if rows:
                Audit.write("reopened", by=by, thread=self)
            return bool(rows)

    def put_off(self, until: datetime, *, by: Person) -> bool:
        """Later: hidden from the queue until then, or until the customer writes.

        False where it is not open any more; Taken where somebody else has it.
        """
        with transaction.atomic():
            self.keep_for(by)
            rows = Thread.objects.filter(pk=self.pk, state=ThreadState.OPEN).update(later_until=until, **NOBODY)
            if rows:
                Audit.write("later", by=by, thread=self, until=until.isoformat())
            return bool(rows)

    def answered(self, reply: Reply) -> None:
        """Settle what the reply answers and everything the same person wrote before it; all settled → waiting."""
        answered = Q(pk=reply.answers_id)
        if reply.answers and reply.answers.author_id:
            answered |= Q(author_id=reply.answers.author_id, created_at__lte=reply.answers.created_at)
        self.messages.unsettled().filter(answered).update(settled=Settled.ANSWERED, settled_by=reply)
        self.settle()

    def settle(self) -> None:
        """Bring state and place in the queue in line with what is still unsettled."""
        oldest = self.messages.unsettled().in_order().first()
        if oldest is None and self.state == ThreadState.OPEN:
            look_again = self.look_again_date()
            Thread.objects.filter(pk=self.pk, state=ThreadState.OPEN).update(
                state=ThreadState.WAITING, look_again_on=look_again, **NOBODY
            )
        elif oldest is not None:
            self.place(oldest)

    def look_again_date(self) -> datetime:
        """Three working days from today, or what the channel says."""
        day, left = timezone.localdate(), self.channel.look_again_days
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return day  # type: ignore[return-value]

    def place(self, oldest: Message) -> None:
        """Open, and in the queue by the oldest message that waits."""
        promised = self.follow_ups.filter(state__in=["open", "proposed"], kind="promise").order_by("due_at").first()
        due_at, reason = due(
            oldest.created_at,
            self.channel.target_minutes,
            danger=self.danger,
            reach=self.author.reach if self.author else None,
        )
        if promised and promised.due_at < due_at and not self.danger:
            due_at, reason = promised.due_at, "promise"
        Thread.objects.filter(pk=self.pk).update(
            state=ThreadState.OPEN,
            due_at=due_at,
            due_reason=reason,
            look_again_on=None,
            close_reason="",
            later_until=None,
        )


NOBODY: dict[str, None] = {
    "claimed_by": None,
    "claimed_at": None,
    "lease_until": None,
    "assigned_to": None,
    "assigned_by": None,
}


class DueReason(models.TextChoices):
    """Why a thread stands where it stands in the queue."""

    WAITING = "waiting", _("waiting for an answer")
    DANGER = "danger", _("danger")
    REACH = "reach", _("many read along")
    PROMISE = "promise", _("promised")
    OUTAGE = "outage", _("outage")
    REOPENED = "reopened", pgettext_lazy("due reason", "reopened")


def due(created_at: datetime, target_minutes: int, *, danger: bool, reach: int | None) -> tuple[datetime, str]:
    """When a message should be answered, as one stored timestamp, and why it stands there."""
    due_at = created_at + timedelta(minutes=target_minutes)
    if danger:
        return due_at - DANGER_FIRST, DueReason.DANGER
    if reach and reach >= 10_000 and settings.SAMTAL_PROFILE == "company":
        return due_at - timedelta(minutes=30), DueReason.REACH
    return due_at, DueReason.WAITING


class Note(models.Model):
    """A word among ourselves beside a thread; it never leaves."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="notes")
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(db_default=Clock())

    def __str__(self) -> str:
        return self.text[:60]

    @classmethod
    def write(cls, thread: Thread, text: str, *, by: Person) -> Note:
        with transaction.atomic():
            note = cls.objects.create(thread=thread, written_by=by, text=text)
            Audit.write("noted", by=by, thread=thread)
            Thread.objects.filter(pk=thread.pk).update(version=F("version") + 1)
            return note
