"""One Graph call: who asks, with which parameters, and what their token lets them do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from connectors.sandbox import demo
from connectors.sandbox.clock import seconds
from connectors.sandbox.entries import FACEBOOK, Entry
from connectors.sandbox.graph.errors import GraphError, invalid, missing, wrong_token
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token

HOST = "https://graph.facebook.com"


@dataclass(frozen=True, slots=True)
class Call:
    """params: query and form body in one, as the Graph API reads them. version: "v23.0"."""

    sandbox: Sandbox
    method: str
    version: str
    params: Mapping[str, str]
    token: Token

    @property
    def page_id(self) -> str:
        return self.token.owner_id

    def need(self, scope: str) -> None:
        """Page edges want a page token with the permission; a user token looks as if the object were not there."""
        if self.token.kind != "page" or self.token.state == "wrong_type":
            raise wrong_token(scope)
        if not self.token.may(scope):
            code = 10 if self.method == "GET" else 200
            raise GraphError(code, f"(#{code}) This endpoint requires the '{scope}' permission to be granted")

    def entry(self, id: str) -> Entry:
        entry = self.sandbox.world.entry(FACEBOOK, id)
        if entry is None:
            raise missing(id)
        return entry

    def standing(self, id: str) -> Entry:
        """The target of a write: known to the network before readers see it."""
        entry = self.sandbox.world.standing(FACEBOOK, id)
        if entry is None:
            raise missing(id)
        return entry

    def url(self, path: str, params: Mapping[str, str]) -> str:
        """The address of another page. It carries the token: facebook-sdk breaks where it is missing."""
        return f"{HOST}/{self.version}/{path}?{urlencode({'access_token': self.token.value, 'pretty': '0', **params})}"


def authenticate(sandbox: Sandbox, value: str | None, proof: str | None = None) -> Token:
    """Raises the error a network answers a missing, unknown or stale token with, or a proof that does not fit it."""
    if value and proof and not hmac.compare_digest(proof, proof_of(value)):
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
    if not value:
        raise GraphError(104, "An access token is required to request this resource.")
    if value == f"{demo.APP_ID}|{demo.APP_SECRET}":
        return Token(value, FACEBOOK, "app", demo.APP_ID)
    token = sandbox.tokens.get(value)
    if token is None or token.network != FACEBOOK or token.state == "revoked":
        raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
    stale = {"expired": _expired, "password_changed": _password_changed, "no_role": _no_role}
    state = token.state_at(sandbox.clock.now())
    if state in stale:
        raise stale[state](sandbox.clock.now())
    return token


def proof_of(token: str) -> str:
    """What a server that holds the app's secret sends along with a token."""
    return hmac.new(demo.APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


def _expired(now: float) -> GraphError:
    return GraphError(
        190,
        f"Error validating access token: Session has expired on {_long(now - 3600)}. The current time is {_long(now)}.",
        subcode=463,
    )


def _password_changed(now: float) -> GraphError:
    return GraphError(
        190,
        "Error validating access token: The session has been invalidated because the user changed their password or"
        " Facebook has changed the session for security reasons.",
        subcode=460,
    )


def _no_role(now: float) -> GraphError:
    return GraphError(
        190,
        "Error validating access token: The user must be an administrator, editor, or moderator of the page in order to"
        " impersonate it.",
        subcode=492,
    )


def _long(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %d-%b-%y %H:%M:%S UTC")


def time_param(params: Mapping[str, str], name: str) -> float | None:
    """`since` and `until` take seconds or a date; facebook-sdk sends them empty when it follows a `next`."""
    text = params.get(name)
    if not text:
        return None
    try:
        return seconds(text)
    except ValueError:
        raise invalid(f"Param {name} must be a valid timestamp or date") from None


def limit_param(params: Mapping[str, str], default: int = 25) -> int:
    text = params.get("limit") or str(default)
    if not text.isdigit() or int(text) < 1:
        raise invalid("Param limit must be an integer greater than 0")
    return min(int(text), 100)


def true(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1", "yes")
