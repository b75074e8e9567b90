"""Shouting, swearing and insults."""

from __future__ import annotations

from collections.abc import Sequence

from policies.matchers.risk import likely, risk
from policies.rulebook import Rule
from policies.signs.loud import heard
from policies.text import Span
from policies.verdict import Context, Finding, Turn


def tone(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Findings of the kinds shouting, swearing and insult, each with its passage; else the models' view.

    An insult is a matter of what it is said of: where the models see none at all, a word from the list is let be.
    """
    found = heard(draft)
    if likely(draft, thread, rule, context) is False:
        found = tuple((kind, span) for kind, span in found if kind != "insult")
    return _findings(found, rule, context) or risk(draft, thread, rule, context)


def _findings(found: Sequence[tuple[str, Span]], rule: Rule, context: Context) -> list[Finding]:
    return [
        Finding(
            span=span,
            message=rule.message(kind, context.agent_language),
            suggestion=rule.suggestion(kind, context.language),
            data={"kind": kind},
        )
        for kind, span in found
    ]
