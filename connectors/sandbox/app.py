"""The sandbox as one ASGI application: X under /2, Mastodon under /api, the sandbox's own pages, the rest is Graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from connectors.sandbox import blog, control, media
from connectors.sandbox.graph import server as graph
from connectors.sandbox.login import consent
from connectors.sandbox.login import tokens as login
from connectors.sandbox.mastodon import server as mastodon
from connectors.sandbox.panel import routes as panel
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.street import routes as street
from connectors.sandbox.webhooks.outbox import Outbox
from connectors.sandbox.wire import Wire
from connectors.sandbox.x import server as x

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def make(sandbox: Sandbox) -> Starlette:
    outbox = Outbox(sandbox)
    app = Starlette(
        lifespan=_sending(outbox),
        routes=[
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
            *media.routes(),
            *blog.routes(),
            *street.routes(),
            *panel.routes(),
            *control.routes(),
            *consent.routes(),
            *login.routes(),
            *x.routes(),
            *mastodon.routes(),
            Route("/2/{rest:path}", x.nowhere, methods=METHODS),
            Route("/{path:path}", graph.endpoint, methods=METHODS),
        ],
    )
    app.add_middleware(Wire, sandbox=sandbox)
    app.state.sandbox = sandbox
    app.state.outbox = outbox
    return app


def _sending(outbox: Outbox) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Notifications are sent as long as the server runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(outbox.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        outbox.close()

    return lifespan


async def healthz(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    sandbox.store.one("SELECT 1")
    return JSONResponse({"ok": True, "now": sandbox.clock.now()})
