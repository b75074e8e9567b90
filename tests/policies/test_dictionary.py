import pytest

from policies.concepts import plain
from policies.dictionary import sense


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("vatten", "vann", "vand", "water"), "water"),
        (("faktura", "regning", "invoices"), "invoice"),
        (("betalar", "betaler", "payment"), "pay"),
        (("granne", "nabo", "neighbour"), "neighbour"),
    ],
)
def test_words_of_four_languages_have_one_sense(words: tuple[str, ...], meant: str) -> None:
    assert {sense(plain(word)) for word in words} == {meant}


def test_a_compound_has_the_sense_of_its_last_part() -> None:
    assert sense(plain("hushållsgranne")) == "~neighbour"
    assert sense(plain("nettregninger")) == "~invoice"


def test_a_word_of_the_rules_has_the_names_of_its_concepts() -> None:
    assert "deny" in sense(plain("dementerar"))


def test_an_unknown_word_stands_for_itself_however_long() -> None:
    assert sense("qwrtzp") == "qwrtzp"
    assert sense("x" * 20_000) == "x" * 20_000
