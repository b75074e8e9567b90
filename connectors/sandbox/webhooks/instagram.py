"""Instagram's notifications: comments on our media, whole, and mentions elsewhere, of which only the ids are told.

Nobody is told of what is changed, hidden or deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.entries import INSTAGRAM, Change, Entry
from connectors.sandbox.graph.subscriptions import subscribed
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.webhooks import facebook
from connectors.sandbox.webhooks.facebook import headers as headers

Json = dict[str, Any]


def event(sandbox: Sandbox, change: Change) -> Json | None:
    """The entry of one change, for our account; none at all as long as its page is subscribed to nothing."""
    if change.verb != "add" or not subscribed(sandbox):
        return None
    ours = [person.id for person in sandbox.world.people(INSTAGRAM, ours=True)]
    entry, world = change.entry, sandbox.world
    post = world.standing(INSTAGRAM, entry.root_id)
    if entry.kind == "comment" and post and post.author_id in ours:
        return _entry(post.author_id, change, "comments", _comment(sandbox, entry))
    named = next((id for id in world.mentioned(entry) if id in ours and id != entry.author_id), None)
    return _entry(named, change, "mentions", _mention(entry)) if named else None


def body(events: Sequence[Json]) -> bytes:
    return facebook.body(events, "instagram")


def _entry(id: str, change: Change, field: str, value: Json) -> Json:
    return {"id": id, "time": int(change.at), "changes": [{"field": field, "value": value}]}


def _comment(sandbox: Sandbox, entry: Entry) -> Json:
    value: Json = {"id": entry.id, "text": entry.text, "media": {"id": entry.root_id, "media_product_type": "FEED"}}
    if entry.parent_id != entry.root_id:
        value["parent_id"] = entry.parent_id
    person = sandbox.world.person(INSTAGRAM, entry.author_id)
    if person and (person.ours or sandbox.switches.now.facebook_from):
        value["from"] = {"id": person.id, "username": person.handle}
    return value


def _mention(entry: Entry) -> Json:
    return {"media_id": entry.root_id, **({"comment_id": entry.id} if entry.kind == "comment" else {})}
