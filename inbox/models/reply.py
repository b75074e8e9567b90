"""Replies: the outbox. Drafting, the gate, approval, undo, sending, and finding out what became of a send.

Every way from one state to another is one conditional UPDATE here; states.py lists them all.
"""

from __future__ import annotations

import hashlib
import logging
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from connectors.base import ConnectorError, ErrorKind, Outgoing, RemoteMessage, Sent, Visibility
from inbox.clock import Clock, moment
from inbox.models.audit import Audit
from inbox.models.channel import Brake, Channel, ChannelState
from inbox.models.check import check_reply
from inbox.models.correction import is_overtaken, take_place
from inbox.models.door import takes_answers
from inbox.models.follow_up import FollowUp
from inbox.models.message import Message
from inbox.models.person import Person, Role
from inbox.models.thread import Taken, Thread
from inbox.states import REPLY_EXITS, ReplyState, Settled, Waits
from inbox.trace import about
from policies.verdict import Effect, Verdict

if TYPE_CHECKING:
    from inbox.models.revision import Revision

log = logging.getLogger(__name__)

MOST_AUTOMATIC_SENDS = 2


class Reason(models.TextChoices):
    """Why a reply is a draft again, was not sent, or may be out: what people are told."""

    NONE = "", ""
    UNDONE = "undone", _("You took it back before it left.")
    SENT_BACK = "sent_back", _("Sent back by the approver.")
    BLOCKED = "blocked", _("The rules stop this text.")
    NEEDS_APPROVAL = "needs_approval", _("The rules now ask for an approval.")
    NEWER = "newer", _("The customer has written since you wrote.")
    EDITED = "edited", _("The customer has changed the message you answer.")
    VANISHED = "vanished", _("The message you answer is gone.")
    ANSWERED = "answered", _("One of us has answered meanwhile.")
    TAKEN = "taken", _("A colleague has taken the thread.")
    TAKEN_OVER = "taken_over", _("A colleague has taken over the thread.")
    ASSIGNED = "assigned", _("The thread was assigned to a colleague.")
    LOCKED_OUT = "locked_out", _("The writer may not answer here any more.")
    EARLIER = "earlier", _("An earlier reply of this thread did not leave.")
    BRAKE = "brake", _("Sent back while sending was stopped.")
    OVERTAKEN = "overtaken", _("What you correct is gone, or was changed meanwhile.")
    CORRECTED = "corrected", _("A correction stands in its place.")
    CHANNEL_OFF = "channel_off", _("The channel was disconnected.")
    EMPTY = "empty", _("Write something first.")
    # failed: certain that nothing is out
    GONE = "gone", _("The network says the message you answer does not exist any more.")
    PERMISSION = "permission", _("The network does not let this channel answer here.")
    NOT_ALLOWED = "not_allowed", _("The network takes no reply here now.")
    TOO_LONG = "invalid", _("The network does not take this text.")
    REFUSED = "refused", _("The network refuses this channel for the time being.")
    TWIN = "twin", _("The network has the same text from us already and takes no second one. Change some words.")
    # uncertain
    UNREAD = "unread", _("The network gave no clear answer, and the reply was not found there.")


REFUSALS = {
    ErrorKind.GONE: Reason.GONE,
    ErrorKind.PERMISSION: Reason.PERMISSION,
    ErrorKind.NOT_ALLOWED: Reason.NOT_ALLOWED,
    ErrorKind.INVALID: Reason.TOO_LONG,
    ErrorKind.BLOCKED: Reason.REFUSED,
    ErrorKind.MALFORMED: Reason.REFUSED,
    ErrorKind.DUPLICATE: Reason.REFUSED,
    ErrorKind.UNAVAILABLE: Reason.REFUSED,
}


class Stopped(Exception):
    """It goes no further; its text is kept. `reason` says why; there is a `verdict` where the rules stop it."""

    def __init__(self, reason: str, verdict: Verdict | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.verdict = verdict


def digest(version: int | None, visibility: str, answers_id: int | None, outgoing: str) -> str:
    """D of DESIGN §5, as the gate's CHECK computes it."""
    answers = "" if answers_id is None else answers_id
    return hashlib.md5(f"{version}:{visibility}:{answers}:{outgoing}".encode(), usedforsecurity=False).hexdigest()


class ReplyQuerySet(models.QuerySet["Reply"]):
    def due(self, at: datetime | None = None, plus: timedelta | None = None) -> ReplyQuerySet:
        """What a worker should look at: queued and leaving, or sending and to be read back. Index reply_due.

        What a brake has stopped is not due: a person releases it. Nor is what a person writes on the site itself.
        """
        due = self.filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING], not_before__lte=moment(at, plus))
        return due.exclude(waits_for__in=[Waits.BRAKE, Waits.HAND])

    def in_turn(self) -> ReplyQuerySet:
        """What is urgent first, then one of each channel after the other, each channel's longest due before its others.

        Urgent: a thread in danger, whose reply nothing has parked yet. What waits for a token or a rate must not
        stand in front of what can leave, however urgent it is.
        """
        can_leave = Q(state=ReplyState.QUEUED, waits_for__in=[Waits.NOTHING, Waits.UNDO])
        urgent_first = Case(When(can_leave, thread__danger=True, then=Value(0)), default=Value(1))
        turn = Window(RowNumber(), partition_by=F("channel_id"), order_by=[urgent_first, "not_before", "pk"])
        return self.order_by(urgent_first, turn, "not_before", "pk")

    def needs(self, person: Person) -> ReplyQuerySet:
        """Needs you: stopped, failed, may be out, sent back — on top wherever the person is."""
        stopped = Q(state=ReplyState.DRAFT) & ~Q(reason__in=[Reason.NONE, Reason.UNDONE])
        # A lead has changed it, and it waits for its writer's yes.
        changes = Reply._meta.apps.get_model("inbox", "Revision").objects.open()
        changed = Q(state=ReplyState.HELD) & Exists(changes.filter(reply=OuterRef("pk")))
        return (
            self.filter(written_by=person)
            .filter(stopped | changed | Q(state__in=[ReplyState.FAILED, ReplyState.UNCERTAIN]))
            .select_related("thread__author", "channel")
            .order_by("-reason_at")
        )

    def leaving(self, person: Person) -> ReplyQuerySet:
        """This person's replies that can still be taken back, newest first."""
        mine = self.filter(written_by=person, state=ReplyState.QUEUED)
        return mine.select_related("thread__author", "channel").order_by("-pk")

    def by_hand(self) -> ReplyQuerySet:
        """Let go to be written on a site by a person, or written there and not seen there yet."""
        written = Q(state=ReplyState.SENT, remote_id__startswith=HAND)
        return self.filter(written | Q(state=ReplyState.QUEUED, waits_for=Waits.HAND))

    def on_their_way(self) -> list[tuple[str, int]]:
        """(state, number) of everything that is not at rest. Small partial indexes."""
        states = [ReplyState.HELD, ReplyState.QUEUED, ReplyState.SENDING, ReplyState.UNCERTAIN, ReplyState.FAILED]
        return [(state.value, self.filter(state=state).count()) for state in states]

    def oldest_due_seconds(self) -> float:
        """How long the oldest due reply has been due; 0 where none is."""
        oldest = self.due().aggregate(wait=models.Max(Clock() - F("not_before"), output_field=models.DurationField()))
        return oldest["wait"].total_seconds() if oldest["wait"] else 0.0

    def suspect_queue(self) -> int:
        """What is queued may be out already (a backup was restored): look for it before it is sent. How many."""
        return sum(reply.look_first() for reply in self.filter(state=ReplyState.QUEUED))

    def held(self) -> ReplyQuerySet:
        """Waiting for approval, oldest first. Index reply_held."""
        return (
            self.filter(state=ReplyState.HELD)
            .select_related("thread__author", "channel", "written_by", "answers__author", "corrects")
            .prefetch_related("revisions__by")
            .order_by("changed_at")
        )


class Reply(models.Model):
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="replies")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="replies")
    answers = models.ForeignKey(Message, models.PROTECT, null=True, related_name="replies")
    visibility = models.CharField(max_length=8)
    state = models.CharField(max_length=10, choices=ReplyState, default=ReplyState.DRAFT)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    text = models.TextField(blank=True)
    signature = models.CharField(max_length=150, blank=True)
    outgoing = models.TextField(blank=True, help_text="The whole string that is sent: text and signature")
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="replies")
    written_at = models.DateTimeField(db_default=Clock())
    changed_at = models.DateTimeField(db_default=Clock())
    seen_id = models.BigIntegerField(default=0, help_text="The newest message of the thread that the writer saw")
    seen_at = models.DateTimeField(db_default=Clock(), help_text="When the writer looked at the thread")

    # The verdict, stored here so that a plain CHECK can be the gate
    effect = models.CharField(max_length=8, blank=True)
    digest = models.CharField(max_length=32, null=True)
    rulebook_version = models.PositiveIntegerField(null=True)
    verdict = models.JSONField(null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="approvals")
    approved_at = models.DateTimeField(null=True)
    approved_alone = models.BooleanField(default=False)
    approved_digest = models.CharField(max_length=32, null=True)
    approved_despite = models.CharField(max_length=300, blank=True, help_text="Why a lead let through what was stopped")
    accepted = models.JSONField(default=list, help_text="Keys of the findings that the approval accepts")

    not_before = models.DateTimeField(null=True, help_text="When a worker looks at it next")
    waits_for = models.CharField(max_length=8, choices=Waits, default=Waits.NOTHING, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Number of the newest attempt: fences late workers")
    attempt_at = models.DateTimeField(null=True)
    reads = models.PositiveSmallIntegerField(default=0, help_text="Empty read-backs of the newest attempt")
    resent = models.PositiveSmallIntegerField(default=0, help_text="Automatic second sendings")
    remote_id = models.CharField(max_length=120, null=True, unique=True)
    permalink = models.URLField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, choices=Reason, default=Reason.NONE, blank=True)
    reason_text = models.CharField(max_length=500, blank=True)
    reason_at = models.DateTimeField(null=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        # The gate itself (reply_gate) is written in SQL in migration 0002: Django's rendering lets NULLs through.
        constraints = [
            models.CheckConstraint(name="reply_state", condition=Q(state__in=ReplyState.values)),
            models.UniqueConstraint(
                name="one_correction_at_a_time", fields=["corrects"], condition=~Q(state="removed")
            ),
            models.CheckConstraint(name="reply_sent_has_id", condition=~Q(state="sent") | Q(sent_at__isnull=False)),
            models.CheckConstraint(
                name="reply_moves_on",
                condition=~Q(state__in=["queued", "sending"]) | Q(not_before__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="reply_due", fields=["not_before"], condition=Q(state__in=["queued", "sending"])),
            models.Index(name="reply_held", fields=["changed_at"], condition=Q(state="held")),
            models.Index(name="reply_written", fields=["written_by", "state", "-id"]),
            models.Index(name="reply_recent", fields=["-sent_at"], condition=Q(state="sent")),
        ]

    # Not a column: when the call of the attempt that start() began is given up unsent (time.monotonic()).
    start_by: float | None = None

    def __str__(self) -> str:
        return self.text[:60]

    # --- moving --------------------------------------------------------------------------------------------------

    def move(self, to: ReplyState, **fields: Any) -> bool:
        """One conditional UPDATE from this row's state to another; false where the row has moved on meanwhile."""
        if to not in REPLY_EXITS[ReplyState(self.state)]:
            raise ValueError(f"a reply does not go from {self.state} to {to}")
        rows = Reply.objects.filter(pk=self.pk, state=self.state, attempt=self.attempt)
        before = self.state
        if not rows.update(state=to, changed_at=Clock(), **fields):
            return False
        self.refresh_from_db()
        with about(reply=self.pk, channel=self.channel_id):
            log.info("reply %s: %s > %s", self.pk, before, to)
        return True

    def return_to_draft(self, reason: str, *, by: Person | None, text: str = "") -> bool:
        """Back to draft with text and reason kept: undone, stopped by a guard, sent back, recalled.

        What waits for its second sending and may be out already is no draft: a person looks at it instead.
        """
        if self.state == ReplyState.QUEUED and self.may_be_out:
            return self.doubt(reason)
        with transaction.atomic():
            moved = self.move(ReplyState.DRAFT, **UNGATED, **because(reason, text))
            if moved:
                Audit.write("returned", by=by, reply=self, reason=reason)
            return moved

    # --- writing -------------------------------------------------------------------------------------------------

    @classmethod
    def draft(cls, thread: Thread, *, by: Person, answers: Message | None = None) -> Reply:
        """This person's draft in the thread: the newest one, or a new one that answers the newest unsettled message."""
        with transaction.atomic():
            # Two autosaves at once must not begin two drafts.
            Thread.objects.select_for_update(no_key=True).get(pk=thread.pk)
            drafts = thread.replies.filter(state=ReplyState.DRAFT, written_by=by)
            # Who answers a message does not mean to correct what was answered to it before.
            existing = (drafts.filter(corrects=None) if answers else drafts).order_by("-pk").first()
            return existing if existing and answers in (None, existing.answers) else cls.begin(thread, by, answers)

    @classmethod
    def begin(cls, thread: Thread, by: Person, answers: Message | None) -> Reply:
        waiting = thread.messages.unsettled().in_order().last()
        answers = answers or waiting or thread.messages.filter(is_ours=False).last()
        signature = thread.channel.signature_of(by)
        return cls.objects.create(
            thread=thread,
            channel=thread.channel,
            answers=answers,
            visibility=answers.visibility if answers else thread.visibility,
            written_by=by,
            signature=signature,
            outgoing=signature,
        )

    def save_text(self, text: str) -> bool:
        """Keep what was typed; false where it is not a draft any more. A changed text has no verdict."""
        rows = Reply.objects.filter(pk=self.pk, state=ReplyState.DRAFT).update(
            text=text, outgoing=text + self.signature, changed_at=Clock(), effect="", digest=None
        )
        if rows:
            self.refresh_from_db()
        return bool(rows)

    def turn(self, visibility: Visibility) -> bool:
        """Answer something said in public in private, or the other way; the rules read it anew."""
        rows = Reply.objects.filter(pk=self.pk, state=ReplyState.DRAFT, corrects=None)
        if not rows.update(visibility=visibility, effect="", digest=None):
            return False
        self.refresh_from_db()
        return True

    def saw(self, newest_id: int, at: datetime | None = None) -> None:
        """The writer has the thread on screen up to this message; what comes later stops the reply."""
        Reply.objects.filter(pk=self.pk, state=ReplyState.DRAFT).update(seen_id=newest_id, seen_at=moment(at))
        self.refresh_from_db(fields=["seen_id", "seen_at"])

    def check_text(self, at: datetime | None = None) -> Verdict:
        """The rules' verdict on the text as it stands, under what is in force now."""
        return check_reply(self, at)

    def submit(
        self,
        *,
        by: Person,
        checked: bool = False,
        ask: bool = False,
        at: datetime | None = None,
    ) -> ReplyState:
        """Let the draft go: queued where the rules let it, held where `ask` and they want an approval.

        Raises Stopped with the verdict where the text must change, a warning is not confirmed (`checked`) or an
        approval is not asked for; Stopped with a reason where the thread has moved on; Taken where somebody else
        has the thread.
        """
        with transaction.atomic():
            thread = Thread.objects.select_for_update().get(pk=self.thread_id)
            reply = Reply.objects.select_for_update().get(pk=self.pk)
            if reply.state != ReplyState.DRAFT:
                raise Stopped(Reason.ANSWERED if reply.state == ReplyState.SENT else Reason.TAKEN)
            if not reply.text.strip():
                raise Stopped(Reason.EMPTY)
            if not thread.claim(by=by, at=at):
                raise Taken(thread.holder())
            if reason := reply.outdated(thread):
                raise Stopped(reason)
            verdict = reply.check_text(at)
            if stops_here(verdict, checked=checked, ask=ask):
                raise Stopped(Reason.BLOCKED, verdict)
            held = verdict.effect == Effect.HOLD or ask
            state = ReplyState.HELD if held else ReplyState.QUEUED
            leaves = {} if held else reply.leaving(by.undo_window, at)
            reply.move(state, **reply.judged(verdict), **because(""), **leaves)
            Audit.write(
                state, by=by, reply=reply, rulebook=verdict.rulebook_version, effect=verdict.effect, checked=checked
            )
            self.refresh_from_db()
            return state

    def judged(self, verdict: Verdict, outgoing: str | None = None) -> dict[str, object]:
        """The columns that store a verdict of exactly this outgoing text: the row's, or what will be the row's."""
        version = verdict.rulebook_version
        words = self.outgoing if outgoing is None else outgoing
        return {
            "effect": verdict.effect,
            "rulebook_version": version,
            "verdict": verdict.to_json(),
            "digest": digest(version, self.visibility, self.answers_id, words),
        }

    def outdated(self, thread: Thread) -> str:
        """Why what was written no longer fits the thread: "" where it does. Bystanders stop nothing.

        What was wrong is corrected whatever the customer has written since.
        """
        if self.corrects_id:
            return Reason.OVERTAKEN if is_overtaken(self) else Reason.NONE
        answers = self.answers
        if answers is None:
            return Reason.NONE
        if answers.removed_at:
            return Reason.VANISHED
        if answers.edited_at and answers.edited_at > self.seen_at:
            return Reason.EDITED
        if answers.author_id and Message.objects.newer_from(answers, self.seen_id).exists():
            return Reason.NEWER
        return Reason.ANSWERED if self.answered_by_others(thread, answers).exists() else Reason.NONE

    def answered_by_others(self, thread: Thread, answers: Message) -> models.QuerySet[Message]:
        """Others' posts to the same person since the writer looked, also those from the network's own app.

        A network may put an answer to an answer under the thread's root, so the person counts, not the message.
        """
        to_them = Q(parent=answers) | Q(reply__answers=answers)
        if answers.author_id:
            to_them |= Q(parent__author=answers.author_id) | Q(reply__answers__author=answers.author_id)
        ours = thread.messages.filter(to_them, is_ours=True, pk__gt=self.seen_id)
        # Two replies in a row by one person are meant so: they leave in order.
        return ours.exclude(reply__written_by=self.written_by_id)

    # --- approval ------------------------------------------------------------------------------------------------

    def may_be_approved_by(self, person: Person) -> bool:
        """A lead, or the named mentor where supervision is the only finding."""
        if person.role == Role.LEAD:
            return True
        rules = {
            violation["rule"]
            for violation in (self.verdict or {}).get("violations", [])
            if violation["effect"] == "hold"
        }
        clearance = self.written_by.clearance_for(self.channel)
        return rules == {"supervision"} and clearance.mentor_id == person.pk

    def approve(self, *, by: Person, alone: bool = False, despite: str = "", at: datetime | None = None) -> bool:
        """Let a held reply go, accepting what the rules find in it. Never by its writer, unless alone on duty.

        `despite`: why a lead lets through what the rules stop; a national or card number in public nobody can.
        Raises Stopped with the verdict where the rules now find what was not there to be seen; it stays held and
        shows it.
        """
        if by.pk == self.written_by_id and not (alone and by.is_only_lead_on_duty()):
            raise Stopped(Reason.NEEDS_APPROVAL)
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=self.thread_id)
            self.refresh_from_db(fields=["state"])
            if self.state != ReplyState.HELD:
                return False
            verdict = self.check_text(at)
            stops = verdict.effect == Effect.BLOCK and (not despite or by.role != Role.LEAD or is_final(verdict))
            if not stops and not verdict.without(self.shown_keys()).effect.disturbs:
                return self.let_go(verdict, by=by, despite=despite, at=at)
            Reply.objects.filter(pk=self.pk, state=ReplyState.HELD).update(**self.judged(verdict))
        raise Stopped(Reason.BLOCKED if verdict.effect == Effect.BLOCK else Reason.NEEDS_APPROVAL, verdict)

    @property
    def news(self) -> int | None:
        """The message that stopped it, or the first that its writer had not seen; None where nothing is new."""
        if self.reason in (Reason.EDITED, Reason.VANISHED):
            return self.answers_id
        if self.reason not in (Reason.NEWER, Reason.ANSWERED):
            return None
        newer = Message.objects.filter(thread_id=self.thread_id, pk__gt=self.seen_id).order_by("pk")
        return newer.values_list("pk", flat=True).first()

    @property
    def open_revision(self) -> Revision | None:
        """What an approver changed and the writer has not said yes to. Prefetch `revisions`."""
        changes = sorted(self.revisions.all(), key=lambda revision: -revision.pk) if self.state == "held" else []
        return next((each for each in changes if each.confirmed_at is None and each.after == self.text), None)

    def shown_keys(self) -> frozenset[str]:
        """The findings that stand beside a held reply, which are what an approval can accept."""
        return Verdict.from_json(self.verdict).keys if self.verdict else frozenset()

    def let_go(self, verdict: Verdict, *, by: Person, despite: str = "", at: datetime | None) -> bool:
        """Held → queued under this verdict, whose findings the approver accepts."""
        judged, alone = self.judged(verdict), by.pk == self.written_by_id
        moved = self.move(
            ReplyState.QUEUED,
            **judged,
            approved_by=by,
            approved_alone=alone,
            approved_at=moment(at),
            approved_digest=judged["digest"],
            accepted=sorted(verdict.keys),
            approved_despite=despite[:300],
            **self.leaving(self.written_by.undo_window, at),
        )
        if moved:
            version = verdict.rulebook_version
            Audit.write("approved", by=by, reply=self, alone=alone, rulebook=version, despite=despite)
        return moved

    def send_back(self, *, by: Person, reason: str) -> bool:
        """A lead returns a held reply to its writer with a word why."""
        return self.return_to_draft(Reason.SENT_BACK, by=by, text=reason)

    # --- undo and brake ------------------------------------------------------------------------------------------

    def undo(self, *, by: Person) -> bool:
        """Take it back. True is final: it will not leave. False where it is already on its way."""
        if self.state != ReplyState.QUEUED or self.may_be_out:
            return False
        return self.return_to_draft(Reason.UNDONE, by=by)

    def release(self, *, by: Person, at: datetime | None = None) -> bool:
        """After a brake: a new undo window starts, and all guards run again when it ends."""
        with transaction.atomic():
            rows = Reply.objects.filter(pk=self.pk, state=ReplyState.QUEUED, waits_for=Waits.BRAKE).update(
                **self.leaving(by.undo_window, at)
            )
            if rows:
                Audit.write("released_from_brake", by=by, reply=self)
            return bool(rows)

    # --- sending -------------------------------------------------------------------------------------------------

    def look_first(self) -> bool:
        """Queued → sending, as if a call of unknown outcome had been made since it was queued."""
        queued_at, number = self.changed_at, self.attempt + 1
        with transaction.atomic():
            looking = {"attempt": number, "attempt_at": moment(), "reads": 0, "waits_for": Waits.NOTHING}
            not_before = moment(plus=self.channel.quiet_time)
            if not self.move(ReplyState.SENDING, **looking, not_before=not_before):
                return False
            Attempt.objects.create(reply=self, number=number, started_at=queued_at, outcome="unknown")
            Audit.write("looked_for", by=None, reply=self, attempt=number)
            return True

    def start(self, at: datetime | None = None) -> Outgoing | None:
        """Begin an attempt, if all guards let it: in one transaction the lock, the guards, the gate and the attempt.

        None where another worker has it, it is not due, it waits for something, or a guard stopped it.
        """
        with transaction.atomic():
            channel = Channel.objects.select_for_update(no_key=True).get(pk=self.channel_id)
            thread = Thread.objects.select_for_update().get(pk=self.thread_id)
            reply = Reply.objects.due(at).filter(pk=self.pk, state=ReplyState.QUEUED).select_for_update().first()
            if reply is None or reply.must_wait(channel, at) or not reply.passes_guards(thread, at):
                return None
            # Counted from here: a process frozen after its guards passed gives the call up, however late it wakes.
            self.start_by = time.monotonic() + settings.SAMTAL_SEND_START_BY
            number = reply.attempt + 1
            reply.move(
                ReplyState.SENDING,
                attempt=number,
                attempt_at=moment(at),
                reads=0,
                waits_for=Waits.NOTHING,
                not_before=moment(at, channel.quiet_time),
            )
            Attempt.objects.create(reply=reply, number=number, started_at=moment(at))
            Audit.write("sending", by=None, reply=reply, attempt=number, rulebook=reply.rulebook_version)
            self.refresh_from_db()
            return reply.as_outgoing()

    def as_outgoing(self) -> Outgoing:
        answers = self.answers
        author = answers.author if answers else None
        return Outgoing(
            text=self.outgoing,
            answers_remote_id=answers.remote_id if answers else self.thread.root_remote_id,
            root_remote_id=self.thread.root_remote_id,
            visibility=Visibility(self.visibility),
            recipient_id=author.remote_id if author else "",
            recipient_handle=author.handle if author else "",
            key=f"{self.pk}-{self.written_at.timestamp()}",
        )

    def must_wait(self, channel: Channel, at: datetime | None) -> bool:
        """Park it, still queued, with what it waits for, where it cannot leave now."""
        waits = self.hindrance(channel, at)
        if not waits:
            return False
        until = channel.closed_until if waits == Waits.RATE else moment(at, RECHECK)
        Reply.objects.filter(pk=self.pk).update(waits_for=waits, not_before=until)
        return True

    def hindrance(self, channel: Channel, at: datetime | None) -> str:
        # What a brake has stopped waits for a lead's release, also when the brake is lifted.
        if self.waits_for == Waits.BRAKE or Brake.on(self.channel_id, self.written_by_id):
            return Waits.BRAKE
        if channel.state != ChannelState.ACTIVE:
            return Waits.PAUSED if channel.state == ChannelState.PAUSED else Waits.TOKEN
        if channel.closed_until and Channel.objects.filter(pk=channel.pk, closed_until__gt=moment(at)).exists():
            return Waits.RATE
        if self.earlier().filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING]).exists():
            return Waits.ORDER
        return Waits.NOTHING

    def earlier(self) -> models.QuerySet[Reply]:
        """The replies of this thread that must leave before this one. A correction has its place already."""
        if self.corrects_id:
            return Reply.objects.none()
        before = Reply.objects.filter(thread_id=self.thread_id, pk__lt=self.pk, corrects=None)
        return before.exclude(waits_for=Waits.BRAKE)

    def passes_guards(self, thread: Thread, at: datetime | None) -> bool:
        """Whatever may have changed since the writer let it go. What is stopped is a draft again, with its text."""
        reason = self.stopped_by(thread, at)
        if reason:
            self.return_to_draft(reason, by=None)
            return False
        return self.passes_rules(at)

    def stopped_by(self, thread: Thread, at: datetime | None) -> str:
        writer = self.written_by
        if not writer.is_active or not writer.clearance_for(self.channel).may_answer:
            return Reason.LOCKED_OUT
        if self.earlier().filter(state__in=[ReplyState.FAILED, ReplyState.UNCERTAIN]).exists():
            return Reason.EARLIER
        others = Q(claimed_by__isnull=False, lease_until__gt=moment(at)) & ~Q(claimed_by=writer)
        if Thread.objects.filter(
            others | (Q(assigned_to__isnull=False) & ~Q(assigned_to=writer)), pk=thread.pk
        ).exists():
            return Reason.TAKEN
        return self.outdated(thread)

    def passes_rules(self, at: datetime | None) -> bool:
        """The gate once more, under the rulebook and the situations in force at this moment."""
        verdict = self.check_text(at)
        left = verdict.without(self.accepted) if self.approved_by_id else verdict
        if left.effect in (Effect.SEND, Effect.WARN):
            self.carry_over(verdict)
            return True
        if left.effect == Effect.BLOCK:
            self.return_to_draft(Reason.BLOCKED, by=None)
        else:
            self.hold_again(verdict)
        return False

    def carry_over(self, verdict: Verdict) -> None:
        """Store the newest verdict; an approval that still covers everything moves along, in the same UPDATE."""
        judged = self.judged(verdict)
        if self.approved_by_id:
            judged["approved_digest"] = judged["digest"]
            if verdict.rulebook_version != self.rulebook_version:
                before, now = self.rulebook_version, verdict.rulebook_version
                Audit.write("approval_carried_over", by=None, reply=self, rulebook=before, now=now)
        Reply.objects.filter(pk=self.pk).update(**judged)
        self.refresh_from_db()

    def hold_again(self, verdict: Verdict) -> None:
        """Something nobody accepted: the approval is void and the reply waits for a lead."""
        if self.may_be_out:
            self.doubt(Reason.NEEDS_APPROVAL)
            return
        cleared: dict[str, object] = {
            "approved_by": None,
            "approved_at": None,
            "approved_digest": None,
            "approved_alone": False,
            "approved_despite": "",
            "accepted": [],
        }
        if self.move(ReplyState.HELD, **self.judged(verdict), **cleared, **because(Reason.NEEDS_APPROVAL), **AT_REST):
            Audit.write("held", by=None, reply=self, rulebook=verdict.rulebook_version)

    # --- what became of it ---------------------------------------------------------------------------------------

    def finish_sent(
        self, sent: Sent, how: str = "answer", at: datetime | None = None, by: Person | None = None
    ) -> bool:
        """It is out: answered by the network, found by read-back, or said so by a person. Links our message."""
        with transaction.atomic():
            thread = Thread.objects.select_for_update().get(pk=self.thread_id)
            # A late answer may find the reply uncertain; move() still demands the same attempt.
            self.refresh_from_db(fields=["state"])
            if self.state == ReplyState.QUEUED and self.attempt:
                # Queued for its second sending when the first turned out to be out: it must not leave.
                self.move(ReplyState.SENDING)
            moved = ReplyState.SENT in REPLY_EXITS[ReplyState(self.state)] and self.move(
                ReplyState.SENT,
                # A correction takes the id over from the earlier one, below.
                remote_id=None if self.corrects_id else sent.remote_id or None,
                permalink=sent.permalink,
                sent_at=sent.at or moment(at),
                **because(""),
                **AT_REST,
            )
            if not moved:
                return False
            self.close_attempt("sent", how)
            if self.corrects_id:
                take_place(self)
            else:
                self.link_message(sent)
                Thread.objects.filter(pk=thread.pk).update(last_answered_by=self.written_by)
                thread.answered(self)
            if not (self.corrects and self.corrects.follow_ups.exists()):
                FollowUp.from_promise(self)
            Audit.write("sent", by=by, reply=self, how=how, attempt=self.attempt, rulebook=self.rulebook_version)
            return True

    def link_message(self, sent: Sent) -> None:
        """Our own post in the thread: made here, or already seen by a poll or webhook and now linked."""
        if not sent.remote_id:
            return
        scope = self.channel_id if self.visibility == Visibility.PRIVATE else 0
        message, _new = Message.objects.get_or_create(
            network=self.channel.network,
            scope=scope,
            remote_id=sent.remote_id,
            defaults={
                "thread": self.thread,
                "is_ours": True,
                "kind": self.answers.kind if self.answers else "comment",
                "visibility": self.visibility,
                "parent": self.answers,
                "text": self.outgoing,
                "permalink": sent.permalink,
                "created_at": self.sent_at,  # type: ignore[misc]  # set by the UPDATE above
                "settled": Settled.ANSWERED,
            },
        )
        Message.objects.filter(pk=message.pk, reply__isnull=True).update(
            reply=self, is_ours=True, settled=Settled.ANSWERED
        )

    def link_seen(self, sent: Sent) -> None:
        """A person said that it is out; now it has been seen there, with its id."""
        unseen = Q(remote_id__isnull=True) | Q(remote_id=self.hand_id)
        rows = Reply.objects.filter(unseen, pk=self.pk, state=ReplyState.SENT)
        if rows.update(remote_id=sent.remote_id, permalink=sent.permalink, sent_at=sent.at):
            self.refresh_from_db()
            Message.objects.filter(reply=self, remote_id=self.hand_id).delete()
            self.link_message(sent)

    def was_corrected(self) -> bool:
        """A correction is out. The text is kept, the id goes on."""
        moved = self.state == ReplyState.SENT and self.move(
            ReplyState.REMOVED, remote_id=None, **because(Reason.CORRECTED)
        )
        if moved:
            Audit.write("corrected", by=None, reply=self)
        return moved

    def was_removed(self) -> bool:
        """Somebody has taken it away on the network."""
        with transaction.atomic():
            moved = self.state == ReplyState.SENT and self.move(ReplyState.REMOVED)
            if moved:
                # What it answered stands there without an answer again.
                self.settles.update(settled=Settled.NO, settled_by=None)
                Audit.write("removed", by=None, reply=self)
            return moved

    def close_attempt(self, outcome: str, detail: str = "") -> None:
        Attempt.objects.filter(reply=self, number=self.attempt).update(
            outcome=outcome, detail=detail[:300], ended_at=Clock()
        )

    def finish_error(self, error: ConnectorError, at: datetime | None = None) -> None:
        """What a refused or broken call means: not out and why, try again later, or unknown and to be read back."""
        if error.outcome_unknown:
            self.close_attempt(TWIN if error.kind == ErrorKind.DUPLICATE else "unknown", str(error))
        elif error.kind in (ErrorKind.TOKEN, ErrorKind.RATE):
            self.park(error, at)
        elif error.kind == ErrorKind.UNAVAILABLE:
            self.send_later(timedelta(seconds=error.retry_after or 10), at, str(error))
        else:
            self.fail(REFUSALS[error.kind], str(error))

    def park(self, error: ConnectorError, at: datetime | None) -> None:
        """Certain that nothing is out: queued again until the token or the rate lets it leave."""
        self.channel.record_error(error, at, reading=False)
        waits = Waits.TOKEN if error.kind == ErrorKind.TOKEN else Waits.RATE
        wait = timedelta(seconds=error.retry_after or RECHECK.total_seconds())
        if self.move(ReplyState.QUEUED, waits_for=waits, not_before=moment(at, wait)):
            self.close_attempt("refused", str(error))
            Audit.write("parked", by=None, reply=self, waits_for=waits)

    def send_later(self, wait: timedelta, at: datetime | None, why: str) -> None:
        """Certain that no byte left: queued again, all guards run again."""
        if self.move(ReplyState.QUEUED, waits_for=Waits.WINDOW, not_before=moment(at, wait)):
            self.close_attempt("not_started", why)

    def fail(self, reason: str, detail: str) -> None:
        """Certain that nothing is out, and it never will be as it stands. The text is kept."""
        if self.may_be_out:
            # This sending was refused; what became of an earlier one is still not known.
            self.doubt(reason)
            return
        with transaction.atomic():
            if self.move(ReplyState.FAILED, **because(reason, detail), **AT_REST):
                self.close_attempt("refused", detail)
                Audit.write("failed", by=None, reply=self, reason=reason, attempt=self.attempt)

    @property
    def may_be_out(self) -> bool:
        """An earlier sending was not found and went again only because the network refuses twins: nothing is proven."""
        return self.attempts.filter(outcome=NOT_FOUND).exists()

    @property
    def surely_applied_at(self) -> datetime:
        """When the network must have taken the newest attempt, if it ever did: what it shows from later has seen it.

        A network may act on a call some time after we have given it up, and its clock is not ours.
        """
        began = self.attempt_at or self.changed_at
        return began + timedelta(seconds=2 * settings.SAMTAL_SEND_DEADLINE + settings.SAMTAL_CLOCK_SKEW)

    @property
    def first_attempt_at(self) -> datetime | None:
        """Ours may have come out of any attempt since the first."""
        first: datetime | None = self.attempts.aggregate(first=models.Min("started_at"))["first"]
        return first

    def take_read_back(self, at: datetime | None = None) -> bool:
        """Take an unknown outcome for one read-back; false where another worker has it, or it is not time."""
        rows = Reply.objects.due(at).filter(pk=self.pk, state=ReplyState.SENDING, attempt=self.attempt)
        if closed := self.channel.closed_to_read_backs(at):
            rows.update(not_before=closed)
            return False
        lease = moment(at, timedelta(seconds=settings.SAMTAL_SEND_DEADLINE * 2))
        return bool(rows.update(not_before=lease))

    def finish_found(self, message: RemoteMessage) -> bool:
        """The read-back has found it on the network."""
        return self.finish_sent(Sent(message.remote_id, message.permalink, message.created_at), how="read back")

    def not_found(self, *, caught_up: bool, at: datetime | None = None) -> None:
        """It was not found. Send again only where that cannot double; else look once more, then ask a person.

        Refused as a twin it would be refused again: what is no twin of ours is one of another reply, and has failed.
        """
        twin = self.attempts.filter(number=self.attempt, outcome=TWIN).exists()
        # What a network says of twins it says of public posts.
        twins = self.channel.capabilities.refuses_duplicates and self.visibility == Visibility.PUBLIC
        # The same text twice in the same place is one correction.
        safe = caught_up or twins or self.corrects_id is not None
        if safe and not twin and self.resent < MOST_AUTOMATIC_SENDS:
            with transaction.atomic():
                if self.move(ReplyState.QUEUED, waits_for=Waits.NOTHING, not_before=moment(at), resent=F("resent") + 1):
                    self.close_attempt(NOT_OUT if caught_up else NOT_FOUND, "sent again")
                    Audit.write("queued_again", by=None, reply=self, attempt=self.attempt)
        elif self.reads == 0:
            gap = timedelta(seconds=settings.SAMTAL_READ_BACK_GAP)
            Reply.objects.filter(pk=self.pk, state=ReplyState.SENDING, attempt=self.attempt).update(
                reads=F("reads") + 1, not_before=moment(at, gap)
            )
        elif twin:
            self.fail(Reason.TWIN, "")
        else:
            self.doubt()

    def read_back_later(self, error: ConnectorError, at: datetime | None = None) -> None:
        """The network could not be read: that decides nothing, so look again."""
        wait = timedelta(seconds=error.retry_after or settings.SAMTAL_READ_BACK_GAP)
        if error.kind == ErrorKind.RATE:
            self.channel.hold_back(wait, reading=True, app_wide=error.app_wide, at=at)
        Reply.objects.filter(pk=self.pk, state=ReplyState.SENDING, attempt=self.attempt).update(
            not_before=moment(at, wait)
        )

    def doubt(self, reason: str = Reason.UNREAD) -> bool:
        """Nothing decides it: a person must look."""
        with transaction.atomic():
            moved = self.move(ReplyState.UNCERTAIN, **because(reason), **AT_REST)
            if moved:
                self.close_attempt("uncertain")
                Audit.write("uncertain", by=None, reply=self, attempt=self.attempt)
            return moved

    def leaving(self, window: timedelta, at: datetime | None) -> dict[str, object]:
        """Queued behind an undo window; where no call of ours can write, until a person has written it."""
        if not self.by_hand:
            return waiting(window, at)
        return {"not_before": moment(at), "waits_for": Waits.HAND}

    def written_there(self, *, by: Person | None, seen: Sent | None = None, at: datetime | None = None) -> bool:
        """Written on the site itself: a person says so, or it has been seen there. False where it waits no more.

        What is done is recorded whatever has happened meanwhile: it passed the rules when it was let go.
        """
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=self.thread_id)
            if self.state != ReplyState.QUEUED or self.waits_for != Waits.HAND:
                return False
            let_go_at, number = self.changed_at, self.attempt + 1
            if not self.move(ReplyState.SENDING, attempt=number, attempt_at=let_go_at, not_before=moment(at)):
                return False
            Attempt.objects.create(reply=self, number=number, started_at=let_go_at)
            return self.finish_sent(seen or Sent(self.hand_id, self.page_address), how="hand", by=by, at=at)

    @property
    def by_hand(self) -> bool:
        """Whether a person writes it on the site itself, because no call of ours can."""
        answers = self.answers if self.visibility == Visibility.PUBLIC else None
        return not takes_answers(answers, self.channel)

    @property
    def hand_id(self) -> str:
        """What stands for the network's own id until it is seen there, if ever."""
        return f"{HAND}{self.pk}"

    @property
    def page_address(self) -> str:
        """Where a person writes it."""
        return self.answers.permalink if self.answers else ""

    def is_out(self, *, by: Person) -> bool:
        """A person has seen it on the network."""
        return self.state == ReplyState.UNCERTAIN and self.finish_sent(Sent(remote_id=""), how="person", by=by)

    def send_again(self, *, by: Person, at: datetime | None = None) -> bool:
        """A person has looked and it is not out: queued, with a new undo window and all guards."""
        with transaction.atomic():
            if self.state != ReplyState.UNCERTAIN:
                return False
            moved = self.move(ReplyState.QUEUED, **because(""), **waiting(by.undo_window, at))
            if moved:
                self.attempts.update(outcome=NOT_OUT)
                Audit.write("send_again", by=by, reply=self)
            return moved

    def edit_again(self, *, by: Person) -> bool:
        """A failed reply becomes a draft, so that it can be changed and sent."""
        return self.state == ReplyState.FAILED and self.return_to_draft(self.reason, by=by, text=self.reason_text)

    @property
    def shown_state(self) -> str:
        return str(ReplyState(self.state).label)


RECHECK = timedelta(seconds=5)
# Begins what stands for the id of a reply that a person has written on the site.
HAND = "hand:"
# Outcomes of an attempt: read back and proven, or only not seen; refused because the same text stands there.
NOT_OUT, NOT_FOUND, TWIN = "not_out", "not_found", "twin"
AT_REST: dict[str, object] = {"not_before": None, "waits_for": Waits.NOTHING}
UNGATED: dict[str, object] = {
    **AT_REST,
    "approved_by": None,
    "approved_at": None,
    "approved_digest": None,
    "approved_alone": False,
    "approved_despite": "",
    "accepted": [],
}


def stops_here(verdict: Verdict, *, checked: bool, ask: bool) -> bool:
    """Whether it waits for its writer: to change it, to say that a warning was read, or to ask for an approval."""
    match verdict.effect:
        case Effect.BLOCK:
            return not ask or is_final(verdict)
        case Effect.HOLD:
            return not ask
        case Effect.WARN:
            return not checked
    return False


def is_final(verdict: Verdict) -> bool:
    """Something in it that nobody may let through."""
    return any(violation.final for violation in verdict.violations)


def because(reason: str, text: str = "") -> dict[str, object]:
    return {"reason": reason, "reason_text": text[:500], "reason_at": Clock() if reason else None}


def waiting(window: timedelta, at: datetime | None = None) -> dict[str, object]:
    """Queued behind an undo window."""
    return {"not_before": moment(at, window), "waits_for": Waits.UNDO}


class Attempt(models.Model):
    """One call to a network, committed before the first byte leaves."""

    reply = models.ForeignKey(Reply, models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_attempt_a_number", fields=["reply", "number"])]

    def __str__(self) -> str:
        return f"{self.reply_id}#{self.number} {self.outcome}"
