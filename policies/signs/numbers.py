"""Which number is what: national numbers and cards, and the many harmless ones that must be told apart from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from policies.text import Span, fold
from policies.verdict import Turn


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text. `span` is its place in the folded text, `digits` its digits alone.

    kind: national_number, national_like (the form of one, but its check digit is wrong), card, card_like (the same of a
    card), account, customer_number, order_number, birth_date; or one that is nobody's secret: case, parcel,
    organisation, giro, item, date, price, amount, link.
    """

    kind: str
    span: Span
    digits: str


# ── The shapes of national numbers ────────────────────────────────────────────────────────────────────────────────────
_EDGE = r"(?<![\w+#])(?<!\d[.,/:-])"
_END = r"(?!\w)(?![.,/:-]\d)"
# Six digits (or eight, with the century, or three pairs) and four: Sweden's and Denmark's.
_TEN = re.compile(rf"{_EDGE}((?:19|20)?\d\d([ .-]?)\d\d\2\d\d)(\s?[-+]\s?|\s?)(\d{{4}}){_END}")
# Six digits (or three pairs) and five: Norway's.
_ELEVEN = re.compile(rf"{_EDGE}(\d\d([ .]?)\d\d\2\d\d)(\s?-?\s?)(\d{{5}}|\d{{3}} \d\d){_END}")
_NATIONAL_WORD = re.compile(
    r"person(?:nummer|numret|nr|numre)|\bp(?:ers)?nr\b|samordningsnummer|födelsen(?:ummer|r)|fødsels(?:nummer|nr|numre)"
    r"|\bf\.?nr\b|d-nummer|\bcpr\b|cpr-?n|national id|\bid[- ]?(?:number|nummer|nr)\b|social security|\bssn\b"
    r"|(?:personal|identity) (?:identity )?number"
)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_day(two_digit_year: str, month: int, day: int) -> bool:
    """Does such a day exist in either century? 29 February is why the century matters."""
    year = int(two_digit_year)
    return _is_date(1900 + year, month, day) or _is_date(2000 + year, month, day)


def luhn(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _weighted(digits: str, weights: Sequence[int]) -> bool:
    return sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 11 == 0


def is_swedish(digits: str) -> bool:
    """Personnummer or samordningsnummer (day + 60), ten digits, with its Luhn digit."""
    return _swedish_day(digits) and luhn(digits)


def _swedish_day(digits: str) -> bool:
    day = int(digits[4:6])
    return _is_day(digits[:2], int(digits[2:4]), day - 60 if day > 60 else day)


def is_norwegian(digits: str) -> bool:
    """Fødselsnummer or D-number (day + 40), eleven digits, with both check digits. Test persons: month + 40 or 80."""
    return norwegian_day(digits) and (
        _weighted(digits[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) and _weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    )


def norwegian_day(digits: str) -> bool:
    day, month = int(digits[:2]), int(digits[2:4])
    return _is_day(digits[4:6], month % 40 if month > 40 else month, day - 40 if day > 40 else day)


def is_danish(digits: str) -> bool:
    """CPR number, ten digits. Numbers given out since 2007 carry no check digit, so a valid date is all there is."""
    return _is_day(digits[4:6], int(digits[2:4]), int(digits[:2]))


def danish_check(digits: str) -> bool:
    return _weighted(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


def _called_national(low: str, start: int, end: int) -> bool:
    return bool(_NATIONAL_WORD.search(low[max(0, start - 32) : start]) or _NATIONAL_WORD.search(low[end : end + 24]))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What speaks for a number being a national one, beside its value."""

    joined: str  # what stands before the last four or five
    called: bool  # a word such as personnummer is near
    repeated: bool  # the customer has written the same digits
    labelled: bool  # stands behind the name of another kind of number


def _ten_kind(digits: str, shape: _Shape) -> str:
    """Kind of a number with ten or twelve digits, "" if it is not a national number."""
    short = digits[-10:]
    vouched = shape.called or shape.repeated
    if shape.labelled and not vouched:
        return ""
    if is_swedish(short) and (vouched or shape.joined or len(digits) == 12):
        return "national_number"
    if len(digits) == 10 and _is_cpr(digits, vouched=vouched, joined=shape.joined):
        return "national_number"
    hyphened = "-" in shape.joined and _swedish_day(short)
    return "national_like" if shape.called or hyphened else ""


def _is_cpr(digits: str, *, vouched: bool, joined: str) -> bool:
    return is_danish(digits) and (vouched or "-" in joined or (bool(joined) and danish_check(digits)))


def _eleven_kind(digits: str, shape: _Shape) -> str:
    vouched = shape.called or shape.repeated
    if shape.labelled and not vouched:
        return ""
    if is_norwegian(digits):
        return "national_number"
    return "national_like" if norwegian_day(digits) and (vouched or shape.joined) else ""


# Britain's national insurance number; QQ stands for one in examples.
_NINO = re.compile(r"(?<![\w-])[a-ceghj-prq-tw-z][a-ceghj-nprq-tw-z] ?\d\d ?\d\d ?\d\d ?[a-d](?!\w)")

_Kind = Callable[[str, _Shape], str]
_NATIONAL_SHAPES: tuple[tuple[re.Pattern[str], _Kind], ...] = ((_TEN, _ten_kind), (_ELEVEN, _eleven_kind))


def _nationals(low: str, customer_digits: str) -> Iterator[Number]:
    for pattern, kind_of in _NATIONAL_SHAPES:
        for found in pattern.finditer(low):
            digits = _digits(found.group())
            shape = _Shape(
                joined=found.group(3),
                called=_called_national(low, *found.span()),
                repeated=digits[-10:] in customer_digits,
                labelled=bool(_LABEL_BEFORE.search(low[: found.start()])),
            )
            if kind := kind_of(digits, shape):
                yield Number(kind, found.span(), digits)
    for found in _NINO.finditer(low):
        yield Number("national_number", found.span(), _digits(found.group()))


# ── Cards ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
_CARD = re.compile(rf"{_EDGE}(?:\d{{4}}([ -]?)\d{{4}}\1\d{{4}}\1\d{{1,7}}|3\d{{3}}([ -]?)\d{{6}}\2\d{{5}}){_END}")
_CARD_START = re.compile(r"4|5[0-9]|2[2-7]|3[47]|6(?!00)|30|36|38")


_CARD_DIGITS = 16
_CALLED_CARD = re.compile(
    r"\b(?:(?:bank|visa)?kort(?:et|numret|nummeret|nummer|nr)?|visa|mastercard|dankort|card)\W{0,3}(?:no\W*)?$"
)


def _cards(low: str) -> Iterator[Number]:
    for found in _CARD.finditer(low):
        digits = _digits(found.group())
        labelled = _LABEL_BEFORE.search(low[: found.start()])
        if 13 <= len(digits) <= 19 and _CARD_START.match(digits) and luhn(digits) and not labelled:
            yield Number("card", found.span(), digits)
        elif len(digits) == _CARD_DIGITS and _CALLED_CARD.search(low[: found.start()]):
            yield Number("card_like", found.span(), digits)


# ── Numbers that say themselves what they are ─────────────────────────────────────────────────────────────────────────
_LABELS = {
    "organisation": r"org(?:anisations|anisasjons)?[. -]?(?:nr|nummer|numret|nummeret|no)|cvr(?:[- ]?(?:nr|nummer))?"
    r"|vat(?: no| number)?|moms(?:registrerings)?(?:nr|nummer)|foretaksnummer|company (?:registration )?(?:no|number)",
    "giro": r"bank ?giro(?:t|nummer)?|plus ?giro(?:t)?|post ?giro|bg|pg|ocr(?:[- ]?(?:nr|nummer|numret))?"
    r"|kid(?:[- ]?(?:nr|nummer|nummeret))?|betalings-?id|fi[- ]?(?:nr|nummer|kreditor)"
    r"|swish(?:[- ]?(?:nr|nummer|till))?|vipps(?: til)?|mobilepay",
    "item": r"art(?:ikel|ikkel)?[. -]?(?:nr|nummer|numret)?|var[eu](?:nr|nummer)|mod[e]?ll?(?:en|nummer|nr)?"
    r"|item(?: no| number)?|product (?:code|no|number)|serie(?:nr|nummer)|serial(?: no| number)?|ean|isbn|sku|gtin"
    r"|versi?on|rom|rum|room|linje|line|buss(?:en)?|flight|side|sida|page|paragraf|§|kapittel|kapitel|kampanj\w*kod",
    "case": r"ärende(?:t|nr|nummer|numret|id)?|diarien(?:ummer|r)|dnr|sak(?:s)?[- ]?(?:nr|nummer|en|id)?"
    r"|sag(?:s)?[- ]?(?:nr|nummer|en|id)|journal(?:nr|nummer)|case(?: no| number| ref| id)?|refe?rens(?:nr|nummer)?"
    r"|refer[ae]n[sc]e(?:nr|nummer| no| number)?|ref|felanmäl\w*|feilmelding\w*|fejlmelding\w*|report(?: no| number)?",
    "order_number": r"ordren?(?:r|nr|nummer|nummeret)?|order(?:n|nr|nummer|numret|-id| no| number| id)?"
    r"|beställning(?:en|snr|snummer)?|bestilling(?:en|snr|snummer)?|bokning(?:en|snr|snummer|snumret)?"
    r"|booking(?:en|nr|nummer|snr|snummer|s? (?:no|number|reference|ref))?|reserv(?:ation|asjon)(?:en|snr|snummer)?"
    r"|reservation(?: no| number)?",
    "parcel": r"kolli(?:nr|nummer|-?id)?|paket(?:et|nr|nummer|-?id)?|pakke(?:n|nr|nummer|-?id)?|sendings(?:nr|nummer)"
    r"|forsendelse(?:n|snr|snummer)?|försändelse(?:n|nummer)?|tracking(?: no| number| id)?|spårnings\w+|sporings\w+"
    r"|faktura(?:n|en|nr|nummer|numret)?|regning(?:en)?|invoice(?: no| number)?|parcel(?: no| number)?",
    "customer_number": r"pas(?:nr|nummer)?|pass(?:et|nr|nummer|port)?(?: no| number)?"
    r"|kund(?:nr|nummer|numret|id)|kunde(?:nr|nummer|nummeret|id)|customer (?:no|number|id)"
    r"|medlems?(?:nr|nummer|numret)|member(?:ship)? (?:no|number)|abonnemang(?:snr|snummer)?|abonnement(?:snr|snummer)?"
    r"|avtal(?:et|s?(?:nr|nummer|numret|id))?|avtale(?:n|nr|nummer)?|aftale(?:n|nr|nummer)?|kontrakts?(?:nr|nummer)"
    r"|(?:försäkrings|forsikrings|forsikrings|police|polise)(?:nr|nummer)|policy (?:no|number)|låne(?:kort|nummer)\w*"
    r"|anläggnings(?:id|nummer)|måler(?:nr|nummer)|mätar(?:nr|nummer)|meter (?:no|number)|lån(?:e)?(?:nr|nummer)",
    "account": r"(?:bank)?konto(?:t|nr|nummer|numret|nummeret|en)?|kto|clearing(?:nr|nummer)?|iban|(?:bank )?account"
    r"(?: no| number)?|sort code|reg\.?[ -]?(?:nr|nummer)",
}
_LINK_WORDS = r"(?:[ .:#-]|\b(?:nr|nummer|no|number|är|er|is|med|på|your|ditt|din|dit|lyder|heter|hedder)\b){0,6}"
_LABEL_BEFORE = re.compile(rf"\b(?:{'|'.join(_LABELS.values())}){_LINK_WORDS}$")
_VALUE = r"(?P<value>(?:[a-z]{1,5}[-/]|[a-z]{1,2} ?)?\d(?:[ ./-]?[0-9]){2,24}(?:[-/]?[a-z]{1,3}\b)?)"
_LABELLED = {kind: re.compile(rf"\b(?:{label}){_LINK_WORDS}{_VALUE}") for kind, label in _LABELS.items()}
_IBAN = re.compile(r"\b(?:se|no|dk|gb|fi|de)\d{2}(?: ?[0-9a-z]{4}){2,7}(?: ?[0-9a-z]{1,4})?\b")
# A booking's code has letters and digits mixed.
_CODE = re.compile(
    rf"\b(?:booking|bokning|bestilling|reserv)\w*{_LINK_WORDS}(?P<value>(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{{5,8}})(?!\w)"
)
# Accounts by their grouping: Norway's 4.2.5, Denmark's 4 and 10, Sweden's clearing number and what follows it.
_ACCOUNT = re.compile(
    rf"{_EDGE}(?:\d{{4}}([. ])\d\d\1\d{{5}}|\d{{4}}[ -]\d{{10}}"
    rf"|\d{{4}}-\d{{1,2}}[ ,]{{1,2}}\d{{3}}[ .]?\d{{3}}(?:-\d)?|\d{{4}}-\d{{6}}[ -]\d{{4}}){_END}"
)


# Britain's sort code, which alone would be a date, and eight digits.
_SORT_CODE = re.compile(rf"{_EDGE}\d\d-\d\d-\d\d[ ,/]{{1,2}}\d{{8}}{_END}")


def _ibans(low: str) -> Iterator[Number]:
    for found in (*_IBAN.finditer(low), *_SORT_CODE.finditer(low)):
        yield Number("account", found.span(), _digits(found.group()))


def _labelled(low: str) -> Iterator[Number]:
    for kind, pattern in _LABELLED.items():
        for found in pattern.finditer(low):
            yield Number(kind, found.span("value"), _digits(found.group("value")))
    for found in _CODE.finditer(low):
        yield Number("order_number", found.span("value"), _digits(found.group("value")))
    for found in _ACCOUNT.finditer(low):
        yield Number("account", found.span(), _digits(found.group()))


# ── Dates, prices, amounts, links ─────────────────────────────────────────────────────────────────────────────────────
MONTH = (
    r"(?:jan(?:uari|uar|uary)?|feb(?:ruari|ruar|ruary)?|mar(?:s|ts|ch)?|apr(?:il)?|ma[jiy]|jun[ie]?|jul[iy]?"
    r"|aug(?:usti|ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[sc](?:ember)?)"
)
_DAY = (
    rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-](?:19|20)?\d\d|\d{{1,2}}/\d{{1,2}}"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th|:?e)? ?{MONTH}\b\.?(?: (?:19|20)\d\d)?|{MONTH}\b \d{{1,2}}(?:st|nd|rd|th)?\b"
    rf"(?:,? (?:19|20)\d\d)?)"
)
_BIRTH = re.compile(
    rf"\b(?:född|fødd?|født|föddes|fødselsdato|födelsedatum|born|birth(?: ?date)?|f\.)(?!\w)"
    rf"(?! (?:før|före?|innan|inden|etter|efter|before|after|mellom|mellan|mellem|between)\b)\D{{0,12}}({_DAY})"
)
_HARMLESS = {
    "link": re.compile(
        r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:se|no|dk|com|org|net|eu|nu|info|example)(?:/\S*)?"
        r"|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,8}/\S+"
    ),
    "price": re.compile(
        r"(?:kr\.?|sek|nok|dkk|eur|usd|gbp|[€£$]) ?\d[\d .,]*\d?|"
        r"(?<![\w-])\d[\d .]{0,24}(?:,\d+)?(?: ?(?:kr|kronor|kroner|sek|nok|dkk|eur|euro|öre|øre|:-|,-|mkr|mnok|mia"
        r"|mio|md)\b|:-|,-| ?[€£$])"
    ),
    "date": re.compile(rf"(?<![\w.-]){_DAY}(?:\s?[-–]\s?{_DAY})?(?![\w-])|(?<![\d.])\d{{1,2}}[.:]\d\d(?![\d.])"),
    "amount": re.compile(
        r"(?<![\w-])\d[\d .]{0,24}(?:,\d+)? ?(?:gb|mb|tb|kb|mbit\w*|gbit\w*|kwh|mwh|km|m2|kvm|cm|mm|kg|liter|litres?|st"
        r"|stk|personer|people|kunder|customers|timmar|timer|hours?|dagar|dager|dage|days?|minut\w*|min|veckor|uker|uger"
        r"|weeks?|%|procent|prosent|percent|grader|ganger|gånger|gange|times|hushåll|husstander|husstande)(?!\w)"
    ),
}


def _harmless(low: str) -> Iterator[Number]:
    for kind, pattern in _HARMLESS.items():
        for found in pattern.finditer(low):
            yield Number(kind, found.span(), _digits(found.group()))


def _births(low: str) -> Iterator[Number]:
    for found in _BIRTH.finditer(low):
        yield Number("birth_date", found.span(1), _digits(found.group(1)))


def overlaps(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@lru_cache(maxsize=256)
def recognise(text: str, customer_text: str = "") -> tuple[Number, ...]:
    """All numbers of a text that could be told, no two of them overlapping; the surest reading comes first.

    customer_text: what the customer has written, where the same digits speak for a national number.
    """
    low = fold(text).low
    if "." not in low and not any(char.isdigit() for char in low):
        return ()
    told: list[Number] = []
    for number in (*_nationals(low, _digits(customer_text)), *_others(low)):
        if not any(overlaps(number.span, each.span) for each in told):
            told.append(number)
    return tuple(told)


@lru_cache(maxsize=256)
def _others(low: str) -> tuple[Number, ...]:
    """All readings but the national numbers', which alone depend on the customer."""
    return (*_ibans(low), *_cards(low), *_births(low), *_harmless(low), *_labelled(low))


def said_by_customer(thread: Sequence[Turn]) -> str:
    """All the customer has written, line by line."""
    return "\n".join(turn.text for turn in thread if turn.sender == "customer")
