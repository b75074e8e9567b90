"""The street over HTTP: plain forms that redirect, so that it all works without the script."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.entries import FACEBOOK, INSTAGRAM, Entry, NewEntry, Person, Refusal, X
from connectors.sandbox.guard import POLICY, refuse_strangers
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.street import pages
from connectors.sandbox.street.pages import LENGTHS, View
from connectors.sandbox.street.reading import Reading, account, company, names
from connectors.sandbox.street.words import chosen, speaker

COOKIE = "street_name"
KINDS = {FACEBOOK: ("post", "comment", "private"), INSTAGRAM: ("comment",), X: ("tweet", "private")}


async def show(request: Request) -> Response:
    return _html(request, pages.street(_view(request)))


async def show_one(request: Request) -> Response:
    view = _view(request)
    strand = view.reading.one(request.path_params["network"], request.path_params["id"])
    if strand is None or not view.reading.may_see(strand.entry) or strand.entry.kind == "private":
        return _sorry(request, "That is gone.", 404)
    return _html(request, pages.conversation(view, strand))


async def change(request: Request) -> Response:
    """{"change": n}: the script asks whether there is anything new."""
    sandbox: Sandbox = request.app.state.sandbox
    return JSONResponse({"change": sandbox.world.changes})


async def choose(request: Request) -> Response:
    """Be somebody: accounts on every network here are made for a name that has none."""
    sandbox: Sandbox = request.app.state.sandbox
    form = await _form(request)
    name = " ".join((form.get("new_name") or form.get("name", "")).split())[:60]
    if not name:
        return _sorry(request, "Write something first.")
    for network in KINDS:
        if account(sandbox.world, network, name) is None:
            sandbox.world.add_person(Person(network, "", name, language=_language(request)))
    response = RedirectResponse("/street", 303)
    response.set_cookie(COOKIE, quote(name), max_age=30 * 86400, httponly=True, samesite="strict")
    return response


async def write(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    form = await _form(request)
    network, kind, text = form.get("network", ""), form.get("kind", ""), form.get("text", "").strip()
    author = _account(request, network)
    if author is None:
        return _sorry(request, "Choose who you are first, then you can write.")
    if wrong := _wrong(network, kind, text):
        return _sorry(request, wrong)
    try:
        entry = _written(sandbox, author, kind, text, form.get("parent_id"))
    except Refusal:
        return _sorry(request, "That is gone.", 404)
    return _back(request, entry)


async def edit(request: Request) -> Response:
    form = await _form(request)
    entry, wrong = _own(request, form)
    if entry is None:
        return _sorry(request, wrong, 404)
    text = form.get("text", "").strip()
    if too := _wrong(entry.network, entry.kind, text):
        return _sorry(request, too)
    sandbox: Sandbox = request.app.state.sandbox
    edited = sandbox.world.edit(entry, entry.text[: len(entry.text) - len(entry.own_text)] + text)
    return _back(request, edited)


async def delete(request: Request) -> Response:
    entry, wrong = _own(request, await _form(request))
    if entry is None:
        return _sorry(request, wrong, 404)
    sandbox: Sandbox = request.app.state.sandbox
    sandbox.world.delete(entry)
    return RedirectResponse("/street", 303)


def routes() -> list[Route]:
    posts = {"who": choose, "write": write, "edit": edit, "delete": delete}
    return [
        Route("/", show),
        Route("/street", show),
        Route("/street/change", change),
        *(Route(f"/street/{name}", refuse_strangers(act), methods=["POST"]) for name, act in posts.items()),
        Route("/street/{network}/{id}", show_one),
    ]


def _written(sandbox: Sandbox, author: Person, kind: str, text: str, parent_id: str | None) -> Entry:
    ours = company(sandbox.world, author.network)
    if kind == "private":
        return sandbox.world.write_private(author.network, author.id, ours.id, text, via="street")
    wall = ours.id if kind == "post" else None
    new = NewEntry(author.network, kind, author.id, text, parent_id=parent_id, wall_id=wall, via="street")
    return sandbox.world.write(new)


def _wrong(network: str, kind: str, text: str) -> str | None:
    if kind not in KINDS.get(network, ()):
        return "That is gone."
    if not text:
        return "Write something first."
    return "That is too long." if len(text) > LENGTHS[network] else None


def _own(request: Request, form: Mapping[str, str]) -> tuple[Entry | None, str]:
    sandbox: Sandbox = request.app.state.sandbox
    entry = sandbox.world.standing(form.get("network", ""), form.get("id", ""))
    if entry is None:
        return None, "That is gone."
    author = _account(request, entry.network)
    if author is None or author.id != entry.author_id:
        return None, "That is not yours."
    return entry, ""


def _account(request: Request, network: str) -> Person | None:
    sandbox: Sandbox = request.app.state.sandbox
    name = _name(request)
    return account(sandbox.world, network, name) if name else None


def _name(request: Request) -> str | None:
    return unquote(request.cookies.get(COOKIE, "")) or None


def _language(request: Request) -> str:
    return chosen(request.headers.get("accept-language", ""))


def _view(request: Request) -> View:
    sandbox: Sandbox = request.app.state.sandbox
    language, reading = _language(request), Reading(sandbox.world, _name(request))
    known = _name(request) if any(reading.accounts.values()) else None
    return View(
        say=speaker(language),
        language=language,
        name=known,
        company=company(sandbox.world, FACEBOOK),
        handle=company(sandbox.world, X).handle,
        names=names(sandbox.world, language),
        reading=reading,
        now=sandbox.clock.now(),
        change=sandbox.world.changes,
    )


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1].replace("\r\n", "\n") for name, values in parse_qs(body).items()}


def _back(request: Request, entry: Entry) -> Response:
    place = f"letters-{entry.network}" if entry.kind == "private" else f"e-{entry.id}"
    return RedirectResponse(f"/street#{place}", 303)


def _sorry(request: Request, sentence: str, status: int = 422) -> Response:
    view = _view(request)
    return _html(request, pages.sorry(view, view.say(sentence)), status)


def _html(request: Request, page: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Vary": "Accept-Language, Cookie"}
    return HTMLResponse(page, status, {**headers, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
