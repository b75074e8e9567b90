"""Revisions: what a lead changes in a held reply, with the text as it was."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from inbox.clock import Clock, moment
from inbox.differences import Piece, compared
from inbox.models.audit import Audit
from inbox.models.check import check_text, supervised
from inbox.models.person import Person
from inbox.models.reply import Reason, Reply, Stopped
from inbox.models.thread import Thread, lease
from inbox.states import ReplyState
from policies.verdict import Effect, Verdict


class RevisionQuerySet(models.QuerySet["Revision"]):
    def open(self) -> RevisionQuerySet:
        """The writer has not said yes yet. A reply that is a draft again is the writer's own to change."""
        still = models.Q(reply__state=ReplyState.HELD, reply__text=models.F("after"))
        return self.filter(still, confirmed_at=None).select_related("by", "reply")


class Revision(models.Model):
    """One change. Where the changed text passes by itself it is the changer's; else its writer confirms it."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="revisions")
    before = models.TextField()
    after = models.TextField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Clock())
    confirmed_at = models.DateTimeField(null=True)

    objects = RevisionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reply_id} {self.by}"

    @property
    def pieces(self) -> list[Piece]:
        return compared(self.before, self.after)

    @classmethod
    def make(cls, reply: Reply, text: str, *, by: Person, at: datetime | None = None) -> Revision | None:
        """Change a held reply. None where it is not held any more, or nothing changes.

        Raises Stopped with the verdict where the rules stop the new text.
        """
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=reply.thread_id)
            reply.refresh_from_db(fields=["state", "text", "outgoing"])
            if reply.state != ReplyState.HELD or text == reply.text:
                return None
            verdict = judge(reply, text, by=by, at=at)
            if verdict.effect == Effect.BLOCK:
                raise Stopped(Reason.BLOCKED, verdict)
            passes, before = verdict.effect == Effect.SEND, reply.text
            revision = cls.objects.create(
                reply=reply, before=before, after=text, by=by, confirmed_at=moment(at) if passes else None
            )
            if passes:
                revision.leave_as_own(verdict, at)
            else:
                revision.ask_the_writer(at)
            Audit.write("changed", by=by, reply=reply, revision=revision.pk, leaves=passes)
            return revision

    def leave_as_own(self, verdict: Verdict, at: datetime | None) -> None:
        """It leaves under the changer's name, and the thread is theirs until it has."""
        reply, by = self.reply, self.by
        Thread.objects.filter(pk=reply.thread_id).update(
            claimed_by=by, claimed_at=moment(at), lease_until=moment(at, lease()), assigned_to=None, assigned_by=None
        )
        signature = reply.channel.signature_of(by)
        judged = reply.judged(verdict, self.after + signature)
        words = {"text": self.after, "signature": signature, "outgoing": self.after + signature, "written_by": by}
        reply.move(ReplyState.QUEUED, **words, **judged, **reply.leaving(by.undo_window, at))

    def ask_the_writer(self, at: datetime | None) -> None:
        """It stays its writer's, who says yes or takes it back; the changer has approved it."""
        reply = self.reply
        verdict = judge(reply, self.after, by=reply.written_by, at=at)
        outgoing = self.after + reply.signature
        Reply.objects.filter(pk=reply.pk, state=ReplyState.HELD).update(
            text=self.after, outgoing=outgoing, changed_at=Clock(), **reply.judged(verdict, outgoing)
        )
        reply.refresh_from_db()

    def confirm(self, *, by: Person, at: datetime | None = None) -> bool:
        """The writer says yes: it leaves, approved by who changed it. False where it is not waiting for that.

        Raises Stopped with the verdict where the rules find what the changer did not see; it stays held.
        """
        with transaction.atomic():
            Thread.objects.select_for_update().get(pk=self.reply.thread_id)
            if by.pk != self.reply.written_by_id or not Revision.objects.open().filter(pk=self.pk).exists():
                return False
            reply = Reply.objects.select_related("thread", "channel", "written_by").get(pk=self.reply_id)
            verdict = reply.check_text(at)
            if verdict.effect == Effect.BLOCK or verdict.without(reply.shown_keys()).effect.disturbs:
                raise Stopped(Reason.NEEDS_APPROVAL, verdict)
            Revision.objects.filter(pk=self.pk).update(confirmed_at=moment(at))
            Audit.write("change_confirmed", by=by, reply=reply, revision=self.pk)
            return reply.let_go(verdict, by=self.by, at=at)


def judge(reply: Reply, text: str, *, by: Person, at: datetime | None) -> Verdict:
    """What the rules say of this text if `by` were its writer."""
    signature = reply.signature if by.pk == reply.written_by_id else reply.channel.signature_of(by)
    verdict = check_text(
        reply.thread, text + signature, visibility=reply.visibility, signature=signature, at=at, reply=reply
    )
    return supervised(verdict, by, reply.channel)
