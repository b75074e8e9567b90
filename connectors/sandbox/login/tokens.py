"""Codes, refresh tokens and app secrets turned into tokens, in each network's own words."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox import demo
from connectors.sandbox.entries import FACEBOOK, X
from connectors.sandbox.graph.errors import GraphError, invalid
from connectors.sandbox.graph.server import encode
from connectors.sandbox.login import codes
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token

DAYS_60 = 60 * 86400.0
HOURS_2 = 7200.0
METHODS = ["GET", "POST"]


def routes() -> list[Route]:
    return [
        Route("/oauth/access_token", facebook, methods=METHODS),
        Route("/{version}/oauth/access_token", facebook, methods=METHODS),
        Route("/2/oauth2/token", x, methods=["POST"]),
        Route("/2/oauth2/revoke", revoke, methods=["POST"]),
    ]


async def facebook(request: Request) -> Response:
    """By code, by a shorter-lived token, or by the app's own secret."""
    sandbox: Sandbox = request.app.state.sandbox
    params = {**request.query_params, **await _form(request)}
    try:
        answer = _facebook(sandbox, params)
    except GraphError as error:
        return Response(encode(error.body()), error.status, {"content-type": "application/json; charset=UTF-8"})
    return Response(encode(answer), headers={"content-type": "application/json; charset=UTF-8"})


def _facebook(sandbox: Sandbox, params: Mapping[str, str]) -> dict[str, object]:
    if (params.get("client_id"), params.get("client_secret")) != (demo.APP_ID, demo.APP_SECRET):
        raise GraphError(1, "Error validating client secret.")
    match params.get("grant_type", ""):
        case "client_credentials":
            return {"access_token": f"{demo.APP_ID}|{demo.APP_SECRET}", "token_type": "bearer"}
        case "fb_exchange_token":
            known = sandbox.tokens.get(params.get("fb_exchange_token", ""))
            if known is None or known.state_at(sandbox.clock.now()) != "valid":
                raise GraphError(190, "Error validating access token.", subcode=467)
            return _user_token(sandbox, known.scopes)
    asked = codes.take(sandbox, params.get("code", ""))
    if asked is None or asked.network != FACEBOOK:
        raise invalid("This authorization code has been used or is invalid.")
    if asked.redirect_uri != params.get("redirect_uri"):
        raise invalid(
            "Error validating verification code. Please make sure your redirect_uri is identical to the one used"
        )
    return _user_token(sandbox, asked.scopes)


def _user_token(sandbox: Sandbox, scopes: tuple[str, ...]) -> dict[str, object]:
    value = "EAA" + secrets.token_hex(40)
    expires = sandbox.clock.now() + DAYS_60
    # A person may leave out every permission: "public_profile" is what is left then.
    granted = scopes or ("public_profile",)
    sandbox.tokens.put(Token(value, FACEBOOK, "user", demo.FACEBOOK_USER_ID, scopes=granted, expires_at=expires))
    return {"access_token": value, "token_type": "bearer", "expires_in": int(DAYS_60)}


async def x(request: Request) -> Response:
    """OAuth 2.0 with PKCE. A refresh token is good once: the second of two who use it is refused."""
    sandbox: Sandbox = request.app.state.sandbox
    form = await _form(request)
    if not _is_our_app(request, form):
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    if form.get("grant_type") == "refresh_token":
        return _refreshed(sandbox, form.get("refresh_token", ""))
    asked = codes.take(sandbox, form.get("code", ""))
    if asked is None or asked.network != X or asked.redirect_uri != form.get("redirect_uri"):
        return _refused("invalid_request", "Value passed for the authorization code was invalid.")
    if not asked.proven_by(form.get("code_verifier", "")):
        return _refused("invalid_request", "Value passed for the code verifier did not match the code challenge.")
    return _x_tokens(sandbox, asked.scopes)


async def revoke(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    form = await _form(request)
    if not _is_our_app(request, form):
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    sandbox.tokens.drop(form.get("token", ""))
    return JSONResponse({"revoked": True})


def _refreshed(sandbox: Sandbox, value: str) -> Response:
    known = sandbox.tokens.get(value)
    if known is None or known.kind != "refresh" or known.state != "valid":
        return _refused("invalid_request", "Value passed for the token was invalid.")
    sandbox.tokens.drop(value)
    return _x_tokens(sandbox, known.scopes)


def _x_tokens(sandbox: Sandbox, scopes: tuple[str, ...]) -> Response:
    value, again = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
    expires = sandbox.clock.now() + HOURS_2
    granted = scopes or ("users.read",)
    sandbox.tokens.put(Token(value, X, "oauth2", demo.X_USER_ID, scopes=granted, expires_at=expires))
    answer: dict[str, object] = {"token_type": "bearer", "expires_in": int(HOURS_2), "access_token": value}
    answer["scope"] = " ".join(granted)
    if "offline.access" in granted:
        sandbox.tokens.put(Token(again, X, "refresh", demo.X_USER_ID, scopes=granted))
        answer["refresh_token"] = again
    return JSONResponse(answer)


def _is_our_app(request: Request, form: Mapping[str, str]) -> bool:
    """A confidential client proves itself by Basic; a public one only names itself."""
    header = request.headers.get("authorization", "")
    if not header.startswith("Basic "):
        return form.get("client_id") == demo.X_CLIENT_ID
    try:
        client_id, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return (unquote(client_id), unquote(secret)) == (demo.X_CLIENT_ID, demo.X_CLIENT_SECRET)


def _refused(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        return {name: str(value) for name, value in json.loads(body or "{}").items()}
    return dict(parse_qsl(body))
