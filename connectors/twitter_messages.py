"""Reading X's direct messages: events of a conversation, which goes by the ids of its people or a number of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors import answer
from connectors.answer import Unreadable
from connectors.base import Attachment, Author, Kind, RemoteMessage, Visibility

ASKED_FOR = {
    "dm_event_fields": "id,text,event_type,created_at,dm_conversation_id,sender_id,attachments,entities",
    "event_types": "MessageCreate",
    "expansions": "sender_id,attachments.media_keys",
    "user_fields": "name,username,public_metrics",
    "media_fields": "type,url,preview_image_url,alt_text",
}

JsonObject = Mapping[str, object]

_CONVERSATION = re.compile(r"\d{1,19}(?:-\d{1,19})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parts:
    """How the connector reads what messages and posts have in common."""

    text: Callable[[JsonObject], str]
    author: Callable[[JsonObject], Author | None]
    attachments: Callable[[JsonObject], tuple[Attachment, ...]]


def is_conversation(value: str) -> bool:
    return bool(_CONVERSATION.fullmatch(value))


def message(raw: JsonObject, *, read: Parts, time_of: Callable[[str], datetime]) -> RemoteMessage:
    remote_id = answer.as_id(raw.get("id"), "id")
    root = answer.as_id(raw.get("dm_conversation_id"), "dm_conversation_id")
    if not remote_id.isdigit() or not is_conversation(root):
        raise Unreadable("no id of X")
    return RemoteMessage(
        remote_id=remote_id,
        root_remote_id=root,
        kind=Kind.PRIVATE,
        visibility=Visibility.PRIVATE,
        text=read.text(raw),
        created_at=answer.known_time(raw, "created_at") or time_of(remote_id),
        author=read.author({"author_id": raw.get("sender_id")}),
        attachments=read.attachments(raw),
        raw=raw,
    )
