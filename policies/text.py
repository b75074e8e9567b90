"""A text made comparable (case, accents' form, dashes, invisible characters) with the way back to its own places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Span = tuple[int, int]

_PLAIN = re.compile(r"[\x00-\x7fåäöæøéüÅÄÖÆØÉÜ§°€£«»]*")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_QUOTES = {ord("’"): "'", ord("‘"): "'", ord("´"): "'", ord("`"): "'", ord("“"): '"', ord("”"): '"', ord("„"): '"'}
_SAME = _DASHES | _QUOTES
# Soft hyphen, zero-width space and joiners, word joiner, BOM, variation selectors: written to hide or by accident.
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Folded:
    """`low` is what matchers read; its character i stands at `starts[i]` to `ends[i]` in the text as written."""

    low: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """The place in the text as written, with the combining marks of its last letter; (0, 0) for nothing."""
        return (self.starts[start], self.ends[end - 1]) if end > start else (0, 0)


def _clusters(text: str) -> list[Span]:
    starts = [i for i, char in enumerate(text) if i == 0 or not unicodedata.combining(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _keeps_places(text: str) -> bool:
    """Emoji, dashes and curly quotes do; marks of their own, full-width letters and what is invisible do not."""
    return (
        unicodedata.is_normalized("NFKC", text)
        and _INVISIBLE.isdisjoint(text)
        and not any(map(unicodedata.combining, text))
    )


@lru_cache(maxsize=512)
def fold(text: str) -> Folded:
    """Lower case, NFC letters, plain digits and dashes, nothing invisible.

    Most texts are plain and keep their places. The rest is folded cluster by cluster, because a letter written as
    base + mark (NFD) and a full-width digit change the length.
    """
    if _PLAIN.fullmatch(text):
        return Folded(text.lower(), range(len(text)), range(1, len(text) + 1))
    low_at_once = text.lower().translate(_SAME)
    if len(low_at_once) == len(text) and _keeps_places(text):
        return Folded(low_at_once, range(len(text)), range(1, len(text) + 1))
    low: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        piece = text[start:end]
        if piece in _INVISIBLE:
            continue
        folded = unicodedata.normalize("NFKC", piece).lower().translate(_SAME)
        low.append(folded)
        starts.extend([start] * len(folded))
        ends.extend([end] * len(folded))
    return Folded("".join(low), starts, ends)


_WORD = re.compile(r"\w+(?:['-]\w+)*")


@lru_cache(maxsize=512)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, in order."""
    return tuple(_WORD.findall(fold(text).low))


# A full stop ends a sentence only before a space and something that is not a lower-case letter or digit: "kl. 10", "1.
# mai" and "t.ex. nu" go on.
_SENTENCE = re.compile(r"(?:[.!?…]+[\"')\]]*(?=\s+(?![a-zåäöæøé0-9])|\s*$)|[!?]+(?=\s)|\n+)")


@lru_cache(maxsize=512)
def sentences(text: str) -> tuple[Span, ...]:
    """Places of the sentences in the text as written; blank ones left out."""
    cuts = [0, *(found.end() for found in _SENTENCE.finditer(text)), len(text)]
    spans = pairwise(cuts)
    return tuple((start, end) for start, end in spans if text[start:end].strip())
