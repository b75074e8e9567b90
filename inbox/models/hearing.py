"""What notifications tell goes through the same door as what is polled, whatever order it comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from connectors.base import (
    Change,
    ConnectorError,
    ErrorKind,
    Look,
    Malformed,
    Notification,
    PostContext,
    Verb,
    Visibility,
)
from inbox.clock import moment, read_clock
from inbox.models.channel import Channel, PagePost
from inbox.models.event import Foretold, RawEvent, as_json
from inbox.models.intake import clean, keep_posts, quarantine, remove, seen_at, store, turn
from inbox.models.message import Message
from inbox.models.rota import hear_of, keep_turns, leave_rota

# The stream that a notification's pieces are quarantined under.
WEBHOOK = "webhook"
# What a notification only names is asked for again after so long, and for so long.
ASK_AGAIN = timedelta(minutes=5)
ASK_FOR = timedelta(days=1)


class Hearing:
    """A batch of notifications of one network: what they say, by the channel it is for."""

    def __init__(self, network: str, events: Sequence[RawEvent]) -> None:
        self.network = network
        self.events = events
        self.channels = list(Channel.objects.working().filter(network=network).order_by("pk"))
        self.said = [(event, event.notification()) for event in events]
        # What could not be asked for, and why.
        self.unanswered: dict[str, ConnectorError] = {}
        told = [change for _event, notification in self.said for change in notification.changes]
        self.changes = by_channel(told, self.channels)

    def unknown_posts(self, channel: Channel) -> list[str]:
        """Posts of which a comment does not say whose they are, and that we have never seen."""
        told = [change.message for change in self.changes[channel] if change.message]
        ids = {message.post_remote_id for message in told} - {""}
        ids -= {change.remote_id for change in self.changes[channel] if change.post or change.message}
        ids -= set(channel.page_posts.filter(remote_id__in=ids).values_list("remote_id", flat=True))
        known = Message.objects.filter(network=self.network, scope=0, remote_id__in=ids)
        gone = Foretold.objects.filter(network=self.network, remote_id__in=ids, removed_at__isnull=False)
        ids -= set(known.values_list("remote_id", flat=True))
        return sorted(ids - set(gone.values_list("remote_id", flat=True)))

    def only_named(self, channel: Channel) -> list[str]:
        """What there is of which nothing but the id is told, and that we have never seen."""
        ids = {change.remote_id for change in self.changes[channel] if change.only_named}
        known = Message.objects.filter(network=self.network, scope=0, remote_id__in=ids)
        return sorted(ids - set(known.values_list("remote_id", flat=True)))

    def keep(self) -> None:
        """Everything at once, or nothing: the notifications stay unread until it is in the tables.

        One that names what could not be asked for is read again later, with all it says.

        The rota by itself and first: a page that is being stored holds its stream while it waits for intake's lock.
        """
        for channel, changes in self.changes.items():
            note_turns(channel, changes)
        with transaction.atomic():
            for channel, changes in sorted(self.changes.items(), key=lambda pair: pair[0].pk):
                apply(channel, changes)
            for event, notification in self.said:
                whose = next((channel for channel in self.channels if channel.pk == event.channel_id), None)
                if whose and (malformed := (*notification.malformed, *self.given_up(event, notification))):
                    quarantine(whose, WEBHOOK, malformed)
            waiting = [event.pk for event, notification in self.said if self.waits(event, notification)]
            RawEvent.wait(waiting, ASK_AGAIN)
            read = [event.pk for event in self.events if event.pk not in waiting]
            RawEvent.objects.filter(pk__in=read).update(read_at=moment())

    def waits(self, event: RawEvent, notification: Notification) -> bool:
        """Whether it names something that may yet be answered."""
        return bool(self.errors(notification)) and not self.given_up(event, notification)

    def given_up(self, event: RawEvent, notification: Notification) -> list[Malformed]:
        """The notification, for the quarantine, where it names what will not be answered: there a person sees it."""
        too_old = event.received_at < read_clock() - ASK_FOR
        final = [one for one in self.errors(notification) if too_old or (one.permanent and one.kind != ErrorKind.TOKEN)]
        return [Malformed(as_json(bytes(event.body)), str(final[0]))] if final else []

    def errors(self, notification: Notification) -> list[ConnectorError]:
        named = [change.remote_id for change in notification.changes if change.only_named]
        return [self.unanswered[remote_id] for remote_id in named if remote_id in self.unanswered]


def by_channel(changes: Iterable[Change], channels: Sequence[Channel]) -> dict[Channel, list[Change]]:
    """Each change with the account's channel; what is of no account of ours is left out."""
    found: dict[Channel, list[Change]] = defaultdict(list)
    for change in changes:
        if channel := channel_for(change, channels):
            found[channel].append(change)
    return found


def channel_for(change: Change, channels: Sequence[Channel]) -> Channel | None:
    """The account's channel; a private message goes to its private one, where there is one."""
    private = change.message is not None and change.message.visibility == Visibility.PRIVATE
    ours = [channel for channel in channels if channel.account_id == change.account_id]
    return next((channel for channel in ours if channel.private == private), ours[0] if ours else None)


def apply(channel: Channel, changes: Iterable[Change]) -> None:
    """What is new first, so that what takes it away again finds it."""
    changes = list(changes)
    for change in changes:
        if change.post:
            keep_told(channel, change.post)
    store(channel, [change.message for change in changes if change.message])
    for change in changes:
        if change.verb == Verb.REMOVE:
            remove(channel, change.remote_id)
        elif change.verb in (Verb.HIDE, Verb.UNHIDE):
            turn(channel, change.remote_id, hidden=change.verb == Verb.HIDE, at=change.at)


def note_turns(channel: Channel, changes: Sequence[Change]) -> None:
    """What notifications say of the rota of older posts: who is new in it, where life is, what is gone."""
    told = [change.message for change in changes if change.message]
    keep_turns(channel, [*told, *(change.post for change in changes if change.post)])
    hear_of(channel, told)
    leave_rota(channel, [change.remote_id for change in changes if change.verb == Verb.REMOVE])


def keep_told(channel: Channel, post: PostContext) -> None:
    """A notification knows less of our own post than the page does: it takes nothing away."""
    text = clean(post.text)
    PagePost.objects.update_or_create(
        channel=channel,
        remote_id=post.remote_id,
        defaults={"text": text},
        create_defaults={"text": text, "created_at": post.created_at},
    )


def keep_look(channel: Channel, look: Look) -> None:
    """Posts that were asked for because a comment beneath them had come."""
    keep_turns(channel, [*look.posts, *look.found])
    leave_rota(channel, look.gone)
    with transaction.atomic():
        keep_posts(channel, look.posts)
        store(channel, look.found, as_of=seen_at(look.read_at), read=True)
        for remote_id in look.gone:
            remove(channel, remote_id)


def may_ask(channel: Channel) -> bool:
    """Whether a network may be asked about posts we have never seen: not where that costs money."""
    return channel.capabilities.look_size > 0 and channel.network not in settings.SAMTAL_PRICES
