"""Direct messages of the X API v2: events of 30 days, and sending to one person."""

from __future__ import annotations

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import Entry, X
from connectors.sandbox.world import conversation_id
from connectors.sandbox.x import text as xtext
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.lists import position, shapes, token
from connectors.sandbox.x.params import Asked, read
from connectors.sandbox.x.problems import Json, Problem, forbidden, invalid, not_found
from connectors.sandbox.x.shapes import Shapes

DAYS_30 = 30 * 86400.0
ALLOWED = ("dm_event.fields", "event_types", "max_results", "pagination_token", "expansions", "user.fields",
           "tweet.fields", "media.fields")  # fmt: skip
DEFAULT = ("event_type", "id", "text")


def events(call: Call) -> Json:
    """All of ours, or those of one conversation, newest first."""
    call.need("dm.read")
    asked = read(call.query, ALLOWED)
    where, values = "network = 'x' AND kind = 'private' AND created_at > :oldest", dict[str, object]()
    values["oldest"] = call.sandbox.clock.now() - DAYS_30
    if root := _conversation(call):
        where, values = f"{where} AND root_id = :root", {**values, "root": root}
    if page := asked.text("pagination_token"):
        where, values = f"{where} AND position < :page", {**values, "page": position(page)}
    size = asked.size(1, 100, 100)
    wanted = not asked.list("event_types") or "MessageCreate" in asked.list("event_types")
    tail = f"ORDER BY position DESC LIMIT {size + 1}"
    return _page(call, asked, call.sandbox.world.seen(where, values, tail) if wanted else [], size)


def send(call: Call) -> Json:
    """To the one other person of a conversation; user context only."""
    call.need("dm.write")
    text = str(call.body.get("text", "")).strip()
    if not text:
        raise invalid("$.text: is missing but it is required", text="")
    root = _conversation(call) or ""
    other = next((id for id in root.split("-") if id != call.user_id), "")
    if call.sandbox.world.person(X, other) is None:
        raise forbidden("You cannot send messages to this user.")
    entry = call.sandbox.world.write_private(X, call.user_id, other, text, via="api")
    call.resources = 1
    return {"data": {"dm_conversation_id": entry.root_id, "dm_event_id": entry.id}}


def delete(call: Call) -> Json:
    call.need("dm.write")
    entry = call.standing(call.path["id"])
    if entry is None or entry.kind != "private":
        raise not_found()
    if entry.author_id != call.user_id:
        raise forbidden("You are not authorized to delete this message.")
    call.sandbox.world.delete(entry)
    return {"data": {"deleted": True}}


def _conversation(call: Call) -> str | None:
    if "participant_id" in call.path:
        return conversation_id(X, call.user_id, call.path["participant_id"])
    root = call.path.get("conversation_id")
    if root and call.user_id not in root.split("-"):
        raise Problem(403, "Forbidden", "You are not permitted to perform this action.")
    return root


def _page(call: Call, asked: Asked, found: list[Entry], size: int) -> Json:
    events = found[:size]
    if not events:
        return {"meta": {"result_count": 0}}
    made = shapes(call, asked)
    meta: Json = {"result_count": len(events), "previous_token": token(events[0].position)}
    if len(found) > size:
        meta["next_token"] = token(events[-1].position)
    call.resources = len(events)
    return made.around({"data": [_event(entry, asked, made) for entry in events], "meta": meta})


def _event(entry: Entry, asked: Asked, made: Shapes) -> Json:
    known: Json = {
        "event_type": "MessageCreate",
        "id": entry.id,
        "text": xtext.escape(entry.text),
        "created_at": iso(entry.created_at),
        "dm_conversation_id": entry.root_id,
        "sender_id": entry.author_id,
    }
    if "sender_id" in asked.list("expansions"):
        made.include([entry.author_id])
    return {name: known[name] for name in (*DEFAULT, *asked.list("dm_event.fields")) if name in known}
