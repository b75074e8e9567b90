"""One call of the X API: who asks, how they proved it, and what they may still do in this window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from connectors.sandbox import demo
from connectors.sandbox.allowances import Allowance
from connectors.sandbox.entries import Entry, X
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token
from connectors.sandbox.x import oauth1
from connectors.sandbox.x.problems import app_only, forbidden, too_many, unauthorized

QUARTER = 900.0


@dataclass(frozen=True, slots=True)
class Limit:
    """Calls in 15 minutes for an app-only token and for a user; None where that kind may not call at all."""

    app: int | None
    user: int


@dataclass(slots=True)
class Call:
    """path: what the route found in the address. body: the JSON of a write.

    resources: what X would bill, posts and the people included with them.
    """

    sandbox: Sandbox
    token: Token
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    resources: int = 0

    @property
    def user_id(self) -> str:
        return self.token.owner_id

    def need(self, scope: str) -> None:
        if not self.token.may(scope):
            raise forbidden(f"Your client app is not configured with the appropriate scope: {scope}")

    def standing(self, id: str) -> Entry | None:
        return self.sandbox.world.standing(X, id)


def authenticate(sandbox: Sandbox, request: Request, *, form: str = "") -> Token:
    """Raises Problem 401 for what the network would not accept."""
    header = request.headers.get("authorization", "")
    if header.startswith("OAuth "):
        return _signed(sandbox, request, oauth1.header_params(header), form)
    scheme, _, value = header.partition(" ")
    token = sandbox.tokens.get(value) if scheme == "Bearer" else None
    if token is None or token.kind not in ("oauth2", "app"):
        raise unauthorized()
    return _fresh(sandbox, token)


def _signed(sandbox: Sandbox, request: Request, oauth: Mapping[str, str], form: str) -> Token:
    token = sandbox.tokens.get(oauth.get("oauth_token", ""))
    if token is None or token.kind != "oauth1" or oauth.get("oauth_consumer_key") != demo.X_CONSUMER_KEY:
        raise unauthorized()
    secrets = (demo.X_CONSUMER_SECRET, token.secret)
    if not oauth1.verified(request.method, request.url.path, request.url.query, oauth, secrets, form):
        raise unauthorized()
    return _fresh(sandbox, token)


def _fresh(sandbox: Sandbox, token: Token) -> Token:
    state = token.state_at(sandbox.clock.now())
    if state in ("valid", "missing_permission"):
        return token
    if state == "wrong_type":
        raise app_only()
    raise unauthorized()


def take(sandbox: Sandbox, token: Token, route: str, limit: Limit) -> Allowance:
    """Count the call. Raises Problem 429 (with the allowance in `more`) beyond the limit."""
    plain = limit.app if token.kind == "app" else limit.user
    if plain is None:
        raise app_only()
    scaled = max(int(plain * sandbox.switches.now.rate_scale), 1)
    owner = "app" if token.kind == "app" else token.owner_id
    return sandbox.allowances.take(X, f"{route} {owner}", limit=scaled, window=QUARTER)


def refuse_beyond(allowance: Allowance) -> None:
    if allowance.exceeded:
        raise too_many()


def headers(allowance: Allowance | None, token: Token | None) -> dict[str, str]:
    """The rate headers count down; without a known caller there are none."""
    found = {"x-access-level": "read" if token is None or token.kind == "app" else "read-write-directmessages"}
    if allowance is not None:
        found["x-rate-limit-limit"] = str(allowance.limit)
        found["x-rate-limit-remaining"] = str(allowance.remaining)
        found["x-rate-limit-reset"] = str(allowance.resets_at)
    return found
