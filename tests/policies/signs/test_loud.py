import pytest

from policies.signs.loud import heard


def kinds_in(draft: str) -> set[str]:
    return {kind for kind, _ in heard(draft)}


@pytest.mark.parametrize(
    "draft", ["LUGNA NER DIG NU", "DU FÅR SVAR NÅR DET PASSER", "READ THE MANUAL", "Nå!!!", "Vad sa du?!?!"]
)
def test_capitals_and_rows_of_marks_shout(draft: str) -> None:
    assert "shouting" in kinds_in(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Slå på VPN och skriv PUK-koden till SIM-kortet",
        "ADSL og VDSL virker likt",
        "Tack! Ha en fin dag!",
        "OBS: IPTV via HDMI",
        "Skriv STOPP till 72 999",
        "Er du kunde i COOP eller REMA?",
    ],
)
def test_abbreviations_and_one_mark_do_not(draft: str) -> None:
    assert "shouting" not in kinds_in(draft)


@pytest.mark.parametrize("draft", ["Det är för jävligt", "Faen heller", "Det er fandme irriterende", "That's bullshit"])
def test_swearing_is_heard_in_four_languages(draft: str) -> None:
    assert "swearing" in kinds_in(draft)


@pytest.mark.parametrize(
    "draft", ["Fantastiskt!", "Assistenten hjelper deg", "Skattefogden svarar", "The class starts", "Fanø er åben"]
)
def test_innocent_words_with_bad_ones_inside_are_not(draft: str) -> None:
    assert "swearing" not in kinds_in(draft)


@pytest.mark.parametrize("draft", ["Sluta gnäll", "Slutt å sutre", "Hold op med at brokke dig", "Stop whining"])
def test_insults_are_heard_in_four_languages(draft: str) -> None:
    assert "insult" in kinds_in(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Vuxna människor brukar kunna planera lite bättre än så.",
        "Hade du läst villkoren hade vi sluppit den här diskussionen.",
        "Åh, förlåt att vi inte är tankeläsare.",
        "Den som ikke gidder å lese SMS-en, må regne med å betale.",
        "Kanskje du skulle tenkt på det før du lot tre purringer ligge.",
        "Så må du jo vente som de andre 86 mennesker.",
        "Fortsætter du sådan, får abonnementet en pause.",
        "Well, what did you think it was, decoration?",
        "With manners like yours I'm amazed anyone lends you a biro.",
        "Carry on like that and see what happens.",
        "Det er jo ikke raketvidenskab.",
        "Someone's in a mood today.",
    ],
)
def test_polite_words_that_mock_lecture_blame_or_threaten_are_scorn(draft: str) -> None:
    assert "scorn" in kinds_in(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "Grattis till nya telefonen!",
        "Tillykke med det nye hjem.",
        "Hold da op, det lyder dyrt! Dæk hullet til, så hjælper forsikringen.",
        "Vi svarar gärna, men ber dig hålla en god ton.",
        "Ring the broker desk on weekdays.",
        "Ta det rolig, fristen er først i mars.",
        "Stillingen kan du lese mer om på jobbsiden.",
        "You should have had it first, and I apologise for that.",
        "The chip fitted at noon, kl. 14 prick.",
    ],
)
def test_kindness_firmness_and_harmless_likenesses_are_not(draft: str) -> None:
    assert kinds_in(draft) == set()
