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
