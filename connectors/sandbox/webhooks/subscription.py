"""Where notifications go, and how badly the way there is: what the developer's console of a network would hold."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.sandbox import demo
from connectors.sandbox.entries import FACEBOOK, INSTAGRAM, NETWORKS, Refusal

SECRETS = {FACEBOOK: demo.APP_SECRET, INSTAGRAM: demo.APP_SECRET, "x": demo.X_CONSUMER_SECRET}


@dataclass(frozen=True, slots=True)
class Subscription:
    """lost, doubled, forged: shares of 1 that vanish, come twice, or carry a wrong signature.

    shuffle: seconds within which the order is lost. batch: at most so many events in one notification (not on X).
    tries: how often a notification that is not answered with 200 is sent, with growing pauses.
    """

    network: str
    url: str
    secret: str = ""
    verify_token: str = demo.VERIFY_TOKEN
    lost: float = 0.0
    doubled: float = 0.0
    forged: float = 0.0
    shuffle: float = 0.0
    batch: int = 1
    tries: int = 8
    seed: int = 0

    def check(self) -> None:
        """Raises Refusal for a network that is none and an address that leaves the machine."""
        if self.network not in NETWORKS:
            raise Refusal(f"a network is {' or '.join(NETWORKS)}")
        host = urlsplit(self.url).hostname or ""
        if host != "localhost" and not _loopback(host):
            raise Refusal(f"notifications go to this machine only, not to {host or 'nowhere'}")
        if not 1 <= self.batch <= 1000:
            raise Refusal("a batch holds 1 to 1000 events")

    @property
    def key(self) -> str:
        return self.secret or SECRETS[self.network]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
