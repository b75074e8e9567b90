"""Field expansion: `id,from{name},comments.limit(5).summary(true){message}` taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from connectors.sandbox.graph.errors import GraphError

NAME = re.compile(r"\s*([A-Za-z_][\w]*)\s*")
MODIFIER = re.compile(r"\.(\w+)\(([^()]*)\)\s*")


@dataclass(frozen=True, slots=True)
class Field:
    """One requested field. source: what stood between its braces, for the `next` of a nested page."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    source: str = ""


@lru_cache(maxsize=512)
def parse(text: str) -> tuple[Field, ...]:
    """Raises GraphError 2500 for a malformed list."""
    found, end = _fields(text, 0)
    if end != len(text):
        raise _malformed(text, end)
    return found


def _fields(text: str, at: int) -> tuple[tuple[Field, ...], int]:
    found: list[Field] = []
    while True:
        one, at = _field(text, at)
        found.append(one)
        if at >= len(text) or text[at] != ",":
            return tuple(found), at
        at += 1


def _field(text: str, at: int) -> tuple[Field, int]:
    name = NAME.match(text, at)
    if not name:
        raise _malformed(text, at)
    args, at = _modifiers(text, name.end())
    if at < len(text) and text[at] == "{":
        inner, end = _fields(text, at + 1)
        if end >= len(text) or text[end] != "}":
            raise _malformed(text, end)
        return Field(name[1], args, inner, text[at + 1 : end]), end + 1
    return Field(name[1], args), at


def _modifiers(text: str, at: int) -> tuple[dict[str, str], int]:
    args: dict[str, str] = {}
    while modifier := MODIFIER.match(text, at):
        args[modifier[1]] = modifier[2].strip()
        at = modifier.end()
    return args, at


def _malformed(text: str, at: int) -> GraphError:
    seen = text[at : at + 20] or "end of string"
    return GraphError(2500, f'Syntax error "Expected name." at character {at}: {seen}')
