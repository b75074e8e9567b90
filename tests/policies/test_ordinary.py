"""Ordinary replies full of dates, prices, item and case numbers: nothing of it may be blocked."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from policies.engine import check
from policies.rulebook import starter
from policies.verdict import Context, Effect
from tests.policies.ground import RULES_ONLY

SENTENCES = """
Fakturan på {price} kr förfaller den {date}.
Ärende {case} är avslutat sedan {date}.
Vi har öppet {clock}–{clock} alla dagar utom {date}.
Artikelnummer {item} kostar {price} kr och väger {small} kg.
Betala till bankgiro {giro} med OCR {ocr}.
Organisationsnumret är {org}.
Diarienummer {case}, beslutet togs {date}.
Kollinummer {parcel} lämnades ut kl. {clock}.
Avgiften höjs från {price} till {price} kronor {year}.
Linje {small} går {clock}, {clock} och {clock}.
Saksnummer {case} ble avsluttet {date}.
Regningen på {price} kroner forfaller {date}, KID {ocr}.
Org.nr. {org9}, og MVA er {small} prosent.
Varenummer {item} er på lager til {price},-.
Vi åpner kl. {clock} den {date}.
Pakken {parcel} ble hentet {date} kl. {clock}.
Abonnementet koster {price} kr i måneden fra {date}.
Flight {small} lander kl. {clock}.
Sagsnr. {case} blev lukket {date}.
Regningen på {price} kr. forfalder {date}.
CVR-nr. {cvr}, momsen er {small} procent.
Varenr. {item} koster {price} kr.
Vi holder lukket {date}-{date}.
Bus {small} kører kl. {clock} og {clock}.
Du får {small} GB for {price} kr. om måneden.
Case {case} was closed on {date}.
Item no. {item} is £{price} and ships on {date}.
Invoice {item} of {price} kr is due {date}.
We open at {clock} and close at {clock}.
Reference number {ocr}, opened {date}.
Version {small}.{small} came out on {date}.
The fee was {price} kr in {year} and is {price} kr now.
""".strip().splitlines()
COUNT = 600


def ordinary(dice: random.Random) -> str:
    def digits(count: int) -> str:
        return "".join(dice.choice("0123456789") for _ in range(count))

    def date() -> str:
        day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(2019, 2031)
        shapes = ("{d}.{m}.{y}", "{d:02}.{m:02}.{y}", "{d}/{m}", "{y}-{m:02}-{d:02}", "{d:02}/{m:02}/{y}")
        return dice.choice(shapes).format(d=day, m=month, y=year)

    values = {
        "price": dice.choice(["499", f"{dice.randint(9, 9999)}", f"{dice.randint(1, 99)} {digits(3)}", "79,50"]),
        "date": date(),
        "case": dice.choice(
            [f"20{dice.randint(19, 31)}-{digits(6)}", digits(8), f"{digits(6)}-{digits(4)}", digits(10)]
        ),
        "clock": f"{dice.randint(0, 23)}{dice.choice('.:')}{dice.randint(0, 59):02}",
        "item": digits(dice.randint(5, 13)),
        "small": str(dice.randint(1, 60)),
        "giro": f"{digits(4)}-{digits(4)}",
        "ocr": digits(dice.randint(8, 16)),
        "org": f"556{digits(3)}-{digits(4)}",
        "org9": f"9{digits(2)} {digits(3)} {digits(3)}",
        "cvr": digits(8),
        "parcel": digits(dice.choice([12, 13, 18, 20])),
        "year": str(dice.randint(1999, 2031)),
    }
    return " ".join(dice.choice(SENTENCES).format(**values) for _ in range(dice.randint(1, 3)))


def test_no_ordinary_reply_is_blocked_or_held() -> None:
    dice = random.Random(20261122)
    drafts = [ordinary(dice) for _ in range(COUNT)]
    assert len(set(drafts)) > 500
    stopped = [
        (draft, found.violations)
        for draft in drafts
        if (found := check(draft, (), starter(), RULES_ONLY)).effect in (Effect.BLOCK, Effect.HOLD)
    ]
    assert stopped == []


def test_nearly_none_is_disturbed() -> None:
    dice = random.Random(7)
    drafts = [ordinary(dice) for _ in range(COUNT)]
    warned = [draft for draft in drafts if check(draft, (), starter(), RULES_ONLY).effect is not Effect.SEND]
    assert len(warned) <= COUNT * 0.02, warned[:10]


# ── Written by hand, a reply a line ───────────────────────────────────────────────────────────────────────────────────
FIXTURES = Path(__file__).parent / "fixtures"


def written() -> Iterator[tuple[str, str]]:
    """Language and reply."""
    for path in sorted(FIXTURES.glob("ordinary_*.txt")):
        yield from ((path.stem[-2:], line) for line in path.read_text(encoding="utf-8").splitlines())


def test_none_of_five_hundred_written_replies_is_blocked_held_or_warned_of() -> None:
    replies = list(written())
    assert len(set(replies)) >= 500
    disturbed = [
        (draft, found.violations)
        for language, draft in replies
        if (found := check(draft, (), starter(), replace(RULES_ONLY, language=language))).effect is not Effect.SEND
    ]
    assert disturbed == []


def test_with_the_models_none_of_them_is_blocked() -> None:
    stopped = [
        draft
        for language, draft in written()
        if check(draft, (), starter(), Context(language=language)).effect in (Effect.BLOCK, Effect.HOLD)
    ]
    assert stopped == []
