"""What keeps other web pages away from the sandbox's own: it has no sign-in, only the machine it runs on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
LOCAL = ("127.0.0.1", "localhost", "::1")


def refuse_strangers(endpoint: Endpoint) -> Endpoint:
    """403 for a request that another site's page made in somebody's browser, also through a name that leads here."""

    async def guarded(request: Request) -> Response:
        if not is_local(request):
            return PlainTextResponse("Only pages of the sandbox itself may do that.", 403)
        return await endpoint(request)

    return guarded


def is_local(request: Request) -> bool:
    if urlsplit(f"//{request.headers.get('host', '')}").hostname not in LOCAL:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
