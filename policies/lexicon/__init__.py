"""Phrase lists in four languages, found in one pass over the text; every list is tried on every text.

A list is a TOML file with a key a language. "kommentar*" matches any ending, "*rykte" any beginning (Nordic compounds),
a plain phrase whole words. A space in a phrase matches any run of blanks, since texts are squeezed before the search.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

import ahocorasick

from policies.text import Span, fold

_FOLDER = Path(__file__).parent
_BLANKS = re.compile(r"\s{2,}|[\n\t\u00a0]")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase without its stars, the list it stands in, and where it may go on."""

    name: str
    text: str
    open_start: bool = False
    open_end: bool = False

    @classmethod
    def parse(cls, name: str, written: str) -> Phrase:
        return cls(
            name=name,
            text=fold(written.strip("*")).low,
            open_start=written.startswith("*"),
            open_end=written.endswith("*"),
        )


def _place(phrase: Phrase) -> tuple[str, int, bool, bool]:
    """List, length, and whether a letter before and a letter behind would make it part of another word."""
    first, last = phrase.text[0], phrase.text[-1]
    return (
        phrase.name,
        len(phrase.text),
        first.isalnum() and not phrase.open_start,
        last.isalnum() and not phrase.open_end,
    )


class Phrases:
    """An Aho-Corasick automaton over phrases of many lists."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._automaton = ahocorasick.Automaton()
        by_text: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in phrases:
            by_text[phrase.text].append(phrase)
        for text, same in by_text.items():
            self._automaton.add_word(text, tuple(_place(phrase) for phrase in same))
        if by_text:
            self._automaton.make_automaton()
        self._empty = not by_text

    def hits(self, text: str) -> dict[str, tuple[Span, ...]]:
        """Places of the hits in the text as written, by list, in order."""
        if self._empty:
            return {}
        folded = fold(text)
        # Only the length matters to the places, so a blank of any kind becomes one of the same length.
        low = _BLANKS.sub(lambda found: " " * len(found.group()), folded.low)
        places: dict[str, list[Span]] = defaultdict(list)
        # A phrase begins and ends where a word does, or where it may go on. The loop runs some hundred times a text.
        for last, same in self._automaton.iter(low):
            end = last + 1
            goes_on = end < len(low) and low[end].isalnum()
            for name, length, letter_first, letter_last in same:
                start = end - length
                if not (goes_on and letter_last) and not (letter_first and start and low[start - 1].isalnum()):
                    places[name].append(folded.span(start, end))
        return {name: tuple(sorted(set(spans))) for name, spans in places.items()}


def _read(path: Path) -> list[Phrase]:
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Phrase.parse(path.stem, written) for phrases in lists.values() for written in phrases]


@cache
def shipped() -> Phrases:
    """All lists of this folder in one automaton, built on the first check."""
    return Phrases(phrase for path in sorted(_FOLDER.glob("*.toml")) for phrase in _read(path))


@lru_cache(maxsize=512)
def hits(text: str) -> Mapping[str, tuple[Span, ...]]:
    """Places in the text of the phrases of each shipped list; lists without a hit are missing."""
    return MappingProxyType(shipped().hits(text))


def any_hit(text: str, *names: str) -> bool:
    found = hits(text)
    return any(name in found for name in names)
