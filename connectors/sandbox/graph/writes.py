"""What a page may do through the Graph API: comment, edit, hide, like, delete."""

from __future__ import annotations

from connectors.sandbox.entries import FACEBOOK, Entry, NewEntry
from connectors.sandbox.graph import nodes
from connectors.sandbox.graph.calls import Call, true
from connectors.sandbox.graph.errors import GraphError, invalid, missing, numbered
from connectors.sandbox.graph.fields import parse
from connectors.sandbox.graph.paging import Node

DONE: Node = {"success": True}
LONGEST = 8000


def comment(call: Call, parent_id: str) -> Node:
    """Answers {"id"}, and the fields that were asked for in the same call."""
    call.need("pages_manage_engagement")
    parent = call.standing(parent_id)
    text = call.params.get("message", "").strip()
    attachment = call.params.get("attachment_url") or call.params.get("attachment_share_url")
    if not text and not attachment:
        raise invalid("Must specify a message or an attachment")
    if len(text) > LONGEST:
        raise invalid(f"Comments can be at most {LONGEST} characters")
    _refuse_twice(call, parent, text)
    extra = {"attachments": [{"type": "share", "url": attachment}]} if attachment else {}
    new = NewEntry(FACEBOOK, "comment", call.page_id, text, parent_id=parent.id, via="api", extra=extra)
    return _created(call, call.sandbox.world.write(new))


def post(call: Call, page_id: str) -> Node:
    call.need("pages_manage_engagement")
    if page_id != call.page_id:
        raise missing(page_id)
    if not call.params.get("message"):
        raise invalid("Requires one of the params: message")
    new = NewEntry(FACEBOOK, "post", page_id, call.params["message"], wall_id=page_id, via="api")
    return _created(call, call.sandbox.world.write(new))


def update(call: Call, id: str) -> Node:
    """is_hidden of somebody else's comment, or the message of our own."""
    call.need("pages_manage_engagement")
    entry = call.standing(id)
    ours = entry.author_id == call.page_id
    if "is_hidden" in call.params:
        if ours and entry.kind == "comment":
            raise invalid("You cannot hide your own comment")
        call.sandbox.world.hide(entry, true(call.params["is_hidden"]))
        return DONE
    if not call.params.get("message"):
        raise invalid("Nothing to update")
    if not ours:
        raise GraphError(200, "(#200) Permissions error")
    call.sandbox.world.edit(entry, call.params["message"])
    return DONE


def delete(call: Call, id: str) -> Node:
    """A second time it is not there any more, which is an error."""
    call.need("pages_manage_engagement")
    entry = call.standing(id)
    if entry.author_id != call.page_id and entry.wall_id != call.page_id:
        raise GraphError(200, "(#200) Permissions error")
    call.sandbox.world.delete(entry)
    return DONE


def like(call: Call, id: str) -> Node:
    call.need("pages_manage_engagement")
    call.sandbox.world.like(call.standing(id), call.page_id, liked=call.method == "POST")
    return DONE


def _created(call: Call, entry: Entry) -> Node:
    if not call.params.get("fields"):
        return {"id": entry.id}
    return nodes.node(call, entry, parse(call.params["fields"]))


def _refuse_twice(call: Call, parent: Entry, text: str) -> None:
    if not call.sandbox.switches.now.facebook_refuses_duplicates:
        return
    last = call.sandbox.store.one(
        "SELECT text FROM entry WHERE network = 'facebook' AND parent_id = ? AND author_id = ? AND deleted_at IS NULL"
        " ORDER BY seq DESC LIMIT 1",
        (parent.id, call.page_id),
    )
    if last and last["text"] == text:
        raise numbered(506)
