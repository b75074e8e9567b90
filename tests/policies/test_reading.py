import pytest

from policies.reading import is_bare_thanks, is_danger, read, read_all, speaks_of_danger


@pytest.mark.parametrize("text", ["Tack!", "Tusen takk for hjelpen", "Super, mange tak", "Great, thanks", "👍", "❤❤"])
def test_a_bare_thanks_asks_for_no_answer(text: str) -> None:
    assert is_bare_thanks(text)


@pytest.mark.parametrize("text", ["Tack, men när kommer den?", "Takk. Virker fortsatt ikke", "ok, and the refund?"])
def test_thanks_with_something_behind_does(text: str) -> None:
    assert not is_bare_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "KOMMER INTE FRAM TILL 112!! Min man har ont i bröstet",
        "Min pappa har hemrespirator och strömmen är borta",
        "Jeg orker ikke leve lenger",
        "Om ni stänger av min el kommer jag ner till ert kontor med bensin",
        "Der er ingen strøm og hans iltapparat går ud",
        "I'll burn your office down",
        "Det lukter gass i trappa",
        "Det luktar bränt från elskåpet",
        "Mors nødkald er helt dødt",
        "Alarmen til farmor er død etter strømbruddet",
        "Our daughter needs her inhaler tonight",
        "she's trapped in the lift and it's getting hot",
    ],
)
def test_plain_words_of_danger_are_told_in_four_languages(text: str) -> None:
    assert speaks_of_danger(text)


@pytest.mark.parametrize(
    "text",
    ["Fakturan är livsviktig för mig", "Nettet er dødt i Vejle", "When do you open on Monday?", "Mobilen dör vid 40 %"],
)
def test_ordinary_anger_is_not_danger(text: str) -> None:
    assert not speaks_of_danger(text)


@pytest.mark.parametrize(
    ("probability", "told", "danger"), [(0.9, False, True), (0.4, False, False), (0.4, True, True), (0.01, True, False)]
)
def test_words_of_danger_count_unless_the_models_see_next_to_none(probability: float, told: bool, danger: bool) -> None:
    assert is_danger(probability, 0.6, told=told) is danger


@pytest.mark.parametrize(
    "text",
    [
        "Min mamma har slutat andas och 112 svarar inte",
        "There's a man with a knife in your shop",
        "Det lukter gass i hele oppgangen og naboen svarer ikke",
        "Jeg vil ikke leve mere, farvel",
    ],
)
def test_danger_is_read_in_four_languages(text: str) -> None:
    assert read(text).danger


@pytest.mark.parametrize(
    "text",
    [
        "Mobilen är död sedan i går, vad kostar en ny skärm?",
        "this hold music is killing me",
        "Jeg dør av latter av reklamen deres",
        "Kan man købe røgalarmer hos jer?",
    ],
)
def test_what_only_sounds_like_danger_is_none(text: str) -> None:
    assert not read(text).danger


def test_read_together_messages_say_what_each_says_alone() -> None:
    texts = ["Stämmer det att ni lägger ner?", "", "Tack!", "Det lukter gass i trappa", "When do you open on Monday?"]
    assert read_all(texts) == [read(text) for text in texts]
