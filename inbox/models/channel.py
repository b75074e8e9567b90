"""Channels: one connected page, account or feed, how far it is read, and what its network last said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

import connectors
from connectors.base import Capabilities, Connector, ConnectorError, Credentials, ErrorKind, Mark, Options, Window
from inbox.clock import Clock, after, moment
from inbox.models.audit import Audit
from inbox.models.person import Person
from inbox.models.secret import SecretsField, rotated

if TYPE_CHECKING:
    from inbox.models.reply import Reply

# A failing channel is tried again later and later, but never so late that a mended one stays silent for long.
BACKOFF = (timedelta(seconds=5), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))


def pull_lease() -> timedelta:
    """How long a pull may take before another worker takes the channel."""
    return timedelta(seconds=settings.SAMTAL_PULL_LEASE)


class Signature(models.TextChoices):
    FIRST_NAME = "first", _("First name")
    FULL_NAME = "full", _("Full name")
    INITIALS = "initials", _("Initials")
    ORGANISATION = "organisation", _("Organisation only")


class ChannelState(models.TextChoices):
    ACTIVE = "active", _("Connected")
    PAUSED = "paused", _("Paused")
    ATTENTION = "attention", _("Needs attention")


class ChannelQuerySet(models.QuerySet["Channel"]):
    def due(self, at: datetime | None = None, plus: timedelta | None = None) -> ChannelQuerySet:
        """Channels to be pulled now and not in a worker's hands. Index channel_due."""
        free = Q(pull_until__isnull=True) | Q(pull_until__lt=moment(at))
        return self.filter(free, next_poll_at__lte=moment(at, plus)).exclude(state=ChannelState.PAUSED)

    def behind(self) -> list[tuple[str, float]]:
        """(name, seconds since it was complete) of the channels that have been read."""
        wait = ExpressionWrapper(Clock() - F("last_read_at"), output_field=models.DurationField())
        rows = self.exclude(last_read_at=None).values_list("name", wait)
        return [(name, waited.total_seconds()) for name, waited in rows]

    def readable_by(self, person: Person) -> ChannelQuerySet:
        """Leads read everything; private conversations only those a lead has named read."""
        return self if person.leads else self.filter(Q(private=False) | Q(clearances__person=person)).distinct()


class Channel(models.Model):
    network = models.CharField(_("network"), max_length=20, choices=connectors.choices)
    name = models.CharField(_("name"), max_length=120)
    account_id = models.CharField(_("page or account id"), max_length=300)
    handle = models.CharField(max_length=60, blank=True)
    purpose = models.CharField(_("what it is for"), max_length=300, blank=True)
    sender = models.CharField(_("who speaks here"), max_length=120)
    private = models.BooleanField(default=False)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="sv")
    searches = models.TextField(_("what else we listen for"), blank=True)
    signature = models.CharField(_("signature"), max_length=12, choices=Signature, default=Signature.FIRST_NAME)
    lead_in = models.CharField(_("before the name"), max_length=20, default="/")
    secrets = SecretsField(default=dict)

    state = models.CharField(max_length=10, choices=ChannelState, default=ChannelState.ACTIVE)
    last_error = models.TextField(blank=True)
    last_error_kind = models.CharField(max_length=20, blank=True)
    last_error_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_read_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True, help_text=_("The network's rate limit: no call before this time"))

    poll_seconds = models.FloatField(default=60)
    next_poll_at = models.DateTimeField(db_default=Clock())
    pull_until = models.DateTimeField(null=True)
    reach_days = models.PositiveSmallIntegerField(default=30)
    target_minutes = models.PositiveIntegerField(default=60)
    look_again_days = models.PositiveSmallIntegerField(default=3)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_channel_an_account", fields=["network", "account_id", "private"])
        ]
        indexes = [models.Index(name="channel_due", fields=["next_poll_at"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def rotate_tokens(cls) -> int:
        """All tokens under the newest key, or none: how many channels. Raises InvalidToken for an unknown key."""
        with transaction.atomic():
            rows = (
                cls.objects.select_for_update()
                .order_by("pk")
                .annotate(ciphertext=Cast("secrets", models.BinaryField()))
            )
            channels = dict(rows.values_list("pk", "ciphertext"))
            for pk, ciphertext in channels.items():
                cls.objects.filter(pk=pk).update(secrets=rotated(bytes(ciphertext)))
            return len(channels)

    # --- its network ---------------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        return connectors.get(self.network).label

    @property
    def capabilities(self) -> Capabilities:
        return connectors.get(self.network).capabilities

    @property
    def quiet_time(self) -> timedelta:
        """Q: how long after an unknown outcome the network is read (DESIGN §7)."""
        if settings.SAMTAL_QUIET_SECONDS:
            return timedelta(seconds=settings.SAMTAL_QUIET_SECONDS)
        return self.capabilities.quiet_time

    def connect(self, *, start_by: float | None = None) -> Connector:
        """A connector for one chain of calls, never shared between threads.

        start_by: the time.monotonic() at which a call is given up unsent if nothing of it has left.
        """
        options = Options(
            start_by=start_by,
            base_url=settings.SAMTAL_SANDBOX_URL,
            deadline=settings.SAMTAL_SEND_DEADLINE,
            page_size=settings.SAMTAL_PAGE_SIZE,
            api_version=settings.SAMTAL_GRAPH_VERSION if self.network == "facebook" else "",
        )
        return connectors.get(self.network)(Credentials(self.account_id, self.secrets), options)

    def signature_of(self, person: Person) -> str:
        """What the program puts under a reply of this person, with its lead-in; "" if the organisation alone signs."""
        style = Signature.ORGANISATION if person.anonymous else self.signature
        name = {
            Signature.FIRST_NAME: person.first_name,
            Signature.FULL_NAME: person.full_name,
            Signature.INITIALS: person.initials,
            Signature.ORGANISATION: "",
        }[Signature(style)]
        joint = "" if self.lead_in in ("/", "^", "–") else " "
        return f" {self.lead_in}{joint}{name}" if name else ""

    # --- pulling -------------------------------------------------------------------------------------------------

    def take_pull(self, at: datetime | None = None) -> bool:
        """Take this channel for one pull; false where another worker has it or it is not due."""
        taken = Channel.objects.filter(pk=self.pk).due(at)
        return bool(
            taken.update(
                pull_until=moment(at, pull_lease()), next_poll_at=moment(at, timedelta(seconds=self.poll_seconds))
            )
        )

    def pulled(self, *, again: bool = False, at: datetime | None = None) -> None:
        """Give the channel back after a good pull; `again` asks for the next one at once."""
        # What was posted while we read may be missing from the pages read: complete up to the pull's start.
        fields: dict[str, object] = {
            "pull_until": None,
            "last_read_at": after("pull_until", -pull_lease()),
            "failures": 0,
        }
        if again:
            fields["next_poll_at"] = moment(at)
        Channel.objects.filter(pk=self.pk).update(**fields)
        Channel.objects.filter(pk=self.pk).exclude(last_error="", state=ChannelState.ACTIVE).exclude(
            state=ChannelState.PAUSED
        ).update(last_error="", last_error_kind="", state=ChannelState.ACTIVE)

    def record_error(self, error: ConnectorError, at: datetime | None = None) -> None:
        """Show the last error to people and decide when the network is asked again. A bad token needs a person."""
        wait = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        if error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        fields: dict[str, object] = {
            "pull_until": None,
            "last_error": str(error),
            "last_error_kind": error.kind,
            "last_error_at": moment(at),
            "failures": F("failures") + 1,
            "next_poll_at": Greatest(F("next_poll_at"), moment(at, wait)),
        }
        if error.kind == ErrorKind.RATE:
            fields["closed_until"] = moment(at, wait)
        if error.kind in (ErrorKind.TOKEN, ErrorKind.PERMISSION) and self.state == ChannelState.ACTIVE:
            fields["state"] = ChannelState.ATTENTION
        with transaction.atomic():
            Channel.objects.filter(pk=self.pk).update(**fields)
            if fields.get("state"):
                Audit.write("channel_attention", by=None, channel=self, kind=str(error.kind))

    def pause(self, *, by: Person) -> None:
        with transaction.atomic():
            Channel.objects.filter(pk=self.pk).update(state=ChannelState.PAUSED)
            Audit.write("channel_paused", by=by, channel=self)

    def resume(self, *, by: Person) -> None:
        with transaction.atomic():
            Channel.objects.filter(pk=self.pk).update(
                state=ChannelState.ACTIVE, next_poll_at=moment(), failures=0, last_error="", last_error_kind=""
            )
            Audit.write("channel_resumed", by=by, channel=self)

    @property
    def complete_up_to(self) -> datetime | None:
        """Everything up to here is in the database: the end of the last read that left no window open."""
        return None if self.streams.filter(walk_to_at__isnull=False).exists() else self.last_read_at


class Stream(models.Model):
    """One thing to page through on a channel: its mentions, its feed, the comments of one post."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="streams")
    key = models.CharField(max_length=600)
    state = models.CharField(max_length=120, blank=True, help_text="Follow.state of the last complete visit")
    complete_up_to_at = models.DateTimeField(null=True)
    complete_up_to_id = models.CharField(max_length=80, blank=True)
    newest_seen_at = models.DateTimeField(null=True)
    newest_seen_id = models.CharField(max_length=80, blank=True)
    walk_to_at = models.DateTimeField(null=True)
    walk_to_id = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_stream_a_key", fields=["channel", "key"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.key}"

    @property
    def window(self) -> Window:
        return Window(
            complete_up_to=mark(self.complete_up_to_at, self.complete_up_to_id),
            newest_seen=mark(self.newest_seen_at, self.newest_seen_id),
            walk_to=mark(self.walk_to_at, self.walk_to_id),
        )

    def keep(self, window: Window) -> None:
        """Store how far the stream is read. Runs in the transaction that stores the page's rows."""
        self.complete_up_to_at, self.complete_up_to_id = parts(window.complete_up_to)
        self.newest_seen_at, self.newest_seen_id = parts(window.newest_seen)
        self.walk_to_at, self.walk_to_id = parts(window.walk_to)
        self.save()


def mark(at: datetime | None, remote_id: str) -> Mark | None:
    return Mark(at, remote_id) if at else None


def parts(place: Mark | None) -> tuple[datetime | None, str]:
    return (place.at, place.id) if place else (None, "")


class Quarantined(models.Model):
    """What could not be read, kept raw so that it can be replayed once we can read it. It never stops the channel."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="quarantine")
    stream = models.CharField(max_length=600)
    raw = models.JSONField()
    digest = models.CharField(max_length=32)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Clock())
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="quarantined_once", fields=["channel", "digest"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class PagePost(models.Model):
    """The page's own post that comments stand under: context beside a thread, never something to answer."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="page_posts")
    remote_id = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    permalink = models.URLField(max_length=500, blank=True)
    comment_count = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_page_post", fields=["channel", "remote_id"])]

    def __str__(self) -> str:
        return self.text[:60]


class Brake(models.Model):
    """Stops everything leaving: all, one channel, or one person. Lifted with a reason; nothing else lifts it."""

    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="brakes")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="brakes")
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Clock())
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_brake_a_scope",
                fields=["channel", "person"],
                condition=Q(lifted_at__isnull=True),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return str(self.channel or self.person or _("everything"))

    @property
    def waiting(self) -> models.QuerySet[Reply]:
        """The replies it keeps from leaving."""
        stopped = Brake._meta.apps.get_model("inbox", "Reply").objects.filter(state="queued")
        stopped = stopped.filter(channel=self.channel) if self.channel else stopped
        return stopped.filter(written_by=self.person) if self.person else stopped

    @classmethod
    def on(cls, channel_id: int, person_id: int | None) -> Brake | None:
        """The brake that stops this channel and person now, if any."""
        scope = Q(channel=None, person=None) | Q(channel=channel_id) | Q(person=person_id, person__isnull=False)
        return cls.objects.filter(scope, lifted_at__isnull=True).first()

    @classmethod
    def pull(cls, *, by: Person, channel: Channel | None = None, person: Person | None = None) -> Brake:
        """Stop what has not yet left. A second pull of the same brake is the same brake."""
        with transaction.atomic():
            brake, new = cls.objects.get_or_create(
                channel=channel, person=person, lifted_at=None, defaults={"set_by": by}
            )
            if new:
                Audit.write("brake_pulled", by=by, channel=channel, person=person.pk if person else None)
            return brake

    def lift(self, *, by: Person, reason: str) -> bool:
        """Let sending go on; false where someone lifted it first."""
        with transaction.atomic():
            lifted = Brake.objects.filter(pk=self.pk, lifted_at__isnull=True).update(
                lifted_by=by, lifted_at=Coalesce(F("lifted_at"), Clock()), reason=reason
            )
            if lifted:
                Audit.write("brake_lifted", by=by, channel=self.channel, person=self.person_id)
            return bool(lifted)
