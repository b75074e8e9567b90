"""From a network's own error to ours: what follows from its kind alone is decided here, once for all networks."""

from __future__ import annotations

from connectors.base import ConnectorError, ErrorKind
from connectors.http import Exchange

# The same call will fail again: a person has to do something first.
PERMANENT = frozenset({ErrorKind.TOKEN, ErrorKind.PERMISSION, ErrorKind.GONE, ErrorKind.INVALID, ErrorKind.NOT_ALLOWED})
# After these a write may be out all the same.
UNSURE = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.MALFORMED, ErrorKind.DUPLICATE})

RATE_PAUSE = 900.0  # seconds, where a network does not say
BLOCK_PAUSE = 3600.0
LONGEST_PAUSE = 86_400.0


def refusal(
    text: str, kind: ErrorKind, exchange: Exchange, *, retry_after: float | None = None, code: str = ""
) -> ConnectorError:
    """The error for an answer. `text` must be free of secrets."""
    return ConnectorError(
        text,
        kind=kind,
        permanent=kind in PERMANENT,
        retry_after=_pause(kind) if retry_after is None else min(retry_after, LONGEST_PAUSE),
        outcome_unknown=exchange.writes and kind in UNSURE,
        status=exchange.status,
        code=code,
    )


def _pause(kind: ErrorKind) -> float | None:
    return {ErrorKind.RATE: RATE_PAUSE, ErrorKind.BLOCKED: BLOCK_PAUSE}.get(kind)


def from_status(network: str, exchange: Exchange) -> ConnectorError:
    """The error for an answer without a readable word in it: an outage page, half a body, a way to somewhere else."""
    status = exchange.status
    if status >= 500 or status == 408:
        return refusal(f"{network} is in trouble (HTTP {status})", ErrorKind.UNAVAILABLE, exchange)
    if 300 <= status < 400:
        # Following would carry the token to an address that we do not know.
        return refusal(f"{network} sent us to another address (HTTP {status})", ErrorKind.MALFORMED, exchange)
    certain = {401: ErrorKind.TOKEN, 404: ErrorKind.GONE, 429: ErrorKind.RATE}.get(status)
    if certain:
        return refusal(f"{network} refused (HTTP {status})", certain, exchange)
    return refusal(f"{network} sent an answer that cannot be read (HTTP {status})", ErrorKind.MALFORMED, exchange)
