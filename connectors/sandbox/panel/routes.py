"""The control page over HTTP: forms that turn into calls of the control API's own verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.control import new_entry
from connectors.sandbox.entries import Refusal
from connectors.sandbox.faults import Fault
from connectors.sandbox.guard import POLICY, refuse_strangers
from connectors.sandbox.panel import pages
from connectors.sandbox.panel.pages import View
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.webhooks.outbox import Outbox
from connectors.sandbox.webhooks.subscription import Subscription

Form = Mapping[str, str]
Act = Callable[[Sandbox, Outbox, Form], Awaitable[None]]


def routes() -> list[Route]:
    acts = [
        Route(f"/control/do/{name}", refuse_strangers(_endpoint(act)), methods=["POST"]) for name, act in ACTS.items()
    ]
    return [Route("/control", show), *acts]


async def show(request: Request) -> Response:
    return _page(request)


def _endpoint(act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            await act(request.app.state.sandbox, request.app.state.outbox, form)
        except (Refusal, ValueError, KeyError) as wrong:
            return _page(request, wrong=f"That did not work: {wrong}", status=422)
        return RedirectResponse("/control", 303)

    return endpoint


def _page(request: Request, *, wrong: str = "", status: int = 200) -> Response:
    view = View(request.app.state.sandbox, request.app.state.outbox, wrong)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(pages.page(view), status, headers)


async def _reset(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    sandbox.reset(people="people" in form)
    outbox.load()


async def _fault(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    sandbox.faults.add(
        Fault(
            kind=form["kind"],
            network=form.get("network", ""),
            method=form.get("method", ""),
            path=form.get("path", ""),
            count=int(form["count"]) if form.get("count") else None,
            probability=float(form.get("probability", 1)),
            effect="effect" in form,
            seconds=float(form.get("seconds", 0)),
            status=int(form.get("status", 503)),
            body=form.get("body", "html"),
            code=int(form.get("code", 2)),
            reset=float(form["reset"]) if form.get("reset") else None,
        )
    )


async def _fault_clear(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    sandbox.faults.clear(int(form["id"]))


async def _switches(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    """A tick that is off is not in a form at all."""
    changes: dict[str, object] = {}
    for name, value in asdict(sandbox.switches.now).items():
        changes[name] = name in form if isinstance(value, bool) else type(value)(form.get(name, value))
    sandbox.switches.turn(**changes)


async def _clock(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    if "freeze" in form:
        sandbox.clock.freeze()
    if "advance" in form:
        sandbox.clock.advance(float(form["advance"]))
    if "resume" in form:
        sandbox.clock.resume()


async def _entry(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    given = {"network": form["entry_network"], "kind": form["entry_kind"], "author": form.get("author")}
    text, parent = form.get("entry_text", ""), form.get("parent_id")
    sandbox.world.write(new_entry(sandbox, {**given, "text": text, "parent_id": parent}))


async def _token(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    known = sandbox.tokens.get(form["value"])
    if known is None:
        raise Refusal("there is no such token")
    sandbox.tokens.put(replace(known, state=form["state"]))


async def _subscribe(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    id = outbox.subscribe(
        Subscription(
            network=form["hook_network"],
            url=form.get("url", ""),
            lost=float(form.get("lost", 0)),
            doubled=float(form.get("doubled", 0)),
            forged=float(form.get("forged", 0)),
            shuffle=float(form.get("shuffle", 0)),
            batch=int(form.get("batch", 1)),
        )
    )
    await asyncio.to_thread(outbox.verify, id)


async def _unsubscribe(sandbox: Sandbox, outbox: Outbox, form: Form) -> None:
    outbox.unsubscribe(int(form["id"]))


ACTS: Mapping[str, Act] = {
    "reset": _reset,
    "fault": _fault,
    "fault-clear": _fault_clear,
    "switches": _switches,
    "clock": _clock,
    "entry": _entry,
    "token": _token,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}
