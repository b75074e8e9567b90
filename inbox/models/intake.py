"""The one door in: a connector's page becomes messages and threads, together with how far the stream is read.

A page commits its rows and its cursor in one transaction: a crash between two pages loses and doubles nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Q

import connectors
from connectors.base import CLOCK_SKEW, Malformed, Page, PostContext, RemoteMessage, Sent, Visibility, Window
from connectors.base import Author as RemoteAuthor
from inbox.clock import Clock, moment
from inbox.models.channel import Channel, PagePost, Quarantined, Stream
from inbox.models.message import Author, Message, Sighting
from inbox.models.reply import Reply
from inbox.models.thread import Thread, due
from inbox.states import ReplyState, Settled, ThreadState, Waits
from policies.reading import read

# The column's largest number; nobody has more readers.
MOST_READERS = 2**31 - 1
UNLINKED = (ReplyState.QUEUED, ReplyState.SENDING, ReplyState.UNCERTAIN)


def commit_page(channel: Channel, stream: Stream, page: Page) -> int | None:
    """Store one page and move the stream's cursor. The number of new messages; None where another worker was faster."""
    with transaction.atomic():
        locked = Stream.objects.select_for_update().get(pk=stream.pk)
        if locked.window != stream.window:
            return None
        keep_posts(channel, page.posts)
        new = store(channel, page.messages)
        quarantine(channel, stream.key, page.malformed)
        locked.keep(page.window)
        stream.refresh_from_db()
        return new


def store(channel: Channel, remote: Iterable[RemoteMessage]) -> int:
    """Store messages, oldest first, whatever is known already. The number of new ones. Call in a transaction."""
    batch = Batch(channel, sorted(remote, key=lambda message: (message.created_at, message.remote_id)))
    return batch.store()


class Batch:
    """One page's messages on their way into the tables: a fixed number of queries, however many messages."""

    def __init__(self, channel: Channel, remote: Sequence[RemoteMessage]) -> None:
        self.channel = channel
        self.network = channel.network
        self.remote = list({self.key(message): message for message in remote}.values())
        self.authors: dict[str, Author] = {}
        self.known: dict[tuple[int, str], Message] = {}
        self.threads: dict[tuple[int, str], Thread] = {}

    def scope(self, message: RemoteMessage) -> int:
        return self.channel.pk if message.visibility == Visibility.PRIVATE else 0

    def key(self, message: RemoteMessage) -> tuple[int, str]:
        return self.scope(message), message.remote_id

    def is_ours(self, message: RemoteMessage) -> bool:
        if message.author is not None and message.author.remote_id == self.channel.account_id:
            return True
        return not self.channel.capabilities.can_reply and self.is_by_hand(message)

    def is_by_hand(self, message: RemoteMessage) -> bool:
        """Where we have no account, ours are known by the name we write under, or by what we said we would write."""
        if message.author is not None and message.author.name.casefold() == self.channel.sender.casefold():
            return True
        return connectors.get(self.network).normalise(message.text) in self.by_hand

    @cached_property
    def by_hand(self) -> frozenset[str]:
        normalise = connectors.get(self.network).normalise
        unseen = Reply.objects.by_hand().filter(channel=self.channel)
        return frozenset(normalise(text) for text in unseen.values_list("outgoing", flat=True))

    def store(self) -> int:
        if not self.remote:
            return 0
        self.find_known()
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
        """The messages we have already, of this page and of what it answers. Index one_message."""
        ids = {message.remote_id for message in self.remote}
        ids |= {message.parent_remote_id for message in self.remote if message.parent_remote_id}
        rows = Message.objects.filter(network=self.network, scope__in=[0, self.channel.pk], remote_id__in=ids)
        self.known = {(row.scope, row.remote_id): row for row in rows.select_related("thread")}

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
        stored = Author.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["network", "remote_id"],
            update_fields=["name", "handle", "reach", "url"],
        )
        self.authors = {author.remote_id: author for author in stored}

    def root(self, message: RemoteMessage) -> tuple[int, str]:
        """The thread a message belongs to: its parent's where we know the parent, else what the connector says."""
        scope = self.scope(message)
        parent = self.known.get((scope, message.parent_remote_id or ""))
        return scope, parent.thread.root_remote_id if parent else message.root_remote_id

    def find_threads(self, fresh: Sequence[RemoteMessage]) -> None:
        """Threads we have, locked in order of id so that two pages cannot wait for each other."""
        roots = {self.root(message)[1] for message in fresh}
        rows = Thread.objects.filter(network=self.network, scope__in=[0, self.channel.pk], root_remote_id__in=roots)
        locked = rows.select_for_update(of=("self",)).select_related("author", "channel").order_by("pk")
        self.threads = {(row.scope, row.root_remote_id): row for row in locked}

    def open_threads(self, fresh: Sequence[RemoteMessage]) -> None:
        """New threads, each with everything of this page in it."""
        together: dict[tuple[int, str], list[RemoteMessage]] = defaultdict(list)
        for message in fresh:
            if self.root(message) not in self.threads:
                together[self.root(message)].append(message)
        posts = {post.remote_id: post for post in self.page_posts(fresh)}
        rows = [self.new_thread(root, messages, posts) for root, messages in together.items()]
        stored = Thread.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["network", "scope", "root_remote_id"],
            update_fields=["network"],
        )
        self.threads |= {(thread.scope, thread.root_remote_id): thread for thread in stored}

    def page_posts(self, fresh: Sequence[RemoteMessage]) -> Iterable[PagePost]:
        ids = {message.post_remote_id for message in fresh if message.post_remote_id}
        return PagePost.objects.filter(channel=self.channel, remote_id__in=ids) if ids else ()

    def new_thread(
        self, root: tuple[int, str], messages: Sequence[RemoteMessage], posts: dict[str, PagePost]
    ) -> Thread:
        """A thread as its first messages make it: open while a customer waits in it, else waiting for one."""
        customers = [message for message in messages if not self.is_ours(message)]
        first, last = (customers or messages)[0], messages[-1]
        said = read(first.text, self.channel.language)
        author = self.author(first)
        due_at, reason = due(
            first.created_at,
            self.channel.target_minutes,
            danger=said.danger,
            reach=author.reach if author else None,
        )
        thread = Thread(
            channel=self.channel,
            network=self.network,
            scope=root[0],
            root_remote_id=root[1],
            visibility=first.visibility,
            page_post=posts.get(first.post_remote_id),
            author=author,
            language=(first.language or said.language)[:5],
            topic_suggested=said.topic,
            danger=said.danger,
            due_at=due_at,
            due_reason=reason,
            last_at=last.created_at,
            excerpt=excerpt(last),
            last_author=self.author(last),
        )
        if not customers:
            thread.state, thread.look_again_on = ThreadState.WAITING, thread.look_again_date()
        return thread

    def author(self, message: RemoteMessage) -> Author | None:
        return self.authors.get(message.author.remote_id) if message.author else None

    def insert(self, fresh: Sequence[RemoteMessage]) -> list[Message]:
        """Insert what is new. Two channels that see one public post at the same moment leave one row."""
        rows = [self.row(message) for message in fresh]
        Message.objects.bulk_create(rows, ignore_conflicts=True)
        ids = [row.remote_id for row in rows]
        stored = Message.objects.filter(network=self.network, scope__in=[0, self.channel.pk], remote_id__in=ids)
        by_key = {(row.scope, row.remote_id): row for row in stored.select_related("author")}
        self.known |= by_key
        return [by_key[key] for key in (self.key(message) for message in fresh) if key in by_key]

    def row(self, message: RemoteMessage) -> Message:
        ours = self.is_ours(message)
        parent = self.known.get((self.scope(message), message.parent_remote_id or ""))
        return Message(
            network=self.network,
            scope=self.scope(message),
            remote_id=message.remote_id,
            thread=self.threads[self.root(message)],
            author=self.author(message),
            parent=parent,
            parent_remote_id=message.parent_remote_id or "",
            is_ours=ours,
            kind=message.kind,
            visibility=message.visibility,
            text=clean(message.text),
            permalink=clean(message.permalink)[:500],
            attachments=storable([asdict(attachment) for attachment in message.attachments]),
            created_at=message.created_at,
            edited_at=message.edited_at,
            hidden=message.hidden,
            settled=Settled.ANSWERED if ours else Settled.NO,
            raw=storable(message.raw),
        )

    def note_sightings(self) -> None:
        rows = [
            Sighting(message=self.known[self.key(m)], channel=self.channel)
            for m in self.remote
            if self.key(m) in self.known
        ]
        Sighting.objects.bulk_create(rows, ignore_conflicts=True)

    def apply_edits(self) -> None:
        """A text that differs from the one we have was edited on the network; a send that answers it will stop."""
        for remote in self.remote:
            row = self.known.get(self.key(remote))
            if row is None:
                continue
            if row.text != clean(remote.text):
                # Our clock, not the network's: it is compared with when the writer looked.
                Message.objects.filter(pk=row.pk).update(text=clean(remote.text), edited_at=Clock())
            if row.hidden != remote.hidden:
                Message.objects.filter(pk=row.pk).update(hidden=remote.hidden)

    def update_threads(self, stored: Sequence[Message]) -> None:
        """What new messages mean for the threads they fall into."""
        together: dict[int, list[Message]] = defaultdict(list)
        for message in stored:
            together[message.thread_id].append(message)
        for thread in sorted(self.threads.values(), key=lambda thread: thread.pk):
            if messages := together.get(thread.pk):
                receive(thread, messages)


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
    said = [read(message.text, thread.language) for message in customers]
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


def remove(channel: Channel, remote_id: str, at: datetime | None = None) -> bool:
    """The network says that a message is gone. False where we never had it, or knew. What answers it will stop."""
    with transaction.atomic():
        known = Message.objects.filter(network=channel.network, scope__in=[0, channel.pk], remote_id=remote_id)
        message = known.filter(removed_at__isnull=True).select_related("thread", "reply").first()
        if message is None:
            return False
        thread = Thread.objects.select_for_update().get(pk=message.thread_id)
        Message.objects.filter(pk=message.pk).update(removed_at=moment(at))
        message.settle(Settled.REMOVED)
        if message.reply:
            message.reply.was_removed()
        thread.settle()
        return True


def reply_of(message: Message) -> Reply | None:
    """The reply under way that this post of ours is: same thread, newer than its attempt, same text."""
    same_text = connectors.get(message.network).same_text
    written = Reply.objects.by_hand().filter(thread_id=message.thread_id)
    under_way = Reply.objects.filter(
        # A person may have said that it is out before it was seen: it has no id yet.
        Q(state__in=UNLINKED) | Q(state=ReplyState.SENT, remote_id=None),
        thread_id=message.thread_id,
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
        rows.append(Quarantined(channel=channel, stream=stream, raw=raw, digest=digest, reason=clean(bad.reason)[:300]))
    Quarantined.objects.bulk_create(rows, ignore_conflicts=True)


def clean(text: str) -> str:
    """PostgreSQL takes neither NUL nor lone surrogates; both occur in the wild."""
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
