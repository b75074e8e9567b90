"""Health, social matters and debts of a person, told where everybody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policies.patterns import hints, places, says
from policies.text import Span, fold, sentences

# A name inside a sentence. In front of it: "Hej Dorthe", "Looking you up now Tina", "Roar er skilsmissesyk".
_NAME = re.compile(r"(?<![.!?:…] )(?<!^)\b[A-ZÅÄÖÆØÉ][a-zåäöæøéü]{2,}(?:s|'s|’s)?\b")
# At the beginning a capital says nothing; what looks like a noun with its article is none.
_FIRST_NAME = re.compile(
    r"^\W*(?!\w+(?:et|en|na|ne|er|or|ar|ing) )[A-ZÅÄÖÆØÉ][a-zåäöæøéü]{2,}(?: [A-ZÅÄÖÆØÉ][a-zåäöæøéü]+)?"
    r" (?:är|er|is|har|has|var|was|ligger|døde|dog|avled)\b"
)
_STEM = 5  # letters that two forms of a word share


def _says(meaning: str, low: str) -> bool:
    return says("privacy", meaning, low)


@lru_cache(maxsize=256)
def matters(draft: str, customer_text: str = "") -> tuple[Span, ...]:
    """Sentences that tell of somebody's illness, debts or grief; what the customer has told is only repeated."""
    if not hints("privacy", fold(draft).low) & {"illness", "trouble"}:
        return ()
    return tuple(span for span in sentences(draft) if _tells(draft[slice(*span)], fold(customer_text).low))


def _tells(sentence: str, known: str) -> bool:
    low = fold(sentence).low.strip()
    illness = list(_words("illness", low))
    words = [*illness, *_words("trouble", low)]
    if not words or low.endswith("?") or _says("general", low):
        return False
    told, named = _says("told", low), bool(_NAME.search(sentence.strip()) or _FIRST_NAME.match(sentence))
    if not told and not named and all(word[:_STEM] in known for word in words):
        return False
    return bool(illness) or told or named or _says("person", low)


def _words(meaning: str, low: str) -> Iterator[str]:
    return (found.group() for found in places("privacy", meaning, low))
