"""Makes the rows that tests need, with sensible values for what a test does not care about."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

from django.db import transaction

from connectors.base import Author as RemoteAuthor
from connectors.base import Kind, RemoteMessage, Secret, Sent, Visibility
from connectors.sandbox import demo
from inbox.clock import read_clock
from inbox.models import Attempt, Author, Channel, Clearance, Level, Message, Person, Reply, Role, Thread
from inbox.models.intake import store
from inbox.models.reply import digest
from inbox.states import ReplyState
from policies.models import Rulebook
from policies.verdict import Effect

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG = timedelta(days=30)
_numbers = itertools.count(1)


def person(username: str, role: str = Role.AGENT, **fields: object) -> Person:
    """A signed-in-able person; the password is "samtal-test"."""
    fields = {"first_name": username.capitalize(), "last_name": "Test", "on_duty": True, **fields}
    made = Person(username=username, role=role, **fields)
    # One round of hashing: a test-suite signs in thousands of times.
    made.password = FAST_PASSWORD
    made.save()
    return made


FAST_PASSWORD = "md5$samtal$" + hashlib.md5(b"samtalsamtal-test").hexdigest()


def channel(network: str = "facebook", **fields: object) -> Channel:
    account = ACCOUNTS[network]
    values = {
        "network": network,
        "name": f"Nordnett {network}",
        "account_id": account,
        "sender": "Nordnett",
        "secrets": secrets(network),
        **fields,
    }
    return Channel.objects.create(**values)


ACCOUNTS = {
    "facebook": demo.PAGE_ID,
    "instagram": demo.INSTAGRAM_USER_ID,
    "twitter": demo.X_USER_ID,
    "mastodon": f"{demo.X_HANDLE}@mastodon.example",
    "feed": "https://blog.nordnett.example/blog/feed.xml",
}


def secrets(network: str) -> dict[str, Secret]:
    """The sandbox's own tokens."""
    if network in ("facebook", "instagram"):
        return {"access_token": Secret(demo.PAGE_TOKEN), "app_secret": Secret(demo.APP_SECRET)}
    if network == "mastodon":
        return {"access_token": Secret(demo.MASTODON_TOKEN)}
    if network == "feed":
        return {}
    return {
        "consumer_key": Secret(demo.X_CONSUMER_KEY),
        "consumer_secret": Secret(demo.X_CONSUMER_SECRET),
        "access_token": Secret(demo.X_ACCESS_TOKEN),
        "access_token_secret": Secret(demo.X_ACCESS_SECRET),
    }


def clear(person: Person, channel: Channel, level: str = Level.FULL, mentor: Person | None = None) -> None:
    Clearance.objects.update_or_create(person=person, channel=channel, defaults={"level": level, "mentor": mentor})


def remote_author(remote_id: str, name: str) -> RemoteAuthor:
    return RemoteAuthor(remote_id, name)


def remote(text: str, **fields: object) -> RemoteMessage:
    """A customer's message as a connector gives it."""
    number = next(_numbers)
    remote_id = str(fields.pop("remote_id", f"10_{number}"))
    values = {
        "remote_id": remote_id,
        "root_remote_id": remote_id,
        "kind": Kind.COMMENT,
        "visibility": Visibility.PUBLIC,
        "text": text,
        "created_at": NOON + timedelta(seconds=number),
        "author": RemoteAuthor("kari", "Kari Nordmann"),
        **fields,
    }
    return RemoteMessage(**values)


def message(channel: Channel, text: str = "Hvorfor er nettet nede hjemme hos meg?", **fields: object) -> Message:
    """A customer's message in the database, through the same door as every other."""
    told = remote(text, **fields)
    with transaction.atomic():
        store(channel, [told])
    scope = channel.pk if told.visibility == Visibility.PRIVATE else 0
    return Message.objects.get(network=channel.network, scope=scope, remote_id=told.remote_id)


def thread(channel: Channel, text: str = "Hvorfor er nettet nede hjemme hos meg?", **fields: object) -> Thread:
    return message(channel, text, **fields).thread


def private_thread(channel: Channel, text: str = "Kan dere se på fakturaen min?", **fields: object) -> Thread:
    """A conversation that only people named on the channel may read."""
    return thread(channel, text, visibility=Visibility.PRIVATE, kind=Kind.PRIVATE, **fields)


def author(**fields: object) -> Author:
    return Author.objects.create(**{"network": "facebook", "remote_id": f"a{next(_numbers)}", "name": "Ole", **fields})


def threads(channel: Channel, number: int) -> list[Thread]:
    """Open threads without messages, due one minute after the other: enough for claims and queues, in one INSERT."""
    rows = [
        Thread(
            channel=channel,
            network=channel.network,
            root_remote_id=f"row{next(_numbers)}",
            due_at=NOON + timedelta(minutes=minute),
            last_at=NOON,
        )
        for minute in range(number)
    ]
    return Thread.objects.bulk_create(rows)


# No rule has anything to say about it.
FINE = "Vi hjälper dig gärna vidare här."
# Names a national number: must be changed.
BLOCKED = "Personnumret är 19121212-1212, stämmer det?"
# Beside the topic "rumour": a lead approves.
CONFIRMS = "Ja, det stemmer, vi stenger i mars."
# A promise with its day.
PROMISES = "Vi sjekker fakturaen og gir beskjed i morgen."


def outbox(channel: Channel, by: Person, number: int, text: str = FINE) -> list[int]:
    """Queued replies and due, one second after the other, each in a thread of its own: their ids, in two INSERTs."""
    now = read_clock()
    rows = [
        Reply(
            thread=thread,
            channel=channel,
            visibility=Visibility.PUBLIC,
            state=ReplyState.QUEUED,
            text=text,
            outgoing=text,
            written_by=by,
            effect=Effect.SEND,
            rulebook_version=1,
            digest=digest(1, Visibility.PUBLIC, None, text),
            not_before=now - timedelta(seconds=number - second),
        )
        for second, thread in enumerate(threads(channel, number))
    ]
    return [reply.pk for reply in Reply.objects.bulk_create(rows)]


def rulebook() -> Rulebook:
    """The starter rulebook, published as version 1."""
    return Rulebook.install_starter("company", at=NOON)


def after(seconds: float = 60) -> datetime:
    """A moment after every undo window and before a lease ends, by the database's clock."""
    return read_clock() + timedelta(seconds=seconds)


def draft(thread: Thread, by: Person, text: str = FINE) -> Reply:
    """A draft by somebody who has the whole thread on the screen."""
    made = Reply.draft(thread, by=by)
    made.saw(max(thread.messages.values_list("pk", flat=True), default=0))
    made.save_text(text)
    return made


def queued(thread: Thread, by: Person, text: str = FINE) -> Reply:
    made = draft(thread, by, text)
    assert made.submit(by=by, checked=True) == ReplyState.QUEUED
    return made


def held(thread: Thread, by: Person, text: str = FINE) -> Reply:
    """Held because its writer asked for a second look."""
    made = draft(thread, by, text)
    assert made.submit(by=by, checked=True, ask=True) == ReplyState.HELD
    return made


def sending(thread: Thread, by: Person, text: str = FINE) -> Reply:
    """Its attempt is committed, and nobody knows yet what became of it."""
    made = queued(thread, by, text)
    assert made.start(at=after()) is not None
    return made


def uncertain(thread: Thread, by: Person, text: str = FINE) -> Reply:
    made = sending(thread, by, text)
    made.doubt()
    return made


def attempts(reply: Reply) -> list[str]:
    """What became of each attempt, in order."""
    return list(Attempt.objects.filter(reply=reply).order_by("number").values_list("outcome", flat=True))


def sent(remote_id: str) -> Sent:
    """The network's answer to a good call."""
    return Sent(remote_id, f"https://example.test/{remote_id}", read_clock())
