"""Personal data in a text: what a draft gives away, and what it asks the customer to post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policies.lexicon import any_hit
from policies.patterns import hints, says
from policies.signs.contacts import contacts
from policies.signs.matters import matters
from policies.signs.numbers import Number, recognise, said_by_customer
from policies.text import Span, fold, sentences
from policies.verdict import Context, Turn

BLOCKING = frozenset({"national_number", "card"})
_PERSONAL = BLOCKING | {"national_like", "card_like", "account", "customer_number", "order_number", "birth_date"}

_TAIL = re.compile(
    r"\b(?:kort\w*|visa|mastercard|dankort|card|konto\w*|account|pass(?:et|port)?)\b.{0,30}"
    r"\b(?:slutar (?:på|med)|ender på|slutter på|som ender|ending(?: in)?|ends (?:in|with))\s*:?\s*(\d{4})\b"
)


# Beside these numbers an account is the one to pay into, and an address is in the organisation's letterhead.
_OURS = frozenset({"organisation", "giro"})
_PAYEE = re.compile(
    r"\b(?:bic|swift|payee|mottagare|mottaker|modtager|vårt konto|vår konto|vores konto|kontoen vår"
    r"|our (?:bank )?account"
    r"|(?:kommunens|kommunes?|bolagets|selskapets|selskabets|företagets|firmaets"
    r"|the council's|the company's) (?:bank ?)?(?:konto|account)"
    r"|betala till|betal til|indbetal\w*|innbetal\w*|inbetal\w*|bankoverførsel|banköverföring|bankoverføring"
    r"|pay (?:it )?(?:in)?to|från utlandet|fra utlandet|fra udlandet|from abroad)\b"
)


# "Svea i lägenhet 4", "Mrs Pell at number 9": a name and its door.
_AT_DOOR = re.compile(
    r"\b[A-ZÅÄÖÆØÉ][a-zåäöæøéü]{2,}(?: [A-ZÅÄÖÆØÉ][a-zåäöæøéü]+)? (?:i|på|at|in)"
    r" (?:nr\.?|nummer|number|no\.?|lägenhet|lgh|leilighet|lejlighed|flat|apartment) \d+"
)


# "Eva Nilsson är kund hos oss", "your neighbour Mr Jones", "the booking under Tom Reed": a full name and what it has to
# do with us.
_FULL_NAME = (
    r"(?!(?:Mina|Mine|Min|Mit|Mitt|My) )"
    r"(?:(?:Mr|Mrs|Ms|Herr|Fru|Hr) [A-Z]\w+|[A-ZÅÄÖÆØÉ][a-zåäöæøéü]+ [A-ZÅÄÖÆØÉ][a-zåäöæøéü]{2,})"
)
_CUSTOMER = re.compile(
    rf"\b{_FULL_NAME} (?:är|er|is|var|was|har varit|has been)(?: en| a)? (?:kund|kunde|customer|tenant|patient|elev)\b"
    rf"|\b(?:[Gg]ranne|[Nn]abo|[Nn]eighbour)\w*(?: (?:din|di|er))?,? {_FULL_NAME}"
    rf"|\b(?:[Kk]unden?|[Cc]ustomer|[Hh]yresgästen|[Ll]eietakeren|[Ll]ejeren|[Tt]enant)\b[^.!?]{{0,30}}"
    rf" (?:heter|hedder|is called|is) {_FULL_NAME}"
    rf"|\b(?:[Bb]ooking|[Bb]okning|[Bb]estilling|[Oo]rdre|[Oo]rder|[Rr]eservation)\w*\b[^.!?]{{0,24}}"
    rf" (?:under|för|for|til|på|i namnet|in the name of) {_FULL_NAME}"
)
_SOMEBODYS = re.compile(r"\b(?:din|ditt|dit|dine|your|hans|hennes|hendes|his|her account|their)\b")
_SHORT = 5  # digits of which an account has more than a bank's own clearing number, and a customer more than a price
_NEEDS_LENGTH = frozenset({"account", "customer_number"})


def _pays_us(low: str) -> bool:
    return bool(_PAYEE.search(low))


def given(draft: str, thread: Sequence[Turn], context: Context) -> tuple[tuple[str, Span], ...]:
    """Kind and place of each piece of personal data in the draft."""
    return _given(draft, said_by_customer(thread), context.language, context.own_contacts)


@lru_cache(maxsize=256)
def _given(
    draft: str, customer_text: str, language: str, own_contacts: tuple[str, ...]
) -> tuple[tuple[str, Span], ...]:
    return (
        *_numbers(draft, customer_text, own_contacts),
        *_places(draft, language, own_contacts, recognise(draft, customer_text)),
        *(("person", span) for span in matters(draft, customer_text)),
    )


def _numbers(draft: str, customer_text: str, own_contacts: tuple[str, ...]) -> Iterator[tuple[str, Span]]:
    folded = fold(draft)
    own = frozenset("".join(filter(str.isdigit, contact)) for contact in own_contacts)
    numbers = recognise(draft, customer_text)
    payee = _pays_us(folded.low) or any(number.kind in _OURS for number in numbers)
    for number in numbers:
        if number.kind in _NEEDS_LENGTH and len(number.digits) < _SHORT:
            continue
        if number.kind == "account" and payee and not _SOMEBODYS.search(folded.low):
            continue
        if number.kind in _PERSONAL and (number.kind in BLOCKING or number.digits not in own):
            yield number.kind, folded.span(*number.span)


def _places(
    draft: str, language: str, own_contacts: tuple[str, ...], numbers: Sequence[Number]
) -> Iterator[tuple[str, Span]]:
    """Contacts, the ends of cards, doors and customers by name."""
    folded = fold(draft)
    for contact in contacts(draft, language, own_contacts):
        if contact.private and not (contact.kind == "address" and any(each.kind == "organisation" for each in numbers)):
            yield contact.kind, folded.span(*contact.span)
    for found in _TAIL.finditer(folded.low):
        yield "card_tail", folded.span(*found.span(1))
    for found in _AT_DOOR.finditer(draft):
        yield "address", found.span()
    for found in _CUSTOMER.finditer(draft):
        yield "person", found.span()


# ── Asking the customer to post something ─────────────────────────────────────────────────────────────────────────────
_ASKED_FOR = (
    "asks_national_number",
    "asks_card",
    "asks_account",
    "asks_number",
    "asks_phone",
    "asks_email",
    "asks_address",
    "asks_health",
)
# Whose it is goes without saying.
_GRAVE = frozenset({"asks_national_number", "asks_card", "asks_account"})


@lru_cache(maxsize=256)
def asked(draft: str, before: str = "") -> tuple[tuple[str, Span], ...]:
    """What the draft asks the customer to post where everybody reads, with the sentence that asks.

    before: what was written last in the thread, which "yes, write it here" answers.
    """
    if not before and not hints("privacy", fold(draft).low).intersection(_ASKED_FOR):
        return ()
    elsewhere = any_hit(draft, "private_way")
    lows = [(fold(draft[slice(*span)]).low, span) for span in sentences(draft)]
    here = not elsewhere and (_agrees(draft, before) or any(_opens(low) for low, _ in lows))
    found = tuple((kind, span) for low, span in lows for kind in _asked_in(low, elsewhere=elsewhere, here=here))
    return found or (_pointed_at(lows, before) if here and before else ())


def _opens(low: str) -> bool:
    """Does the sentence ask to answer in the open?"""
    return _says(low, "ask") and _asks_here(low) and not _says(low, "not")


def _agrees(draft: str, before: str) -> bool:
    """The customer has asked whether to write it here, and the draft says yes."""
    return bool(before) and _says(fold(before).low, "offered") and _says(fold(draft).low, "agreed")


def _pointed_at(lows: list[tuple[str, Span]], before: str) -> tuple[tuple[str, Span], ...]:
    """ "Just write it here": what it is was said before."""
    kinds = _kinds(fold(before).low)[:1]
    return tuple((kind, span) for low, span in lows for kind in kinds if _says(low, "write") and _opens(low))


def _kinds(low: str) -> list[str]:
    return [kind for kind in _ASKED_FOR if _says(low, kind)]


def _asked_in(low: str, *, elsewhere: bool, here: bool) -> list[str]:
    """What one sentence asks for: the gravest kind, or nothing. here: the draft asks to answer in the open."""
    kinds = _kinds(low)
    if not kinds or not (_says(low, "ask") or here) or _says(low, "not"):
        return []
    openly = _asks_here(low)
    if _says(low, "elsewhere") and not (here and openly):
        return []
    if elsewhere and not openly:
        return []
    plainly = openly or here or kinds[0] in _GRAVE or _says(low, "yours") or _says(low, "write")
    return kinds[:1] if plainly else []


def _says(low: str, meaning: str) -> bool:
    return says("privacy", meaning, low)


def _asks_here(low: str) -> bool:
    """Written "here", it is asked in public even if a private way is named elsewhere; "not here, in DM" is not."""
    return _says(low, "here") and not any_hit(low, "private_way")
