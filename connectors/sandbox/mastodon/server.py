"""Mastodon's REST API over HTTP: routes, tokens, rate limits, Link headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.entries import MASTODON, Entry, NewEntry
from connectors.sandbox.mastodon import shapes
from connectors.sandbox.mastodon.calls import (
    Call,
    Json,
    Refused,
    authenticate,
    headers,
    missing,
    take,
    too_many,
)
from connectors.sandbox.mastodon.content import INSTANCE, LIMIT, length
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token

VISIBILITIES = ("public", "unlisted", "private", "direct")
STATUSES = "network = 'mastodon' AND kind = 'status'"
# Whom a private status is meant for, besides its author.
NAMED = "EXISTS (SELECT 1 FROM mention m WHERE m.network = 'mastodon' AND m.person_id = :us AND m.entry_id = entry.id)"


def me(call: Call) -> Json:
    call.need("read")
    return shapes.account(call.sandbox.world, call.user)


def statuses_of(call: Call) -> list[Json]:
    call.need("read")
    where = f"{STATUSES} AND author_id = :author"
    if call.given.get("exclude_replies") in ("true", "1"):
        where += " AND parent_id IS NULL"
    found = _page(call, where, {"author": call.path["id"]}, scale=1, usual=20, most=40)
    return [shapes.status(call.sandbox.world, entry) for entry in found]


def notifications(call: Call) -> list[Json]:
    """Only mentions happen here; whoever does not ask for them gets none."""
    call.need("read")
    if call.many.get("types[]") and "mention" not in call.many["types[]"]:
        return []
    where = f"{STATUSES} AND author_id <> :us AND {NAMED}"
    found = _page(call, where, {"us": call.user.id}, scale=10, usual=40, most=80)
    return [shapes.notification(call.sandbox.world, entry) for entry in found]


def one(call: Call) -> Json:
    call.need("read")
    return shapes.status(call.sandbox.world, call.entry(call.path["id"]))


def several(call: Call) -> list[Json]:
    """What is gone, or not for us, is simply not there."""
    call.need("read")
    found = (call.sandbox.world.entry(MASTODON, id) for id in call.many.get("id[]", [])[:20])
    return [shapes.status(call.sandbox.world, entry) for entry in found if entry]


def context(call: Call) -> Json:
    """What stands above a status, the first one first, and everything beneath it."""
    call.need("read")
    world, entry = call.sandbox.world, call.entry(call.path["id"])
    above: list[Entry] = []
    up = world.entry(MASTODON, entry.parent_id) if entry.parent_id else None
    while up:
        above.insert(0, up)
        up = world.entry(MASTODON, up.parent_id) if up.parent_id else None
    below = "WITH RECURSIVE b (id) AS (SELECT :id UNION SELECT e.id FROM entry e JOIN b ON e.network = 'mastodon'"
    where = f"{STATUSES} AND id <> :id AND id IN ({below} AND e.parent_id = b.id) SELECT id FROM b)"
    beneath = world.seen(where, {"id": entry.id}, "ORDER BY position")
    lists = {"ancestors": above, "descendants": beneath}
    return {name: [shapes.status(world, each) for each in found] for name, found in lists.items()}


def create(call: Call) -> Json:
    """The same Idempotency-Key gets the same status for an hour."""
    call.need("write")
    key = call.headers.get("idempotency-key", "")
    world = call.sandbox.world
    if known := _earlier(call, key):
        return shapes.status(world, known)
    text = call.given.get("status", "").strip()
    if not text:
        raise Refused(422, "Validation failed: Text can't be blank")
    if length(text) > LIMIT:
        raise Refused(422, f"Validation failed: Text character limit of {LIMIT} exceeded")
    visibility = call.given.get("visibility", "public")
    if visibility not in VISIBILITIES:
        raise Refused(422, f"'{visibility}' is not a valid visibility")
    parent = _answered(call, call.given.get("in_reply_to_id"))
    extra = {"visibility": visibility, "idempotency_key": key}
    new = NewEntry(MASTODON, "status", call.user.id, text, parent_id=parent, via="api", extra=extra)
    return shapes.status(world, world.write(new))


def edit(call: Call) -> Json:
    call.need("write")
    entry, text = _own(call), call.given.get("status", "").strip()
    if not text or length(text) > LIMIT:
        raise Refused(422, "Validation failed: Text can't be blank")
    return shapes.status(call.sandbox.world, call.sandbox.world.edit(entry, text))


def delete(call: Call) -> Json:
    call.need("write")
    entry = _own(call)
    shown = {**shapes.status(call.sandbox.world, entry), "text": entry.text}
    call.sandbox.world.delete(entry)
    return shown


def favourite(call: Call) -> Json:
    call.need("write")
    entry = call.standing(call.path["id"])
    call.sandbox.world.like(entry, call.user.id)
    return shapes.status(call.sandbox.world, entry)


def instance(call: Call) -> Json:
    limits = {"max_characters": LIMIT, "max_media_attachments": 4, "characters_reserved_per_url": 23}
    return {
        "domain": INSTANCE,
        "uri": INSTANCE,
        "title": "Sandbox",
        "version": "4.4.0",
        "source_url": f"https://{INSTANCE}/source",
        "description": "",
        "languages": ["en", "sv"],
        "configuration": {"statuses": limits},
        "rules": [],
    }


def _earlier(call: Call, key: str) -> Entry | None:
    row = call.sandbox.store.one(
        "SELECT id FROM entry WHERE network = 'mastodon' AND author_id = ? AND deleted_at IS NULL AND created_at > ?"
        " AND json_extract(extra, '$.idempotency_key') = ?",
        (call.user.id, call.sandbox.clock.now() - 3600, key),
    )
    return call.sandbox.world.standing(MASTODON, row["id"]) if row and key else None


def _answered(call: Call, id: str | None) -> str | None:
    if not id:
        return None
    parent = call.sandbox.world.standing(MASTODON, id)
    if parent is None:
        raise Refused(404, "The post you are trying to reply to does not appear to exist.")
    return parent.id


def _own(call: Call) -> Entry:
    entry = call.standing(call.path["id"])
    if entry.author_id != call.user.id:
        raise missing()
    return entry


def _page(
    call: Call, where: str, values: Mapping[str, object], *, scale: int, usual: int, most: int
) -> Sequence[Entry]:
    """Newest first, below max_id and above since_id. scale: how ids of this list come from a status's place."""
    known = dict(values)
    for name, sign in (("max_id", "<"), ("since_id", ">")):
        if text := call.given.get(name, ""):
            if not text.isdigit():
                raise Refused(422, f"{name} is invalid")
            where += f" AND position * {scale} + {scale // 3} {sign} :{name}"
            known[name] = int(text)
    size = call.size(usual, most)
    return call.sandbox.world.seen(where, known, f"ORDER BY position DESC LIMIT {size}")


@dataclass(frozen=True, slots=True)
class Place:
    method: str
    path: str
    answer: Callable[[Call], Json | list[Json]]


PLACES = (
    Place("GET", "/api/v1/accounts/verify_credentials", me),
    Place("GET", "/api/v1/accounts/{id:int}/statuses", statuses_of),
    Place("GET", "/api/v1/notifications", notifications),
    Place("GET", "/api/v1/statuses", several),
    Place("GET", "/api/v1/statuses/{id:int}", one),
    Place("GET", "/api/v1/statuses/{id:int}/context", context),
    Place("POST", "/api/v1/statuses", create),
    Place("PUT", "/api/v1/statuses/{id:int}", edit),
    Place("DELETE", "/api/v1/statuses/{id:int}", delete),
    Place("POST", "/api/v1/statuses/{id:int}/favourite", favourite),
    Place("GET", "/api/v1/instance", instance),
    Place("GET", "/api/v2/instance", instance),
)


def routes() -> list[Route]:
    made = [Route(place.path, _endpoint(place), methods=[place.method]) for place in PLACES]
    return [*made, Route("/api/{rest:path}", _nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]


async def _nowhere(request: Request) -> Response:
    return _response({"error": "Not Found"}, 404, {})


def _endpoint(place: Place) -> Callable[..., object]:
    async def answer(request: Request) -> Response:
        sandbox: Sandbox = request.app.state.sandbox
        shown: dict[str, str] = {}
        try:
            token = authenticate(sandbox, request)
            allowance = take(sandbox, token)
            shown = headers(allowance)
            if allowance.exceeded:
                raise too_many()
            body = place.answer(await _call(sandbox, request, token))
        except Refused as error:
            return _response({"error": error.error}, error.status, shown)
        return _response(body, 200, {**shown, **_links(request, body)})

    return answer


async def _call(sandbox: Sandbox, request: Request, token: Token) -> Call:
    text = (await request.body()).decode("utf-8", "replace") if request.method != "GET" else request.url.query
    many = parse_qs(text, keep_blank_values=True)
    given = {name: values[-1] for name, values in many.items()}
    path = {name: str(value) for name, value in request.path_params.items()}
    return Call(sandbox, token, path, given, many, request.headers)


def _links(request: Request, body: Json | list[Json]) -> dict[str, str]:
    if not isinstance(body, list) or not body:
        return {}
    here = f"https://{INSTANCE}{request.url.path}"
    older, newer = f"{here}?max_id={body[-1]['id']}", f"{here}?min_id={body[0]['id']}"
    return {"Link": f'<{older}>; rel="next", <{newer}>; rel="prev"'}


def _response(body: object, status: int, more: Mapping[str, str]) -> Response:
    common = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "private, no-store"}
    return Response(json.dumps(body), status, {**common, **more})
