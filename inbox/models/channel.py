"""Channels: one connected page, account or feed, how far it is read, and what its network last said."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.utils.translation import gettext_lazy as _

import connectors
from connectors.base import (
    Account,
    Capabilities,
    Connector,
    ConnectorError,
    Credentials,
    ErrorKind,
    Mark,
    Rate,
    Visibility,
    Window,
)
from connectors.login import Grant
from inbox.clock import Clock, after, moment, read_clock
from inbox.models.audit import Audit
from inbox.models.person import Person
from inbox.models.secret import SecretsField, rotated
from inbox.models.token import (
    JUST_NOW,
    RENEW_AGAIN,
    RENEW_BEFORE,
    REST,
    WARN_AFTER,
    WARN_AGAIN,
    WARN_BEFORE,
    next_warning,
    options_for,
)

if TYPE_CHECKING:
    from inbox.models.reply import Reply

# A failing channel is tried again later and later, but never so late that a mended one stays silent for long.
BACKOFF = (timedelta(seconds=5), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5))
# How long a budget is left alone, where a network does not say when it frees.
UNTIL_IT_FREES = timedelta(minutes=5)


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
    OFF = "off", _("Disconnected")


# What the network's refusal means and what is to be done: what people read instead of the network's own words.
TROUBLE = {
    ErrorKind.TOKEN: _("The network does not let us in any more. Connect the channel again; nothing is lost."),
    ErrorKind.PERMISSION: _("A permission is missing. Connect the channel again and allow all that is asked for."),
    ErrorKind.RATE: _("The network lets us make no more calls for now. It goes on by itself."),
    ErrorKind.GONE: _("What we asked for does not exist on the network any more, or is hidden from us."),
    ErrorKind.DUPLICATE: _("The network has seen this text already."),
    ErrorKind.INVALID: _("The network does not understand what we asked. This needs whoever runs Samtal."),
    ErrorKind.BLOCKED: _("The network has stopped this account for now. Sign in there and see what it says."),
    ErrorKind.NOT_ALLOWED: _("The network does not allow this here."),
    ErrorKind.UNAVAILABLE: _("The network does not answer. We try again by ourselves."),
    ErrorKind.MALFORMED: _("The network's answer cannot be read. We try again by ourselves."),
}


NOT_READ = (ChannelState.PAUSED, ChannelState.OFF)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def due(self, at: datetime | None = None, plus: timedelta | None = None) -> ChannelQuerySet:
        """Channels to be pulled now and not in a worker's hands. Index channel_due."""
        free = Q(pull_until__isnull=True) | Q(pull_until__lt=moment(at))
        due = self.filter(free, next_poll_at__lte=moment(at, plus)).exclude(state__in=NOT_READ)
        return due.exclude(reads_closed_until__gt=moment(at))

    def working(self) -> ChannelQuerySet:
        """That somebody has connected and not disconnected."""
        return self.exclude(state=ChannelState.OFF)

    def troubled(self) -> ChannelQuerySet:
        """That do not work, or whose token ends soon and takes a person."""
        soon = Q(state=ChannelState.ACTIVE, renew_at=None, token_expires_at__lt=moment(plus=WARN_BEFORE[0]))
        return self.filter(Q(state=ChannelState.ATTENTION) | soon).order_by("name")

    def to_renew(self, at: datetime | None = None, plus: timedelta | None = None) -> ChannelQuerySet:
        """Whose token is to be renewed now, and is not in a worker's hands."""
        free = Q(renewing_until__isnull=True) | Q(renewing_until__lt=moment(at))
        return self.filter(free, renew_at__lte=moment(at, plus))

    def to_warn(self, at: datetime | None = None, plus: timedelta | None = None) -> ChannelQuerySet:
        """About which people are to be written to now."""
        return self.filter(warn_at__lte=moment(at, plus))

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

    # The token. Its version counts: what a worker learns of an old one says nothing of the new one.
    secrets = SecretsField(default=dict)
    token_version = models.PositiveIntegerField(default=0)
    scopes = models.JSONField(null=True, help_text="What was allowed; null where the network does not say")
    token_expires_at = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True, help_text="When it is renewed; null where that takes a person")
    subscribed_with = models.PositiveIntegerField(
        null=True, help_text="The version of the token by which the network was asked to notify us"
    )
    renewing_until = models.DateTimeField(null=True, help_text="One worker renews it; others wait until then")
    renewed_at = models.DateTimeField(null=True)
    warn_at = models.DateTimeField(null=True, help_text="When people are next written to about this channel")

    state = models.CharField(max_length=10, choices=ChannelState, default=ChannelState.ACTIVE)
    last_error = models.TextField(blank=True)
    last_error_kind = models.CharField(max_length=20, blank=True)
    last_error_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_read_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True, help_text=_("The network's rate limit: no call before this time"))
    reads_closed_until = models.DateTimeField(null=True, help_text=_("The same for reading alone"))
    budget_left = models.FloatField(null=True, help_text="Share of the network's calls after the last read")
    monthly_cap = models.DecimalField(
        _("money for reading and sending a month, in dollars"), max_digits=9, decimal_places=2, null=True, blank=True
    )

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

    # Not a column: until when this object's own pull has the channel.
    lease: datetime | None = None

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
        options = options_for(self.network, start_by)
        searches = tuple(line.strip() for line in self.searches.splitlines() if line.strip())
        return connectors.get(self.network)(
            self.credentials, dataclasses.replace(options, searches=searches, reads=self.reads)
        )

    @property
    def reads(self) -> frozenset[Visibility]:
        """What comes in here: private words stand apart where the account has a channel of its own for them."""
        if self.private:
            return frozenset({Visibility.PRIVATE})
        apart = Channel.objects.working().filter(network=self.network, account_id=self.account_id, private=True)
        return frozenset({Visibility.PUBLIC}) if apart.exists() else frozenset(Visibility)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.account_id, self.secrets)

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

    @property
    def trouble(self) -> str:
        """What is wrong, in words that say what to do; "" where nothing is."""
        return str(TROUBLE[ErrorKind(self.last_error_kind)]) if self.last_error_kind else self.last_error

    def speaks(self, at: datetime | None = None) -> bool:
        """Whether anything can be said or done there now."""
        open_now = Q(closed_until__isnull=True) | Q(closed_until__lte=moment(at))
        return Channel.objects.filter(open_now, pk=self.pk, state=ChannelState.ACTIVE).exists()

    # --- connecting ----------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, network: str, account: Account, grant: Grant, *, by: Person) -> Channel:
        """Connect an account, or connect it again: what is known of it stays, and reading goes on where it ended."""
        with transaction.atomic():
            channel, new = cls.objects.select_for_update().get_or_create(
                network=network,
                account_id=account.remote_id,
                private=False,
                defaults={
                    "name": (account.name or account.handle or account.remote_id)[:120],
                    "sender": settings.SAMTAL_ORGANISATION,
                    "poll_seconds": settings.SAMTAL_POLL_SECONDS,
                },
            )
            well = {"state": ChannelState.ACTIVE, "failures": 0, "last_error": "", "last_error_kind": ""}
            cls.objects.filter(pk=channel.pk).update(
                **channel.holding(grant), **well, handle=account.handle[:60], next_poll_at=moment(), closed_until=None
            )
            Audit.write("channel_connected", by=by, channel=channel, again=not new, account=account.remote_id)
            channel.refresh_from_db()
            return channel

    def disconnect(self, *, by: Person) -> None:
        """Disconnect: the token is forgotten and nothing is read or sent any more; what is here stays."""
        with transaction.atomic():
            Channel.objects.select_for_update(no_key=True).get(pk=self.pk)
            self.take_back_replies(by)
            nothing: dict[str, object] = {"secrets": {}, "scopes": None, "token_expires_at": None, "renew_at": None}
            well = {"last_error": "", "last_error_kind": "", "closed_until": None, "warn_at": None}
            Channel.objects.filter(pk=self.pk).update(
                **nothing, **well, token_version=F("token_version") + 1, state=ChannelState.OFF
            )
            Audit.write("channel_disconnected", by=by, channel=self)

    def take_back_replies(self, by: Person) -> None:
        """What has not left becomes a draft; threads are locked before replies, in the order of ids, as everywhere."""
        waiting = self.replies.filter(state__in=["held", "queued"])
        threads = self.threads.filter(pk__in=waiting.values("thread")).order_by("pk")
        list(threads.select_for_update().values_list("pk"))
        for reply in waiting.order_by("pk"):
            reply.return_to_draft("channel_off", by=by)

    def holding(self, grant: Grant) -> dict[str, object]:
        """The columns of a new token. The warnings start anew with it."""
        ends, renews = grant.expires_at, "refresh_token" in grant.secrets
        return {
            "secrets": dict(grant.secrets),
            "token_version": F("token_version") + 1,
            "scopes": None if grant.scopes is None else sorted(grant.scopes),
            "token_expires_at": ends,
            "renew_at": ends - RENEW_BEFORE if ends and renews else None,
            "renewing_until": None,
            "renewed_at": Clock(),
            "warn_at": next_warning(moment(ends)) if ends and not renews else None,
        }

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """What the network was asked to allow and somebody left out."""
        login = connectors.LOGINS.get(self.network)
        return login.missing(self.scopes) if login else ()

    def days_left(self, now: datetime) -> int | None:
        """Whole days until somebody must connect it again; None where its token has no end, or renews itself."""
        if self.token_expires_at is None or self.renew_at is not None:
            return None
        return max((self.token_expires_at - now).days, 0)

    def known_token(self) -> models.QuerySet[Channel]:
        """This row, as long as it has the token that we know."""
        return Channel.objects.filter(pk=self.pk, token_version=self.token_version)

    def take_renewal(self, at: datetime | None = None) -> bool:
        """Take this channel to renew its token; false where another worker has it, or it is not time.

        A refresh token is good once, so the lease outlives the call: a second use would be refused.
        """
        lease = timedelta(seconds=2 * settings.SAMTAL_SEND_DEADLINE)
        mine = Channel.objects.to_renew(at).filter(pk=self.pk, token_version=self.token_version)
        return bool(mine.update(renewing_until=moment(at, lease)))

    def renewed(self, grant: Grant) -> None:
        """Keep the new token, unless a person has connected the channel anew meanwhile."""
        with transaction.atomic():
            if self.known_token().update(**self.holding(grant)):
                Audit.write("token_renewed", by=None, channel=self)

    def not_renewed(self, error: ConnectorError, at: datetime | None = None) -> None:
        """Refused: a person must connect the channel again. Anything else: try again soon."""
        if error.permanent:
            self.known_token().update(renewing_until=None, renew_at=None)
            self.renew_at = None
            self.record_error(error, at)
        else:
            again = max(RENEW_AGAIN, timedelta(seconds=error.retry_after or 0))
            self.known_token().update(renewing_until=None, renew_at=moment(at, again))

    def take_warning(self, at: datetime | None = None) -> bool:
        """Take the warning that is due, and set the one after it; false where another worker was faster."""
        again = Case(
            When(state=ChannelState.ATTENTION, then=moment(at, WARN_AGAIN)),
            default=next_warning(F("token_expires_at"), at),
        )
        return bool(Channel.objects.to_warn(at).filter(pk=self.pk).update(warn_at=again))

    def warn_later(self) -> None:
        """The mail did not leave."""
        Channel.objects.filter(pk=self.pk).update(warn_at=moment(plus=timedelta(minutes=5)))

    # --- pulling -------------------------------------------------------------------------------------------------

    def take_pull(self, at: datetime | None = None) -> bool:
        """Take this channel for one pull; false where another worker has it or it is not due."""
        taken = Channel.objects.filter(pk=self.pk).due(at)
        # A value, not an expression: it is how the lease is known again when it is given back.
        until = (at or read_clock()) + pull_lease()
        rows = taken.update(pull_until=until, next_poll_at=moment(at, timedelta(seconds=self.poll_seconds)))
        self.lease = until if rows else None
        return bool(rows)

    def held(self) -> models.QuerySet[Channel]:
        """This channel, while the pull that this object has taken is nobody else's."""
        mine = Channel.objects.filter(pk=self.pk, pull_until=self.lease)
        return mine if self.lease else mine.none()

    def let_go(self, wait: timedelta, at: datetime | None = None) -> None:
        """Give the channel back unread, to be looked at again after a while."""
        self.held().update(pull_until=None, next_poll_at=moment(at, wait))

    def pulled(
        self,
        *,
        again: bool = False,
        wait: timedelta | None = None,
        rate: Rate | None = None,
        at: datetime | None = None,
    ) -> None:
        """Give the channel back after a good pull; `again` asks for the next one at once, `wait` for a later one, both
        together for a later one to go on with what this one has left.

        Who comes so late that another worker has taken the channel meanwhile changes nothing.
        """
        # What was posted while we read may be missing from the pages read: complete up to the pull's start.
        fields: dict[str, object] = {"pull_until": None, "failures": 0}
        if rate and self.capabilities.shares_budget:
            fields["budget_left"] = rate.left
        if not again:
            fields["last_read_at"] = after("pull_until", -pull_lease())
        if again or wait:
            fields["next_poll_at"] = moment(at, wait)
        if not self.held().update(**fields):
            return
        Channel.objects.filter(pk=self.pk).exclude(last_error="", state=ChannelState.ACTIVE).exclude(
            state__in=NOT_READ
        ).update(
            last_error="",
            last_error_kind="",
            state=ChannelState.ACTIVE,
            warn_at=next_warning(F("token_expires_at")),
        )

    def hold_back(self, wait: timedelta, *, reading: bool, app_wide: bool = False, at: datetime | None = None) -> None:
        """The network takes no calls for so long: of this channel, or of every one that speaks through the same app.

        Where reads and writes have budgets of their own, only that of which the network spoke is closed.
        """
        both = self.capabilities.shares_budget or app_wide
        until = moment(at, wait)
        app = connectors.app_of(self.network)
        same_app = [network for network in connectors.REGISTRY if connectors.app_of(network) == app]
        met = Channel.objects.filter(network__in=same_app) if app_wide else Channel.objects.filter(pk=self.pk)
        if reading or both:
            met.update(reads_closed_until=Greatest(Coalesce(F("reads_closed_until"), until), until))
        if both or not reading:
            met.update(closed_until=Greatest(Coalesce(F("closed_until"), until), until))

    def may_read(self, at: datetime | None = None) -> bool:
        """Whether the network takes calls for reading now."""
        return not Channel.objects.filter(pk=self.pk, reads_closed_until__gt=moment(at)).exists()

    def save_for_sending(self, wait: timedelta, at: datetime | None = None) -> None:
        """Read no more for so long: what is left of the budget is for what leaves. Never opens what is closed."""
        until = moment(at, wait)
        Channel.objects.filter(pk=self.pk).update(
            reads_closed_until=Greatest(Coalesce(F("reads_closed_until"), until), until)
        )

    def closed_to_read_backs(self, at: datetime | None = None) -> datetime | None:
        """Until when nobody may read what became of a sending: where one budget is shared, that is part of sending."""
        closed = "closed_until" if self.capabilities.shares_budget else "reads_closed_until"
        mine = Channel.objects.filter(pk=self.pk, **{f"{closed}__gt": moment(at)})
        return mine.values_list(closed, flat=True).first()

    def heed(self, rate: Rate | None, *, reading: bool, at: datetime | None = None) -> bool:
        """What an answer says of the network's budget: at its end no call is made, near it nothing is read.

        reading: the answer was to a read. True where reading must rest now.
        """
        shared = self.capabilities.shares_budget
        if rate is None or rate.left > (settings.SAMTAL_SENDING_SHARE if shared else 0):
            return False
        wait = timedelta(seconds=rate.opens_in) if rate.opens_in else UNTIL_IT_FREES
        if rate.left > 0:
            self.save_for_sending(wait, at)
        else:
            self.hold_back(wait, reading=reading, at=at)
        return reading or shared

    def record_error(self, error: ConnectorError, at: datetime | None = None, *, reading: bool = True) -> None:
        """Show the last error to people and decide when the network is asked again. A bad token needs a person."""
        wait = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        if error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        fields: dict[str, object] = {
            "last_error": str(error),
            "last_error_kind": error.kind,
            "last_error_at": moment(at),
            "failures": F("failures") + 1,
        }
        if reading or self.capabilities.shares_budget:
            fields["next_poll_at"] = Greatest(F("next_poll_at"), moment(at, wait))
        with transaction.atomic():
            self.held().update(pull_until=None)
            Channel.objects.filter(pk=self.pk).update(**fields)
            if error.kind == ErrorKind.RATE:
                self.hold_back(wait, reading=reading, app_wide=error.app_wide, at=at)
            if error.kind in (ErrorKind.TOKEN, ErrorKind.PERMISSION):
                self.lose_token(error, at)

    def lose_token(self, error: ConnectorError, at: datetime | None) -> None:
        """The network refuses the token: it is renewed at once where that can be; else the channel rests."""
        mine = self.known_token().filter(state=ChannelState.ACTIVE)
        fresh = mine.filter(renewed_at__gt=moment(at, -JUST_NOW)).exists()
        if error.kind == ErrorKind.TOKEN and self.renew_at and not fresh:
            mine.update(renew_at=Least(F("renew_at"), moment(at)))
            return
        rest = Greatest(F("next_poll_at"), moment(at, REST))
        if mine.update(state=ChannelState.ATTENTION, next_poll_at=rest, warn_at=moment(at, WARN_AFTER)):
            Audit.write("channel_attention", by=None, channel=self, kind=str(error.kind))

    def pause(self, *, by: Person) -> bool:
        """Nothing is read or sent until it goes on; false where it has been disconnected meanwhile."""
        return self.set_state(ChannelState.PAUSED, "channel_paused", by=by)

    def resume(self, *, by: Person) -> bool:
        """It goes on at once, whatever its last error was; false where it has been disconnected meanwhile."""
        well: dict[str, object] = {"failures": 0, "last_error": "", "last_error_kind": "", "next_poll_at": moment()}
        return self.set_state(ChannelState.ACTIVE, "channel_resumed", by=by, **well)

    def set_state(self, state: ChannelState, audit: str, *, by: Person, **fields: object) -> bool:
        """What was to be written about is over with it: only the end of its token is still announced."""
        with transaction.atomic():
            here = Channel.objects.working().filter(pk=self.pk)
            turned = bool(here.update(state=state, warn_at=next_warning(F("token_expires_at")), **fields))
            if turned:
                Audit.write(audit, by=by, channel=self)
            return turned

    @property
    def complete_up_to(self) -> datetime | None:
        """Everything up to here is in the database: the end of the last read that left no window open."""
        return None if self.streams.filter(walk_to_at__isnull=False).exists() else self.last_read_at


# A post under which nobody has written for so long is left to notifications alone; one word brings it back.
QUIET = timedelta(days=90)


class StreamQuerySet(models.QuerySet["Stream"]):
    def older(self, at: datetime | None = None) -> StreamQuerySet:
        """Beneath posts that polling does not come to any more, or never did. Index stream_turn."""
        reach = ExpressionWrapper(
            F("channel__reach_days") * Value(timedelta(days=1)), output_field=models.DurationField()
        )
        until = ExpressionWrapper(F("post_at") + reach, output_field=models.DateTimeField())
        return self.annotate(polled=Coalesce("polled_until", until), lively=Coalesce("heard_at", "post_at")).filter(
            post_at__isnull=False, polled__lte=moment(at), lively__gt=moment(at, -QUIET)
        )


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
    seen = models.PositiveIntegerField(default=0, help_text="Messages that the open window has shown")

    # Of what stands under one post: what its turn in the rota of older posts goes by.
    post_at = models.DateTimeField(null=True, help_text="Since when the post stands; null for what is always polled")
    polled_until = models.DateTimeField(null=True, help_text="Null: as far back as the channel reaches")
    heard_at = models.DateTimeField(null=True, help_text="When something new last came in")
    read_at = models.DateTimeField(null=True, help_text="When it was last read to its end")
    refused_at = models.DateTimeField(null=True, help_text="Since when the network does not let us read it")

    objects = StreamQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_stream_a_key", fields=["channel", "key"])]
        indexes = [models.Index(name="stream_turn", fields=["channel", "read_at"], condition=Q(post_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.channel} {self.key}"

    @property
    def window(self) -> Window:
        return Window(
            complete_up_to=mark(self.complete_up_to_at, self.complete_up_to_id),
            newest_seen=mark(self.newest_seen_at, self.newest_seen_id),
            walk_to=mark(self.walk_to_at, self.walk_to_id),
            seen=self.seen,
        )

    def keep(self, window: Window) -> None:
        """Store how far the stream is read. Runs in the transaction that stores the page's rows."""
        self.complete_up_to_at, self.complete_up_to_id = parts(window.complete_up_to)
        self.newest_seen_at, self.newest_seen_id = parts(window.newest_seen)
        self.walk_to_at, self.walk_to_id = parts(window.walk_to)
        self.seen = window.seen
        self.save(update_fields=WINDOW)


PLACES = ("complete_up_to", "newest_seen", "walk_to")
WINDOW = (*(f"{place}_{part}" for place in PLACES for part in ("at", "id")), "seen")


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


class BrakeQuerySet(models.QuerySet["Brake"]):
    def pulled(self) -> BrakeQuerySet:
        return self.filter(lifted_at__isnull=True)


class Brake(models.Model):
    """Stops everything leaving: all, one channel, or one person. Lifted with a reason; nothing else lifts it."""

    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="brakes")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="brakes")
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Clock())
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = BrakeQuerySet.as_manager()

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
        return cls.objects.pulled().filter(scope).first()

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
