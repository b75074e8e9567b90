"""What differs between the networks and our tables, for people: what happened to it, what we heard, how far we read."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator

from inbox.models import Channel, Foretold, Message, RawEvent
from tests.proofs.town import Json, Key, Town, here, there

MOST_SHOWN = 5


def show(town: Town) -> None:
    """The first few, one JSON line each. On stderr: stdout is for the figures."""
    for found in differences(town):
        print(json.dumps(found, ensure_ascii=False, default=str), file=sys.stderr, flush=True)


def differences(town: Town, most: int = MOST_SHOWN) -> list[Json]:
    ours, theirs = here(), there(town.remote)
    unlike = [key for key in sorted(ours.keys() | theirs.keys()) if ours.get(key) != theirs.get(key)][:most]
    heard: dict[Key, list[str]] = {key: [] for key in unlike}
    for key, line in told() if unlike else ():
        if key in heard:
            heard[key].append(line)
    above = {(one["network"], one["id"]): (one["parent_id"], one["root_id"]) for one in town.remote.truth(who="others")}
    return [
        {
            "network": key[0],
            "id": key[1],
            "there": theirs.get(key),
            "here": ours.get(key),
            "happened": town.happened[key],
            "heard": heard[key],
            "known": known(key),
            "read": read(key, above.get(key, ())),
        }
        for key in unlike
    ]


def told() -> Iterator[tuple[Key, str]]:
    """What notifications have said of each, in the order in which they came."""
    for event in RawEvent.objects.order_by("pk"):
        for change in event.notification().changes:
            said = f" {change.message.text!r}, hidden: {change.message.hidden}" if change.message else ""
            network = "x" if event.network == "twitter" else event.network
            yield (network, change.remote_id), f"event {event.pk}: {change.at} {change.verb}{said}"


def known(key: Key) -> Json:
    """What stands in our tables: the message's times, and what was said of it before it came."""
    named = {"network": "twitter" if key[0] == "x" else key[0], "remote_id": key[1]}
    columns = (
        "kind",
        "created_at",
        "received_at",
        "text_at",
        "hidden_at",
        "removed_at",
        "edited_at",
        "version_id",
        "look_at",
    )
    return {
        "message": Message.objects.filter(**named).values(*columns).first(),
        "foretold": Foretold.objects.filter(**named).values("removed_at", "hidden", "hidden_at", "told_at").first(),
    }


def read(key: Key, above: Collection[str | None]) -> Json:
    """How the channel stands, and how far the lists are read that may show it or lead to it."""
    channel = Channel.objects.get(network="twitter" if key[0] == "x" else key[0])
    streams = channel.streams.order_by("key").values("key", "complete_up_to_at", "walk_to_at", "read_at", "state")
    return {
        "channel": {"last_read_at": channel.last_read_at, "last_error": channel.last_error},
        "streams": [one for one in streams if one["key"].partition("/")[2] in {"", *above}],
    }
