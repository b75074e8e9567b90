"""Facebook's notifications: feed, mention and ratings changes, and messages, in the shapes of the recordings."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from connectors.sandbox import demo
from connectors.sandbox.entries import FACEBOOK, Change, Entry
from connectors.sandbox.graph.subscriptions import subscribed
from connectors.sandbox.sandbox import Sandbox

Json = dict[str, Any]
APP = int(demo.APP_ID)


def event(sandbox: Sandbox, change: Change) -> Json | None:
    """The entry of one change, for its page; None for what the page is not subscribed to."""
    entry = change.entry
    if entry.kind == "private":
        return _message(sandbox, change) if "messages" in subscribed(sandbox) else None
    field, value = _value(sandbox, change)
    page = _page(sandbox, entry)
    if page is None or field not in subscribed(sandbox):
        return None
    return {"id": page, "time": int(change.at), "changes": [{"field": field, "value": value}]}


def body(events: Sequence[Json], about: str = "page") -> bytes:
    """One notification. The network escapes what is not ASCII, in lower case, and signs exactly that."""
    notification = {"object": about, "entry": list(events)}
    return json.dumps(notification, separators=(",", ":")).replace("/", "\\/").encode()


def headers(raw: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    old = hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "X-Hub-Signature": f"sha1={old}"}


def _page(sandbox: Sandbox, entry: Entry) -> str | None:
    """Whose notification it is: the page on whose wall it stands, or the one it tags."""
    ours = {person.id for person in sandbox.world.people(FACEBOOK, ours=True)}
    named = [str(entry.wall_id), *(str(id) for id in entry.extra.get("tags", ()))]
    return next((id for id in named if id in ours), None)


def _value(sandbox: Sandbox, change: Change) -> tuple[str, Json]:
    entry = change.entry
    if entry.kind == "rating":
        return "ratings", _rating(sandbox, change)
    if _page(sandbox, entry) != entry.wall_id:
        return "mention", _mention(change)
    return "feed", _comment(sandbox, change) if entry.kind == "comment" else _post(sandbox, change)


def _comment(sandbox: Sandbox, change: Change) -> Json:
    entry = change.entry
    value: Json = {
        "item": "comment",
        "verb": change.verb,
        "comment_id": entry.id,
        "post_id": entry.root_id,
        "parent_id": entry.parent_id,
        **_author(sandbox, entry),
    }
    return value if change.verb == "remove" else {**value, **_content(entry)}


def _post(sandbox: Sandbox, change: Change) -> Json:
    entry = change.entry
    item = "status" if entry.author_id == entry.wall_id else "post"
    value: Json = {"item": item, "verb": change.verb, "post_id": entry.id, **_author(sandbox, entry)}
    if change.verb == "remove":
        return value
    return {**value, **_content(entry), "published": int(entry.extra.get("published", True)), "is_hidden": entry.hidden}


def _mention(change: Change) -> Json:
    entry = change.entry
    value: Json = {"post_id": entry.root_id, "item": entry.kind, "verb": change.verb}
    if entry.kind == "comment":
        value["comment_id"] = entry.id
    return value if change.verb == "remove" else {**value, **_content(entry)}


def _rating(sandbox: Sandbox, change: Change) -> Json:
    entry = change.entry
    person = sandbox.world.person(FACEBOOK, entry.author_id)
    return {
        "item": "rating",
        "verb": change.verb,
        "open_graph_story_id": entry.id,
        "reviewer_id": entry.author_id,
        "reviewer_name": person.name if person else "",
        "review_text": entry.text,
        "recommendation_type": entry.extra.get("recommendation_type", "positive").upper(),
        "created_time": int(entry.created_at),
    }


def _content(entry: Entry) -> Json:
    found: Json = {"message": entry.text, "created_time": int(entry.created_at)}
    photos = [one["url"] for one in entry.extra.get("attachments", ()) if "url" in one]
    return {**found, "photo": photos[0]} if photos else found


def _author(sandbox: Sandbox, entry: Entry) -> Json:
    """Absent where the app may not know people, as in the API."""
    person = sandbox.world.person(FACEBOOK, entry.author_id)
    if person is None or not (person.ours or sandbox.switches.now.facebook_from):
        return {}
    return {"from": {"id": person.id, "name": person.name}}


def _message(sandbox: Sandbox, change: Change) -> Json:
    """Messenger counts in milliseconds; our own messages come back as echoes."""
    entry, ours = change.entry, {person.id for person in sandbox.world.people(FACEBOOK, ours=True)}
    to, at = str(entry.extra["to"]), int(change.at * 1000)
    message: Json = {"mid": entry.id, "text": entry.text}
    if entry.author_id in ours:
        message |= {"is_echo": True, "app_id": APP}
    if change.verb == "remove":
        message = {"mid": entry.id, "is_deleted": True}
    said = {"message_edit": {**message, "num_edit": 1}} if change.verb == "edited" else {"message": message}
    page = entry.author_id if entry.author_id in ours else to
    event = {"sender": {"id": entry.author_id}, "recipient": {"id": to}, "timestamp": at, **said}
    return {"id": page, "time": at, "messaging": [event]}
