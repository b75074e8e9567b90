import pytest

from policies.signs.contacts import contacts


def private(text: str, language: str, own: tuple[str, ...] = ()) -> list[str]:
    return [contact.kind for contact in contacts(text, language, own) if contact.private]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vi har 070-174 06 35 som ditt nummer", "sv"),
        ("Vi har registrert 412 34 567, er det riktig?", "nb"),
        ("Din mor, Inger, på 26 11 09 87", "da"),
        ("We have +46 70 174 06 35 as your number", "en"),
        ("Anna nås på hennes privata 08-123 45 67", "sv"),
    ],
)
def test_mobiles_and_a_persons_fixed_lines_are_private(text: str, language: str) -> None:
    assert private(text, language) == ["phone"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ring kundtjänst på 020-22 55 55", "sv"),
        ("Ring kundeservice på 915 09 000", "nb"),
        ("Du kan ringe til os på 70 10 20 30", "da"),
        ("Call us on 0800 77 200", "en"),
        ("Bygglovsavdelningen svarar på 0911-696 000 vardagar 9 till 12", "sv"),
        ("Det koster 1 299 kr fra 24.12.2026", "nb"),
        ("Ordre 55839201 er sendt", "nb"),
    ],
)
def test_service_numbers_and_other_figures_are_fine(text: str, language: str) -> None:
    assert private(text, language) == []


def test_configured_contacts_are_ours() -> None:
    text = "Skriv til kari.nordmann@fylke.no eller 412 34 567"
    assert private(text, "nb") == ["email", "phone"]
    assert private(text, "nb", ("fylke.no", "412 34 567")) == []


@pytest.mark.parametrize("address", ["per.lund@exempel.se", "kari84@gmail.com", "p.lund@hotmail.com"])
def test_a_persons_address_is_private(address: str) -> None:
    assert private(f"Vi skickade till {address} i går", "sv") == ["email"]


@pytest.mark.parametrize("address", ["kundservice@exempel.se", "post@kommune.no", "park@kommunen.se", "info@shop.dk"])
def test_a_desks_address_is_not(address: str) -> None:
    assert private(f"Skriv gärna till {address}", "sv") == []


@pytest.mark.parametrize(
    "text",
    [
        "Du är registrerad på Storgatan 4",
        "Vi har Lise Strand, Fjordgata 14, 7010 Trondheim",
        "Per Lund på Granvej 9 B har betalt",
        "Peter Lund of 9 Pine Street has paid",
    ],
)
def test_where_somebody_lives_is_private(text: str) -> None:
    assert "address" in private(text, "")


@pytest.mark.parametrize(
    "text", ["Besök oss på Storgatan 4", "Butikken vår i Storgata 12 er åpen", "The library at 4 High Street is open"]
)
def test_where_our_doors_are_is_not(text: str) -> None:
    assert private(text, "") == []
