"""What we promise to do or say later, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from policies.matchers.risk import likely, probability, trained_rule
from policies.rulebook import Rule
from policies.signs.due import due
from policies.signs.promised import outright, promised
from policies.text import Span
from policies.topics import passage
from policies.verdict import Context, Effect, Finding, Turn

# Below it the models see next to no promise. Of what is said outright there, six in seven were none ("Ring us, and
# somebody will sit there till nine"); above it, two in three were.
_NEXT_TO_NONE = 0.12


def promises(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Each sentence in which we promise something for later; data: kind, due (ISO or "") and phrase.

    Where the models see no promise, only what is said outright counts, and that only where they see a little of one;
    what they alone see is placed on the likeliest sentence.
    """
    return [_finding(draft, span, rule, context) for span in _spans(draft, thread, rule, context)]


def _spans(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> Sequence[Span]:
    share = probability(draft, thread, rule, context)
    if share is None:
        return promised(draft)
    if likely(draft, thread, rule, context):
        return promised(draft) or [_likeliest(draft, rule)]
    return outright(draft) if share >= _NEXT_TO_NONE else ()


def _likeliest(draft: str, rule: Rule) -> Span:
    return passage(draft, trained_rule(rule)) or (0, len(draft))


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
