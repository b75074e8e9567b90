"""Shouting, swearing and insults."""

from __future__ import annotations

from collections.abc import Sequence

from policies.rulebook import Rule
from policies.signs.loud import heard
from policies.verdict import Context, Finding, Turn


def tone(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Findings of the kinds shouting, swearing and insult, each with its passage."""
    return [
        Finding(
            span=span,
            message=rule.message(kind, context.agent_language),
            suggestion=rule.suggestion(kind, context.language),
            data={"kind": kind},
        )
        for kind, span in heard(draft)
    ]
