"""Sentences in which we promise something for later."""

from __future__ import annotations

import re
from functools import lru_cache

from policies.patterns import pattern
from policies.signs.due import due
from policies.text import Span, fold, sentences

_NOT = re.compile(
    r"\b(?:kan inte|kan ikke|cannot|can't|could not|inte|ikke|not|won't|unable|ej|don't|kunne|kunde|har|have|has|'ve"
    r"|hade|havde|hadde|did|redan|allerede|already)\b"
)
_SUBJECT = re.compile(
    r"\b(jag|vi|jeg|i|we|you|du|ni|dere|i'll|we'll|i'm|we're|my|our|min|vår|vores|kolleg\w*|colleague|team\w*|någon|noen|nogen|someone|och|og|and|to)\b"
)
_CUSTOMER = frozenset({"you", "du", "ni", "dere"})
_NEAR = 18  # characters before a verb in which a negation or a past tense speaks of it


@lru_cache(maxsize=256)
def promised(draft: str) -> tuple[Span, ...]:
    """Places of the sentences that promise."""
    return tuple(_trimmed(draft, span) for span in sentences(draft) if _promises(draft[slice(*span)]))


def _trimmed(draft: str, span: Span) -> Span:
    text = draft[slice(*span)]
    return span[0] + len(text) - len(text.lstrip()), span[0] + len(text.rstrip())


def _promises(sentence: str) -> bool:
    low = pattern("promises", "customer").sub(" … ", fold(sentence).low)
    return _comes_back(low) or _expects(low) or _finds_out(low) or _works(low)


def _is_habit(low: str) -> bool:
    return bool(pattern("promises", "habit").search(low))


def _comes_back(low: str) -> bool:
    """One of us is the subject of a verb of coming back. An imperative without a subject speaks to the customer."""
    for found in pattern("promises", "contact").finditer(low):
        before = low[: found.start()]
        subjects = _SUBJECT.findall(before) or _SUBJECT.findall(found.group())
        ours = bool(subjects) and subjects[-1] not in _CUSTOMER
        if ours and not _NOT.search(before[-_NEAR:]) and not _is_habit(low):
            return True
    return False


def _expects(low: str) -> bool:
    return bool(pattern("promises", "expect").search(low)) and not _is_habit(low)


def _finds_out(low: str) -> bool:
    found = pattern("promises", "find_out").search(low)
    return bool(found) and not _NOT.search(found.group() if found else "") and not _is_habit(low)


def _works(low: str) -> bool:
    return bool(pattern("promises", "work").search(low)) and due(low, None) is not None and not _is_habit(low)
