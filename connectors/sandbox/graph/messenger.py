"""Messenger through the Graph API: conversations, their messages, and the windows in which a page may write."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connectors.sandbox.entries import FACEBOOK, Entry, Person
from connectors.sandbox.graph.calls import Call, limit_param
from connectors.sandbox.graph.errors import GraphError, invalid, missing, unknown_field
from connectors.sandbox.graph.fields import Field, parse
from connectors.sandbox.graph.paging import Edge, Node, page
from connectors.sandbox.graph.values import DAY, when
from connectors.sandbox.world import VISIBLE, conversation_id

WINDOW = DAY
WEEK = 7 * DAY
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
LONGEST = 2000
PRIVATE = "network = 'facebook' AND kind = 'private'"
# A conversation is where its newest message is; the network lists the one with the newest first.
NEWEST = f"{PRIVATE} AND seq IN (SELECT max(seq) FROM entry WHERE {PRIVATE} AND {VISIBLE} GROUP BY root_id)"


def conversations(call: Call, page_id: str, params: Mapping[str, str]) -> Node:
    call.need("pages_messaging")
    if page_id != call.page_id:
        raise missing(page_id)
    if params.get("platform", "MESSENGER").upper() != "MESSENGER":
        return {"data": []}
    where, values = NEWEST, {}
    if params.get("user_id"):
        where, values = f"{NEWEST} AND root_id = :root", {"root": conversation_id(FACEBOOK, page_id, params["user_id"])}
    fields = parse(params.get("fields") or "id,link,updated_time")
    edge = Edge(f"{page_id}/conversations", where, values)
    return page(call, edge, params, lambda entry: _conversation(call, entry, fields))


def conversation(call: Call, id: str, fields: tuple[Field, ...]) -> Node:
    call.need("pages_messaging")
    return _conversation(call, _newest(call, id), fields or parse("id,link,updated_time"))


def messages(call: Call, id: str, params: Mapping[str, str]) -> Node:
    """Newest first, as the network answers them."""
    call.need("pages_messaging")
    _newest(call, id)
    fields = parse(params.get("fields") or "id,created_time")
    edge = Edge(f"{id}/messages", f"{PRIVATE} AND root_id = :root", {"root": id})
    return page(call, edge, params, lambda entry: _message(call, entry, fields))


def message(call: Call, id: str, fields: tuple[Field, ...]) -> Node:
    call.need("pages_messaging")
    return _message(call, call.entry(id), fields or parse("id,created_time"))


def send(call: Call, page_id: str) -> Node:
    """A message to a person, or the one private reply to a comment or post. Raises the refusals of the windows."""
    call.need("pages_messaging")
    if page_id != call.page_id:
        raise missing(page_id)
    recipient, content = _object(call, "recipient"), _object(call, "message")
    if call.params.get("messaging_type", "RESPONSE") not in TYPES:
        raise invalid(f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    if "sender_action" in call.params:
        return {"recipient_id": _person(call, str(recipient.get("id", ""))).id}
    text = str(content.get("text", ""))
    if not text or len(text) > LONGEST:
        raise invalid(f"Message text must be 1 to {LONGEST} characters")
    if "id" in recipient:
        return _to_person(call, _person(call, str(recipient["id"])), text)
    if replied := recipient.get("comment_id") or recipient.get("post_id"):
        return _privately(call, call.standing(str(replied)), text)
    raise invalid("The parameter recipient is required")


def _to_person(call: Call, person: Person, text: str) -> Node:
    """Within 24 hours of the person's last message; with the tag for human agents within seven days."""
    root, now = conversation_id(FACEBOOK, call.page_id, person.id), call.sandbox.clock.now()
    last = call.sandbox.store.one(
        f"SELECT max(created_at) AS at FROM entry WHERE {PRIVATE} AND root_id = ? AND author_id = ?", (root, person.id)
    )
    if last is None or last["at"] is None:
        raise GraphError(100, "(#100) No matching user found", subcode=2018001)
    window = WEEK if call.params.get("tag") == "HUMAN_AGENT" else WINDOW
    if now - last["at"] > window:
        raise GraphError(10, "(#10) This message is sent outside of allowed window.", subcode=2018278)
    return _sent(call, person, text)


def _privately(call: Call, entry: Entry, text: str) -> Node:
    """One private answer to each comment or post, within seven days, and not to another page."""
    person = call.sandbox.world.person(FACEBOOK, entry.author_id)
    if person is None or person.ours:
        raise GraphError(10903, "(#10903) This user cannot reply to this activity")
    if entry.extra.get("private_reply"):
        raise GraphError(10900, "(#10900) Activity already replied to")
    if call.sandbox.clock.now() - entry.created_at > WEEK:
        raise GraphError(10, "(#10) This message is sent outside of allowed window.", subcode=2018278)
    answer = _sent(call, person, text)
    root = conversation_id(FACEBOOK, call.page_id, person.id)
    call.sandbox.world.annotate(entry, private_reply=True, private_reply_conversation={"id": root})
    return answer


def _sent(call: Call, person: Person, text: str) -> Node:
    entry = call.sandbox.world.write_private(FACEBOOK, call.page_id, person.id, text, via="api")
    return {"recipient_id": person.id, "message_id": entry.id}


def _person(call: Call, id: str) -> Person:
    person = call.sandbox.world.person(FACEBOOK, id)
    if person is None or person.ours:
        raise GraphError(100, "(#100) No matching user found", subcode=2018001)
    return person


def _object(call: Call, name: str) -> dict[str, object]:
    """Nested values come as JSON text inside the form."""
    try:
        found = json.loads(call.params.get(name) or "{}")
    except ValueError:
        raise invalid(f"Param {name} must be a JSON object") from None
    if not isinstance(found, dict):
        raise invalid(f"Param {name} must be a JSON object")
    return found


def _newest(call: Call, id: str) -> Entry:
    found = call.sandbox.world.seen(f"{PRIVATE} AND root_id = :root", {"root": id}, "ORDER BY seq DESC LIMIT 1")
    if not found:
        raise missing(id)
    return found[0]


def _conversation(call: Call, newest: Entry, fields: tuple[Field, ...]) -> Node:
    people = [_named(call, id) for id in sorted({newest.author_id, str(newest.extra["to"])}, key=call.page_id.__eq__)]
    known: dict[str, object] = {
        "link": f"/{call.page_id}/inbox/{newest.root_id}/",
        "snippet": newest.text[:80],
        "updated_time": when(newest.created_at),
        "message_count": call.sandbox.world.count(f"{PRIVATE} AND root_id = :root", {"root": newest.root_id}),
        "unread_count": 0 if newest.author_id == call.page_id else 1,
        "participants": {"data": people},
        "senders": {"data": people},
        "can_reply": True,
        "is_subscribed": True,
    }
    answer: Node = {"id": newest.root_id}
    for field in fields:
        if field.name == "messages":
            source = {"fields": field.source} if field.source else {}
            answer["messages"] = messages(call, newest.root_id, {**field.args, **source})
        elif field.name in known:
            answer[field.name] = known[field.name]
        elif field.name != "id":
            raise unknown_field(field.name, "UnifiedThread")
    return answer


def _message(call: Call, entry: Entry, fields: tuple[Field, ...]) -> Node:
    found = entry.extra.get("attachments", [])
    known: dict[str, object] = {
        "created_time": when(entry.created_at),
        "from": _named(call, entry.author_id),
        "to": {"data": [_named(call, str(entry.extra["to"]))]},
        "message": entry.text,
        "attachments": {"data": found[: limit_param({})]} if found else None,
        "tags": {"data": [{"name": "inbox"}, {"name": "source:mobile"}]},
        "sticker": None,
        "shares": None,
    }
    answer: Node = {"id": entry.id}
    for field in fields:
        if field.name in known:
            answer |= {field.name: known[field.name]} if known[field.name] is not None else {}
        elif field.name != "id":
            raise unknown_field(field.name, "Message")
    return answer


def _named(call: Call, id: str) -> Node:
    person = call.sandbox.world.person(FACEBOOK, id)
    return {"name": person.name if person else "Facebook User", "email": f"{id}@facebook.com", "id": id}
