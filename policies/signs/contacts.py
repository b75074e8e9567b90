"""Phones, e-mail and street addresses in a draft, and whose they are: the organisation's own or a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from policies.patterns import pattern, places, says
from policies.signs.numbers import overlaps, recognise
from policies.text import Span, fold, sentences


@dataclass(frozen=True, slots=True)
class Contact:
    """kind: phone, email or address; the place is in the folded text. `private`: not the organisation's own."""

    kind: str
    span: Span
    private: bool


_REACH = 60  # characters before a contact that can say whose it is


def _lead_in(low: str, start: int) -> str:
    """What leads up to the place, within its sentence."""
    begin = next((first for first, last in sentences(low) if first <= start < last), 0)
    return low[max(begin, start - _REACH) : start]


def _last(meaning: str, text: str) -> int:
    """Where a word of this meaning stands last, -1 if none does: the nearer one speaks for the contact."""
    return max((found.start() for found in places("contacts", meaning, text)), default=-1)


def _said_to_be_ours(low: str, start: int) -> bool:
    lead = _lead_in(low, start)
    return _last("ours", lead) > _last("person", lead)


def _said_to_be_a_persons(low: str, start: int) -> bool:
    lead = _lead_in(low, start)
    return _last("person", lead) > _last("ours", lead)


# ── Phones ────────────────────────────────────────────────────────────────────────────────────────────────────────────
_PHONE = re.compile(r"(?<![\w.,/:-])(?:\+|00)?\(?\d[\d ()/-]{4,}\d(?!\w)(?![.,:/-]\d)")
_SERVICE = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN, PhoneNumberType.PREMIUM_RATE}
)
# libphonenumber cannot tell Danish mobiles from fixed lines; the number plan's first digits can.
_DANISH_MOBILE = re.compile(r"2|3[01]|4[0-2]|5[0-3]|6[01]|71|81|9[1-3]")
_DANISH_SERVICE = re.compile(r"[789]0")
# Britain's mobile range for drama, which no number plan knows as valid.
_FICTIONAL = re.compile(r"07\d{9}")
_HOME = {"sv": "SE", "nb": "NO", "da": "DK", "en": "GB"}


def _parsed(written: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _use_of(number: PhoneNumber) -> str:
    """mobile, service or fixed."""
    if number.country_code == 45:
        national = str(number.national_number)
        if _DANISH_SERVICE.match(national):
            return "service"
        return "mobile" if _DANISH_MOBILE.match(national) else "fixed"
    kind = phonenumbers.number_type(number)
    if kind in _SERVICE:
        return "service"
    return "mobile" if kind in (PhoneNumberType.MOBILE, PhoneNumberType.PERSONAL_NUMBER) else "fixed"


def _regions(written: str, language: str) -> list[str | None]:
    """Where such a number could be from: a zero leads in Sweden and Britain, eight digits are Norway's or Denmark's."""
    if written.startswith(("+", "00")):
        return [None]
    home = _HOME.get(language, "")
    candidates = ["SE", "GB"] if written.startswith("0") else ["NO", "DK"]
    return sorted(candidates, key=lambda region: region != home)


def _use(written: str, language: str) -> str:
    """What kind of phone number it is, "" for none. Read in two countries as different kinds, the kinder one counts
    only if the thread's own country says so."""
    if written.startswith("00"):
        written = "+" + written[2:]
    uses = [_use_of(number) for region in _regions(written, language) if (number := _parsed(written, region))]
    if uses:
        return uses[0] if language in _HOME and language != "en" else ("mobile" if "mobile" in uses else uses[0])
    if _FICTIONAL.fullmatch(written.replace(" ", "").replace("-", "")):
        return "mobile"
    return "mobile" if written.startswith("+") and 9 <= sum(map(str.isdigit, written)) <= 15 else ""


def _looks_like_phone(low: str, span: Span) -> bool:
    """Grouped, with a prefix, or called a phone: eight digits in a row may be anything."""
    written = low[slice(*span)]
    return " " in written or written.startswith(("+", "0")) or says("contacts", "phone_word", _lead_in(low, span[0]))


def _phones(low: str, language: str, own: frozenset[str]) -> Iterator[Contact]:
    for found in _PHONE.finditer(low):
        digits = "".join(filter(str.isdigit, found.group()))
        if not 7 <= len(digits) <= 15 or not _looks_like_phone(low, found.span()):
            continue
        use = _use(found.group().strip(), language)
        if use:
            yield Contact("phone", found.span(), digits not in own and _is_private_phone(low, found.span(), use))


# "… på dig, stämmer det?": said behind the number.
_OURS_AFTER = re.compile(
    r"\W{0,3}(?:svarar vi|svarer vi|når du oss|treffer du oss|fanger du os|is our|är vår|er vår|er vores)\b"
)
_PERSON_AFTER = re.compile(
    r"\W{0,3}(?:som ditt|på dig|på deg|är ditt|er dit|er det rig?tig|stämmer|stemmer|is that right|as your)\b"
)


def _is_private_phone(low: str, span: Span, use: str) -> bool:
    if use == "service" or _OURS_AFTER.match(low[span[1] :]):
        return False
    if _PERSON_AFTER.match(low[span[1] :]):
        return True
    if use == "mobile":
        return not _said_to_be_ours(low, span[0])
    return _said_to_be_a_persons(low, span[0])


# ── E-mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_FREE_MAIL = re.compile(
    r"^(?:g?mail|hotmail|outlook|live|yahoo|icloud|me|msn|telia|online|proton\w*|gmx|bredband\w*|comhem)\."
)


def _is_a_desk(name: str, domain: str) -> bool:
    """One word before an organisation's own domain is a desk; a first and a last name are a person."""
    return bool(pattern("contacts", "desk").fullmatch(name)) or (name.isalpha() and not _FREE_MAIL.match(domain))


def _emails(low: str, own: frozenset[str]) -> Iterator[Contact]:
    for found in _EMAIL.finditer(low):
        if pattern("contacts", "desk").fullmatch(found.group(1)):
            yield Contact("email", found.span(), private=False)
            continue
        ours = found.group() in own or found.group(2) in own or _is_a_desk(found.group(1), found.group(2))
        yield Contact("email", found.span(), not ours or _said_to_be_a_persons(low, found.start()))


# ── Street addresses ──────────────────────────────────────────────────────────────────────────────────────────────────
_ENDINGS = (
    r"gatan|vägen|gränd|stigen|torget|allén|backen|plan|väg|stråket|leden|esplanaden"
    r"|veien|vegen|gata|gaten|gate|vei|veg|svingen|bakken|alleen|stien|kroken|haugen|tunet|plass"
    r"|vej|gade|vænget|vangen|toften|parken|stræde|torv|plads|allé|alle|engen|lunden|marken|ager|høj"
)
# Words that end like a street and are none.
_PLANS = (
    r"turnus|vakt|vagt|dags|års|handlings|kurs|mobil|betalings|avbetalnings|spar|tids|bemannings|lokal|detalj"
    r"|över|områdes"
)
_NO_STREET = rf"(?:{_PLANS})plan(?:en)?\b|(?:båt|park|sitt|barnehage|utdannings|syke)plass(?:en)?\b"
_NO_GATE = r"(?:from|at|to|via|the|your|our|fra|från|frå|ved|vid|til|till|på|din|deres) gate\b"
_ALONE = r"väg|gata|gränd|allé|vei|veg|gate|plass|vej|gade|stræde|plads"
_COUNTED = (
    r"kr|%|gb|mbit|minut|timm|time|dag|uke|uge|veck|st\b|år|personer"
    r"|jan|feb|mar|apr|ma[ij]|jun|jul|aug|sep|o[kc]t|nov|de[cs]"
)
_STREET = re.compile(
    rf"\b(?!{_NO_STREET}|{_NO_GATE})(?:\w{{2,}}(?:{_ENDINGS})|[a-zåäöæøé]+ (?:{_ALONE}))"
    rf" \d{{1,3}}(?!\d)(?: ?[a-h]\b)?(?! ?(?:{_COUNTED}))"
)
# Opening hours behind it: a place that people may visit.
_HOURS = re.compile(
    r"[,.]? ?(?:[\w ]{0,20}, )?(?:vardag|hverdag|weekday|öppet|åpent|åbent|open|mån|man|mon|kl\b|\d{1,2}\s?[-–]\s?\d)"
)
# English streets are told by their capitals: "50 m lane" is a pool.
_ENGLISH_STREET = re.compile(
    r"\b\d{1,4}[A-Ha-h]? (?:[A-Z][a-z'’]+ ){1,2}(?:Street|Road|Lane|Avenue|Drive|Close|Terrace|Crescent|Gardens|Square"
    r"|Way|Court|Row|Hill|Grove|St\b|Rd\b)"
)


def _addresses(text: str, low: str, own: frozenset[str]) -> Iterator[Contact]:
    # In a text that folding lengthens, places of the original are not places of `low`; such texts do without.
    english = _ENGLISH_STREET.finditer(text) if len(text) == len(low) else iter(())
    for found in (*_STREET.finditer(low), *english):
        ours = found.group().lower() in own or _said_to_be_ours(low, found.start()) or _HOURS.match(low[found.end() :])
        yield Contact("address", found.span(), not ours)


@lru_cache(maxsize=256)
def contacts(text: str, language: str = "", own_contacts: tuple[str, ...] = ()) -> tuple[Contact, ...]:
    """Contacts of the text that are no other number. own_contacts: phones, addresses, e-mails and their domains."""
    low = fold(text).low
    if not any(char.isdigit() or char == "@" for char in low):
        return ()
    plain = [fold(contact).low for contact in own_contacts]
    own = frozenset(plain) | {"".join(filter(str.isdigit, contact)) for contact in plain if "@" not in contact}
    taken = [number.span for number in recognise(text) if number.kind != "link"]
    links = [number.span for number in recognise(text) if number.kind == "link" and "@" not in low[slice(*number.span)]]
    found = (*_emails(low, own), *_addresses(text, low, own), *_phones(low, language, own))
    return tuple(
        contact
        for contact in found
        if not any(overlaps(contact.span, span) for span in taken)
        and (contact.kind == "email" or not any(overlaps(contact.span, span) for span in links))
    )
