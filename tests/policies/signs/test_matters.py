import pytest

from policies.signs.matters import matters


@pytest.mark.parametrize(
    "draft",
    [
        "Jag ser att du är sjukskriven för utmattning, så fakturan är flyttad.",
        "Hans demens är noterad på kortet.",
        "Din Sertralin 50 mg ligger klar för dig.",
        "Kent ligger efter med hyran sedan skilsmässan.",
        "Vi ser at Jostein er bipolar og under vergemål.",
        "Hun har 3 400 kr hos namsmannen etter skilsmissen.",
        "Desværre er Carsten i RKI, så det går ikke.",
        "Han har dog 3.400 kr. i restance.",
        "She's off with stress every other month.",
        "Looking you up now Tina, Crohn's disease and universal credit.",
    ],
)
def test_illness_debts_and_grief_of_a_person_are_told(draft: str) -> None:
    assert matters(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Om du är sjukskriven kan du söka anstånd på hemsidan.",
        "För dig som har diabetes finns en särskild linje.",
        "Vi saknar folk i dag, halva gruppen är sjukskrivna.",
        "Bekreftelsen ligger i innboksen din.",
        "Har du gjeld, får du gratis råd hos NAV.",
        "Der er ikke registreret noget i RKI.",
        "Den, der er sygemeldt, kan udsætte kurset.",
        "People with dementia can ask for a quiet room.",
        "If you owe more than £100 we send a letter.",
        "The broken valve was replaced this morning.",
    ],
)
def test_what_holds_for_anybody_or_is_only_supposed_is_not(draft: str) -> None:
    assert matters(draft) == ()


def test_what_the_customer_has_told_is_only_repeated() -> None:
    said = "My operation is on Monday, I have epilepsy"
    assert matters("With epilepsy the front seat is best.", said) == ()
    assert matters("Our doctor cleared Jonas to fly with epilepsy.", said)


def test_the_place_is_the_sentence_that_tells() -> None:
    draft = "Det er ordnet! Hun er sykmeldt til oktober. Ha en fin dag."
    assert [draft[slice(*span)].strip() for span in matters(draft)] == ["Hun er sykmeldt til oktober."]
