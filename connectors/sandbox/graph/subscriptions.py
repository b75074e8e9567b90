"""/{page}/subscribed_apps: which of a page's webhook fields reach the app."""

from __future__ import annotations

from connectors.sandbox import demo
from connectors.sandbox.graph.calls import Call
from connectors.sandbox.graph.errors import invalid, missing
from connectors.sandbox.graph.paging import Node
from connectors.sandbox.sandbox import Sandbox

FIELDS = ("feed", "mention", "ratings", "messages", "message_echoes", "message_edits")
KEPT = "subscribed_fields"


def subscribed(sandbox: Sandbox) -> list[str]:
    """The fields of the page that are sent; all of them until the page is subscribed otherwise."""
    fields: list[str] = sandbox.store.get(KEPT, list(FIELDS))
    return fields


def show(call: Call, page_id: str) -> Node:
    call.need("pages_manage_metadata")
    if page_id != call.page_id:
        raise missing(page_id)
    fields = subscribed(call.sandbox)
    app = {"link": "https://example.com/samtal", "name": "Samtal", "id": demo.APP_ID, "subscribed_fields": fields}
    return {"data": [app] if fields else []}


def change(call: Call, page_id: str) -> Node:
    call.need("pages_manage_metadata")
    if page_id != call.page_id:
        raise missing(page_id)
    fields = [] if call.method == "DELETE" else _asked(call)
    if any(field.startswith("message") for field in fields):
        call.need("pages_messaging")
    call.sandbox.store.put(KEPT, fields)
    return {"success": True}


def _asked(call: Call) -> list[str]:
    fields = [field.strip() for field in call.params.get("subscribed_fields", "").split(",") if field.strip()]
    if not fields:
        raise invalid("The parameter subscribed_fields is required.")
    unknown = [field for field in fields if field not in FIELDS]
    if unknown:
        raise invalid(f'Param subscribed_fields[0] must be one of {{{", ".join(FIELDS)}}} - got "{unknown[0]}".')
    return fields
