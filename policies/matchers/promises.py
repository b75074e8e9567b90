"""What we promise to do or say later, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from policies.rulebook import Rule
from policies.signs.due import due
from policies.signs.promised import promised
from policies.text import Span
from policies.verdict import Context, Effect, Finding, Turn


def promises(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Each sentence in which we promise something for later; data: kind, due (ISO or "") and phrase."""
    return [_finding(draft, span, rule, context) for span in promised(draft)]


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
