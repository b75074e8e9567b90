"""Between the socket and the networks: counts every call and lets faults strike, down to the TCP connection."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from time import perf_counter
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.sandbox.calls import Called
from connectors.sandbox.clock import iso
from connectors.sandbox.control import new_entry
from connectors.sandbox.entries import BLOG, FACEBOOK, INSTAGRAM, INSTAGRAM_ID, MASTODON, X
from connectors.sandbox.faults import Fault, Strike
from connectors.sandbox.graph.errors import numbered
from connectors.sandbox.graph.server import encode
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.x.problems import duplicate, too_many

OURS = ("/healthz", "/control", "/street", "/static", "/media", "/favicon.ico")
FOR_X = ("/2/", "/1.1/", "/oauth/", "/i/oauth2/")
FOR_MASTODON = ("/api/",)
GRAPH = (FACEBOOK, INSTAGRAM)
# The budgets of the use case: what they are called, and the code that says one is spent.
BUDGETS = {FACEBOOK: ("pages", 32), INSTAGRAM: ("instagram", 80002)}
# What the log shows when the client got no answer at all.
NO_ANSWER = 0


class Protocol(HttpToolsProtocol):
    """uvicorn's own, which also hands its transport on: resetting a connection is beyond ASGI."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


@dataclass(slots=True)
class Answer:
    """A whole answer, held back until the wire lets it go."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def cut(self, length: int, *, keep_length: bool) -> Answer:
        promised = len(self.body) if keep_length else length
        headers = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers.append((b"content-length", str(promised).encode()))
        return Answer(self.status, headers, self.body[:length])


@dataclass(slots=True)
class Line:
    """One call on the wire. `run` lets the network do what it was asked; `status` is for the record."""

    sandbox: Sandbox
    network: str
    fault: Fault
    scope: Scope
    send: Send
    run: Callable[[], Awaitable[Answer]]
    status: int = NO_ANSWER

    async def reply(self, answer: Answer, *, bytes_per_second: float = math.inf) -> None:
        self.status = answer.status
        await self.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        step = len(answer.body) if math.isinf(bytes_per_second) else max(int(bytes_per_second / 10), 1)
        for start in range(0, len(answer.body), max(step, 1)):
            part = answer.body[start : start + step]
            await self.send({"type": "http.response.body", "body": part, "more_body": True})
            if not math.isinf(bytes_per_second):
                await asyncio.sleep(step / bytes_per_second)
        await self.send({"type": "http.response.body", "body": b""})

    async def drop(self, *, reset: bool) -> None:
        """End the connection without an answer; a reset discards even what is on its way."""
        transport = self.scope["sandbox.transport"]
        if reset:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        # uvicorn learns of it in its next turn; before that it would complain about the missing answer.
        for _ in range(3):
            await asyncio.sleep(0)


class Wire:
    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox
        self._calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        network = network_of(scope["path"], scope["query_string"]) if scope["type"] == "http" else None
        if network is None:
            await self._app(scope, receive, send)
            return
        send = _dated(send, self._sandbox)
        began = perf_counter()
        strike = self._sandbox.faults.strike(network, scope["method"], scope["path"])
        if strike is None:
            status = await self._pass(scope, receive, send)
        else:
            status = await self._strike(strike, network, scope, await _whole(receive), send)
        self._record(network, scope, status, strike, (perf_counter() - began) * 1000)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> int:
        status = NO_ANSWER

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, receive, noting)
        return status

    async def _strike(self, strike: Strike, network: str, scope: Scope, receive: Receive, send: Send) -> int:
        async def run() -> Answer:
            answer = Answer()
            await self._app(scope, receive, answer.take)
            return answer

        line = Line(self._sandbox, network, strike.fault, scope, send, run)
        if strike.fault.effect:
            await run()
        await PERFORM[strike.fault.kind](line)
        return line.status

    def _record(self, network: str, scope: Scope, status: int, strike: Strike | None, ms: float) -> None:
        called = Called(
            network=network,
            method=scope["method"],
            path=scope["path"],
            status=status,
            fault=strike.fault.kind if strike else "",
            early=strike.early if strike else False,
            resources=scope.get("sandbox.resources", 0),
            ms=ms,
        )
        self._sandbox.calls.add(called)
        self._calls += 1
        if self._calls % 1000 == 0:
            self._sandbox.calls.trim()


def network_of(path: str, query: bytes = b"") -> str | None:
    """Whose call it is; None for the sandbox's own pages. Instagram has Facebook's host: its ids tell."""
    if path == "/" or path.startswith(OURS):
        return None
    if path.startswith("/blog/"):
        return BLOG
    if path.startswith(FOR_MASTODON):
        return MASTODON
    if path.startswith(FOR_X):
        return X
    asked = parse_qs(query.decode("ascii", "replace")).get("ids", [""])[0].split(",")
    return INSTAGRAM if any(INSTAGRAM_ID.fullmatch(one) for one in (*path.split("/"), *asked)) else FACEBOOK


def _dated(send: Send, sandbox: Sandbox) -> Send:
    """Every answer carries the network's own time, which is the sandbox's clock and not the machine's."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = formatdate(sandbox.clock.now(), usegmt=True).encode()
            message = {**message, "headers": [*message["headers"], (b"date", date)]}
        await send(message)

    return dated


async def _whole(receive: Receive) -> Receive:
    """The request, read to its end, so that it can be acted on after its answer has been given up."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _rate_limit(line: Line) -> None:
    if line.network in GRAPH:
        await _throttled(line)
        return
    name = "x-ratelimit" if line.network == MASTODON else "x-rate-limit"
    headers = {f"{name}-limit": "300", f"{name}-remaining": "0"}
    reset = line.fault.reset
    if isinstance(reset, str):
        headers[f"{name}-reset"] = reset
    elif reset is not None:
        at = math.ceil(line.sandbox.clock.now() + reset)
        headers[f"{name}-reset"] = iso(at) if line.network == MASTODON else str(at)
    refusal = {"error": "Too many requests"} if line.network == MASTODON else too_many().body()
    await line.reply(made(429, json.dumps(refusal).encode(), "application/json; charset=utf-8", headers))


async def _throttled(line: Line) -> None:
    """Graph has no reset header; the time to wait stands, in minutes, in the usage of the page."""
    wait = math.ceil(line.fault.reset / 60) if isinstance(line.fault.reset, int | float) else 0
    usage = {"call_count": 100, "total_cputime": 100, "total_time": 100}
    kind, code = BUDGETS[line.network]
    page = {"type": kind, **usage, "estimated_time_to_regain_access": wait}
    owner = line.sandbox.world.people(line.network, ours=True)[0].id
    headers = {"X-App-Usage": json.dumps(usage), "X-Business-Use-Case-Usage": json.dumps({owner: [page]})}
    error = numbered(line.fault.code if line.fault.code in (4, 17, 32, 341, 613) else code)
    await line.reply(made(error.status, encode(error.body()), "application/json; charset=UTF-8", headers))


async def _graph_error(line: Line) -> None:
    error = numbered(line.fault.code, line.fault.subcode)
    await line.reply(made(error.status, encode(error.body()), "application/json; charset=UTF-8"))


async def _status(line: Line) -> None:
    body, kind = BODIES[line.fault.body]
    await line.reply(made(line.fault.status, body, kind))


async def _body(line: Line) -> None:
    await line.reply(made(line.fault.status, line.fault.text.encode(), line.fault.content_type))


async def _truncated(line: Line) -> None:
    answer = await line.run()
    cut = answer.cut(int(len(answer.body) * line.fault.share), keep_length=line.fault.keep_length)
    if not line.fault.keep_length:
        await line.reply(cut)
        return
    line.status = cut.status
    await line.send({"type": "http.response.start", "status": cut.status, "headers": cut.headers})
    await line.send({"type": "http.response.body", "body": cut.body, "more_body": True})
    await asyncio.sleep(0.05)
    await line.drop(reset=False)


async def _hang(line: Line) -> None:
    await asyncio.sleep(line.fault.seconds)
    await line.drop(reset=False)


async def _reset(line: Line) -> None:
    await line.drop(reset=True)


async def _late_answer(line: Line) -> None:
    answer = await line.run()
    await asyncio.sleep(line.fault.seconds)
    await line.reply(answer)


async def _late_effect(line: Line) -> None:
    await asyncio.sleep(line.fault.seconds)
    await line.reply(await line.run())


async def _slow_body(line: Line) -> None:
    await line.reply(await line.run(), bytes_per_second=line.fault.bytes_per_second)


async def _duplicate(line: Line) -> None:
    if line.network in GRAPH:
        error = numbered(506)
        await line.reply(made(error.status, encode(error.body()), "application/json; charset=UTF-8"))
    else:
        await line.reply(made(403, json.dumps(duplicate().body()).encode(), "application/json; charset=utf-8"))


async def _redirect(line: Line) -> None:
    await line.reply(made(302, b"", "text/html", {"location": line.fault.location}))


async def _between(line: Line) -> None:
    answer = await line.run()
    world = line.sandbox.world
    world.write_many([new_entry(line.sandbox, given) for given in line.fault.entries])
    for network, id in line.fault.deletes:
        if entry := world.standing(network, id):
            world.delete(entry)
    await line.reply(answer)


def made(status: int, body: bytes, kind: str | None, more: dict[str, str] | None = None) -> Answer:
    headers = {"content-length": str(len(body)), **({"content-type": kind} if kind else {}), **(more or {})}
    return Answer(status, [(name.lower().encode(), value.encode()) for name, value in headers.items()], body)


HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>"
TROUBLE = b'{"title":"Service Unavailable","detail":"Service Unavailable","type":"about:blank","status":503}'
BODIES: dict[str, tuple[bytes, str | None]] = {
    "html": (HTML, "text/html; charset=utf-8"),
    "json": (TROUBLE, "application/json; charset=utf-8"),
    "text": (b"Service Unavailable", "text/plain"),
    "none": (b"Service Unavailable", None),
    "empty": (b"", None),
}
PERFORM: dict[str, Callable[[Line], Awaitable[None]]] = {
    "rate_limit": _rate_limit,
    "graph_error": _graph_error,
    "status": _status,
    "body": _body,
    "truncated": _truncated,
    "hang": _hang,
    "reset": _reset,
    "late_answer": _late_answer,
    "late_effect": _late_effect,
    "slow_body": _slow_body,
    "duplicate": _duplicate,
    "redirect": _redirect,
    "between": _between,
}
