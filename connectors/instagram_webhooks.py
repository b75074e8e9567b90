"""What Instagram's webhooks tell: comments on our media, and that somebody has mentioned us.

Of a mention they tell the ids alone. Nobody is told of what was changed, hidden or deleted: that is found by asking.
"""

from __future__ import annotations

from datetime import datetime

from connectors import answer
from connectors.base import Author, Change, Kind, RemoteMessage, Verb, Visibility
from connectors.graph_webhooks import SECOND, JsonObject, time_of

WEB = "https://www.instagram.com"
IN_A_CAPTION = "0"  # stands for the comment in the name of a mention that a caption makes


def change(piece: JsonObject) -> Change | None:
    """None for what Samtal has no use for: stories, live videos, private messages."""
    account_id = answer.as_id(piece.get("id"), "id of the entry")
    at = time_of(piece.get("time"), "time of the entry")
    if "messaging" in piece:
        return None
    told = answer.as_object(piece["changes"], "the change")
    if told.get("field") not in ("comments", "mentions"):
        return None
    value = answer.as_object(told.get("value"), "value")
    if told["field"] == "mentions":
        return Change(account_id, Verb.ADD, _mention(value), at)
    message = _comment(value, at)
    return Change(account_id, Verb.ADD, message.remote_id, at, message=message)


def _mention(value: JsonObject) -> str:
    comment_id = answer.as_id(value["comment_id"], "comment_id") if value.get("comment_id") else IN_A_CAPTION
    return f"{answer.as_id(value.get('media_id'), 'media_id')}_{comment_id}"


def _comment(value: JsonObject, at: datetime) -> RemoteMessage:
    """When it was written is not told; notifications come within seconds."""
    remote_id = answer.as_id(value.get("id"), "id")
    parent = answer.known_id(value, "parent_id")
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=parent or remote_id,
        kind=Kind.COMMENT,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(value.get("text"), "text"),
        created_at=at,
        author=author_of(value),
        parent_remote_id=parent or None,
        post_remote_id=answer.known_id(answer.part(value, "media"), "id"),
        hidden=None,
        as_of=at - SECOND,
        raw=value,
    )


def author_of(raw: JsonObject) -> Author | None:
    """`user` is told of our own words alone. Where only a name is, the name is who it is."""
    person = answer.part(raw, "from")
    handle = answer.words(person, "username") or answer.words(raw, "username")
    known = answer.known_id(answer.part(raw, "user"), "id") or answer.known_id(person, "id")
    remote_id = known or (f"@{handle}" if handle else "")
    return Author(remote_id, handle=handle, url=profile(handle)) if remote_id else None


def profile(handle: str) -> str:
    return f"{WEB}/{handle}/" if handle else ""
