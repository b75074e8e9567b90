"""Authorisation codes: good once, for ten minutes, for the address and the app they were given to."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlencode, urlsplit

from connectors.sandbox.sandbox import Sandbox

MINUTES_10 = 600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks for when it sends somebody to a consent page."""

    network: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = ""
    challenge: str = ""
    method: str = ""

    @property
    def leads_home(self) -> bool:
        """Codes go back to this machine only."""
        host = urlsplit(self.redirect_uri).hostname or ""
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def back(self, **answer: str) -> str:
        """The address to return to, with the answer and the state that came along."""
        known = {**answer, **({"state": self.state} if self.state else {})}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(known)}"

    def proven_by(self, verifier: str) -> bool:
        """PKCE: whether who exchanges the code is who asked for it. Without a challenge nothing is to be proven."""
        if not self.challenge:
            return True
        if self.method == "plain":
            return secrets.compare_digest(verifier, self.challenge)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return secrets.compare_digest(digest, self.challenge)


def give(sandbox: Sandbox, asked: Asked) -> str:
    code = secrets.token_urlsafe(24)
    sandbox.store.put(f"code {code}", {"asked": asdict(asked), "until": sandbox.clock.now() + MINUTES_10})
    return code


def take(sandbox: Sandbox, code: str) -> Asked | None:
    """What the code was given for; None when it is unknown, used or too old."""
    found = sandbox.store.get(f"code {code}", None)
    if found is None:
        return None
    sandbox.store.run("DELETE FROM kept WHERE name = ?", (f"code {code}",))
    if sandbox.clock.now() > found["until"]:
        return None
    return Asked(**{**found["asked"], "scopes": tuple(found["asked"]["scopes"])})
