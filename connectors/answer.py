"""Reading what a network answered: JSON of the type that is expected, or Unreadable.

Nothing from outside is trusted to have a shape. What cannot be stored in PostgreSQL or parsed by an SDK (NUL, lone
surrogates, NaN, bottomless nesting) is cleaned here once, so that one odd post never costs the rest of its page.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from connectors.base import Malformed

MAX_DEPTH = 64
MAX_DIGITS = 19
MAX_ID = 120  # what the inbox has room for; the networks' own are shorter
# Times beyond these are nonsense, and arithmetic on them overflows.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MAX_NUMBER = 2**31

_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_ID = re.compile(r"[\w.:$=-]+", re.ASCII)


class HasRemoteId(Protocol):
    @property
    def remote_id(self) -> str: ...


T = TypeVar("T")
S = TypeVar("S", bound=HasRemoteId)


class Unreadable(ValueError):
    """A part of an answer that is not what the network's documentation says. The text names the part, not its value."""


def decode(body: bytes, hide: Callable[[str], str] = str) -> object:
    """The JSON in `body`, cleaned; every string goes through `hide`, which takes out what must not be stored."""
    text = body.decode("utf-8-sig", "replace")
    if _looks_deep(text):
        text = "".join(_shallow(text))
    try:
        return _clean(_parse(text), hide, MAX_DEPTH)
    except RecursionError:
        return _clean(_parse("".join(_shallow(text))), hide, MAX_DEPTH)


def _looks_deep(text: str) -> bool:
    """A quick look, which brackets inside strings can deceive: the parser's own limit is the second line."""
    depth = deepest = 0
    for bracket in _NO_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _parse(text: str) -> object:
    try:
        # strict=False: raw control characters inside a string are odd, not a reason to lose the page.
        return json.loads(text, strict=False, parse_int=_integer, parse_float=_number, parse_constant=lambda _: None)
    except ValueError:
        pass
    # Not raised inside the except: json's error holds the whole text, and this one would hold that error.
    raise Unreadable("not JSON")


def _shallow(text: str) -> Iterator[str]:
    """The text in pieces, with null for everything deeper than MAX_DEPTH: parsing that would exhaust the stack."""
    depth = copied = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                yield text[copied : match.start()] + "null"
        elif match[0] in "]}":
            depth -= 1
            if depth == MAX_DEPTH:
                copied = match.end()
    # What is cut in the middle of a bottomless part stays cut: it is no JSON either way.
    yield text[copied:] if depth <= MAX_DEPTH else ""


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS + 1 else digits


def _number(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _clean(value: object, hide: Callable[[str], str], depth: int) -> object:
    if isinstance(value, str):
        return hide(_UNSTORABLE.sub("\ufffd", value))
    if isinstance(value, dict | list) and not depth:
        return None
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _clean(item, hide, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, hide, depth - 1) for item in value]
    return value


def sorted_out(items: Iterable[object], read: Callable[[Mapping[str, object]], T]) -> tuple[list[T], list[Malformed]]:
    """What could be read, and what could not with the reason: one odd entry does not cost the others."""
    good: list[T] = []
    bad: list[Malformed] = []
    for item in items:
        try:
            good.append(read(as_object(item, "the entry")))
        except Unreadable as error:
            bad.append(Malformed(item, str(error)))
    return good, bad


def once(shown: Iterable[S]) -> list[S]:
    """Each id once, as it was seen last: pages of one walk may overlap, and an upsert takes no row twice."""
    return list({one.remote_id: one for one in shown}.values())


def as_object(value: object, what: str) -> Mapping[str, object]:
    """A JSON object, or Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is not an object")
    return value


def as_list(value: object, what: str) -> list[object]:
    """A JSON array, or Unreadable."""
    if not isinstance(value, list):
        raise Unreadable(f"{what} is not a list")
    return value


def as_id(value: object, what: str) -> str:
    """An id as text: networks send numbers and strings for the same thing. It is safe in a URL path."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_ID or not _ID.fullmatch(value) or not value.strip("."):
        raise Unreadable(f"{what} is no id")
    return value


def as_text(value: object, what: str) -> str:
    """Text; none at all is "" (a photo without a word); else Unreadable."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{what} is not text")
    return value


def as_time(value: object, what: str) -> datetime:
    """A moment in UTC from ISO 8601 text or unix seconds, or Unreadable. Text without an offset is UTC."""
    moment = _moment(value)
    if moment is None or not EARLIEST < moment < LATEST:
        raise Unreadable(f"{what} is no time")
    return moment


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


# What decorates a message and is not worth losing it for: of the right type, or nothing.


def part(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def parts(parent: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    value = parent.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(parent: Mapping[str, object], key: str) -> str:
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def number(parent: Mapping[str, object], key: str) -> int | None:
    """A count or a code: no network has negative ones, nor more than fit into 31 bits."""
    value = parent.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_NUMBER else None


def address(parent: Mapping[str, object], key: str) -> str:
    """An address of the web, "" for anything else: people will click on it."""
    value = words(parent, key)
    return value if value.startswith(("https://", "http://")) else ""


def known_id(parent: Mapping[str, object], key: str) -> str:
    """The id under `key`, "" where there is none or it cannot be one."""
    try:
        return as_id(parent.get(key), key)
    except Unreadable:
        return ""


def known_time(parent: Mapping[str, object], key: str) -> datetime | None:
    try:
        return as_time(parent.get(key), key)
    except Unreadable:
        return None


def is_sendable(text: str) -> bool:
    """Whether a text can go out at all: it says something, and it can be written in UTF-8."""
    return bool(text.strip()) and not _UNSTORABLE.search(text)
