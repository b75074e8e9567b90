"""The gate on threads that a person has tagged: decline or refer and add nothing, or carry an approved wording."""

from __future__ import annotations

from collections.abc import Sequence

from policies.lexicon import hits
from policies.matchers.phrases import phrases
from policies.matchers.repeat import is_approved, is_offered
from policies.matchers.risk import risk
from policies.rulebook import Rule
from policies.signs.acts import clauses, declines_or_refers, first_addition
from policies.signs.plain import only_declines
from policies.text import Span, fold
from policies.topics import GATES, passage, shipped, since_our_answer, understand
from policies.verdict import ActiveSituation, Context, Effect, Finding, Turn

GATING_SITUATIONS = frozenset({"embargo", "quiet"})


def gate(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """One finding where the thread is about the rule's topic and the draft says something about the matter.

    Whether it does, the models say, and without them the speech acts; a reply that only declines needs neither.
    On a thread without the topic: the models' view.

    settings: topic; reads = "matter" (decline or refer, add nothing), "others" (no judgement of another supplier) or
    "insides" (nothing of ours); only_under = "embargo" makes the finding an advice outside such a situation.
    """
    if only_declines(draft):
        return []
    if not _concerns(thread, draft, rule, context):
        found = risk(draft, thread, rule, context)
        return [] if found and _carries_approved(draft, rule, context) else found
    if _carries_approved(draft, rule, context):
        return []
    return [_finding(span, rule, context) for span in _said(draft, thread, rule, context)]


def _said(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Span | None]:
    """What the draft says of the matter: a passage, None for the whole, nothing if it says nothing."""
    read = _READERS[rule.settings.get("reads", "matter")](draft, rule, context)
    understood, models = understand(draft, tuple(thread), context), shipped()
    if understood is None or models is None:
        return [] if read is None else [None if read == _WHOLE else read]
    topic = rule.settings["topic"]
    if models.comments(understood, topic) < models.card["points"]["gate"][topic]:
        return []
    return [read if read and read != _WHOLE else passage(draft, GATES[topic])]


def _finding(span: Span | None, rule: Rule, context: Context) -> Finding:
    return Finding(
        span=span,
        message=rule.message("gate", context.agent_language),
        suggestion=rule.suggestion("", context.language),
        data={"kind": "gate", "topic": rule.settings["topic"]},
        effect=_effect(rule, context),
    )


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
    return is_offered(draft, rule) or is_approved(draft, (*context.snippets, *fitting))


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
