"""The page on which somebody allows an app to speak for the company; a permission can be left out, as in life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox import demo
from connectors.sandbox.entries import FACEBOOK, X
from connectors.sandbox.guard import POLICY, Endpoint, refuse_strangers
from connectors.sandbox.login import codes
from connectors.sandbox.login.codes import Asked
from connectors.sandbox.markup import Html, document, el
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.street.words import Say, chosen, speaker
from connectors.sandbox.tokens import SCOPES

CLIENTS = {FACEBOOK: demo.APP_ID, X: demo.X_CLIENT_ID}
KNOWN = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")


def routes() -> list[Route]:
    places = (("/dialog/oauth", FACEBOOK), ("/{version}/dialog/oauth", FACEBOOK), ("/i/oauth2/authorize", X))
    return [
        route
        for path, network in places
        for route in (
            Route(path, _show(network)),
            Route(path, refuse_strangers(_decide(network)), methods=["POST"]),
        )
    ]


def _show(network: str) -> Endpoint:
    async def show(request: Request) -> Response:
        asked = _asked(network, request.query_params)
        language = chosen(request.headers.get("accept-language", ""))
        say = speaker(language)
        if wrong := _wrong(asked):
            return HTMLResponse(_page(say, language, el("h1", say(wrong))), 400)
        where = urlsplit(asked.redirect_uri)
        # The answer to the form leads to the app; the browser counts that as part of the form's action.
        policy = POLICY.replace("form-action 'self'", f"form-action 'self' {where.scheme}://{where.netloc}")
        return HTMLResponse(
            _page(say, language, _form(say, asked, request)), headers={"Content-Security-Policy": policy}
        )

    return show


def _decide(network: str) -> Endpoint:
    async def decide(request: Request) -> Response:
        sandbox: Sandbox = request.app.state.sandbox
        form = parse_qs((await request.body()).decode())
        asked = _asked(network, request.query_params)
        if _wrong(asked):
            return HTMLResponse("", 400)
        if "allow" not in form:
            return RedirectResponse(asked.back(error="access_denied"), 302)
        allowed = tuple(scope for scope in asked.scopes if scope in form.get("scope", ()))
        return RedirectResponse(asked.back(code=codes.give(sandbox, replace(asked, scopes=allowed))), 302)

    return decide


def _asked(network: str, params: Mapping[str, str]) -> Asked:
    client_id, redirect_uri, scope, state, challenge, method = (params.get(name, "") for name in KNOWN)
    scopes = tuple(one for one in scope.replace(",", " ").split() if one in SCOPES[network])
    return Asked(network, client_id, redirect_uri, scopes or SCOPES[network], state, challenge, method or "plain")


def _wrong(asked: Asked) -> str | None:
    if asked.client_id != CLIENTS[asked.network]:
        return "This app is not known here."
    return None if asked.leads_home else "This app would lead away from this machine."


def _form(say: Say, asked: Asked, request: Request) -> Html:
    boxes = [
        el(
            "li",
            el("input", type="checkbox", name="scope", value=scope, id=scope, checked=True),
            " ",
            el("label", scope, for_=scope),
        )
        for scope in asked.scopes
    ]
    return el(
        "form",
        el("h1", say("Samtal wants to speak for {company}", company=demo.COMPANY)),
        el("p", say("What you leave out, it may not do.")),
        el("ul", *boxes, class_="scopes"),
        el("p", el("button", say("Allow"), name="allow", value="1"), el("button", say("Not now"), class_="plain")),
        method="post",
        action=f"{request.url.path}?{request.url.query}",
    )


def _page(say: Say, language: str, content: Html) -> str:
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", say("The street")),
        el("link", rel="stylesheet", href="/static/sandbox.css"),
        el("link", rel="icon", href="/static/street.svg", type="image/svg+xml"),
    )
    return document(head, el("body", el("main", el("div", content, class_="sheet single"))), lang=language)
