"""Reading Messenger through the Graph API: conversations, the messages in them, and the way back to a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors import answer
from connectors.answer import Unreadable
from connectors.base import Attachment, Author, Kind, Outgoing, RemoteMessage, Visibility

CONVERSATION_FIELDS = "id,updated_time,message_count"
MESSAGE_FIELDS = "id,created_time,from,to,message,attachments,sticker,shares"
LONGEST = 2000

JsonObject = Mapping[str, object]

_PUBLIC_ID = re.compile(r"\d+_\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Conversation:
    remote_id: str
    updated: datetime
    state: str

    @property
    def stream(self) -> str:
        return f"conversation/{self.remote_id}"


def conversation(raw: JsonObject) -> Conversation:
    remote_id = answer.as_id(raw.get("id"), "id of the conversation")
    updated = answer.as_time(raw.get("updated_time"), "updated_time")
    return Conversation(remote_id, updated, f"{answer.number(raw, 'message_count')}:{updated.isoformat()}")


def message(raw: JsonObject, *, us: str) -> RemoteMessage:
    """A conversation goes by the person's id, as notifications have it."""
    author = _person(answer.part(raw, "from"))
    others = [_person(one) for one in answer.parts(answer.part(raw, "to"), "data")]
    with_whom = [one.remote_id for one in (author, *others) if one and one.remote_id != us]
    if not with_whom:
        raise Unreadable("nobody but us in the conversation")
    return RemoteMessage(
        remote_id=answer.as_id(raw.get("id"), "id"),
        root_remote_id=with_whom[0],
        kind=Kind.PRIVATE,
        visibility=Visibility.PRIVATE,
        text=answer.as_text(raw.get("message"), "message"),
        created_at=answer.as_time(raw.get("created_time"), "created_time"),
        author=author,
        attachments=tuple(_attachments(raw)),
        raw=raw,
    )


def recipient(outgoing: Outgoing, us: str) -> str:
    """Whom a private answer goes to, as JSON: the person of a conversation, or the author of a comment or post."""
    if _PUBLIC_ID.fullmatch(outgoing.answers_remote_id):
        name = "post_id" if outgoing.answers_remote_id.startswith(f"{us}_") else "comment_id"
        return json.dumps({name: outgoing.answers_remote_id})
    return json.dumps({"id": outgoing.recipient_id or outgoing.root_remote_id})


def _person(raw: JsonObject) -> Author | None:
    remote_id = answer.known_id(raw, "id")
    return Author(remote_id, answer.words(raw, "name")) if remote_id else None


def _attachments(raw: JsonObject) -> Iterator[Attachment]:
    if sticker := answer.address(raw, "sticker"):
        yield Attachment("sticker", sticker)
    for one in answer.parts(answer.part(raw, "attachments"), "data"):
        picture, film = answer.part(one, "image_data"), answer.part(one, "video_data")
        name = answer.words(one, "name")
        if picture:
            yield Attachment("photo", answer.address(picture, "url"), name)
        elif film:
            yield Attachment("video", answer.address(film, "url"), name)
        else:
            yield Attachment("file", answer.address(one, "file_url"), name)
    for one in answer.parts(answer.part(raw, "shares"), "data"):
        yield Attachment("link", answer.address(one, "link"), answer.words(one, "name"))
