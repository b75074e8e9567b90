"""Personal data where bystanders read along."""

from __future__ import annotations

from collections.abc import Sequence

from policies.matchers.risk import risk
from policies.rulebook import Rule
from policies.signs.personal import BLOCKING, asked, given
from policies.text import Span
from policies.verdict import Context, Effect, Finding, Turn


def privacy(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Personal data in a draft, else the models' view (health, debts).

    Private drafts are free unless the rule's settings say `private` = "national".
    """
    if context.visibility != "public" and rule.settings.get("private") != "national":
        return []
    found = [*given(draft, thread, context), *asked(draft, _before(thread))]
    if context.visibility != "public":
        found = [(kind, span) for kind, span in found if kind in BLOCKING or kind == "asks_national_number"]
    findings = [_finding(kind, span, rule, context) for kind, span in found]
    return findings or (risk(draft, thread, rule, context) if context.visibility == "public" else [])


def _before(thread: Sequence[Turn]) -> str:
    """Our last question and what the customer said to it."""
    return "\n".join(turn.text for turn in thread[-2:])


def _finding(kind: str, span: Span, rule: Rule, context: Context) -> Finding:
    blocks = kind in BLOCKING or kind in ("asks_national_number", "asks_card")
    return Finding(
        span=span,
        message=rule.message(kind, context.agent_language),
        suggestion=rule.suggestion(kind, context.language),
        data={"kind": kind},
        effect=None if blocks else Effect.WARN,
    )
