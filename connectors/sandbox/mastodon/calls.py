"""One call to the instance: who asks, and what the instance refuses with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from connectors.sandbox.allowances import Allowance
from connectors.sandbox.clock import iso
from connectors.sandbox.entries import MASTODON, Entry, Person
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.tokens import Token

WINDOW = 300.0
CALLS = 300
Json = dict[str, object]


class Refused(Exception):
    """An answer that is no success: {"error": …}."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Call:
    """given: query and form in one. many: what was given several times, as types[]. headers: in lower case."""

    sandbox: Sandbox
    token: Token
    path: Mapping[str, str]
    given: Mapping[str, str]
    many: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def user(self) -> Person:
        person = self.sandbox.world.person(MASTODON, self.token.owner_id)
        if person is None:
            raise invalid_token()
        return person

    def need(self, scope: str) -> None:
        if not self.token.may(scope):
            raise Refused(403, "This action is outside the authorized scopes")

    def entry(self, id: str) -> Entry:
        entry = self.sandbox.world.entry(MASTODON, id)
        if entry is None:
            raise missing()
        return entry

    def standing(self, id: str) -> Entry:
        entry = self.sandbox.world.standing(MASTODON, id)
        if entry is None:
            raise missing()
        return entry

    def size(self, usual: int, most: int) -> int:
        text = self.given.get("limit", "")
        return min(int(text), most) if text.isdigit() and int(text) else usual


def authenticate(sandbox: Sandbox, request: Request) -> Token:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    token = sandbox.tokens.get(value) if scheme == "Bearer" else None
    if token is None or token.network != MASTODON:
        raise invalid_token()
    state = token.state_at(sandbox.clock.now())
    if state == "revoked":
        raise Refused(401, "The access token was revoked")
    if state not in ("valid", "missing_permission"):
        raise Refused(401, "The access token expired")
    return token


def take(sandbox: Sandbox, token: Token) -> Allowance:
    limit = max(int(CALLS * sandbox.switches.now.rate_scale), 1)
    return sandbox.allowances.take(MASTODON, token.owner_id, limit=limit, window=WINDOW)


def headers(allowance: Allowance) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": iso(allowance.resets_at),
    }


def invalid_token() -> Refused:
    return Refused(401, "The access token is invalid")


def missing() -> Refused:
    return Refused(404, "Record not found")


def too_many() -> Refused:
    return Refused(429, "Too many requests")
