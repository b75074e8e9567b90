"""Connecting: how somebody lets us speak for an account, what they allowed, and how long it lasts.

A Login is as stateless as a Connector: what has to be remembered between the way out and the way back is in Consent,
and who calls keeps it.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from connectors.base import Account, ConnectorError, Credentials, ErrorKind, Options, Secret

# RFC 7636 wants 43 to 128 characters of the verifier; this makes 86.
VERIFIER_BYTES = 64


@dataclass(frozen=True, slots=True)
class App:
    """Samtal as the network knows it: the organisation's own app there."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class Consent:
    """Where somebody is sent to allow it. `state` comes back with them; `verifier` is shown with the code (PKCE)."""

    url: str
    state: str
    verifier: Secret


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as it stands.

    secrets: what the connector's Credentials need. expires_at: None where it has no end.
    scopes: what was allowed; None where the network does not say.
    """

    secrets: Mapping[str, Secret] = field(repr=False)
    expires_at: datetime | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An account that we may connect now, with the token to do it."""

    account: Account
    grant: Grant


class Login(ABC):
    """One network's way in. Raises ConnectorError and nothing else.

    scopes: what to ask for. Of a code that is used, too old or of another app the kind is INVALID, of our own app's id
    or secret PERMISSION, of a token that is refused TOKEN.
    """

    scopes: ClassVar[tuple[str, ...]]
    renews: ClassVar[bool] = False  # whether its tokens are short-lived and can be renewed without a person

    def __init__(self, app: App, options: Options | None = None) -> None:
        self.app = app
        self.options = options or Options()

    @abstractmethod
    def consent(self, redirect_uri: str) -> Consent:
        """The address to send somebody to; no call is made."""

    @abstractmethod
    def offers(self, code: str, *, redirect_uri: str, verifier: Secret) -> tuple[Offer, ...]:
        """What the code of their answer opens."""

    @abstractmethod
    def inspect(self, credentials: Credentials) -> Grant:
        """What a token may do and until when, where the network tells."""

    def renew(self, credentials: Credentials) -> Grant:
        """A new token for an old one. Good once: of two who try, the second is refused (kind TOKEN)."""
        raise ConnectorError("This token cannot be renewed", kind=ErrorKind.TOKEN, permanent=True)

    @classmethod
    def missing(cls, granted: Collection[str] | None) -> tuple[str, ...]:
        """The scopes that were not allowed, in the order asked for; none where the network does not say."""
        return () if granted is None else tuple(scope for scope in cls.scopes if scope not in granted)


def once() -> str:
    """A state that nobody can guess."""
    return secrets.token_urlsafe(32)


def verifier() -> Secret:
    return Secret(secrets.token_urlsafe(VERIFIER_BYTES))
