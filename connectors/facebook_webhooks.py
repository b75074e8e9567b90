"""What Facebook's webhooks tell: comments and posts that come, change and go, mentions, private messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from connectors import answer
from connectors.base import Attachment, Author, Change, Kind, PostContext, RemoteMessage, Verb, Visibility
from connectors.graph_webhooks import SECOND, JsonObject, time_of

_VERBS: Mapping[str, Verb] = {
    "add": Verb.ADD,
    "edit": Verb.EDIT,
    "edited": Verb.EDIT,
    "remove": Verb.REMOVE,
    "hide": Verb.HIDE,
    "unhide": Verb.UNHIDE,
}
_WITHOUT_CONTENT = (Verb.REMOVE, Verb.HIDE, Verb.UNHIDE)
_POSTS = ("post", "status", "photo", "video", "share", "link", "album")


def change(piece: JsonObject) -> Change | None:
    """None for what Samtal has no use for: likes, deliveries, fields that nobody asked for."""
    account_id = answer.as_id(piece.get("id"), "id of the entry")
    at = time_of(piece.get("time"), "time of the entry")
    if "messaging" in piece:
        return _private(account_id, answer.as_object(piece["messaging"], "messaging"))
    told = answer.as_object(piece["changes"], "the change")
    if told.get("field") not in ("feed", "mention"):
        return None
    value = answer.as_object(told.get("value"), "value")
    verb = _VERBS.get(answer.words(value, "verb"))
    if verb is None or value.get("item") not in ("comment", *_POSTS):
        return None
    return _public(account_id, verb, value, at, mention=told["field"] == "mention")


def _public(account_id: str, verb: Verb, value: JsonObject, at: datetime, *, mention: bool) -> Change:
    name = "comment_id" if value["item"] == "comment" else "post_id"
    remote_id = answer.as_id(value.get(name), name)
    if verb in _WITHOUT_CONTENT:
        return Change(account_id, verb, remote_id, at)
    author = _author(value)
    if name == "post_id" and not mention and author and author.remote_id == account_id:
        return Change(account_id, verb, remote_id, at, post=_post(value, remote_id, at))
    message = _message(value, remote_id, author, at, mention=mention)
    return Change(account_id, verb, remote_id, at, message=message)


def _post(value: JsonObject, remote_id: str, at: datetime) -> PostContext:
    return PostContext(
        remote_id=remote_id,
        text=answer.as_text(value.get("message"), "message"),
        created_at=_created(value, at),
        updated_at=at,
        listed=value.get("published") not in (0, False),
    )


def _message(value: JsonObject, remote_id: str, author: Author | None, at: datetime, *, mention: bool) -> RemoteMessage:
    """A comment under a visitor's post looks like one under ours: whose post it is, only the post itself tells."""
    comment = value["item"] == "comment"
    post_id = answer.as_id(value.get("post_id"), "post_id") if comment else ""
    above = answer.known_id(value, "parent_id") if comment else ""
    parent = above if _tail(above) != _tail(post_id) else ""
    kind = Kind.COMMENT if comment else Kind.POST
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=parent or remote_id,
        kind=Kind.MENTION if mention else kind,
        visibility=Visibility.PUBLIC,
        text=answer.as_text(value.get("message"), "message"),
        created_at=_created(value, at),
        author=author,
        parent_remote_id=parent or None,
        post_remote_id=post_id,
        permalink=answer.address(value, "permalink_url"),
        edited_at=at if value["verb"] in ("edit", "edited") else None,
        hidden=None if "is_hidden" not in value else value["is_hidden"] is True,
        # Times are cut to the second: what was edited within the second it was written in is the later of the two.
        as_of=at if value["verb"] in ("edit", "edited") else at - SECOND,
        attachments=tuple(_attachments(value)),
        raw=value,
    )


def _created(value: JsonObject, at: datetime) -> datetime:
    """Visitors' posts come without a time of their own."""
    return time_of(value["created_time"], "created_time") if "created_time" in value else at


def _author(value: JsonObject) -> Author | None:
    """`from` today, sender_id and sender_name in older versions."""
    person = answer.part(value, "from")
    remote_id = answer.known_id(person, "id") or answer.known_id(value, "sender_id")
    name = answer.words(person, "name") or answer.words(value, "sender_name")
    return Author(remote_id, name) if remote_id else None


def _attachments(value: JsonObject) -> Iterator[Attachment]:
    photos = value.get("photos")
    for photo in [value.get("photo"), *(photos if isinstance(photos, list) else [])]:
        if url := answer.address({"photo": photo}, "photo"):
            yield Attachment("photo", url)
    for kind in ("video", "link"):
        if url := answer.address(value, kind):
            yield Attachment(kind, url)


def _private(account_id: str, raw: JsonObject) -> Change | None:
    """A private conversation goes by the person's id: a notification does not name the conversation."""
    edit = answer.part(raw, "message_edit")
    said = edit or answer.part(raw, "message")
    if not said:
        return None
    mid = answer.as_id(said.get("mid"), "mid")
    at = time_of(raw.get("timestamp"), "timestamp")
    if said.get("is_deleted") is True:
        return Change(account_id, Verb.REMOVE, mid, at)
    sender = answer.as_id(answer.part(raw, "sender").get("id"), "sender")
    ours = said.get("is_echo") is True or sender == account_id
    message = RemoteMessage(
        remote_id=mid,
        root_remote_id=answer.as_id(answer.part(raw, "recipient").get("id"), "recipient")
        if sender == account_id
        else sender,
        kind=Kind.PRIVATE,
        visibility=Visibility.PRIVATE,
        text=answer.as_text(said.get("text"), "text"),
        created_at=at,
        author=Author(account_id if ours else sender),
        parent_remote_id=answer.known_id(answer.part(said, "reply_to"), "mid") or None,
        edited_at=at if edit else None,
        as_of=at,
        attachments=tuple(_private_attachments(said)),
        raw=raw,
    )
    return Change(account_id, Verb.EDIT if edit else Verb.ADD, mid, at, message=message)


def _private_attachments(said: JsonObject) -> Iterator[Attachment]:
    kinds = {"image": "photo", "video": "video", "fallback": "link"}
    for one in answer.parts(said, "attachments"):
        payload = answer.part(one, "payload")
        kind = "sticker" if "sticker_id" in payload else kinds.get(answer.words(one, "type"), "file")
        yield Attachment(kind, answer.address(payload, "url"))


def _tail(remote_id: str) -> str:
    return remote_id.rpartition("_")[2]
