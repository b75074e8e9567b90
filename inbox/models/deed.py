"""Deeds: what we do to a customer's message where it stands. Hide it, show it again, delete it, like it.

A worker does it. Every one of them may be done twice without harm, so an unknown outcome is settled by asking again;
only after some tries a person is told that nobody knows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from connectors.base import Capabilities, Connector, ConnectorError, ErrorKind, Kind
from inbox.clock import Clock, moment, read_clock
from inbox.models.audit import Audit
from inbox.models.channel import TROUBLE, Channel
from inbox.models.intake import remove, turn
from inbox.models.message import Message
from inbox.models.person import Person
from inbox.models.thread import Thread

MOST_TRIES = 3
AGAIN = timedelta(seconds=10)
RECHECK = timedelta(seconds=5)


class What(models.TextChoices):
    HIDE = "hide", pgettext_lazy("message", "Hide")
    UNHIDE = "unhide", pgettext_lazy("message", "Show again")
    DELETE = "delete", pgettext_lazy("message", "Delete")
    LIKE = "like", pgettext_lazy("message", "Like")


# They take something from the public: with a reason, a copy, and so many an hour.
TAKES_AWAY = (What.HIDE, What.DELETE)


class DeedState(models.TextChoices):
    WANTED = "wanted", _("Under way")
    DONE = "done", _("Done")
    REFUSED = "refused", _("The network refused")
    UNKNOWN = "unknown", _("Nobody knows, look there")


class TooMany(Exception):
    """So many messages were hidden or deleted by this person within the hour that somebody should look."""


class DeedQuerySet(models.QuerySet["Deed"]):
    def due(self, at: datetime | None = None, plus: timedelta | None = None) -> DeedQuerySet:
        """What a worker should do now. Index deed_due."""
        return self.filter(state=DeedState.WANTED, not_before__lte=moment(at, plus))

    def newest_of(self, thread: Thread) -> dict[int, Deed]:
        """By message, the last thing that was done to it. Index deed_thread."""
        rows = self.filter(thread=thread).exclude(what=What.LIKE, state=DeedState.DONE).select_related("by")
        return {deed.message_id: deed for deed in rows.order_by("pk")}

    def taken_away_by(self, person: Person, at: datetime | None = None) -> DeedQuerySet:
        """What this person has hidden or deleted within the last hour."""
        return self.filter(by=person, what__in=TAKES_AWAY, at__gt=moment(at, -timedelta(hours=1)))


class Deed(models.Model):
    """One of them. `kept` is the message as it stood when it was taken from the public."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="deeds")
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="deeds")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="deeds")
    what = models.CharField(max_length=8, choices=What)
    by = models.ForeignKey(Person, models.PROTECT, related_name="deeds")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Clock())
    state = models.CharField(max_length=8, choices=DeedState, default=DeedState.WANTED)
    not_before = models.DateTimeField(db_default=Clock())
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=300, blank=True)
    kept = models.JSONField(null=True)

    objects = DeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_deed_at_a_time", fields=["message"], condition=Q(state="wanted")),
            models.CheckConstraint(
                name="taken_away_with_a_reason",
                condition=~Q(what__in=TAKES_AWAY) | (Q(kept__isnull=False) & ~Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(name="deed_due", fields=["not_before"], condition=Q(state="wanted")),
            models.Index(name="deed_thread", fields=["thread", "id"]),
            models.Index(name="deed_person", fields=["by", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.message_id}: {self.state}"

    # --- asking --------------------------------------------------------------------------------------------------

    @classmethod
    def ask(cls, message: Message, what: What, *, by: Person, reason: str = "", at: datetime | None = None) -> Deed:
        """Let a worker do it. Where one is under way for this message, that one. Raises TooMany."""
        with transaction.atomic():
            # Counted one after the other: two tabs must not both be the last that fits.
            Person.objects.select_for_update(no_key=True).get(pk=by.pk)
            if under_way := cls.under_way(message):
                return under_way
            if what in TAKES_AWAY and cls.objects.taken_away_by(by, at).count() >= settings.SAMTAL_REMOVALS_AN_HOUR:
                Audit.write("too_many_removals", by=by, thread=message.thread)
                raise TooMany
            deed = cls.objects.create(
                message=message,
                thread=message.thread,
                channel=message.thread.channel,
                what=what,
                by=by,
                reason=reason,
                kept=copy_of(message) if what in TAKES_AWAY else None,
            )
            deed.record("asked", by=by)
            return deed

    @classmethod
    def under_way(cls, message: Message) -> Deed | None:
        """What is being done to this message now, if anything. Whoever asks is alone with its thread from then on."""
        Thread.objects.select_for_update().get(pk=message.thread_id)
        return cls.objects.filter(message=message, state=DeedState.WANTED).first()

    def again(self, *, by: Person) -> bool:
        """A person lets it be tried once more; false where it, or something else, is under way, or where it is done."""
        with transaction.atomic():
            if Deed.under_way(self.message):
                return False
            rows = Deed.objects.filter(pk=self.pk, state__in=[DeedState.REFUSED, DeedState.UNKNOWN])
            if rows.update(state=DeedState.WANTED, not_before=moment(), tries=0, error="", error_kind=""):
                self.record("asked", by=by)
                return True
            return False

    # --- doing ---------------------------------------------------------------------------------------------------

    def take(self, at: datetime | None = None) -> bool:
        """Take it for one call; false where another worker has it, or the channel does not work now."""
        if not self.channel.speaks(at):
            Deed.objects.due(at).filter(pk=self.pk).update(not_before=moment(at, RECHECK))
            return False
        lease = timedelta(seconds=2 * settings.SAMTAL_SEND_DEADLINE)
        rows = Deed.objects.due(at).filter(pk=self.pk, tries=self.tries)
        if not rows.update(not_before=moment(at, lease), tries=F("tries") + 1):
            return False
        self.refresh_from_db()
        return True

    def call(self, connector: Connector) -> None:
        """The one call. Raises ConnectorError."""
        getattr(connector, self.what)(self.message.remote_id)

    def succeeded(self, error: ConnectorError | None = None) -> None:
        """It is so on the network: and so it is here. error: what the network said of a deed that was done already."""
        with transaction.atomic():
            if not self.end(DeedState.DONE, error):
                return
            remote_id = self.message.remote_id
            if self.what == What.DELETE:
                remove(self.channel, remote_id)
            elif self.what in (What.HIDE, What.UNHIDE):
                # As if the network had told: a reading of what stood there before does not turn it back.
                turn(self.channel, remote_id, hidden=self.what == What.HIDE, at=read_clock())
            self.record("found_gone" if error else "done")

    def failed(self, error: ConnectorError, at: datetime | None = None) -> None:
        """What an error means: it was gone already, it will never be, it comes later, or nobody knows."""
        if error.kind == ErrorKind.GONE:
            self.was_gone(error)
        elif error.kind in (ErrorKind.TOKEN, ErrorKind.RATE):
            self.channel.record_error(error, at, reading=False)
            self.put_off(error, timedelta(seconds=error.retry_after or 0) or RECHECK, at)
        elif not error.outcome_unknown and error.kind != ErrorKind.UNAVAILABLE:
            self.end(DeedState.REFUSED, error)
        elif self.tries < MOST_TRIES:
            Deed.objects.filter(pk=self.pk, tries=self.tries).update(not_before=moment(at, AGAIN), **said(error))
        else:
            self.end(DeedState.UNKNOWN, error)

    def was_gone(self, error: ConnectorError) -> None:
        """Somebody else has deleted it. That is what was wanted, or it cannot be had any more."""
        if self.what == What.DELETE:
            self.succeeded(error)
        elif self.end(DeedState.REFUSED, error):
            remove(self.channel, self.message.remote_id)

    def put_off(self, error: ConnectorError, wait: timedelta, at: datetime | None) -> None:
        """It was not this try's fault: the channel must speak again first."""
        mine = Deed.objects.filter(pk=self.pk, tries=self.tries, state=DeedState.WANTED)
        mine.update(tries=F("tries") - 1, not_before=moment(at, wait), **said(error))

    def end(self, state: DeedState, error: ConnectorError | None = None) -> bool:
        """False where a later try has ended it already."""
        mine = Deed.objects.filter(pk=self.pk, tries=self.tries, state=DeedState.WANTED)
        told = said(error) if error else {"error": "", "error_kind": ""}
        if not mine.update(state=state, ended_at=Clock(), **told):
            return False
        if state != DeedState.DONE:
            self.record(state.value)
        self.refresh_from_db()
        return True

    def record(self, how: str, by: Person | None = None) -> None:
        Audit.write(f"{self.what}_{how}", by=by, thread=self.thread, channel=self.channel, message=self.message_id)

    @property
    def trouble(self) -> str:
        """Why it is not done, in words; "" where nothing is wrong."""
        return str(TROUBLE[ErrorKind(self.error_kind)]) if self.error_kind else ""


def said(error: ConnectorError) -> dict[str, Any]:
    return {"error": str(error)[:300], "error_kind": error.kind}


def copy_of(message: Message) -> dict[str, object]:
    """What was public, for who asks later why it was taken away."""
    return {
        "text": message.text,
        "author": str(message.author) if message.author else "",
        "author_id": message.author.remote_id if message.author else "",
        "attachments": message.attachments,
        "created_at": message.created_at.isoformat(),
        "permalink": message.permalink,
    }


def offered(message: Message, capabilities: Capabilities) -> list[What]:
    """What can be done to a message on its network, as far as we know."""
    if message.is_ours or message.removed_at or message.is_private:
        return []
    can = {
        What.HIDE: message.kind in capabilities.hides and not message.hidden,
        What.UNHIDE: message.kind in capabilities.hides and message.hidden,
        # A mention stands with somebody else, where only they and its author may.
        What.DELETE: capabilities.can_delete_others and message.kind != Kind.MENTION,
        What.LIKE: capabilities.can_like and not message.hidden,
    }
    return [what for what, possible in can.items() if possible]
