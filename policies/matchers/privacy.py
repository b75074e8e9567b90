"""Personal data where bystanders read along: what a draft gives away, and what it asks the customer to post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policies.lexicon import any_hit
from policies.matchers.contacts import contacts
from policies.matchers.numbers import recognise, said_by_customer
from policies.rulebook import Rule
from policies.text import Span, fold, sentences
from policies.verdict import Context, Effect, Finding, Turn

# Only these two stop a draft; everything else is a question to the agent.
_BLOCKING = frozenset({"national_number", "card"})
_PERSONAL = _BLOCKING | {"national_like", "account", "customer_number", "order_number", "birth_date"}

_CARD_TAIL = re.compile(
    r"\b(?:kort\w*|visa|mastercard|dankort|card)\b.{0,30}\b(?:slutar på|som slutar|ender på|slutter på|som ender|ending"
    r"(?: in)?|ends (?:in|with))\s*:?\s*(\d{4})\b"
)


def privacy(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Personal data in a draft. Private drafts are free unless the rule's settings say `private` = "national"."""
    if context.visibility != "public" and rule.settings.get("private") != "national":
        return []
    found = [*_given(draft, thread, context), *_asked(draft)]
    if context.visibility != "public":
        found = [(kind, span) for kind, span in found if kind in _BLOCKING or kind == "asks_national_number"]
    return [_finding(kind, span, rule, context) for kind, span in found]


def _finding(kind: str, span: Span, rule: Rule, context: Context) -> Finding:
    blocks = kind in _BLOCKING or kind in ("asks_national_number", "asks_card")
    return Finding(
        span=span,
        message=rule.message(kind, context.agent_language),
        suggestion=rule.suggestion(kind, context.language),
        data={"kind": kind},
        effect=None if blocks else Effect.WARN,
    )


def _given(draft: str, thread: Sequence[Turn], context: Context) -> Iterator[tuple[str, Span]]:
    folded = fold(draft)
    own = frozenset("".join(filter(str.isdigit, contact)) for contact in context.own_contacts)
    for number in recognise(draft, said_by_customer(thread)):
        if number.kind in _PERSONAL and (number.kind in _BLOCKING or number.digits not in own):
            yield number.kind, folded.span(*number.span)
    for contact in contacts(draft, context.language, context.own_contacts):
        if contact.private:
            yield contact.kind, folded.span(*contact.span)
    for found in _CARD_TAIL.finditer(folded.low):
        yield "card_tail", folded.span(*found.span(1))


# ── Asking the customer to post something ─────────────────────────────────────────────────────────────────────────────
_ASKED_FOR = {
    "asks_national_number": re.compile(
        r"person(?:nummer|numret|nummeret|nr)|\bp(?:ers)?nr\b|fødsels(?:nummer|nr)|fødselsnummeret|\bfnr\b"
        r"|\bcpr\b|cpr-?n\w+|national (?:id|identity)|social security|\bssn\b|(?:personal|identity) (?:identity )?number"
        r"|\bid[- ](?:number|nummer|nr)\b|samordningsnummer|d-nummer"
    ),
    "asks_card": re.compile(
        r"\bkort(?:nummer|numret|nummeret|nr|uppgifter|opplysninger|oplysninger)|\bcard (?:number|details|no)|\bcvv\b|\bcvc\b"
    ),
    "asks_account": re.compile(
        r"konto(?:nummer|numret|nummeret|nr)|account (?:number|no|details)|clearing(?:nummer|nr)|\biban\b"
    ),
    "asks_number": re.compile(
        r"(?:order|ordre|kund|kunde|boknings|booking|beställnings|bestillings|ärende|saks|sags|faktura|abonnements|avtals|avtale"
        r"|aftale|medlems|kolli|sendings|forsikrings|försäkrings|polise|police)-?(?:nummer\w*|numret|nr|id)\b"
        r"|(?:order|customer|booking|case|policy|reference|invoice|membership|account|tracking) (?:number|no|id|reference)"
    ),
    "asks_phone": re.compile(
        r"(?:telefon|mobil|tlf)-?(?:nummer\w*|numret|nr)|mobilen din|\bphone(?: number)?\b|mobile number|\btlf\b|telefonnr"
    ),
    "asks_email": re.compile(r"(?:e-?post|mail|mejl|e-?mail)(?:adress|adresse|adressen)?\b|e-?mail address"),
    "asks_address": re.compile(r"\badress(?:en)?\b|\badresse[n]?\b|\baddress\b|hemadress|hjemmeadresse"),
}
_YOURS = re.compile(r"\b(?:ditt|din|dit|dine|dina|your|deg|dig|du|you|jeres|deres|ert|er)\b")
_ASK = re.compile(
    r"\b(?:skriv\w*|skicka\w*|ange|uppge|lämna|svara med|posta|lägg(?:a)?|dela|send\w*|oppgi\w*|opplys\w*|oplys\w*|legg|svar med|del"
    r"|angiv|opgiv|læg|smid|post|give|drop|share|provide|reply with|put|leave|type|write|tell us|comment with"
    r"|kan (?:du|vi|jag|jeg|dere|ni) (?:få|ge|gi|give|skriva|skrive|skicka|sende|oppgi|lägga|legge|dele|dela)|får (?:jag|vi|jeg)|må (?:jeg|vi) få"
    r"|can (?:i|we) (?:have|get)|could (?:i|we|you)|can you|may (?:i|we)|behöver|trenger|har brug for|need|vill ha|vad är|vad har du"
    r"|hva er|hvad er|hvilket|vilket|what(?:'s| is| are)|which)\b"
)
_NOT = re.compile(
    r"\b(?:aldrig|inte|ej|aldri|ikke|never|not|don't|do not|avoid|undvik|unngå|undgå|utan att|uten|without|ta bort|fjern|slett|remove|delete|stryk)\b"
)
_HERE = re.compile(
    r"\b(?:här|her|here|i tråden|i kommentar\w*|i kommentarsfelt\w*|kommentar\w*|below|nedan|nedenfor|under inlägget|in the comments?|in this thread|publicly)\b"
)
# "Log in with BankID", "number in the letter": nobody is asked to post it.
_ELSEWHERE = re.compile(
    r"\b(?:på fakturan|på regningen|i brevet|hittar du|finner du|finder du|finns på|står på|står i|on the (?:bill|invoice|letter)|you(?:'ll| will| can)? find"
    r"|redo|klart|ready|hand|ha .{0,20} till hands|ha .{0,20} klar|när du ringer|når du ringer|when you call)\b"
)


@lru_cache(maxsize=256)
def _asked(draft: str) -> tuple[tuple[str, Span], ...]:
    """What the draft asks the customer to post where everybody reads, with the sentence that asks."""
    elsewhere = any_hit(draft, "private_way")
    return tuple(
        (kind, span)
        for span in sentences(draft)
        for kind in _asked_in(fold(draft[slice(*span)]).low, elsewhere=elsewhere)
    )


def _asked_in(low: str, *, elsewhere: bool) -> list[str]:
    """Kinds asked for in one sentence, the gravest only."""
    kinds = [kind for kind, pattern in _ASKED_FOR.items() if pattern.search(low)]
    if not kinds or not _ASK.search(low) or not _YOURS.search(low) or _NOT.search(low) or _ELSEWHERE.search(low):
        return []
    return kinds[:1] if not elsewhere or _asks_here(low) else []


def _asks_here(low: str) -> bool:
    """ "Write it here" asks in public even if a private way is named elsewhere, but "not here, in DM" does not."""
    return bool(_HERE.search(low)) and not any_hit(low, "private_way")
