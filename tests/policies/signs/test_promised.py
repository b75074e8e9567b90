import pytest

from policies.signs.promised import promised


@pytest.mark.parametrize(
    "draft",
    [
        "Vi återkommer så snart vi vet mer.",
        "Jag kollar med teknikerna och hör av mig i eftermiddag.",
        "Låt mig fråga butiken, så skriver jag till dig i morgon.",
        "Absolut, ge mig en timme så har du svar.",
        "Felet blir rättat i morgon.",
        "Jeg sjekker og gir beskjed.",
        "La meg spørre butikken, så hører du fra meg i morgen.",
        "Vi sender en tekniker i morgen.",
        "Jeg oppdaterer deg her utover kvelden.",
        "Jeg undersøger det og svarer dig senest onsdag.",
        "Det bliver rettet i morgen.",
        "Vi vender tilbage med et svar.",
        "Jeg følger op på det og giver lyd fra mig på mandag.",
        "I'll look into it and get back to you.",
        "We'll let you know when I hear more.",
        "Let me ask the shop and you'll hear from me tomorrow.",
        "It will be repaired on Monday.",
    ],
)
def test_promises_are_heard(draft: str) -> None:
    assert promised(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Hör av dig om det inte fungerar.",
        "Återkom gärna om felet är kvar.",
        "Ta gjerne kontakt igjen hvis det ikke virker.",
        "Si gjerne fra om du trenger mer hjelp.",
        "Vend gerne tilbage, hvis det ikke hjælper.",
        "Let us know if it does not work.",
        "Du kan ringa oss på 020-22 55 55.",
        "Du når oss alla dagar mellan 8 och 20.",
        "Normalt får du svar inom två dagar.",
        "Uppdatera appen så syns den.",
        "The price is 39 kr a month.",
        "Vi kan inte återkomma om det här.",
    ],
)
def test_asking_the_customer_to_come_back_and_plain_facts_are_none(draft: str) -> None:
    assert promised(draft) == ()


def test_the_place_is_the_sentence_that_promises() -> None:
    draft = "Tack för tipset! Jag hör av mig i morgon. Ha en fin kväll."
    assert [draft[slice(*span)] for span in promised(draft)] == ["Jag hör av mig i morgon."]
