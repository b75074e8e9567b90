"""Phones, e-mail and street addresses in a draft, and whose they are: the organisation's own or a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from policies.matchers.numbers import overlaps, recognise
from policies.text import Span, fold, sentences


@dataclass(frozen=True, slots=True)
class Contact:
    """kind: phone, email or address; the place is in the folded text. `private`: not the organisation's own."""

    kind: str
    span: Span
    private: bool


# Whose it is, said in the words before it.
_PERSON = re.compile(
    r"\b(?:ditt|din|dit|dine|dina|your|hans|hennes|hendes|hennar|his|her|deras|deres egen|their|min|mitt|mit|my|privat\w*"
    r"|private|personal|direkt\w*|direct|registrer\w*|inlagt|lagt in|oppført|noteret|står på|stående|bor|lives?|living"
    r"|mor|far|mamma|pappa|fru|hustru|mannen|maka|make|sambo|samboer|kone|hustru|son|sønn|søn|dotter|datter|daughter"
    r"|mother|father|wife|husband|partner|granne\w*|nabo\w*|neighbour\w*|kolleg\w*|colleague\w*|sms til|på deg|på dig"
    r"|til deg|til dig|till dig|to you|for you|levereras|leveres|delivered|skickat till|sendt til|sent to|sender til"
    r"|skickar till|heter|hedder|hvem|överklagat|anmält av)\b"
)
_OURS = re.compile(
    r"\b(?:oss|os|us|vår\w*|vore[st]?|våre|vores|our|kund\w*|kunde\w*|support\w*|customer|service\w*|växel\w*"
    r"|sentralbord\w*|omstilling\w*|hotline|avdeling\w*|avdelning\w*|afdeling\w*|department|butik\w*|butikk\w*|shop"
    r"|store|kontor\w*|office|bibliotek\w*|library|museum|museet|skol\w*|skole\w*|school|rådhus\w*|stadshus\w*|town hall|vagt\w*"
    r"|vakt\w*|jour\w*|reception\w*|resepsjon\w*|bankkontor\w*|återvinning\w*|gjenvinning\w*|genbrugs\w*|recycling"
    r"|besök\w*|besøk\w*|besøg\w*|visit|hitta|finner|find us|öppet|öppnar|åpent|åpner|åben\w*|åbent|opening|open|hämta"
    r"|hent|pick up|collect|utlämning\w*|utlevering\w*|hentested\w*|station\w*|hållplats\w*|holdeplass\w*|stoppested\w*"
    r"|stop|vid|ved|korsning\w*|strömavbrott\w*|avbrott\w*|brudd\w*|läcka|lekkasje|arbete\w*|arbeid\w*|arbejde\w*"
    r"|bygglovs\w*|kommun\w*|council|hall\w*|badhus\w*|svømme\w*|pool|sykehus\w*|sjukhus\w*|vårdcentral\w*|klinik\w*)\b"
)
_REACH = 60  # characters before a contact that can say whose it is


def _lead_in(low: str, start: int) -> str:
    """What leads up to the place, within its sentence."""
    begin = next((first for first, last in sentences(low) if first <= start < last), 0)
    return low[max(begin, start - _REACH) : start]


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.start() for found in pattern.finditer(text)), default=-1)


def _said_to_be_ours(low: str, start: int) -> bool:
    lead = _lead_in(low, start)
    return _last(_OURS, lead) > _last(_PERSON, lead)


def _said_to_be_a_persons(low: str, start: int) -> bool:
    lead = _lead_in(low, start)
    return _last(_PERSON, lead) > _last(_OURS, lead)


# ── Phones ────────────────────────────────────────────────────────────────────────────────────────────────────────────
_PHONE = re.compile(r"(?<![\w.,/:-])(?:\+|00)?\(?\d[\d ()/-]{4,}\d(?!\w)(?![.,:/-]\d)")
_PHONE_WORD = re.compile(
    r"\b(?:tlf|tel|telefon\w*|mobil\w*|phone|cell|nummer\w*|number|ring\w*|call|sms\w*|text|nås|når|reach)\b"
)
_SERVICE = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN, PhoneNumberType.PREMIUM_RATE}
)
# libphonenumber cannot tell Danish mobiles from fixed lines; the number plan's first digits can.
_DANISH_MOBILE = re.compile(r"2|3[01]|4[0-2]|5[0-3]|6[01]|71|81|9[1-3]")
_DANISH_SERVICE = re.compile(r"[789]0")
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
    return "mobile" if written.startswith("+") and 9 <= sum(map(str.isdigit, written)) <= 15 else ""


def _looks_like_phone(low: str, span: Span) -> bool:
    """Grouped, with a prefix, or called a phone: eight digits in a row may be anything."""
    written = low[slice(*span)]
    return " " in written or written.startswith(("+", "0")) or bool(_PHONE_WORD.search(_lead_in(low, span[0])))


def _phones(low: str, language: str, own: frozenset[str]) -> Iterator[Contact]:
    for found in _PHONE.finditer(low):
        digits = "".join(filter(str.isdigit, found.group()))
        if not 7 <= len(digits) <= 15 or not _looks_like_phone(low, found.span()):
            continue
        use = _use(found.group().strip(), language)
        if use:
            yield Contact("phone", found.span(), digits not in own and _is_private_phone(low, found.start(), use))


def _is_private_phone(low: str, start: int, use: str) -> bool:
    if use == "service":
        return False
    if use == "mobile":
        return not _said_to_be_ours(low, start)
    return _said_to_be_a_persons(low, start)


# ── E-mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_DESK = re.compile(
    r"^(?:info|kontakt|contact|post\w*|kund\w*|kunde\w*|support|help\w*|hjelp|hjälp|hjaelp|service\w*|press\w*|media"
    r"|hej|hei|hello|hi|reklam\w*|faktura\w*|invoice|billing|booking|bokning|order\w*|salg|sales|försäljning|noreply"
    r"|no-reply|registrator|kommun\w*|medborgar\w*|borger\w*|innbygger\w*|postmottak|firmapost|raadhus\w*|office|team"
    r"|dataskydd\w*|gdpr|dpo|personvern\w*|privacy|security|abuse|jobb|jobs|career|drift\w*|fel\w*|feil\w*|fejl\w*"
    r"|customer\w*|care|complaint\w*|klag\w*|refund\w*|retur\w*|return\w*|bibliotek\w*|bygg\w*|miljo\w*|vatten\w*|trafik\w*)"
)


_FREE_MAIL = re.compile(
    r"^(?:g?mail|hotmail|outlook|live|yahoo|icloud|me|msn|telia|online|proton\w*|gmx|bredband\w*|comhem)\."
)


def _is_a_desk(name: str, domain: str) -> bool:
    """One word before an organisation's own domain is a desk; a first and a last name are a person."""
    return bool(_DESK.match(name)) or (name.isalpha() and not _FREE_MAIL.match(domain))


def _emails(low: str, own: frozenset[str]) -> Iterator[Contact]:
    for found in _EMAIL.finditer(low):
        ours = found.group() in own or found.group(2) in own or _is_a_desk(found.group(1), found.group(2))
        yield Contact("email", found.span(), not ours or _said_to_be_a_persons(low, found.start()))


# ── Street addresses ──────────────────────────────────────────────────────────────────────────────────────────────────
_STREET = re.compile(
    r"\b(?:\w{2,}(?:gatan|vägen|gränd|stigen|torget|allén|backen|plan|väg|stråket|leden|esplanaden"
    r"|veien|vegen|gata|gaten|gate|vei|veg|svingen|bakken|alleen|stien|kroken|haugen|tunet|plass"
    r"|vej|gade|vænget|vangen|toften|parken|stræde|torv|plads|allé|alle|engen|lunden|marken|ager|høj)"
    r"|(?:[a-zåäöæøé]+ (?:väg|gata|gränd|allé|vei|veg|gate|plass|vej|gade|allé|stræde|plads)))"
    r" \d{1,3}(?: ?[a-h]\b)?(?! ?(?:kr|%|gb|mbit|minut|timm|time|dag|uke|uge|veck|st\b|år|personer|juni|juli|jan|feb|mar|apr|maj|mai|aug|sep|okt|nov|dec|des))"
    r"|\b\d{1,4}[a-h]? (?:[a-z]+ ){1,2}(?:street|road|lane|avenue|drive|close|terrace|crescent|gardens|square|way|court|st\.|rd\.)(?!\w)"
)


def _addresses(low: str, own: frozenset[str]) -> Iterator[Contact]:
    for found in _STREET.finditer(low):
        ours = found.group() in own or _said_to_be_ours(low, found.start())
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
    found = (*_emails(low, own), *_addresses(low, own), *_phones(low, language, own))
    return tuple(
        contact
        for contact in found
        if not any(overlaps(contact.span, span) for span in taken)
        and (contact.kind == "email" or not any(overlaps(contact.span, span) for span in links))
    )
