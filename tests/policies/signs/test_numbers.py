from datetime import date, timedelta
from itertools import pairwise

import pytest

from policies.signs.numbers import is_danish, is_norwegian, is_swedish, luhn, recognise


def kinds_in(text: str, customer: str = "") -> list[str]:
    return [number.kind for number in recognise(text, customer)]


def swedish(day: date, serial: int = 238) -> str:
    """A made-up personnummer of that day, with its right check digit, as YYMMDD-NNNC."""
    body = f"{day:%y%m%d}{serial:03}"
    digit = next(digit for digit in range(10) if luhn(f"{body}{digit}"))
    return f"{body[:6]}-{body[6:]}{digit}"


def norwegian(day: date, serial: int = 100) -> str:
    """A made-up fødselsnummer of that day, whose serial number has valid check digits."""
    for number in range(serial, 1000):
        for check in range(100):
            digits = f"{day:%d%m%y}{number:03}{check:02}"
            if is_norwegian(digits):
                return digits
    raise AssertionError("no valid number on that day")


BORN = date(1985, 3, 12)


@pytest.mark.parametrize(
    "text",
    [
        f"Ja, {swedish(BORN)} är registrerad.",
        f"Ja, 19{swedish(BORN)} är registrerad.",
        f"Ja, {swedish(BORN).replace('-', '+')} är registrerad.",
        f"Ja, {swedish(BORN).replace('-', ' ')} är registrerad.",
        f"Ja, {swedish(BORN).replace('-', '–')} är registrerad.",
        f"Personnummer {swedish(BORN).replace('-', '')} är registrerat.",
        f"19{swedish(BORN).replace('-', '')} är registrerad.",
        f"Ja, {norwegian(BORN)} er registrert.",
        f"Ja, {norwegian(BORN)[:6]} {norwegian(BORN)[6:]} er registrert.",
        f"fnr. {norwegian(BORN)} er registrert.",
        "Ja, CPR 120385-1234 er registreret.",
        "Ja, 120385-1234 er registreret.",
        "CPR-nummer: 1203851234.",
        "CPR 120385 1234.",
    ],
)
def test_a_national_number_is_told_in_every_form(text: str) -> None:
    assert kinds_in(text) == ["national_number"]


def test_a_number_without_form_or_word_is_one_where_the_customer_wrote_the_same_digits() -> None:
    digits = swedish(BORN).replace("-", "")
    assert kinds_in(f"Vi ser {digits} hos oss.") == []
    assert kinds_in(f"Vi ser {digits} hos oss.", customer=f"mitt är {swedish(BORN)}") == ["national_number"]


def test_a_wrong_check_digit_under_the_word_is_only_like_one() -> None:
    wrong = swedish(BORN)[:-1] + str((int(swedish(BORN)[-1]) + 1) % 10)
    assert kinds_in(f"Personnummer {wrong}") == ["national_like"]


@pytest.mark.parametrize(
    "text",
    [
        f"Ärende {swedish(BORN)} är registrerat.",
        f"Diarienummer {swedish(BORN)}.",
        f"Ordrenummer {norwegian(BORN)}.",
        "Sagsnr. 120385-1234 er oprettet.",
        "Org.nr 556036-0793",
        "Bankgiro 5050-1055",
        "KID 140381456329",
        "Skriv fødselsdato som DDMMÅÅ, for eksempel i skjemaet.",
    ],
)
def test_labelled_numbers_are_nobodys_secret(text: str) -> None:
    assert not {"national_number", "national_like", "card"} & set(kinds_in(text))


def test_impossible_days_are_no_national_numbers() -> None:
    assert not is_swedish("8502302393")
    assert not is_danish("3102851234")
    assert not is_norwegian("31028512345")


def test_coordination_and_d_numbers_count_days_past_sixty_and_forty() -> None:
    day = f"{BORN:%y%m}{BORN.day + 60}"
    digit = next(digit for digit in range(10) if luhn(f"{day}238{digit}"))
    assert is_swedish(f"{day}238{digit}")
    moved = (BORN + timedelta(days=1)).replace(day=13)
    found = next(
        number
        for number in (f"{moved.day + 40}{moved:%m%y}{serial:05}" for serial in range(100_000))
        if is_norwegian(number)
    )
    assert found.startswith("53")


@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "3782 822463 10005"]
)
def test_cards_are_told_by_their_check_digit(text: str) -> None:
    assert kinds_in(f"Kortet {text} er sperret") == ["card"]


@pytest.mark.parametrize("text", ["4111 1111 1111 1112", "OCR 4111111111111111", "Kollinummer 4111111111111111"])
def test_other_long_numbers_are_no_cards(text: str) -> None:
    assert "card" not in kinds_in(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("lukket 24.12.2026", "date"),
        ("den 3. mars kl. 10.30", "date"),
        ("det koster 1 299 kr", "price"),
        ("£12.50 a month", "price"),
        ("20 GB", "amount"),
        ("artikelnummer 80412", "item"),
        ("ärendenummer 2024-118822", "case"),
        ("kontonummer 1503.22.11111", "account"),
        ("ordre 5583920", "order_number"),
        ("kundnummer 88120934", "customer_number"),
        ("født 14.03.1981", "birth_date"),
        ("IBAN NO93 8601 1117 947", "account"),
        ("se exempel.se/drift2", "link"),
    ],
)
def test_numbers_say_themselves_what_they_are(text: str, kind: str) -> None:
    assert kinds_in(text)[0] == kind


def test_no_two_readings_overlap() -> None:
    text = "Ordre 5583920 den 24.12.2026 kl. 10.30 til 1 299 kr, konto 1503.22.11111, CPR 120385-1234"
    spans = sorted(number.span for number in recognise(text))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_full_width_and_hidden_characters_hide_nothing() -> None:
    assert kinds_in("CPR １２０３８５-１２３４") == ["national_number"]
    assert kinds_in("CPR 1203\u200b85-12\u00ad34") == ["national_number"]


def test_a_card_called_one_is_told_even_if_its_check_digit_is_wrong() -> None:
    assert kinds_in("Kortet 4571 1044 2210 8876 är spärrat.") == ["card_like"]
    assert kinds_in("Kolli 4571 1044 2210 8876 är på väg.") != ["card_like"]


def test_a_british_national_insurance_number_is_a_national_number() -> None:
    assert kinds_in("Found it, QQ 12 34 56 C is on file.") == ["national_number"]


def test_a_bookings_code_and_a_passport_are_somebodys() -> None:
    assert kinds_in("Bookingen 6XK2PQ står klar, pas 208831947.") == [
        "customer_number",
        "order_number",
    ]


def test_a_price_behind_a_word_is_no_number_of_a_customer() -> None:
    assert "customer_number" not in kinds_in("inkludert i alle abonnement over 199")
    assert "birth_date" not in kinds_in("barn født før 30. november")
