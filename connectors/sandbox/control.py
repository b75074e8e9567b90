"""The control API: JSON under /control/, with which tests and the control page drive the sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.clock import iso, seconds
from connectors.sandbox.entries import NETWORKS, Entry, NewEntry, Person, Refusal
from connectors.sandbox.faults import KINDS, Fault
from connectors.sandbox.guard import refuse_strangers
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token
from connectors.sandbox.truth import truth
from connectors.sandbox.webhooks.outbox import Outbox
from connectors.sandbox.webhooks.subscription import Subscription

Json = dict[str, Any]
Answer = Callable[[Sandbox, Request, Any], object]


def routes() -> list[Route]:
    return [
        Route(f"/control/{path}", refuse_strangers(_endpoint(answer)), methods=[method])
        for method, path, answer in ROUTES
    ]


def _endpoint(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """A Refusal, a missing key or a wrong value is a 422 with its sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            body = json.loads(raw) if raw else {}
            answered = answer(request.app.state.sandbox, request, body)
            return JSONResponse(await answered if isinstance(answered, Awaitable) else answered)
        except KeyError as error:
            return JSONResponse({"error": f"{error.args[0]} is missing"}, 422)
        except (Refusal, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 422)

    return endpoint


def reset(sandbox: Sandbox, request: Request, body: Json) -> object:
    """{"people": false} leaves out the demo's customers and posts."""
    sandbox.reset(people=bool(body.get("people", True)))
    request.app.state.outbox.load()
    return {"done": True}


def show_switches(sandbox: Sandbox, request: Request, body: Json) -> object:
    return asdict(sandbox.switches.now)


def turn_switches(sandbox: Sandbox, request: Request, body: Json) -> object:
    return asdict(sandbox.switches.turn(**body))


def show_clock(sandbox: Sandbox, request: Request, body: Json) -> object:
    return {"now": sandbox.clock.now(), "iso": iso(sandbox.clock.now()), "frozen": sandbox.clock.frozen}


def move_clock(sandbox: Sandbox, request: Request, body: Json) -> object:
    """{"freeze": true or a time}, {"advance": seconds}, {"resume": true}; several in this order."""
    if "freeze" in body:
        sandbox.clock.freeze(None if body["freeze"] is True else seconds(body["freeze"]))
    if "advance" in body:
        sandbox.clock.advance(float(body["advance"]))
    if body.get("resume"):
        sandbox.clock.resume()
    return show_clock(sandbox, request, body)


def show_people(sandbox: Sandbox, request: Request, body: Json) -> object:
    network, ours = request.query_params.get("network"), request.query_params.get("ours") == "1"
    networks = [network] if network else NETWORKS
    return {"people": [asdict(person) for name in networks for person in sandbox.world.people(name, ours=ours)]}


def add_people(sandbox: Sandbox, request: Request, body: Json | list[Json]) -> object:
    """One person or a list: network and name, the rest as the network gives it."""
    with sandbox.store.transaction():
        added = [sandbox.world.add_person(Person(**{"id": "", **one})) for one in _several(body)]
    return {"people": [asdict(person) for person in added]}


def add_entries(sandbox: Sandbox, request: Request, body: Json | list[Json]) -> object:
    """One entry or thousands; times in seconds or ISO; `author` (a name) instead of author_id makes the person."""
    with sandbox.store.transaction():
        news = [new_entry(sandbox, one) for one in _several(body)]
        written = sandbox.world.write_many(news)
    return {"entries": [_short(entry) for entry in written]}


def add_private(sandbox: Sandbox, request: Request, body: Json) -> object:
    """{"network", "author_id", "to_id", "text"}: a private message in the one conversation of the two."""
    entry = sandbox.world.write_private(
        body["network"], body["author_id"], body["to_id"], body["text"], via=body.get("via", "control")
    )
    return _short(entry)


def new_entry(sandbox: Sandbox, given: Mapping[str, Any]) -> NewEntry:
    values = dict(given)
    name = values.pop("author", None)
    if "author_id" not in values:
        values["author_id"] = _called(sandbox, values["network"], name).id
    for time in ("created_at", "visible_at"):
        if values.get(time) is not None:
            values[time] = seconds(values[time])
    if values["network"] == "facebook" and values["kind"] in ("post", "rating"):
        values.setdefault("wall_id", _page(sandbox))
    return NewEntry(**{"text": "", **values})


def change_entry(sandbox: Sandbox, request: Request, body: Json) -> object:
    """{"text": …} edits, {"hidden": true} hides, as the author or the network would."""
    entry = _entry(sandbox, request)
    if "text" in body:
        entry = sandbox.world.edit(entry, str(body["text"]))
    if "hidden" in body:
        sandbox.world.hide(entry, bool(body["hidden"]))
    return _short(entry)


def delete_entry(sandbox: Sandbox, request: Request, body: Json) -> object:
    sandbox.world.delete(_entry(sandbox, request))
    return {"done": True}


def show_truth(sandbox: Sandbox, request: Request, body: Json) -> object:
    """?network=facebook|x, ?who=ours (default), others, all, ?via=api, ?since=seq: deleted or not, lag or not."""
    query = request.query_params
    since = int(query.get("since", 0))
    found = truth(sandbox, query.get("network"), query.get("who", "ours"), query.get("via"), since)
    return {"entries": found, "seq": sandbox.world.last_seq(), "now": sandbox.clock.now()}


def show_tokens(sandbox: Sandbox, request: Request, body: Json) -> object:
    return {"tokens": [asdict(token) for token in sandbox.tokens.every()]}


def put_tokens(sandbox: Sandbox, request: Request, body: Json | list[Json]) -> object:
    """A new token, or the changes to a known one: {"value": …, "state": "expired"}."""
    put = []
    for given in _several(body):
        known = sandbox.tokens.get(given["value"])
        values = {**given, **({"scopes": tuple(given["scopes"])} if "scopes" in given else {})}
        put.append(sandbox.tokens.put(replace(known, **values) if known else Token(**values)))
    return {"tokens": [asdict(token) for token in put]}


def show_faults(sandbox: Sandbox, request: Request, body: Json) -> object:
    return {"faults": sandbox.faults.every(), "kinds": KINDS}


def add_faults(sandbox: Sandbox, request: Request, body: Json | list[Json]) -> object:
    """One fault or a list, see faults.Fault; they strike in the order in which they were added."""
    return {"ids": [sandbox.faults.add(Fault(**given)) for given in _several(body)]}


def clear_faults(sandbox: Sandbox, request: Request, body: Json) -> object:
    sandbox.faults.clear(request.path_params.get("id"))
    return {"done": True}


def show_calls(sandbox: Sandbox, request: Request, body: Json) -> object:
    """?limit=, ?since=: the newest calls, and the counts by route, status and fault since the last reset."""
    query = request.query_params
    latest = sandbox.calls.latest(int(query.get("limit", 200)), int(query.get("since", 0)))
    return {"counts": sandbox.calls.counts(), "latest": latest}


def clear_calls(sandbox: Sandbox, request: Request, body: Json) -> object:
    sandbox.calls.clear()
    return {"done": True}


def show_subscriptions(sandbox: Sandbox, request: Request, body: Json) -> object:
    outbox: Outbox = request.app.state.outbox
    return {"subscriptions": outbox.every(), "waiting": outbox.waiting()}


async def subscribe(sandbox: Sandbox, request: Request, body: Json) -> object:
    """Where notifications go, see webhooks.Subscription; the address is verified as the network would."""
    outbox: Outbox = request.app.state.outbox
    id = outbox.subscribe(Subscription(**body))
    return {"id": id, **await asyncio.to_thread(outbox.verify, id)}


def unsubscribe(sandbox: Sandbox, request: Request, body: Json) -> object:
    outbox: Outbox = request.app.state.outbox
    outbox.unsubscribe(request.path_params.get("id"))
    return {"done": True}


async def flush(sandbox: Sandbox, request: Request, body: Json) -> object:
    """Waits until every notification has arrived or failed: {"waiting": what has not, after `seconds`}."""
    outbox: Outbox = request.app.state.outbox
    return {"waiting": await outbox.flush(float(body.get("seconds", 30)))}


def _several(body: Json | list[Json]) -> list[Json]:
    return body if isinstance(body, list) else [body]


def _called(sandbox: Sandbox, network: str, name: str | None) -> Person:
    if not name:
        raise Refusal("author_id or author is missing")
    row = sandbox.store.one("SELECT * FROM person WHERE network = ? AND name = ? AND NOT ours", (network, name))
    return Person.from_row(row) if row else sandbox.world.add_person(Person(network, "", name))


def _page(sandbox: Sandbox) -> str:
    return sandbox.world.people("facebook", ours=True)[0].id


def _entry(sandbox: Sandbox, request: Request) -> Entry:
    entry = sandbox.world.standing(request.path_params["network"], request.path_params["id"])
    if entry is None:
        raise Refusal(f"{request.path_params['id']} does not exist")
    return entry


def _short(entry: Entry) -> Json:
    return {
        "network": entry.network,
        "id": entry.id,
        "kind": entry.kind,
        "author_id": entry.author_id,
        "parent_id": entry.parent_id,
        "root_id": entry.root_id,
        "text": entry.text,
        "created_at": entry.created_at,
    }


ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("POST", "reset", reset),
    ("GET", "switches", show_switches),
    ("POST", "switches", turn_switches),
    ("GET", "clock", show_clock),
    ("POST", "clock", move_clock),
    ("GET", "people", show_people),
    ("POST", "people", add_people),
    ("POST", "entries", add_entries),
    ("POST", "private", add_private),
    ("PATCH", "entries/{network}/{id}", change_entry),
    ("DELETE", "entries/{network}/{id}", delete_entry),
    ("GET", "truth", show_truth),
    ("GET", "tokens", show_tokens),
    ("POST", "tokens", put_tokens),
    ("GET", "faults", show_faults),
    ("POST", "faults", add_faults),
    ("DELETE", "faults", clear_faults),
    ("DELETE", "faults/{id:int}", clear_faults),
    ("GET", "subscriptions", show_subscriptions),
    ("POST", "subscriptions", subscribe),
    ("POST", "subscriptions/flush", flush),
    ("DELETE", "subscriptions", unsubscribe),
    ("DELETE", "subscriptions/{id:int}", unsubscribe),
    ("GET", "calls", show_calls),
    ("DELETE", "calls", clear_calls),
)
