import pytest

from policies.signs.personal import asked, given
from policies.verdict import Context


def kinds_given(draft: str) -> list[str]:
    return [kind for kind, _ in given(draft, (), Context(language="en"))]


def kinds_asked(draft: str, before: str = "") -> list[str]:
    return [kind for kind, _ in asked(draft, before)]


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("Hvad er dit kundenummer? Bare svar her.", "asks_number"),
        ("What's the order number and the postcode? Just reply here.", "asks_number"),
        ("For at finde betalingen mangler jeg dit kontonummer. Skriv det bare her i tråden.", "asks_account"),
        ("Klistra in bokningsnumret och mejladressen du använde så flyttar jag resan.", "asks_number"),
        ("Kortnummer og utløpsdato, takk, rett her i tråden.", "asks_card"),
        ("Slenger du nummeret i en reply her, så taster jeg det inn.", "asks_phone"),
        ("Long number, expiry and the three digits on the back, please.", "asks_card"),
        ("Skriv din nummerplade her, så ser jeg på det.", "asks_number"),
    ],
)
def test_asking_in_the_open_is_heard_over_two_sentences_and_without_a_verb(draft: str, kind: str) -> None:
    assert kind in kinds_asked(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Skriv ordernumret på paketet så hittar lagret det.",
        "Skicka ditt kundnummer i ett privat meddelande, så kollar vi.",
        "Send oss fødselsdatoen din i en DM.",
        "Please keep your own ID number out of the letter.",
        "Pop your postcode in at example.com/check to see the price.",
        "Din telefon behöver stöd för 5G.",
        "Adressen du trenger er Postboks 44, 7001 Trondheim.",
        "Stay on the other side of the street please.",
    ],
)
def test_a_private_way_a_form_or_an_own_paper_is_no_asking_in_the_open(draft: str) -> None:
    assert kinds_asked(draft) == []


def test_a_yes_to_may_i_write_it_here_asks_for_what_was_spoken_of() -> None:
    before = "Vi saknar ditt kontonummer.\nSka jag skriva det här?"
    assert kinds_asked("Ja, skriv det bara här i kommentaren.", before) == ["asks_account"]
    assert kinds_asked("Ja, skriv det bara här i kommentaren.") == []


def test_the_account_to_pay_into_is_ours() -> None:
    assert kinds_given("IBAN SE45 5000 0000 0583 9825 7466, BIC HAVRSESS.") == []
    assert kinds_given("Your refund went to 20-14-33 41229087.") == ["account"]


def test_an_address_beside_the_company_number_is_the_letterhead() -> None:
    assert kinds_given("Harbour plc, company no. 01770422, 1 Quay Square, Bristol.") == []
    assert kinds_given("It went to 6 Tamar Walk, that is 6 Tamar Lane.") == ["address"]


def test_a_name_and_its_door_are_an_address() -> None:
    assert kinds_given("Mrs Pell at number 9 rang it in.") == ["address"]


@pytest.mark.parametrize(
    "draft",
    [
        "Ja, Eva Nilsson är kund hos oss sedan 2014.",
        "Kunden som bor over deg heter Per Hansen.",
        "Your neighbour Mr Jones has reported it.",
        "The booking under Tom Reed is confirmed.",
    ],
)
def test_a_full_name_and_what_it_has_to_do_with_us_are_personal(draft: str) -> None:
    assert "person" in kinds_given(draft)


def test_our_own_pages_are_no_persons() -> None:
    assert kinds_given("Du ser bookingen under Mit Sundnet og bokningen under Mina Sidor.") == []
