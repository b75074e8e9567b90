"""Makes the rows that tests need, with sensible values for what a test does not care about."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

from connectors.base import Author as RemoteAuthor
from connectors.base import Kind, RemoteMessage, Secret, Visibility
from connectors.sandbox import demo
from inbox.models import Author, Channel, Clearance, Level, Message, Person, Role, Thread
from inbox.models.intake import store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
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
    account = demo.PAGE_ID if network == "facebook" else demo.X_USER_ID
    values = {
        "network": network,
        "name": f"Nordnett {network}",
        "account_id": account,
        "sender": "Nordnett",
        "secrets": secrets(network),
        **fields,
    }
    return Channel.objects.create(**values)


def secrets(network: str) -> dict[str, Secret]:
    """The sandbox's own tokens."""
    if network == "facebook":
        return {"access_token": Secret(demo.PAGE_TOKEN), "app_secret": Secret(demo.APP_SECRET)}
    return {
        "consumer_key": Secret(demo.X_CONSUMER_KEY),
        "consumer_secret": Secret(demo.X_CONSUMER_SECRET),
        "access_token": Secret(demo.X_ACCESS_TOKEN),
        "access_token_secret": Secret(demo.X_ACCESS_SECRET),
    }


def clear(person: Person, channel: Channel, level: str = Level.FULL, mentor: Person | None = None) -> None:
    Clearance.objects.update_or_create(person=person, channel=channel, defaults={"level": level, "mentor": mentor})


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
    store(channel, [told])
    return Message.objects.get(network=channel.network, remote_id=told.remote_id)


def thread(channel: Channel, text: str = "Hvorfor er nettet nede hjemme hos meg?", **fields: object) -> Thread:
    return message(channel, text, **fields).thread


def author(**fields: object) -> Author:
    return Author.objects.create(**{"network": "facebook", "remote_id": f"a{next(_numbers)}", "name": "Ole", **fields})
