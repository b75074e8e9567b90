"""X's notifications in the envelope of the Activity API: our own posts, posts that name us, direct messages.

The names of the events for mentions and deletions of mentions are not documented where we could read; see NAMES.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import Change, X
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.x.params import Asked
from connectors.sandbox.x.shapes import Shapes

Json = dict[str, Any]
FIELDS = "author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,note_tweet,referenced_tweets"
NAMES = {"ours": "post.create", "mention": "post.mention.create", "gone": "post.delete"}


def event(sandbox: Sandbox, change: Change) -> Json | None:
    """None for what X tells nobody: posts of others that do not name us, and hiding."""
    ours = sandbox.world.people(X, ours=True)[0].id
    if change.verb in ("hide", "unhide"):
        return None
    if change.entry.kind == "private":
        return _message(sandbox, change, ours)
    mine = change.entry.author_id == ours
    if not mine and ours not in sandbox.world.mentioned(change.entry):
        return None
    if change.verb == "remove":
        payload: Json = {"id": change.entry.id, "author_id": change.entry.author_id}
        return _envelope(change, ours, NAMES["gone"], payload)
    asked = Asked({"tweet.fields": FIELDS, "expansions": "author_id"})
    made = Shapes(sandbox.world, asked, "2.166")
    payload = made.tweet(change.entry)
    return _envelope(change, ours, NAMES["ours" if mine else "mention"], payload, made.around({}).get("includes"))


def body(events: Sequence[Json]) -> bytes:
    """One event a notification: X does not batch."""
    return json.dumps({"data": events[0]}, ensure_ascii=False, separators=(",", ":")).encode()


def headers(raw: bytes, secret: str) -> dict[str, str]:
    return {"x-twitter-webhooks-signature": signature(raw, secret)}


def signature(raw: bytes, secret: str) -> str:
    """Also what a receiver must answer to a crc_token."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def _message(sandbox: Sandbox, change: Change, ours: str) -> Json | None:
    entry = change.entry
    if change.verb != "add":
        return None
    payload: Json = {
        "id": entry.id,
        "event_type": "MessageCreate",
        "text": entry.text,
        "sender_id": entry.author_id,
        "dm_conversation_id": entry.root_id,
        "created_at": iso(entry.created_at),
    }
    return _envelope(change, ours, "dm.sent" if entry.author_id == ours else "dm.received", payload)


def _envelope(change: Change, user_id: str, name: str, payload: Json, includes: object = None) -> Json:
    uuid = hashlib.sha256(f"{change.entry.id} {change.verb} {change.at}".encode()).hexdigest()[:19]
    found: Json = {"event_uuid": uuid, "filter": {"user_id": user_id}, "event_type": name, "payload": payload}
    return {**found, "includes": includes} if includes else found
