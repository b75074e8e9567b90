"""During an outage the reply points to customer service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policies.lexicon import hits
from policies.matchers.contacts import contacts
from policies.matchers.numbers import recognise
from policies.rulebook import Rule
from policies.text import Span, fold, sentences
from policies.verdict import Context, Finding, ReferralTarget, Turn

# Short numbers ("ring 90200") and service numbers that no number plan groups.
_SHORT = re.compile(
    r"\b(?:ring\w*|call\w*|phone|telefon\w*|tlf\.?|på|on|at|nummer\w*|number|växel\w*|slå|nå\w*|sms\w*)\s+(?:\w+\s+){0,2}?"
    r"(?:0[278]0[- ]?\d|1\d{2,4}\b|[0-9]{2} ?[0-9]{3}\b|0\d{4}\b|\d{2,4}[- ]\d{2,3}[ -]\d{2})"
)
# "You need not call customer service": named, but the customer is sent away from it.
_AWAY = re.compile(
    r"\b(?:inte|ikke|not|don't|needn't|no need|no point|never|aldrig|aldri|slipper|undgå|unngå|undvik|avoid|istället för"
    r"|i stället för|i stedet for|instead of|ingen idé|ingen vits|nytter ikke)\b(?: \w+){0,4} ?$"
)


def outage(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """One finding on the whole draft if the thread is under an outage and the draft points nowhere.

    The suggestion is the sentence to add (data["append"]): one key adds it and sends.
    """
    if not context.incident or points_to_service(draft, context):
        return []
    return [
        Finding(
            span=None,
            message=rule.message("", context.agent_language),
            suggestion=_referral(rule, context),
            data={"kind": "no_referral", "append": True},
        )
    ]


def points_to_service(draft: str, context: Context) -> bool:
    low = fold(draft).low
    targets = [target.text for situation in context.situations for target in situation.targets]
    if any(fold(target).low in low for target in (*targets, *context.own_contacts) if target):
        return True
    return _points(draft, context.language)


@lru_cache(maxsize=256)
def _points(draft: str, language: str) -> bool:
    places = [*hits(draft).get("customer_service", ()), *_contact_places(draft, language)]
    return any(not _sent_away(draft, place) for place in places)


def _contact_places(draft: str, language: str) -> Iterator[Span]:
    folded = fold(draft)
    for contact in contacts(draft, language):
        if not contact.private:
            yield folded.span(*contact.span)
    for number in recognise(draft):
        if number.kind == "link":
            yield folded.span(*number.span)
    for found in _SHORT.finditer(folded.low):
        yield folded.span(*found.span())


def _sent_away(draft: str, place: Span) -> bool:
    begin = next((start for start, end in sentences(draft) if start <= place[0] < end), 0)
    return bool(_AWAY.search(fold(draft[begin : place[0]]).low))


def _referral(rule: Rule, context: Context) -> str:
    """The sentence to add, with the target the incident offers in the thread's language, else the rule's own."""
    target = _target(context)
    sentence = rule.suggestion("target", context.language) if target else ""
    return sentence.replace("{target}", target.text) if target and sentence else rule.suggestion("", context.language)


def _target(context: Context) -> ReferralTarget | None:
    offered = [target for situation in context.situations if situation.kind == "outage" for target in situation.targets]
    fitting = [target for target in offered if target.language in ("", context.language)]
    return next(iter(fitting or offered), None)
