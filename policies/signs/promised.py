"""Sentences in which we promise something for later."""

from __future__ import annotations

import re
from functools import lru_cache

from policies.patterns import hints, pattern, places, says
from policies.signs.due import due
from policies.text import Span, fold, sentences

# Where a sentence goes on with another statement; "så fort" and "så snart" belong to what they time.
_TURN = re.compile(
    r"\s*(?:[,;:–—(]|\s-\s|(?<!\w)(?:och|og|and|så(?! fort| snart| hurtig| at\b)|so|men|but|då|then)(?!\w))\s*"
)
# English "i" is also a Nordic preposition: it is a person only before these.
_SUBJECT = re.compile(
    r"(?<!\w)(?:(?P<ours>jag|vi|jeg|we|we'll|we're|we've|i'll|i'm|i've|i(?= (?:will|am|shall|have|promise|personally)))"
    r"|you|you'll|you'd|du|ni|dere|they|they'll|he|she|de|han|hon|hun|it|det|den|der|som|who|man)(?!\w)"
)
_INVERTED = re.compile(r"\s*(?:jag|vi|jeg)(?!\w)")
# An unspoken "I": "Kollar och hör av mig", "Will check". The imperative speaks to the customer and ends otherwise,
# but for a few.
_UNSPOKEN = re.compile(
    r"(?!(?:spør|hør|gjør|gør|kjør|kør|lær|prøver|her|där|der|når|när|hur|eller|efter|etter|över|over)\b)"
    r"(?:\w+r\b|ska\b|skal\b|will\b|\w{3,}ing\b)"
)
# What sounds like the verb of an unspoken "I" and speaks to the customer.
_IMPERATIVE = re.compile(r"(?:fråga|spør|spørg|kolla|hør|hör|ta|tag|ask|check|look)(?!\w)")
_NOT = re.compile(
    r"(?<!\w)(?:inte|ikke|not|won't|can't|cannot|unable|ej|don't|aldrig|aldri|kunne|kunde|har|have|has|i've|we've|hade"
    r"|havde|hadde|did|redan|allerede|already|would|ville|skulle|without|utan att|uden at|uten å|hvem|who|vem)(?!\w)"
)
# Behind the verb: denied ("kommer vi ikke"), or only offered ("svarer vi dig gerne").
_DENIED = re.compile(r"(?: (?:jag|vi|jeg|os|oss|mig|meg|dig|deg))* (?:inte|ikke|not|ej|gerne|gjerne|gärna)\b")
_MAY = re.compile(r"(?<!\w)(?:kan|can|may|might|must|kunna|kunne|när|når|if|om|hvis)(?!\w)")
_OPENING = re.compile(
    r"(?:[^,!.]{1,20}[,!] )?"
    r"(?:(?:just|bare|bara|please|så|so|da|då|then|gerne|gärna|gjerne|endelig|or|ja|ok|og|och|and) )*"
)
_PROMISING = frozenset({"contact", "expect", "seek", "settle", "solemn", "word", "work", "sent", "visits"})
_NEAR = 18  # characters before a verb in which a negation or a past tense speaks of it
_LEAD = 16  # characters of a clause after which a verb no longer has the subject of the clause before
_TODAY = re.compile(r"(?<!\w)(?:i ?dag|today|nu|nå|now)(?!\w)")
_FUTURE = re.compile(
    r"(?<!\w)(?:(?:jag|vi|jeg) (?:\w+ )?(?:ska|skal|kommer att|kommer til å|kommer til at|vil) (?:\w+ )?(?P<will>\w+)"
    r"|(?:jag|vi|jeg) (?:selv |själv |också |også |gärna |gerne |gjerne |lige |imens )?(?P<present>\w{2,}r)"
    r"|(?P<inverted>\w{2,}r) (?:jag|vi|jeg)"
    r"|(?:i|we)(?:'ll| will|'m going to|'re going to| shall) (?:\w+ly |just |also )?(?P<english>\w+)"
    r"|(?:i'm|we're|i am|we are) (?:\w+ly |just |also )?(?P<going>\w{2,}ing))(?!\w)"
)


@lru_cache(maxsize=256)
def promised(draft: str) -> tuple[Span, ...]:
    """Places of the sentences that promise."""
    return tuple(_trimmed(draft, span) for span in sentences(draft) if _promises(draft[slice(*span)]))


@lru_cache(maxsize=256)
def outright(draft: str) -> tuple[Span, ...]:
    """Places of those that say outright that the customer will hear from us: no other reading is left."""
    return tuple(span for span in promised(draft) if _is_outright(draft[slice(*span)]))


def _trimmed(draft: str, span: Span) -> Span:
    text = draft[slice(*span)]
    return span[0] + len(text) - len(text.lstrip()), span[0] + len(text.rstrip())


def _says(meaning: str, low: str) -> bool:
    return says("promises", meaning, low)


@lru_cache(maxsize=256)
def _read(sentence: str) -> str:
    """The sentence folded, without what the customer is asked to do and without what always holds."""
    low = fold(sentence).low.strip()
    return _ours_only(pattern("promises", "customer").sub(" … ", low) if _says("customer", low) else low)


def _promises(sentence: str) -> bool:
    low = _read(sentence)
    if low.endswith("?") or not (hints("promises", low) & _PROMISING or _FUTURE.search(low)):
        return False
    timed = _is_timed(low)
    if _says("solemn", low) or (timed and (_says("word", low) or _works(low))):
        return True
    if _asks_first(sentence):
        return timed and (_reaches(low) or _visits(low))
    return _says("expect", low) or _reaches(low) or (timed and (_acts(low) or _sends(low) or _visits(low)))


def _is_outright(sentence: str) -> bool:
    low = _read(sentence)
    reached = _says("solemn", low) or _says("expect", low) or _ours_do("contact", low)
    return (reached and not _asks_first(sentence)) or _visits(low) or (_is_dated(low) and _acts(low))


def _is_timed(low: str) -> bool:
    return due(low, None) is not None or _says("event", low)


def _asks_first(sentence: str) -> bool:
    """ "Write to us and we'll see": owed only once the customer has written, unless a time is named."""
    low = _OPENING.sub("", fold(sentence).low.strip())
    return bool(pattern("promises", "sends").match(low))


def _works(low: str) -> bool:
    """Work that will be done; neither denied nor merely possible."""
    return any(
        not (_NOT.search(near) or _MAY.search(near))
        for found in places("promises", "work", low)
        for near in (low[max(0, found.start() - _NEAR) : found.start()],)
    )


def _ours_only(low: str) -> str:
    """Without the parts that tell of a general practice."""
    return ",".join(part for part in low.split(",") if not _says("habit", part)) if _says("habit", low) else low


def _reaches(low: str) -> bool:
    """One of us reaches the customer, goes and asks, or puts something right: owed whenever it is said."""
    settles = any(not _denied(low, found) for found in places("promises", "settle", low))
    return settles or _ours_do("contact", low) or _ours_do("seek", low)


def _ours_do(meaning: str, low: str) -> bool:
    """Has a verb of this meaning one of us as its subject?"""
    if meaning not in hints("promises", low):
        return False
    ours = False
    for place, clause in enumerate(filter(None, _TURN.split(low))):
        ours = ours if place else bool(_UNSPOKEN.match(clause))
        if any(_is_ours(clause, found, ours) for found in _meant(meaning, clause)):
            return True
        ours = _who(clause, carried=ours)
    return False


def _meant(meaning: str, low: str) -> list[re.Match[str]]:
    return [found for found in places("promises", meaning, low) if not _denied(low, found)]


def _denied(low: str, found: re.Match[str]) -> bool:
    """Denied, or past."""
    near = low[max(0, found.start() - _NEAR) : found.start()]
    return bool(_NOT.search(near) or _DENIED.match(low[found.end() :]))


def _who(clause: str, *, carried: bool) -> bool:
    """Is the subject that the next clause may leave unsaid one of us?"""
    subjects = list(_SUBJECT.finditer(clause))
    return bool(subjects[0]["ours"]) if subjects else carried


def _is_ours(clause: str, found: re.Match[str], carried: bool) -> bool:
    """Has the verb one of us as its subject: the nearest before it, the one right behind, or the one carried over?"""
    before = list(_SUBJECT.finditer(clause[: found.start()]))
    if _INVERTED.match(clause[found.end() :]) or any(each["ours"] for each in _SUBJECT.finditer(found.group())):
        return True
    if before:
        return bool(before[-1]["ours"])
    return carried and found.start() <= _LEAD and not _IMPERATIVE.match(found.group())


def _is_dated(low: str) -> bool:
    """Is a time to come named? "Today" and "now" may be what is."""
    return due(_TODAY.sub(" ", low), None) is not None


def _is_later(low: str) -> bool:
    return _is_dated(low) or _says("event", _TODAY.sub(" ", low))


def _acts(low: str) -> bool:
    """One of us does something at a time to come; how things are is no act."""
    return _is_later(low) and any(
        not pattern("promises", "state").fullmatch(next(filter(None, found.groups()))) and not _denied(low, found)
        for found in _FUTURE.finditer(low)
    )


def _sends(low: str) -> bool:
    """Somebody of ours does something at a time to come."""
    return _is_later(low) and _says("sent", low)


def _visits(low: str) -> bool:
    """Somebody reaches the customer at a time to come; a stranger would not be announced so."""
    return _is_dated(low) and _says("visits", low)
