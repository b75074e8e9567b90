import pytest

from policies.signs.promised import outright, promised


@pytest.mark.parametrize(
    "draft",
    [
        "Vi återkommer så snart vi vet mer.",
        "Jag kollar med teknikerna och hör av mig i eftermiddag.",
        "Låt mig fråga butiken, så skriver jag till dig i morgon.",
        "Absolut, ge mig en timme så har du svar.",
        "Felet blir rättat i morgon.",
        "Lämna det åt mig!",
        "Leave it with me, Sam.",
        "Hullet er satt opp til asfaltering i uke 50.",
        "Den er her, og du har svar innen tre uker.",
        "Driften ser på tallet, og så ringer de dig op.",
        "Jeg bærer det videre og lader dig vide, hvad de siger.",
        "An inspector will be out to mark it up on Thursday.",
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
        "Felet är borta sedan i fredags.",
        "We look at income and regular bills.",
        "I'm looking at my screen right now.",
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


@pytest.mark.parametrize(
    "draft",
    [
        "Då petar jag in dig först på listan i morgon bitti och sms:ar tiden ikväll.",
        "Vi kommer ut och fyller igen gropen så fort tjälen släppt.",
        "Gatuingenjören besiktigar brunnarna nästa vecka.",
        "Lovar att pinga dig när någon plockat upp den!",
        "Jeg purrer på ham selv klokka 15.",
        "Da tar driftsvakta en ny spyling i kveld, og jeg skriver til deg i morgen.",
        "Jeg sørger personlig for at det blir rettet.",
        "Jeg tager forbi i morgen formiddag og ser på dem.",
        "En af os fanger dig inden for en halv time.",
        "Så kommer der en mail fra mig, når rapporten er tikket ind.",
        "Pest control will be round on Thursday, and I'll text you the time slot.",
        "I'm asking the lead engineer to go through all three reports.",
        "We'll clear it on Monday.",
        "Watch this space tomorrow morning.",
    ],
)
def test_work_of_ours_and_word_from_us_are_heard_in_many_turns(draft: str) -> None:
    assert promised(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Skriv ditt ordernummer privat så kollar vi.",
        "Tell us your postcode and we'll take a look.",
        "Ska jag ringa dig i morgon?",
        "Vi har öppet till 20 i kväll och stänger 16 på söndagar.",
        "Vi svarar i chatten till kl. 22 i dag.",
        "Varene dine er sendt i dag.",
        "Jeg har allerede skrevet til deg.",
        "Vi kan godt ringe dig op.",
        "Skraldebilen kommer onsdage i lige uger.",
        "I sagde, at I ville ringe i går.",
        "That's all you'll get from me.",
        "Lad mig bare sige, at humøret er højt.",
        "De graver først og spørger bagefter.",
        "Vi lagar så fort vi kan.",
        "Leveransen tar 2–4 vardagar.",
        "Delårsrapporten kommer den 24 oktober.",
        "Nästa version kommer om två veckor.",
        "Jeg er ikke fagperson på fisk, så spør dyrebutikken.",
    ],
)
def test_conditions_questions_offers_the_past_and_what_always_holds_are_none(draft: str) -> None:
    assert promised(draft) == ()


def test_only_some_promises_leave_no_other_reading() -> None:
    assert outright("Jag ringer dig i morgon.")
    assert outright("You'll have an answer from me on Friday.")
    assert promised("Bekæmperen kører ud i morgen.")
    assert not outright("Bekæmperen kører ud i morgen.")
