"""What we promise to do or say later, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from policies.matchers.risk import likely
from policies.rulebook import Rule
from policies.signs.due import due
from policies.signs.promised import promised
from policies.text import Span
from policies.topics import shipped
from policies.verdict import Context, Effect, Finding, Turn


def promises(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Each sentence in which we promise something for later; data: kind, due (ISO or "") and phrase.

    Where the models are asked they have the last word; what they alone see is placed on the likeliest sentence.
    """
    view = likely(draft, thread, rule.settings.get("risk", rule.code), context)
    if view is False:
        return []
    spans = promised(draft) or ([_likeliest(draft, rule)] if view else [])
    return [_finding(draft, span, rule, context) for span in spans]


def _likeliest(draft: str, rule: Rule) -> Span:
    models = shipped()
    span = models.passage(draft, rule.settings.get("risk", rule.code)) if models else None
    return span or (0, len(draft))


def _finding(draft: str, span: Span, rule: Rule, context: Context) -> Finding:
    phrase = draft[slice(*span)].strip()
    return Finding(
        span=span,
        message=rule.message("promise", context.agent_language),
        data={"kind": "promise", "due": _iso(due(phrase, context.at)), "phrase": phrase},
        effect=Effect.ADVISE,
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
