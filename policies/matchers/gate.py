"""The gate on threads that a person has tagged: decline or refer and add nothing, or carry an approved wording."""

from __future__ import annotations

from collections.abc import Sequence

from policies.lexicon import hits
from policies.matchers.phrases import phrases
from policies.matchers.repeat import is_approved
from policies.rulebook import Rule
from policies.signs.acts import clauses, declines_or_refers, first_addition
from policies.text import Span, fold
from policies.verdict import ActiveSituation, Context, Effect, Finding, Turn

GATING_SITUATIONS = frozenset({"embargo", "quiet"})


def since_our_answer(thread: Sequence[Turn]) -> list[Turn]:
    """The customer's messages that the draft answers: those after our last one."""
    last = max((place for place, turn in enumerate(thread) if turn.sender == "us"), default=-1)
    return list(thread[last + 1 :]) or list(thread)


def gate(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """One finding where the thread is about the rule's topic and the draft says something about the matter.

    settings: topic; reads = "matter" (decline or refer, add nothing), "others" (no judgement of another supplier) or
    "insides" (nothing of ours); only_under = "embargo" makes the finding an advice outside such a situation.
    """
    if not _concerns(thread, draft, rule, context) or _carries_approved(draft, rule, context):
        return []
    span = _READERS[rule.settings.get("reads", "matter")](draft, rule, context)
    if span is None:
        return []
    return [
        Finding(
            span=span if span != _WHOLE else None,
            message=rule.message("gate", context.agent_language),
            suggestion=rule.suggestion("", context.language),
            data={"kind": "gate", "topic": rule.settings["topic"]},
            effect=_effect(rule, context),
        )
    ]


_WHOLE = (-1, -1)


def _effect(rule: Rule, context: Context) -> Effect | None:
    needed = rule.settings.get("only_under")
    if not needed or any(situation.kind == needed and _about(situation, rule) for situation in context.situations):
        return None
    return Effect.ADVISE


def _about(situation: ActiveSituation, rule: Rule) -> bool:
    return rule.settings["topic"] in situation.topics


def _concerns(thread: Sequence[Turn], draft: str, rule: Rule, context: Context) -> bool:
    return context.topic == rule.settings["topic"] or _under_terms(thread, draft, rule, context)


def _under_terms(thread: Sequence[Turn], draft: str, rule: Rule, context: Context) -> bool:
    """Is one of an embargo's or a quiet period's words in what the customer asks or in the draft?"""
    terms = {
        term
        for situation in context.situations
        if situation.kind in GATING_SITUATIONS and _about(situation, rule)
        for term in situation.terms
    }
    if not terms:
        return False
    low = fold("\n".join([*(turn.text for turn in since_our_answer(thread)), draft])).low
    return any(fold(term).low in low for term in terms)


def _carries_approved(draft: str, rule: Rule, context: Context) -> bool:
    topic = rule.settings["topic"]
    fitting = [wording for wording in context.statements if not wording.topics or topic in wording.topics]
    return is_approved(draft, (*context.snippets, *fitting))


def _says_of_the_matter(draft: str, rule: Rule, context: Context) -> Span | None:
    if not declines_or_refers(draft):
        return _WHOLE
    return first_addition(draft)


def _judges_others(draft: str, rule: Rule, context: Context) -> Span | None:
    """The first clause that says something bad and has not us as its subject."""
    for clause in clauses(draft):
        found = hits(draft[slice(*clause.span)])
        if "judgements" in found and not clause.declines:
            return clause.span
    return None


def _shows_our_insides(draft: str, rule: Rule, context: Context) -> Span | None:
    own = phrases(draft, (), rule, context)
    if own and own[0].span:
        return own[0].span
    for clause in clauses(draft):
        if "insider" in hits(draft[slice(*clause.span)]) and not clause.declines:
            return clause.span
    return None


_READERS = {"matter": _says_of_the_matter, "others": _judges_others, "insides": _shows_our_insides}
