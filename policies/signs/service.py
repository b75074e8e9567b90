"""Does a reply point to customer service: its people, its pages, its phone?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from policies.lexicon import hits
from policies.signs.contacts import contacts
from policies.signs.numbers import overlaps, recognise
from policies.text import Span, fold, sentences
from policies.verdict import Context

# Any number that is written like a phone, or named as one. The emergency numbers and the doctor's are no customer
# service; "desks 14-20" and "22 000 of you" are no phones, and 09000 is one in Norway.
_OTHERS = r"(?:112|110|113|116|118|999|911|114|111|1177|1813|116117)"
_PHONE_LIKE = re.compile(
    rf"(?<![\w.,/:-])(?!{_OTHERS}\b)(?!\d{{1,3}} 000\b(?! \d))(?!\d\d-\d\d\b(?!-\d))"
    r"(?:\d{2,4}(?:[ -]\d{2,3}){1,4}|0\d{4})(?![\w%]|[.,:]\d)"
)
_NAMED = re.compile(
    r"\b(?:ring(?:er|a|e|t|s)?|call|phone|dial|telefon\w*|tlf\.?|nummer\w*|number|växel\w*|slå"
    r"|nå oss|nås|når (?:oss|du|ni)|tast|sms\w*|kundeservice|kundservice|kundtjänst|customer service|knappval)"
    rf"\s+(?:\w+\s+){{0,3}}?(?!{_OTHERS}\b)\d{{1,6}}\b"
)
_AMOUNT = frozenset({"price", "date", "amount"})
# "You need not call customer service": named, but the customer is sent away from it.
_AWAY = re.compile(
    r"\b(?:inte|ikke|not|don't|needn't|no need|no point|never|aldrig|aldri|slipper|undgå|unngå|undvik|avoid"
    r"|istället för|i stället för|i stedet for|instead of|ingen idé|ingen vits|nytter ikke)\b(?: \w+){0,4} ?$"
)


def points_to_service(draft: str, context: Context) -> bool:
    low = fold(draft).low
    targets = [target.text for situation in context.situations for target in situation.targets]
    if any(fold(target).low in low for target in (*targets, *context.own_contacts) if target):
        return True
    return points(draft, context.language)


@lru_cache(maxsize=256)
def points(draft: str, language: str) -> bool:
    """Does the text itself point there, whatever the incident offers?"""
    places = [*hits(draft).get("customer_service", ()), *_contact_places(draft, language)]
    return any(not _sent_away(draft, place) for place in places)


def _contact_places(draft: str, language: str) -> Iterator[Span]:
    folded = fold(draft)
    for contact in contacts(draft, language):
        if not contact.private:
            yield folded.span(*contact.span)
    numbers = recognise(draft)
    yield from (folded.span(*number.span) for number in numbers if number.kind == "link")
    amounts = [number.span for number in numbers if number.kind in _AMOUNT]
    for found in (*_PHONE_LIKE.finditer(folded.low), *_NAMED.finditer(folded.low)):
        if not any(overlaps(found.span(), amount) for amount in amounts):
            yield folded.span(*found.span())


def _sent_away(draft: str, place: Span) -> bool:
    begin = next((start for start, end in sentences(draft) if start <= place[0] < end), 0)
    return bool(_AWAY.search(fold(draft[begin : place[0]]).low))
