"""The same answer to one person after another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from policies.rulebook import Rule
from policies.text import fold
from policies.verdict import Context, Finding, Turn, Wording

ALIKE = 90.0
SHORTEST = 80  # characters without greeting, name and signature
OFTEN = 2  # earlier replies like it, to different people

_GREETING = re.compile(
    r"^\s*(?:hej(?:san)?|hei(?:sann)?|halla|hallå|goddag|god dag|hi|hello|hey|dear|kære|kjære|tjena)\b"
    r"[^.!?,\n]{0,40}[.!?,\n]\s*"
)
_CLOSING = re.compile(
    r"\s*(?:(?:/|mvh\b|vh\b|m\.v\.h\.|hilsen\b|hälsningar\b|vänliga hälsningar\b|med vänlig hälsning\b|vennlig hilsen\b"
    r"|med vennlig hilsen\b|venlig hilsen\b|med venlig hilsen\b|regards\b|kind regards\b|best regards\b|best\b)"
    r"[^.!?\n]{0,40})\s*$"
)


def repeat(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """A finding from the third reply of one wording to different people. The caller leaves bursts out of
    `context.recent_replies`; approved wordings and short texts never count."""
    if context.visibility != "public" or not context.recent_replies:
        return []
    body = _body(draft, context.signature)
    if len(body) < SHORTEST or is_approved(draft, (*context.snippets, *context.statements)):
        return []
    people = {recent.to for recent in context.recent_replies if alike(body, _body(recent.text, context.signature))}
    if len(people) < OFTEN:
        return []
    return [
        Finding(
            span=None,
            message=rule.message("", context.agent_language),
            data={"kind": "repeat", "times": len(people) + 1},
        )
    ]


def alike(one: str, other: str) -> bool:
    return fuzz.ratio(one, other, score_cutoff=ALIKE) >= ALIKE


def is_approved(draft: str, wordings: Sequence[Wording]) -> bool:
    """Is the draft one of these wordings, give or take a name and a comma, or does it carry a statement's link?"""
    low = _body(draft, "")
    return any(alike(low, _body(wording.text, "")) or (wording.link and wording.link in draft) for wording in wordings)


def is_offered(draft: str, rule: Rule) -> bool:
    """Is it a wording that the rule itself suggests? Whoever takes the suggestion must not be stopped by it."""
    low = _body(draft, "")
    return any(alike(low, _body(offer, "")) for texts in rule.texts.values() for offer in texts.suggestions.values())


def _body(text: str, signature: str) -> str:
    """The text without greeting, name and signature."""
    low = fold(text).low.strip()
    signed = fold(signature).low.strip()
    if signed and low.endswith(signed):
        low = low[: -len(signed)].rstrip()
    return _CLOSING.sub("", _GREETING.sub("", low, count=1)).strip()
