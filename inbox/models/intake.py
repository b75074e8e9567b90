"""The one door in: a connector's page becomes messages and threads, together with how far the stream is read.

A page commits its rows and its cursor in one transaction: a crash between two pages loses and doubles nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, Q, Value, When

import connectors
from connectors.base import (
    CLOCK_SKEW,
    Kind,
    Look,
    Malformed,
    Mark,
    Page,
    PostContext,
    RemoteMessage,
    Sent,
    Visibility,
    Window,
)
from connectors.base import Author as RemoteAuthor
from inbox.clock import Clock, moment, read_clock
from inbox.models.channel import Channel, PagePost, Quarantined, Stream
from inbox.models.event import Foretold
from inbox.models.gap import Gap, Wall
from inbox.models.message import Author, Message, Sighting
from inbox.models.picture import Picture
from inbox.models.reply import Reply
from inbox.models.rota import keep_turns
from inbox.models.rows import insert
from inbox.models.thread import Thread, due
from inbox.states import ReplyState, Settled, ThreadState, Waits
from policies.language import guess
from policies.reading import Reading, read_all

INTAKE_LOCK = 731
DEEPEST = 64
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# What a reading shows so long after it was said to be gone has come back.
RETURNS_AFTER = timedelta(minutes=10)
# How soon after the last look a message is looked up again, by its age: what is older than the last is left alone.
TIERS = (
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(days=1), timedelta(hours=3)),
    (timedelta(days=30), timedelta(hours=22)),
)
LOOKED_AT = (Kind.COMMENT, Kind.POST, Kind.MENTION)
# The column's largest number; nobody has more readers.
MOST_READERS = 2**31 - 1
# What is asked of a message that is here already.
KNOWN = (
    *("scope", "remote_id", "thread__root_remote_id"),
    *("text", "text_at", "hidden", "hidden_at", "removed_at"),
)
ONE_THREAD = ("network", "scope", "root_remote_id")
ONE_MESSAGE = ("network", "scope", "remote_id")
UNLINKED = (ReplyState.QUEUED, ReplyState.SENDING, ReplyState.UNCERTAIN)


def commit_page(channel: Channel, stream: Stream, page: Page) -> int | None:
    """Store one page and move the stream's cursor. The number of new messages; None where another worker was faster."""
    with transaction.atomic():
        locked = Stream.objects.select_for_update().get(pk=stream.pk)
        if locked.window != stream.window:
            return None
        keep_turns(channel, [*page.posts, *page.messages])
        ours, messages = own_entries(channel, page.messages)
        keep_posts(channel, [*page.posts, *ours])
        new = store(channel, messages, as_of=seen_at(page.read_at), read=True)
        quarantine(channel, stream.key, page.malformed)
        if page.wall:
            # A stream that showed nothing yet is known up to the last time it was read.
            read_at = Mark(channel.last_read_at) if channel.last_read_at else None
            Gap.find(channel, stream.key, stream.window.complete_up_to or read_at, page.wall.at, Wall.COUNT)
        if new:
            Stream.objects.filter(pk=stream.pk).update(heard_at=Clock())
        stream.keep(known_by(page.window, page.read_at or read_clock()))
        return new


def known_by(window: Window, read_at: datetime) -> Window:
    """A reading knows nothing of what is written after it, whatever time an entry bears: that would not come in."""

    def no_later(mark: Mark | None) -> Mark | None:
        return mark and replace(mark, at=min(mark.at, read_at))

    return replace(window, complete_up_to=no_later(window.complete_up_to), newest_seen=no_later(window.newest_seen))


def own_entries(
    channel: Channel, messages: Sequence[RemoteMessage]
) -> tuple[list[PostContext], Sequence[RemoteMessage]]:
    """What we have published on a site of our own is context, as a page's posts are: only we know that it is ours."""
    if channel.capabilities.can_reply:
        return [], messages
    ours = {one.remote_id for one in messages if one.kind == Kind.POST and is_by(channel.sender, one)}
    found = [one for one in messages if one.remote_id in ours]
    posts = [PostContext(one.remote_id, one.text, one.created_at, permalink=one.permalink) for one in found]
    return posts, [one for one in messages if one.remote_id not in ours]


def is_by(name: str, message: RemoteMessage) -> bool:
    return message.author is not None and message.author.name.casefold() == name.casefold()


def seen_at(read_at: datetime | None) -> datetime | None:
    """What a reading shows is as old as the network's read side may be."""
    return read_at - timedelta(seconds=settings.SAMTAL_READ_LAG) if read_at else None


def store(
    channel: Channel, remote: Iterable[RemoteMessage], *, as_of: datetime | None = None, read: bool = False
) -> int:
    """Store messages, oldest first, whatever is known already. The number of new ones. Call in a transaction.

    as_of: the moment, by the network's clock, of which a reading speaks. read: they were read on the network itself, so
    that they stand there; what a notification tells may long be over.
    """
    lock_intake(channel.network, alone=False)
    return Batch(channel, remote, as_of, read=read).store()


def lock_intake(network: str, *, alone: bool) -> None:
    """For the rest of the transaction. What is taken away and what comes in must not pass each other unseen."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", (INTAKE_LOCK, network))


class Batch:
    """One page's messages on their way into the tables: a fixed number of queries, however many messages."""

    def __init__(
        self, channel: Channel, remote: Iterable[RemoteMessage], as_of: datetime | None = None, *, read: bool = False
    ) -> None:
        self.channel = channel
        self.network = channel.network
        self.as_of = as_of
        self.read = read
        # Of several versions of one message the newest stays.
        versions = {self.key(message): message for message in sorted(remote, key=self.version)}
        self.remote = sorted(versions.values(), key=lambda message: (message.created_at, message.remote_id))
        self.together = versions
        self.authors: dict[str, Author] = {}
        self.known: dict[tuple[int, str], Message] = {}
        self.told: dict[str, Foretold] = {}
        self.posts: dict[str, PagePost] = {}
        self.roots: dict[tuple[int, str], tuple[int, str]] = {}
        self.threads: dict[tuple[int, str], Thread] = {}
        self.opened: set[int] = set()
        self.readings: dict[tuple[int, str], Reading] = {}

    @cached_property
    def now(self) -> datetime:
        """Read once: the column's own default is an expression a row, which costs more than all the row's values."""
        return read_clock()

    @cached_property
    def accounts(self) -> frozenset[str]:
        """All of ours on this network."""
        return frozenset(Channel.objects.filter(network=self.network).values_list("account_id", flat=True))

    def version(self, message: RemoteMessage) -> datetime:
        return self.known_from(message) or LONG_AGO

    def known_from(self, message: RemoteMessage) -> datetime | None:
        """From when on, by the network's clock, what is told of a message holds."""
        return message.as_of or self.as_of

    def scope(self, message: RemoteMessage) -> int:
        return self.channel.pk if message.visibility == Visibility.PRIVATE else 0

    def key(self, message: RemoteMessage) -> tuple[int, str]:
        return self.scope(message), message.remote_id

    def is_ours(self, message: RemoteMessage) -> bool:
        """Also what another of our accounts has written."""
        if message.author is not None and message.author.remote_id in self.accounts:
            return True
        return not self.channel.capabilities.can_reply and self.is_by_hand(message)

    def is_by_hand(self, message: RemoteMessage) -> bool:
        """Where we have no account, ours are known by the name we write under, or by what we said we would write."""
        return is_by(self.channel.sender, message) or self.said(message) in self.by_hand

    def said(self, message: RemoteMessage) -> str:
        return connectors.get(self.network).normalise(message.text)

    @cached_property
    def by_hand(self) -> dict[str, str]:
        """What was let go to be written by hand, and the root of the thread that it answers in."""
        normalise = connectors.get(self.network).normalise
        unseen = Reply.objects.by_hand().filter(channel=self.channel)
        rows = unseen.values_list("outgoing", "thread__root_remote_id")
        return {normalise(text): root for text, root in rows}

    def store(self) -> int:
        if not self.remote:
            return 0
        self.find_known()
        self.swallow()
        self.keep_authors([message.author for message in self.remote if message.author])
        fresh = [message for message in self.remote if self.key(message) not in self.known]
        self.find_threads(fresh)
        self.open_threads(fresh)
        stored = self.insert(fresh)
        self.note_sightings()
        self.apply_edits()
        self.update_threads(stored)
        return len(stored)

    def find_known(self) -> None:
        """The messages we have already, of this page and of what is above it. Index one_message."""
        higher = {one for message in self.remote for one in above(message)}
        self.posts = {post.remote_id: post for post in self.channel.page_posts.filter(remote_id__in=higher)}
        ids = higher | {message.remote_id for message in self.remote}
        rows = Message.objects.filter(network=self.network, scope__in=[0, self.channel.pk], remote_id__in=ids)
        self.known = {(row.scope, row.remote_id): row for row in rows.select_related("thread").only(*KNOWN)}

    def swallow(self) -> None:
        """Leave out what the network has said is gone, before we had it; and what goes with it."""
        below = self.channel.capabilities.removes_below
        ids = {message.remote_id for message in self.remote} | {message.version_id for message in self.remote} - {""}
        ids = ids.union(*(above(message) for message in self.remote)) if below else ids
        self.told = {row.remote_id: row for row in Foretold.objects.filter(network=self.network, remote_id__in=ids)}
        gone = {remote_id for remote_id, row in self.told.items() if row.removed_at}
        if below:
            gone |= {row.remote_id for row in self.known.values() if row.removed_at}
        fresh = [message for message in self.remote if self.key(message) not in self.known]
        doomed: set[str] = set()
        for message in fresh:
            ways = {message.remote_id, message.version_id, *(above(message) if below else ())}
            if ways & (gone | doomed):
                doomed.add(message.remote_id)
        self.remote = [message for message in self.remote if message.remote_id not in doomed]
        if doomed - gone:
            # What answers it may be here already, or still on its way.
            bury(self.network, self.channel, doomed - gone, None)

    def keep_authors(self, authors: Sequence[RemoteAuthor]) -> None:
        newest = {author.remote_id: author for author in authors}
        rows = [
            Author(
                network=self.network,
                remote_id=author.remote_id,
                name=clean(author.name)[:200],
                handle=clean(author.handle)[:100],
                reach=None if author.reach is None else min(max(author.reach, 0), MOST_READERS),
                url=clean(author.url)[:500],
            )
            for _id, author in sorted(newest.items())
        ]
        stored = insert(rows, unique=["network", "remote_id"], update=["name", "handle", "reach", "url"])
        self.authors = {author.remote_id: author for author in stored}

    def root(self, message: RemoteMessage) -> tuple[int, str]:
        """The thread a message belongs to: that of what is above it where we know it, else what the connector says.

        A notification does not say whose post a comment stands under: under ours, each begins a thread of its own.
        """
        scope, one = self.scope(message), message
        if not self.channel.capabilities.can_reply and (root := self.by_hand.get(self.said(message))):
            # Where comments do not say what they answer, the words do.
            return scope, root
        for _ in range(DEEPEST):
            found = next((self.known[scope, id] for id in above(one) if (scope, id) in self.known), None)
            if found:
                return scope, found.thread.root_remote_id
            higher = next((self.together[scope, id] for id in above(one) if (scope, id) in self.together), None)
            if higher is None or higher is one:
                break
            one = higher
        return scope, one.remote_id if one.root_remote_id in self.posts else one.root_remote_id

    def find_threads(self, fresh: Sequence[RemoteMessage]) -> None:
        self.roots = {self.key(message): self.root(message) for message in fresh}
        self.threads = self.standing(self.roots.values())

    def standing(self, roots: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Thread]:
        """Threads we have, locked in order of id so that two pages cannot wait for each other."""
        ids = {remote_id for _scope, remote_id in roots}
        rows = Thread.objects.filter(network=self.network, scope__in=[0, self.channel.pk], root_remote_id__in=ids)
        locked = rows.select_for_update(of=("self",)).select_related("author", "channel").order_by("pk")
        return {(row.scope, row.root_remote_id): row for row in locked}

    def open_threads(self, fresh: Sequence[RemoteMessage]) -> None:
        """New threads, each with everything of this page in it."""
        together: dict[tuple[int, str], list[RemoteMessage]] = defaultdict(list)
        for message in fresh:
            if (root := self.roots[self.key(message)]) not in self.threads:
                together[root].append(message)
        self.read_openings(together.values())
        rows = [self.new_thread(root, messages) for root, messages in together.items()]
        opened = {(row.scope, row.root_remote_id): row for row in insert(rows, unique=ONE_THREAD)}
        # Those that another worker has opened meanwhile hear of these messages like any other.
        self.threads |= opened | (self.standing(together.keys() - opened.keys()) if len(opened) < len(rows) else {})
        by_us = {root for root in opened if any(self.is_ours(message) for message in together[root])}
        self.opened = {thread.pk for root, thread in opened.items() if root not in by_us}

    def read_openings(self, together: Iterable[Sequence[RemoteMessage]]) -> None:
        """What can be read out of the words that open threads: of a whole page at once."""
        opening = [message for messages in together for message in self.openers(messages)]
        found = read_all([clean(message.text) for message in opening]) if opening else []
        self.readings = {self.key(message): reading for message, reading in zip(opening, found, strict=True)}

    def openers(self, messages: Sequence[RemoteMessage]) -> Sequence[RemoteMessage]:
        """Whose words say what a thread is about: the customers', or ours where only we have written."""
        return [message for message in messages if not self.is_ours(message)] or messages[:1]

    def new_thread(self, root: tuple[int, str], messages: Sequence[RemoteMessage]) -> Thread:
        """A thread as its first messages make it: open while a customer waits in it, else waiting for one."""
        openers, last = self.openers(messages), messages[-1]
        first = openers[0]
        said = [self.readings[self.key(message)] for message in openers]
        danger = any(words.danger for words in said)
        author, last_author, post = self.author(first), self.author(last), self.posts.get(first.post_remote_id)
        due_at, reason = due(
            first.created_at, self.channel.target_minutes, danger=danger, reach=author.reach if author else None
        )
        thread = Thread(
            channel=self.channel,
            network=self.network,
            scope=root[0],
            root_remote_id=root[1],
            visibility=first.visibility,
            page_post_id=post.pk if post else None,
            author_id=author.pk if author else None,
            language=(first.language or guess(clean(first.text), self.channel.language))[:5],
            topic_suggested=next((words.topic for words in said if words.topic), ""),
            danger=danger,
            due_at=due_at,
            due_reason=reason,
            last_at=last.created_at,
            excerpt=excerpt(last),
            last_author_id=last_author.pk if last_author else None,
            opened_at=self.now,
        )
        if self.is_ours(first):
            thread.state, thread.look_again_on = ThreadState.WAITING, thread.look_again_date()
        return thread

    def author(self, message: RemoteMessage) -> Author | None:
        return self.authors.get(message.author.remote_id) if message.author else None

    def insert(self, fresh: Sequence[RemoteMessage]) -> list[Message]:
        """Insert what is new. Two channels that see one public post at the same moment leave one row."""
        rows = [self.row(message) for message in fresh]
        by_key = {(row.scope, row.remote_id): row for row in insert(rows, unique=ONE_MESSAGE)}
        if len(by_key) < len(rows):
            ids = [row.remote_id for row in rows if (row.scope, row.remote_id) not in by_key]
            faster = Message.objects.filter(network=self.network, scope__in=[0, self.channel.pk], remote_id__in=ids)
            by_key |= {(row.scope, row.remote_id): row for row in faster.defer("raw")}
        self.known |= by_key
        found = [by_key[key] for key in (self.key(message) for message in fresh) if key in by_key]
        Picture.expect([message for message in found if message.attachments])
        return found

    def row(self, message: RemoteMessage) -> Message:
        ours, author = self.is_ours(message), self.author(message)
        hidden, hidden_at = self.hidden(message)
        parent = self.known.get((self.scope(message), message.parent_remote_id or ""))
        return Message(
            network=self.network,
            scope=self.scope(message),
            remote_id=message.remote_id,
            thread_id=self.threads[self.roots[self.key(message)]].pk,
            author_id=author.pk if author else None,
            parent_id=parent.pk if parent else None,
            parent_remote_id=message.parent_remote_id or "",
            is_ours=ours,
            kind=message.kind,
            visibility=message.visibility,
            text=clean(message.text),
            permalink=clean(message.permalink)[:500],
            attachments=storable([asdict(attachment) for attachment in message.attachments]),
            created_at=message.created_at,
            edited_at=message.edited_at,
            hidden=hidden,
            text_at=self.known_from(message),
            hidden_at=hidden_at,
            version_id=message.version_id,
            look_at=self.first_look(message),
            settled=Settled.ANSWERED if ours else Settled.NO,
            raw=storable(message.raw),
            received_at=self.now,
        )

    def hidden(self, message: RemoteMessage) -> tuple[bool, datetime | None]:
        """Whether a new message is hidden, and from when on we know: what was told of it before it came has a time."""
        told, as_of = self.told.get(message.remote_id), self.known_from(message)
        if told and told.hidden is not None and (message.hidden is None or not later(as_of, told.hidden_at)):
            return told.hidden, told.hidden_at
        return bool(message.hidden), None if message.hidden is None else as_of

    def note_sightings(self) -> None:
        Sighting.note(self.channel, [row.pk for message in self.remote if (row := self.known.get(self.key(message)))])

    def first_look(self, message: RemoteMessage) -> datetime | None:
        """When the network is first asked whether it still stands."""
        lookable = self.channel.capabilities.look_size and message.kind in LOOKED_AT
        return self.now + TIERS[0][1] if lookable else None

    def apply_edits(self) -> None:
        """What differs from what we have was changed on the network; a send that answers it will stop.

        Changes arrive in any order: what speaks of an earlier moment than what we know says nothing. Each statement
        asks so once more, since another worker may have stored what is newer after we read the row.
        """
        confirmed: dict[tuple[str, datetime], list[int]] = defaultdict(list)
        for remote in self.remote:
            row = self.known.get(self.key(remote))
            if row is None or (row.removed_at and not self.returned(row)):
                continue
            as_of = self.known_from(remote)
            for since, news in news_of(row, remote):
                known = getattr(row, since)
                if news and later(as_of, known):
                    Message.objects.filter(no_later(since, as_of), pk=row.pk).update(**{since: as_of}, **news)
                elif as_of and (known is None or as_of > known):
                    confirmed[since, as_of].append(row.pk)
        for (since, at), pks in confirmed.items():
            Message.objects.filter(no_later(since, at), pk__in=pks).update(**{since: at})

    def returned(self, row: Message) -> bool:
        """It was gone and stands there again: its author is no longer protected, or took it back in time."""
        if not self.read or row.removed_at is None or read_clock() - row.removed_at < RETURNS_AFTER:
            return False
        Message.objects.filter(pk=row.pk).update(removed_at=None)
        Message.objects.filter(pk=row.pk, settled=Settled.REMOVED).update(settled=Settled.NO)
        thread = Thread.objects.select_for_update().get(pk=row.thread_id)
        thread.settle()
        return True

    def update_threads(self, stored: Sequence[Message]) -> None:
        """What new messages mean for the threads they fall into."""
        together: dict[int, list[Message]] = defaultdict(list)
        for message in stored:
            together[message.thread_id].append(message)
        for thread in sorted(self.threads.values(), key=lambda thread: thread.pk):
            # Those just opened stand already as their messages make them.
            if thread.pk in together and thread.pk not in self.opened:
                receive(thread, together[thread.pk])


def receive(thread: Thread, messages: Sequence[Message]) -> None:
    """Bring a thread in line with messages that have just been stored in it."""
    for message in messages:
        if message.is_ours:
            link_own(message)
    last = messages[-1]
    if last.created_at > thread.last_at:
        Thread.objects.filter(pk=thread.pk).update(
            last_at=last.created_at, excerpt=excerpt(last), last_author_id=last.author_id
        )
    customers = [message for message in messages if not message.is_ours]
    if customers:
        hear(thread, customers)
    if len(customers) < len(messages):
        thread.refresh_from_db()
        thread.settle()


def hear(thread: Thread, customers: Sequence[Message]) -> None:
    """A customer has written: thanks alone reopens nothing, danger comes first, everything else opens the thread."""
    said = read_all([message.text for message in customers])
    answered_before = thread.messages.filter(is_ours=True).exists()
    for message, words in zip(customers, said, strict=True):
        if words.thanks and answered_before:
            message.settle(Settled.THANKS)
    if any(words.danger for words in said) and not thread.danger:
        Thread.objects.filter(pk=thread.pk).update(danger=True)
    topic = next((words.topic for words in said if words.topic), "")
    if topic and not thread.topic_suggested:
        Thread.objects.filter(pk=thread.pk).update(topic_suggested=topic)
    thread.refresh_from_db()
    thread.settle()


def link_own(message: Message) -> None:
    """Our own post came back: link it to the reply it is, or take it as written in the network's own app."""
    if message.reply_id:
        return
    reply, seen = reply_of(message), Sent(message.remote_id, message.permalink, message.created_at)
    if reply is None:
        settle_elsewhere(message)
    elif reply.state == ReplyState.SENT:
        reply.link_seen(seen)
    elif reply.waits_for == Waits.HAND:
        reply.written_there(by=None, seen=seen)
    else:
        reply.finish_sent(seen, how="seen")


def to_look_up(channel: Channel, most: int, overdue: timedelta = timedelta()) -> list[str]:
    """The ids of the messages whose turn it is to be looked up, the longest due first. Index message_look."""
    due = Message.objects.filter(thread__channel=channel, scope=0, look_at__lte=moment(plus=-overdue))
    return list(due.order_by("look_at").values_list("remote_id", flat=True)[:most])


def commit_look(channel: Channel, asked: Sequence[str], look: Look) -> None:
    """Store what has become of messages, and when each is looked up again: the older, the later."""
    with transaction.atomic():
        lock_intake(channel.network, alone=True)
        here = Message.objects.filter(network=channel.network, scope=0)
        known = set(here.filter(remote_id__in=asked).values_list("remote_id", flat=True))
        found = [message for message in look.found if message.remote_id in known]
        Batch(channel, found, seen_at(look.read_at), read=True).store()
        bury(channel.network, channel, set(look.gone) & known, None)
        whens = [When(created_at__gt=moment(plus=-age), then=moment(plus=wait)) for age, wait in TIERS]
        here.filter(remote_id__in=asked, removed_at__isnull=True).update(
            look_at=Case(*whens, default=None, output_field=models.DateTimeField())
        )


def remove(channel: Channel, remote_id: str, at: datetime | None = None) -> bool:
    """The network says that a message is gone. False where we never had it, or knew. What answers it will stop.

    What we have not got yet leaves a tombstone: when it comes, late, it is not let in.
    """
    with transaction.atomic():
        lock_intake(channel.network, alone=True)
        return bool(bury(channel.network, channel, {remote_id}, at))


def bury(network: str, channel: Channel, remote_ids: set[str], at: datetime | None) -> int:
    """Mark as gone, with everything beneath where the network takes that away as well. How many that were here."""
    if not remote_ids:
        return 0
    here = Message.objects.filter(network=network, scope__in=[0, channel.pk])
    named = list(here.filter(Q(remote_id__in=remote_ids) | Q(version_id__in=remote_ids)).select_related("thread"))
    below = set(remote_ids) | {row.remote_id for row in named}
    Foretold.removed(network, remote_ids - {row.remote_id for row in named}, at)
    rows = {row.pk: row for row in named}
    if channel.capabilities.removes_below:
        rows |= {row.pk: row for row in beneath(channel, here, below)}
    standing = [row for row in rows.values() if row.removed_at is None]
    for thread_id in sorted({row.thread_id for row in standing}):
        thread = Thread.objects.select_for_update().get(pk=thread_id)
        for row in standing:
            if row.thread_id == thread_id:
                take_away(row, at)
        thread.settle()
    return len(standing)


def beneath(channel: Channel, here: models.QuerySet[Message], ids: set[str]) -> Iterator[Message]:
    """What answers these, at any depth, or stands under them as a post. Index message_below."""
    posts = Q(thread__page_post__channel=channel, thread__page_post__remote_id__in=ids)
    yield from here.filter(posts | Q(thread__root_remote_id__in=ids, thread__network=channel.network))
    while ids:
        rows = list(here.filter(parent_remote_id__in=ids))
        yield from rows
        ids = {row.remote_id for row in rows}


def take_away(message: Message, at: datetime | None) -> None:
    """One message is gone. Call with its thread locked."""
    Message.objects.filter(pk=message.pk).update(removed_at=moment(at), look_at=None)
    message.settle(Settled.REMOVED)
    if message.reply:
        message.reply.was_removed()


def turn(channel: Channel, remote_id: str, *, hidden: bool, at: datetime) -> bool:
    """The network says that a message is hidden, or shown again. False where we have not got it yet, or knew better."""
    with transaction.atomic():
        lock_intake(channel.network, alone=True)
        here = Message.objects.filter(network=channel.network, scope__in=[0, channel.pk], remote_id=remote_id)
        if not here.exists():
            Foretold.turned(channel.network, remote_id, hidden=hidden, at=at)
            return False
        return bool(here.filter(no_later("hidden_at", at)).update(hidden=hidden, hidden_at=at))


def above(message: RemoteMessage) -> list[str]:
    """The ids of what a message may stand beneath, nearest first."""
    ids = (message.parent_remote_id or "", message.post_remote_id, message.root_remote_id)
    return [one for one in dict.fromkeys(ids) if one and one != message.remote_id]


def news_of(row: Message, told: RemoteMessage) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What is told beside what we know: the column that says since when, and what differs; nothing confirms it."""
    if row.text == (text := clean(told.text)):
        yield "text_at", {}
    else:
        # Our clock, not the network's: it is compared with when the writer looked.
        yield "text_at", {"text": text, "edited_at": Clock(), "version_id": told.version_id}
    if told.hidden is not None:
        yield "hidden_at", {"hidden": told.hidden} if row.hidden != told.hidden else {}


def later(as_of: datetime | None, known: datetime | None) -> bool:
    """Whether what speaks of one moment may change what we know of another; what has no time speaks of now."""
    return as_of is None or known is None or as_of >= known


def no_later(column: str, as_of: datetime | None) -> Q:
    """The same, asked of the rows as they are when the statement comes to them."""
    return Q() if as_of is None else Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lte": as_of})


def reply_of(message: Message) -> Reply | None:
    """The reply under way that this post of ours is: same thread, newer than its attempt, same text."""
    same_text = connectors.get(message.network).same_text
    written = Reply.objects.by_hand().filter(thread_id=message.thread_id)
    under_way = Reply.objects.filter(
        # A person may have said that it is out before it was seen: it has no id yet.
        Q(state__in=UNLINKED) | Q(state=ReplyState.SENT, remote_id=None),
        thread_id=message.thread_id,
        # A correction brings no new post.
        corrects=None,
        attempt__gt=0,
        attempt_at__lte=message.created_at + CLOCK_SKEW,
    )
    candidates = (under_way | written).order_by("pk")
    return next((reply for reply in candidates if same_text(reply.outgoing, message.text)), None)


def settle_elsewhere(message: Message) -> None:
    """One of us answered in the network's own app: what it answers needs no second answer."""
    waiting = message.thread.messages.unsettled().filter(created_at__lte=message.created_at)
    if message.parent_id and message.parent and message.parent.author_id:
        waiting = waiting.filter(author_id=message.parent.author_id)
    waiting.update(settled=Settled.ELSEWHERE)


def keep_posts(channel: Channel, posts: Sequence[PostContext]) -> None:
    rows = [
        PagePost(
            channel=channel,
            remote_id=post.remote_id,
            text=clean(post.text),
            permalink=clean(post.permalink)[:500],
            comment_count=post.comment_count,
            created_at=post.created_at,
        )
        for post in posts
    ]
    PagePost.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["channel", "remote_id"],
        update_fields=["text", "permalink", "comment_count", "created_at"],
    )


def quarantine(channel: Channel, stream: str, malformed: Sequence[Malformed]) -> None:
    """Keep what could not be read, once."""
    rows = []
    for bad in malformed:
        raw = storable(bad.raw)
        digest = hashlib.md5(json.dumps(raw, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
        # A null is a piece, too; None would be no piece at all.
        kept = Value(None, models.JSONField()) if raw is None else raw
        rows.append(
            Quarantined(channel=channel, stream=stream, raw=kept, digest=digest, reason=clean(bad.reason)[:300])
        )
    Quarantined.objects.bulk_create(rows, ignore_conflicts=True)


def clean(text: str) -> str:
    """PostgreSQL takes neither NUL nor lone surrogates; both occur in the wild."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def storable(value: object) -> Any:
    """Any JSON value as jsonb takes it: strings cleaned, and a number that is none as a word."""
    if isinstance(value, Mapping):
        return {clean(str(key)): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return clean(repr(value))


def excerpt(message: Message | RemoteMessage) -> str:
    return " ".join(clean(message.text).split())[:160]


def open_window(stream: Stream) -> bool:
    """There are older pages still to be read."""
    window: Window = stream.window
    return window.walk_to is not None
