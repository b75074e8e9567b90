import pytest

from policies.verdict import Effect
from tests.policies.ground import asked, kinds, passages, verdict


@pytest.mark.parametrize(
    "draft",
    [
        "Ja, CPR 120385-1234 er registreret.",
        "Kortet 4111 1111 1111 1111 är spärrat.",
        "Skriv ditt personnummer här så kollar vi.",
        "Kan du oppgi fødselsnummeret ditt i kommentarfeltet?",
        "Skriv bare dit CPR-nummer her.",
        "What's your national identity number? Post it below.",
        "Svara med ditt kortnummer.",
        "Just pop your card number in a reply here.",
    ],
)
def test_national_and_card_numbers_block_given_or_asked_for(draft: str) -> None:
    assert verdict("privacy", draft).effect is Effect.BLOCK


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("Vi har 070-174 06 35 som ditt nummer.", "phone"),
        ("Nu ligger per.lund@exempel.se inlagt på dig.", "email"),
        ("Du är registrerad på Björkvägen 12.", "address"),
        ("Utbetalt till konto 1503.22.11111.", "account"),
        ("Order 7781204 levereras i morgon.", "order_number"),
        ("Du ligger efter på kundnummer 88120934.", "customer_number"),
        ("Betalt med kort som slutar på 4471.", "card_tail"),
        ("Kari, født 14.03.1981, er registrert.", "birth_date"),
        ("Skriv ditt ordernummer här.", "asks_number"),
        ("Legg igjen mobilnummeret ditt her.", "asks_phone"),
    ],
)
def test_other_personal_data_warns_with_its_kind(draft: str, kind: str) -> None:
    found = verdict("privacy", draft, language="sv")
    assert found.effect is Effect.WARN
    assert kind in kinds(found)


@pytest.mark.parametrize(
    "draft",
    [
        "Skicka ditt ordernummer i DM så hjälper vi dig.",
        "Send fødselsnummeret ditt i en privat melding.",
        "Skriv ikke CPR-nummer her. Send det i en sikker besked i stedet.",
        "Never post your ID number here. Send it in a private message.",
        "Vi behöver ditt personnummer, ring oss på 020-22 55 55.",
        "Du hittar kundnumret på fakturan.",
        "Skriv din adresse i skjemaet på Min side.",
        "Vi har öppet 9-17 den 24.12.2026 och det kostar 1 299 kr.",
        "Ärendenummer 2024-118822 är avslutat.",
    ],
)
def test_asking_for_it_privately_and_plain_figures_are_clean(draft: str) -> None:
    assert verdict("privacy", draft).violations == ()


def test_the_passage_is_the_number() -> None:
    draft = "😀 Ja, CPR 120385-1234 er registreret."
    assert passages(draft, verdict("privacy", draft)) == ["120385-1234"]


def test_a_companys_private_draft_never_breaks_it() -> None:
    assert verdict("privacy", "Ja, CPR 120385-1234.", visibility="private").violations == ()


def test_a_public_bodys_private_draft_may_not_carry_a_national_number() -> None:
    found = verdict("privacy", "Ja, CPR 120385-1234, tlf 20 34 56 78.", visibility="private", profile="public_body")
    assert kinds(found) == ["national_number"]
    assert found.effect is Effect.BLOCK


def test_the_customers_own_digits_give_a_bare_number_away() -> None:
    thread = asked("mitt nummer är 1203851234")
    assert verdict("privacy", "Vi ser 1203851234 hos oss.", thread=thread).effect is Effect.BLOCK


def test_own_contacts_are_clean() -> None:
    draft = "Ring Kari direkte på 412 34 567."
    assert kinds(verdict("privacy", draft, language="nb")) == ["phone"]
    assert verdict("privacy", draft, language="nb", own_contacts=("412 34 567",)).violations == ()
