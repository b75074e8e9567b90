"""Everyday words of four languages by what they mean, so that what is learnt from one language serves the others.

A small dictionary (lexicon/dictionary.txt), one sense a word. It was written from the words that are frequent, without
regard to the rules; what those turn on stands in `policies.concepts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from policies.concepts import of_word, plain

_FILE = Path(__file__).parent / "lexicon" / "dictionary.txt"
_START = 3  # letters of the shortest beginning that stands for a word
_LONGEST_START = 14
_PART = 4  # letters of the shortest last part of a compound
_ENDING = 4  # letters by which a last part may be inflected
_COMPOUND = range(8, 41)  # letters; nobody writes longer words, but for those who lean on a key


def _entries() -> Iterator[tuple[str, str]]:
    """Word as written and its sense."""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sense_of, _, words = line.partition(": ")
            yield from ((plain(word), sense_of) for word in words.replace("|", " ").split())


@cache
def _exact() -> dict[str, str]:
    return {word: meant for word, meant in _entries() if not word.endswith("*")}


@cache
def _starts() -> dict[str, str]:
    return {word[:-1]: meant for word, meant in _entries() if word.endswith("*")}


@lru_cache(maxsize=20_000)
def sense(word: str) -> str:
    """What a plain word means: its sense, a compound's last part's with a "~", the names of its concepts, or itself."""
    found = _exact().get(word) or _begun(word, len(word)) or _last_part(word)
    return found or "+".join(sorted(of_word(word))) or word


def _begun(word: str, most: int) -> str | None:
    """The sense of the longest known beginning that at most `most` letters follow."""
    shortest = max(_START, len(word) - most)
    ends = range(min(len(word), _LONGEST_START), shortest - 1, -1)
    return next((_starts()[word[:end]] for end in ends if word[:end] in _starts()), None)


def _last_part(word: str) -> str | None:
    if len(word) not in _COMPOUND:
        return None
    parts = (word[start:] for start in range(_START, len(word) - _PART + 1))
    found = (_exact().get(part) or _begun(part, _ENDING) for part in parts)
    return next((f"~{meant}" for meant in found if meant), None)
