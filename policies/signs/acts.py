"""What the sentences of a reply do: decline, refer, be civil, ask, or say something about the matter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from policies.lexicon import hits
from policies.text import Span, fold, sentences


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the reply (in the text as written) and what it does."""

    span: Span
    declines: bool
    refers: bool
    civil: bool
    confirms: bool

    @property
    def adds(self) -> bool:
        """Does it say something about the matter? What does nothing else is taken to."""
        return self.confirms if self.declines or self.refers else not self.civil or self.confirms


# Where a sentence turns: what follows "men" is judged by itself.
_TURN = re.compile(
    r"[,;:–-]?\s+(?=(?:men|dock|dog|fast|däremot|derimod|derimot|but|however|though|although|selvom|selv om|även om"
    r"|eftersom|because|utöver att|ud over at|annat än att|annet enn at|other than|except)\b)|;\s+|\s+[–-]\s+"
)
# What looks like a confirmation but declines or asks: "we can't confirm", "if and when".
_QUESTION = re.compile(r"\?\s*$")
_OFFER = re.compile(
    r"\b(?:om du|hvis du|if you|har du|do you|kan du|could you|vill du|vil du|skal vi|ska vi|would you)\b"
)


@lru_cache(maxsize=256)
def clauses(draft: str) -> tuple[Clause, ...]:
    return tuple(_clause(draft, span) for sentence in sentences(draft) for span in _turns(draft, sentence))


def _turns(draft: str, sentence: Span) -> list[Span]:
    start, end = sentence
    cuts = [start, *(start + found.end() for found in _TURN.finditer(fold_same(draft[start:end]))), end]
    return [(one, other) for one, other in pairwise(cuts) if draft[one:other].strip()]


def fold_same(text: str) -> str:
    """Lower case where that keeps the length, so that places stay true."""
    low = text.lower()
    return low if len(low) == len(text) else text


def _clause(draft: str, span: Span) -> Clause:
    text = draft[slice(*span)]
    found = hits(text)
    declines = "declines" in found or ("negations" in found and "saying" in found)
    refers = "referrals" in found or "customer_service" in found or "://" in text
    asks = bool(_QUESTION.search(text) or _OFFER.search(fold(text).low))
    return Clause(
        span=span,
        declines=declines,
        refers=refers,
        civil="courtesy" in found or asks,
        confirms="confirmations" in found and not declines and not asks,
    )


def declines_or_refers(draft: str) -> bool:
    return any(clause.declines or clause.refers for clause in clauses(draft))


def first_addition(draft: str) -> Span | None:
    """The first stretch that says something about the matter, None if the reply adds nothing."""
    return next((clause.span for clause in clauses(draft) if clause.adds), None)
