"""The X API v2 over HTTP: routes, proof of identity, rate limits, the network's headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.allowances import Allowance
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token
from connectors.sandbox.x import lists, messages, posts, search
from connectors.sandbox.x.calls import Call, Limit, authenticate, headers, refuse_beyond, take
from connectors.sandbox.x.problems import Json, Problem, app_only, invalid, not_found

Answerer = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class XRoute:
    """One route of the API and how often it may be called in 15 minutes (app, user)."""

    method: str
    path: str
    answer: Answerer
    limit: Limit
    status: int = 200


ROUTES = (
    XRoute("GET", "/2/users/me", lists.me, Limit(None, 75)),
    XRoute("GET", "/2/users/by/username/{username}", lists.user, Limit(300, 900)),
    XRoute("GET", "/2/users/{id:int}", lists.user, Limit(300, 900)),
    XRoute("GET", "/2/users/{id:int}/mentions", lists.mentions, Limit(450, 300)),
    XRoute("GET", "/2/users/{id:int}/tweets", lists.tweets_of, Limit(10_000, 900)),
    XRoute("POST", "/2/users/{id:int}/likes", posts.like, Limit(None, 50)),
    XRoute("DELETE", "/2/users/{id:int}/likes/{tweet_id:int}", posts.like, Limit(None, 50)),
    XRoute("GET", "/2/tweets", lists.lookup, Limit(3500, 5000)),
    XRoute("GET", "/2/tweets/search/recent", search.recent, Limit(450, 300)),
    XRoute("GET", "/2/tweets/{id:int}", lists.one, Limit(450, 900)),
    XRoute("POST", "/2/tweets", posts.create, Limit(None, 100), 201),
    XRoute("DELETE", "/2/tweets/{id:int}", posts.delete, Limit(None, 50)),
    XRoute("PUT", "/2/tweets/{id:int}/hidden", posts.hide, Limit(None, 50)),
    XRoute("GET", "/2/dm_events", messages.events, Limit(None, 15)),
    XRoute("DELETE", "/2/dm_events/{id:int}", messages.delete, Limit(None, 300)),
    XRoute("GET", "/2/dm_conversations/with/{participant_id:int}/dm_events", messages.events, Limit(None, 15)),
    XRoute("GET", "/2/dm_conversations/{conversation_id}/dm_events", messages.events, Limit(None, 15)),
    XRoute("POST", "/2/dm_conversations/with/{participant_id:int}/messages", messages.send, Limit(None, 15), 201),
    XRoute("POST", "/2/dm_conversations/{conversation_id}/messages", messages.send, Limit(None, 15), 201),
)


def routes(more: tuple[XRoute, ...] = ()) -> list[Route]:
    return [Route(route.path, _endpoint(route), methods=[route.method]) for route in (*more, *ROUTES)]


async def nowhere(request: Request) -> Response:
    return _response(request, not_found().body(), 404, {})


def _endpoint(route: XRoute) -> Callable[..., object]:
    async def answer(request: Request) -> Response:
        sandbox: Sandbox = request.app.state.sandbox
        token: Token | None = None
        allowance: Allowance | None = None
        try:
            token = authenticate(sandbox, request)
            if token.kind == "app" and route.limit.app is None:
                raise app_only()
            allowance = take(sandbox, token, f"{route.method} {route.path}", route.limit)
            refuse_beyond(allowance)
            path = {name: str(value) for name, value in request.path_params.items()}
            call = Call(sandbox, token, dict(request.query_params), path, await _json(request))
            body, status = route.answer(call), route.status
            request.scope["sandbox.resources"] = call.resources
        except Problem as problem:
            body, status = problem.body(), problem.status
        return _response(request, body, status, headers(allowance, token))

    return answer


async def _json(request: Request) -> Mapping[str, object]:
    raw = await request.body() if request.method in ("POST", "PUT") else b""
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise invalid("The body of the request is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("The body of the request is not an object")
    return body


def _response(request: Request, body: Json, status: int, more: Mapping[str, str]) -> Response:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(raw).hexdigest()
    common = {
        "content-type": "application/json; charset=utf-8",
        "api-version": "2." + request.app.state.sandbox.switches.now.x_names.partition(".")[2],
        "cache-control": "no-cache, no-store, max-age=0",
        "x-connection-hash": digest,
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "x-response-time": "12",
        "x-transaction-id": digest[:16],
        "x-xss-protection": "0",
    }
    return Response(raw, status, {**common, **more})
