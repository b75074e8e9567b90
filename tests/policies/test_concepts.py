import pytest

from policies.concepts import concepts, names, of_word, plain


def all_in(text: str) -> set[str]:
    return {concept for token in concepts(text) for concept in token}


@pytest.mark.parametrize(
    ("words", "concept"),
    [
        (("inte", "ikke", "not"), "not"),
        (("stänger", "stenger", "lukker", "closing"), "close"),
        (("uppsägning", "oppsigelser", "fyringer", "layoffs"), "layoff"),
        (("återkommer", "kommer tilbake", "vender tilbage", "get back"), "comeback"),
    ],
)
def test_four_languages_meet_in_one_concept(words: tuple[str, ...], concept: str) -> None:
    assert all(concept in all_in(word) for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "giffgaff sorted it in minutes",
        "hos Telias butik",
        "ikea's return policy",
        "Jag byter till Tre nu",
        "Tre har sänkt priset",
        "How is Norwegian better?",
    ],
)
def test_other_suppliers_are_known_by_name(text: str) -> None:
    assert "SUPPLIER" in all_in(text)


@pytest.mark.parametrize(
    "text", ["Tre veckor utan nät", "i tre veckor", "get well soon", "the sky is blue", "Is og sne"]
)
def test_an_everyday_word_is_no_supplier(text: str) -> None:
    assert "SUPPLIER" not in all_in(text)


def test_compounds_are_told_by_their_last_part() -> None:
    assert "press" in of_word(plain("nyhetsrum"))
    assert "close" in of_word(plain("butiksstängning"))


def test_danish_and_swedish_letters_are_one() -> None:
    assert plain("Kjøp æble") == "kjöp äble"


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("i 2024", "YEAR"),
        ("kl 10.30", "CLOCK"),
        ("88120934", "LONG"),
        ("va?", "ASKS"),
        ("nej!", "EXCLAIMS"),
        ("😉", "wink"),
    ],
)
def test_shapes_are_concepts_too(text: str, concept: str) -> None:
    assert concept in all_in(text)


def test_names_are_capitals_inside_a_sentence() -> None:
    assert names("Hej Anna! Telia är billigare än Tele2, sa Bo. Sant?") == {"anna", "tele2", "bo"}
    assert names("") == frozenset()
