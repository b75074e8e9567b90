"""What X's webhooks tell, in the envelope of its Activity API: posts that come, change and go, private messages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from connectors import answer
from connectors.base import Author, Change, Kind, Malformed, Notification, PostContext, RemoteMessage, Verb, Visibility

JsonObject = Mapping[str, object]
# A post as the connector reads it, from the payload, the event around it and the id of whom it was told to.
ReadPost = Callable[[JsonObject, JsonObject, str], RemoteMessage | PostContext | None]

_GONE = ("post.delete", "post.mention.delete")
_POSTS = ("post.create", "post.mention.create", "post.edit")
_PRIVATE = ("dm.received", "dm.sent")


def signature(body: bytes, secret: str) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def signed(body: bytes, given: str, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(signature(body, secret).encode(), given.encode())


def handshake(query: Mapping[str, str], secret: str) -> str | None:
    """X asks hourly whether we still know the app's secret."""
    token = query.get("crc_token", "")
    return json.dumps({"response_token": signature(token.encode(), secret)}) if token and secret else None


def parse(body: bytes, read_post: ReadPost) -> Notification:
    """A webhook's body whose signature has been checked. Raises Unreadable if it is no notification at all."""
    found = answer.as_object(answer.decode(body), "the notification")
    event = answer.as_object(found.get("data"), "data")
    try:
        change = _change(event, read_post)
    except answer.Unreadable as error:
        return Notification((), (Malformed(found, str(error)),))
    return Notification((change,)) if change else Notification((), ignored=1)


def _change(event: JsonObject, read_post: ReadPost) -> Change | None:
    """None for what Samtal has no use for: likes, follows, posts passed on, events of a name nobody has told us."""
    name = answer.words(event, "event_type")
    if name not in (*_GONE, *_POSTS, *_PRIVATE):
        return None
    us = answer.as_id(answer.part(event, "filter").get("user_id"), "user_id of the filter")
    payload = answer.as_object(event.get("payload"), "payload")
    remote_id = answer.as_id(payload.get("id"), "id")
    if name in _GONE:
        return Change(us, Verb.REMOVE, remote_id, _time(event))
    if name in _PRIVATE:
        message = _private(payload, remote_id)
        return Change(us, Verb.ADD, remote_id, message.created_at, message=message)
    shown = read_post(payload, event, us)
    if shown is None:
        return None
    if isinstance(shown, PostContext):
        return Change(us, Verb.ADD, shown.remote_id, shown.created_at or _time(event), post=shown)
    verb = Verb.EDIT if shown.version_id else Verb.ADD
    return Change(us, verb, shown.remote_id, shown.as_of or shown.created_at, message=shown)


def _time(event: JsonObject) -> datetime:
    """When it happened, where it says; what is gone stays gone, so that our own clock does as well."""
    return answer.known_time(event, "created_at") or datetime.now(UTC)


def _private(payload: JsonObject, remote_id: str) -> RemoteMessage:
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=answer.as_id(payload.get("dm_conversation_id"), "dm_conversation_id"),
        kind=Kind.PRIVATE,
        visibility=Visibility.PRIVATE,
        text=answer.as_text(payload.get("text"), "text"),
        created_at=answer.as_time(payload.get("created_at"), "created_at"),
        author=Author(answer.as_id(payload.get("sender_id"), "sender_id")),
        raw=payload,
    )
