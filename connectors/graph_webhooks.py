"""What the webhooks of the Graph API's networks share: the signature, the handshake, and the body taken apart."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors import answer
from connectors.base import Change, Notification

JsonObject = Mapping[str, object]

# No unix time in seconds is as large before the year 5138, and none in milliseconds as small after 1973.
_MILLISECONDS_FROM = 100_000_000_000
SECOND = timedelta(seconds=1)


def signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether X-Hub-Signature-256 is of these raw bytes: the network signs its own escapes, not what they mean."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), signature.encode())


def handshake(query: Mapping[str, str], token: str) -> str | None:
    """The challenge, for who knows the word that was agreed upon."""
    given = query.get("hub.verify_token", "")
    known = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    return query.get("hub.challenge", "") if known and query.get("hub.mode") == "subscribe" else None


def parsed(body: bytes, read: Callable[[JsonObject], Change | None]) -> Notification:
    """What `read` makes of every piece. Raises Unreadable if it is no notification at all.

    A piece that was kept in quarantine by itself is one, too.
    """
    found = answer.as_object(answer.decode(body), "the notification")
    alone = "entry" not in found and bool({"changes", "messaging"} & found.keys())
    pieces = [found] if alone else _pieces(answer.as_list(found.get("entry"), "entry"))
    said, malformed = answer.sorted_out(pieces, read)
    changes = tuple(change for change in said if change)
    return Notification(changes, tuple(malformed), ignored=len(said) - len(changes))


def _pieces(entries: Sequence[object]) -> Iterator[object]:
    """Each change and each message with its entry's id and time, so that it can be kept and replayed by itself."""
    for entry in entries:
        if not isinstance(entry, dict):
            yield entry
            continue
        for name in ("changes", "messaging"):
            found = entry.get(name, [])
            for one in found if isinstance(found, list) else [found]:
                yield {"id": entry.get("id"), "time": entry.get("time"), name: one}


def time_of(value: object, what: str) -> datetime:
    """Seconds in feeds, milliseconds in conversations."""
    if isinstance(value, int) and value >= _MILLISECONDS_FROM:
        value = value / 1000
    return answer.as_time(value, what)
