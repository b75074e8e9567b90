"""Personal data where bystanders read along."""

from __future__ import annotations

from collections.abc import Sequence

from policies.matchers.risk import probability, risk
from policies.rulebook import Rule
from policies.signs.personal import BLOCKING, asked, given
from policies.text import Span
from policies.verdict import Context, Effect, Finding, Turn

# Below it the models see next to nothing personal. Of what the words told there, by authors nobody had read, none of
# fifteen was ("the parking line, 33 10 44 44"); what blocks is never left to them.
_NEXT_TO_NONE = 0.2


def privacy(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Personal data in a draft, else the models' view (health, debts).

    Private drafts are free unless the rule's settings say `private` = "national".
    """
    if context.visibility != "public" and rule.settings.get("private") != "national":
        return []
    found = [*given(draft, thread, context), *asked(draft, _before(thread))]
    if context.visibility != "public":
        found = [(kind, span) for kind, span in found if kind in BLOCKING or kind == "asks_national_number"]
    elif _is_doubted(draft, thread, rule, context):
        found = [(kind, span) for kind, span in found if _blocks(kind)]
    findings = [_finding(kind, span, rule, context) for kind, span in found]
    return findings or (risk(draft, thread, rule, context) if context.visibility == "public" else [])


def _is_doubted(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> bool:
    share = probability(draft, thread, rule, context)
    return share is not None and share < _NEXT_TO_NONE


def _blocks(kind: str) -> bool:
    return kind in BLOCKING or kind in ("asks_national_number", "asks_card")


def _before(thread: Sequence[Turn]) -> str:
    """Our last question and what the customer said to it."""
    return "\n".join(turn.text for turn in thread[-2:])


def _finding(kind: str, span: Span, rule: Rule, context: Context) -> Finding:
    return Finding(
        span=span,
        message=rule.message(kind, context.agent_language),
        suggestion=rule.suggestion(kind, context.language),
        data={"kind": kind},
        effect=None if _blocks(kind) else Effect.WARN,
    )
