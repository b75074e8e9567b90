"""What we promise to do or say later, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from policies.matchers.risk import likely
from policies.rulebook import Rule
from policies.signs.due import due
from policies.signs.promised import outright, promised
from policies.text import Span
from policies.topics import passage
from policies.verdict import Context, Effect, Finding, Turn


def promises(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Each sentence in which we promise something for later; data: kind, due (ISO or "") and phrase.

    Where the models see no promise, only what is said outright counts; what they alone see is placed on the likeliest
    sentence.
    """
    view = likely(draft, thread, rule.settings.get("risk", rule.code), context)
    spans = outright(draft) if view is False else promised(draft)
    if view and not spans:
        spans = (_likeliest(draft, rule),)
    return [_finding(draft, span, rule, context) for span in spans]


def _likeliest(draft: str, rule: Rule) -> Span:
    return passage(draft, rule.settings.get("risk", rule.code)) or (0, len(draft))


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
