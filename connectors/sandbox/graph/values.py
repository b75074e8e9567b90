"""The plain fields of posts, comments and recommendations: what each is for an entry, or ABSENT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from connectors.sandbox.entries import FACEBOOK, Entry
from connectors.sandbox.graph.calls import Call

WEB = "https://www.facebook.com"
DAY = 86400.0
ABSENT = object()
Maker = Callable[[Call, Entry], object]


def when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def permalink(entry: Entry, parent: Entry | None = None) -> str:
    """A reply's address names its comment and itself, as in the recordings."""
    page, _, post = entry.root_id.rpartition("_")
    address = f"{WEB}/{page or entry.wall_id}/posts/{post}"
    if entry.kind == "post":
        return address
    own = entry.id.rpartition("_")[2]
    if parent is None or parent.kind == "post":
        return f"{address}/?comment_id={own}"
    return f"{address}/?comment_id={parent.id.rpartition('_')[2]}&reply_comment_id={own}"


def _author(call: Call, entry: Entry) -> object:
    """Absent for everybody but pages where the permission is missing: then the author is simply unknown."""
    person = call.sandbox.world.person(FACEBOOK, entry.author_id)
    named = call.sandbox.switches.now.facebook_from and call.token.may("pages_read_user_content")
    if person is None or not (person.ours or named):
        return ABSENT
    return {"name": person.name, "id": person.id}


def parent_of(call: Call, entry: Entry) -> Entry | None:
    return call.sandbox.world.entry(FACEBOOK, entry.parent_id) if entry.parent_id else None


def _link(call: Call, entry: Entry) -> object:
    return permalink(entry, parent_of(call, entry))


def _updated(call: Call, entry: Entry) -> object:
    """The newest comment beneath a post moves its time."""
    newest = call.sandbox.world.seen(
        "network = 'facebook' AND root_id = :id", {"id": entry.id}, "ORDER BY position DESC LIMIT 1"
    )
    return when(max([entry.created_at, *(found.created_at for found in newest)]))


def _replies(call: Call, entry: Entry) -> object:
    return call.sandbox.world.count("network = 'facebook' AND parent_id = :id", {"id": entry.id})


def _likes(call: Call, entry: Entry) -> object:
    row = call.sandbox.store.one(
        "SELECT count(*) AS n FROM liked WHERE network = 'facebook' AND entry_id = ?", (entry.id,)
    )
    return int(row["n"]) if row else 0


def _liked(call: Call, entry: Entry) -> object:
    sql = "SELECT 1 FROM liked WHERE network = 'facebook' AND entry_id = ? AND person_id = ?"
    return call.sandbox.store.one(sql, (entry.id, call.page_id)) is not None


def _ours(call: Call, entry: Entry) -> object:
    return entry.author_id == call.page_id


def _not_ours(call: Call, entry: Entry) -> object:
    return entry.author_id != call.page_id


def _private_reply(call: Call, entry: Entry) -> object:
    """One private answer, within seven days, to somebody who is not us."""
    young = call.sandbox.clock.now() - entry.created_at < 7 * DAY
    return entry.author_id != call.page_id and young and not entry.extra.get("private_reply")


def _to(call: Call, entry: Entry) -> object:
    wall = call.sandbox.world.person(FACEBOOK, entry.wall_id or "")
    if wall is None or wall.id == entry.author_id:
        return ABSENT
    return {"data": [{"name": wall.name, "id": wall.id}]}


def _message(call: Call, entry: Entry) -> object:
    """A post of only a picture has no message at all."""
    return entry.text if entry.text or entry.kind == "comment" else ABSENT


def _attachments(call: Call, entry: Entry) -> object:
    found = entry.extra.get("attachments", [])
    return {"data": found} if found else ABSENT


def _attachment(call: Call, entry: Entry) -> object:
    found = entry.extra.get("attachments", [])
    return found[0] if found else ABSENT


def _extra(name: str) -> Maker:
    return lambda call, entry: entry.extra.get(name, ABSENT)


def _constant(value: object) -> Maker:
    return lambda call, entry: value


SHARED: Mapping[str, Maker] = {
    "id": lambda call, entry: entry.id,
    "message": _message,
    "from": _author,
    "created_time": lambda call, entry: when(entry.created_at),
    "permalink_url": _link,
    "is_hidden": lambda call, entry: entry.hidden,
    "message_tags": _extra("message_tags"),
    "can_reply_privately": _private_reply,
}
COMMENT: Mapping[str, Maker] = {
    **SHARED,
    "comment_count": _replies,
    "like_count": _likes,
    "user_likes": _liked,
    "attachment": _attachment,
    "is_private": _constant(False),
    "can_comment": _constant(True),
    "can_hide": _not_ours,
    "can_like": _constant(True),
    "can_remove": _constant(True),
    "private_reply_conversation": _extra("private_reply_conversation"),
}
POST: Mapping[str, Maker] = {
    **SHARED,
    "story": _extra("story"),
    "to": _to,
    "updated_time": _updated,
    "status_type": lambda call, entry: "mobile_status_update" if _ours(call, entry) else "wall_post",
    "attachments": _attachments,
    "full_picture": _extra("full_picture"),
    "shares": _extra("shares"),
    "is_published": lambda call, entry: entry.extra.get("published", True),
    "is_expired": _constant(False),
    "parent_id": _extra("parent_id"),
    "properties": _extra("properties"),
    "place": _extra("place"),
    "privacy": _constant({"value": "EVERYONE", "description": "Public", "friends": "", "allow": "", "deny": ""}),
    "promotable_id": lambda call, entry: entry.id,
}
RATING: Mapping[str, Maker] = {
    "created_time": SHARED["created_time"],
    "has_rating": _constant(False),
    "has_review": lambda call, entry: bool(entry.text),
    "recommendation_type": lambda call, entry: entry.extra.get("recommendation_type", "positive"),
    "review_text": lambda call, entry: entry.text or ABSENT,
    "reviewer": _author,
    "open_graph_story": lambda call, entry: {"id": entry.id},
}
