"""The Graph API over HTTP: /v23.0/… and unversioned, query and form body alike, the network's headers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox import demo
from connectors.sandbox.allowances import Allowance
from connectors.sandbox.entries import FACEBOOK
from connectors.sandbox.graph import instagram, messenger, nodes, subscriptions, writes
from connectors.sandbox.graph.calls import Call, authenticate
from connectors.sandbox.graph.errors import GraphError, invalid, numbered
from connectors.sandbox.graph.fields import parse
from connectors.sandbox.graph.paging import Node
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token

VERSION = re.compile(r"^v\d{1,2}\.\d{1,2}$")
DEFAULT_VERSION = "v23.0"
HOUR = 3600.0
CALLS_AN_HOUR = 4800


async def endpoint(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    version, parts = _split(request.url.path)
    params = {**request.query_params, **await _form(request)}
    try:
        token = authenticate(sandbox, params.get("access_token") or _bearer(request), params.get("appsecret_proof"))
        usage = _usage(sandbox, token.value)
        call = Call(sandbox, request.method, version, params, token)
        answer: object = _answer(call, parts)
    except GraphError as error:
        return _refusal(version, error)
    return _success(version, answer, _usage_headers(call, usage, parts))


def _answer(call: Call, parts: list[str]) -> Node:
    if not parts:
        return _several(call)
    if parts == ["debug_token"]:
        return _debug(call)
    parts = [call.token.owner_id if part == "me" else part for part in parts]
    if call.method == "GET":
        return _read(call, parts)
    return _write(call, parts)


def _read(call: Call, parts: list[str]) -> Node:
    match parts:
        case [id]:
            return _by_id(call, id)
        case [id, edge] if instagram.is_one(id):
            return instagram.read(call, id, edge)
        case [id, "conversations"]:
            return messenger.conversations(call, id, call.params)
        case [id, "messages"]:
            return messenger.messages(call, id, call.params)
        case [id, "subscribed_apps"]:
            return subscriptions.show(call, id)
        case [id, "accounts"]:
            return _accounts(call)
        case [id, edge] if edge in nodes.FEEDS:
            return nodes.feed(call, id, edge, call.params)
        case [id, edge] if edge in nodes.ENTRY_EDGES:
            return nodes.ENTRY_EDGES[edge](call, id, call.params)
    raise GraphError(2500, f"Unknown path components: /{'/'.join(parts[1:])}")


def _by_id(call: Call, id: str) -> Node:
    fields = parse(call.params["fields"]) if call.params.get("fields") else ()
    if instagram.is_one(id):
        return instagram.by_id(call, id, fields)
    if id.startswith("t_"):
        return messenger.conversation(call, id, fields)
    if id.startswith("m_"):
        return messenger.message(call, id, fields)
    return nodes.by_id(call, id, fields)


def _write(call: Call, parts: list[str]) -> Node:
    match call.method, parts:
        case _, [id, *edges] if instagram.is_one(id):
            return instagram.write(call, id, "/".join(edges))
        case "POST", [id]:
            return writes.update(call, id)
        case "DELETE", [id]:
            return writes.delete(call, id)
        case "POST", [id, "comments"]:
            return writes.comment(call, id)
        case "POST", [id, "feed"]:
            return writes.post(call, id)
        case (("POST" | "DELETE"), [id, "likes"]):
            return writes.like(call, id)
        case "POST", [id, "messages"]:
            return messenger.send(call, id)
        case (("POST" | "DELETE"), [id, "subscribed_apps"]):
            return subscriptions.change(call, id)
    raise GraphError(3, "(#3) Application does not have the capability to make this API call.")


def _several(call: Call) -> Node:
    """?ids=a,b: one that is missing fails them all."""
    ids = [id for id in call.params.get("ids", "").split(",") if id]
    if not ids:
        raise GraphError(2500, "An active access token must be used to query information about the current user.")
    if len(ids) > 50:
        raise invalid("Too many IDs. Maximum: 50. Provided: " + str(len(ids)))
    return {id: _by_id(call, id) for id in ids}


def _accounts(call: Call) -> Node:
    """The pages a user may speak for, each with a token that may do what the user's may."""
    tasks = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
    if call.token.kind != "user" or not call.token.may("pages_show_list"):
        return {"data": []}
    pages = call.sandbox.world.people(FACEBOOK, ours=True)
    asked = next((one for one in parse(call.params.get("fields", "id")) if one.name == instagram.LINKED), None)
    return {
        "data": [
            {
                "access_token": _page_token(call, page.id),
                "name": page.name,
                "id": page.id,
                "tasks": tasks,
                **(instagram.linked(call, page.id, asked) if asked else {}),
            }
            for page in pages
        ]
    }


def _page_token(call: Call, page_id: str) -> str:
    if call.token.value == demo.FACEBOOK_USER_TOKEN:
        return demo.PAGE_TOKEN
    value = "EAAP" + hashlib.sha256(f"{call.token.value} {page_id}".encode()).hexdigest()
    if call.sandbox.tokens.get(value) is None:
        call.sandbox.tokens.put(Token(value, FACEBOOK, "page", page_id, scopes=call.token.scopes))
    return value


def _debug(call: Call) -> Node:
    asked = call.sandbox.tokens.get(call.params.get("input_token", ""))
    if asked is None:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    data: Node = {
        "app_id": demo.APP_ID,
        "type": asked.kind.upper(),
        "application": "Samtal",
        "data_access_expires_at": int(call.sandbox.clock.now() + 90 * 86400),
        "expires_at": int(asked.expires_at or 0),
        "is_valid": asked.state_at(call.sandbox.clock.now()) in ("valid", "missing_permission", "wrong_type"),
        "scopes": list(asked.scopes) if asked.state != "missing_permission" else [],
        "granular_scopes": [{"scope": scope} for scope in asked.scopes],
        "user_id": demo.FACEBOOK_USER_ID,
    }
    if asked.kind == "page":
        data["profile_id"] = asked.owner_id
    return {"data": data}


def _split(path: str) -> tuple[str, list[str]]:
    parts = [part for part in path.split("/") if part]
    if parts and VERSION.match(parts[0]):
        return parts[0], parts[1:]
    return DEFAULT_VERSION, parts


async def _form(request: Request) -> dict[str, str]:
    """Form-urlencoded, as facebook-sdk posts; the parts of the Graph API that take JSON bodies are not here."""
    if request.method == "GET":
        return {}
    body = (await request.body()).decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        return {name: str(value) for name, value in json.loads(body or "{}").items()}
    return dict(parse_qsl(body, keep_blank_values=True))


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value if scheme in ("Bearer", "OAuth") else None


def _usage(sandbox: Sandbox, token: str) -> Allowance:
    limit = int(CALLS_AN_HOUR * sandbox.switches.now.rate_scale)
    usage = sandbox.allowances.take(FACEBOOK, token, limit=limit, window=HOUR)
    if usage.exceeded:
        raise numbered(32)
    return usage


def _usage_headers(call: Call, usage: Allowance, parts: list[str]) -> Mapping[str, str]:
    share = min(100 * usage.used // max(usage.limit, 1), 100)
    counts = {"call_count": share, "total_cputime": share // 2, "total_time": share // 2}
    if call.token.kind != "page":
        return {"X-App-Usage": json.dumps(counts)}
    wait = int((usage.resets_at - call.sandbox.clock.now()) / 60) if share >= 100 else 0
    kind = "instagram" if parts and instagram.is_one(parts[0]) else "pages"
    page = {"type": kind, **counts, "estimated_time_to_regain_access": wait}
    return {"X-Business-Use-Case-Usage": json.dumps({call.page_id: [page]}), "X-App-Usage": json.dumps(counts)}


def _success(version: str, answer: object, headers: Mapping[str, str]) -> Response:
    body = encode(answer)
    caching = {"Cache-Control": "private, no-cache, no-store, must-revalidate"}
    etag = {"Etag": f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'}
    return _response(body, 200, version, {**caching, **etag, **headers})


def _refusal(version: str, error: GraphError) -> Response:
    asked = f'OAuth "Facebook Platform" "invalid_request" "{error.message}"'
    headers = {"Cache-Control": "no-store", "Www-Authenticate": asked.encode("ascii", "replace").decode()}
    return _response(encode(error.body()), error.status, version, headers)


def encode(answer: object) -> bytes:
    """ASCII with \\u escapes and slashes escaped, as the network writes its JSON."""
    return json.dumps(answer, separators=(",", ":")).replace("/", "\\/").encode()


def _response(body: bytes, status: int, version: str, headers: Mapping[str, str]) -> Response:
    trace = hashlib.sha256(body).hexdigest()
    common = {
        "Content-Type": "application/json; charset=UTF-8",
        "Facebook-Api-Version": version,
        "X-Fb-Request-Id": "A" + trace[:22],
        "X-Fb-Trace-Id": trace[22:33],
        "X-Fb-Rev": "1003000000",
        "X-Fb-Debug": trace[:43] + "==",
    }
    return Response(body, status, {**common, **headers})
