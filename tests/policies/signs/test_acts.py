import pytest

from policies.signs.acts import clauses, declines_or_refers, first_addition


@pytest.mark.parametrize(
    "draft",
    [
        "Vi kommenterar inte rykten.",
        "Det er ikke noe vi kan gå inn på her.",
        "Vi udtaler os ikke om kommende produkter.",
        "No comment from us.",
        "Våra rapporter finns på pressidan.",
        "Spørg vores presseafdeling.",
    ],
)
def test_declining_and_referring_is_seen(draft: str) -> None:
    assert declines_or_refers(draft)


@pytest.mark.parametrize(
    "draft", ["Ja det stämmer, den stänger i mars.", "Det ville ikke overraske mig.", "Yes, in May."]
)
def test_answering_is_not(draft: str) -> None:
    assert not declines_or_refers(draft)


def test_what_follows_the_turn_is_judged_by_itself() -> None:
    draft = "Vi kan inte kommentera det, men det ligger nog något i det."
    span = first_addition(draft)
    assert span is not None
    assert draft[slice(*span)].startswith("men")


def test_thanks_and_a_decline_add_nothing() -> None:
    assert first_addition("Tack för din fråga! Vi kommenterar inte rykten.") is None


def test_clauses_cover_the_draft() -> None:
    draft = "Hej! Vi svarar inte på det, men titta på pressidan. Ha en fin dag"
    covered = "".join(draft[slice(*clause.span)] for clause in clauses(draft))
    assert covered.split() == draft.split()
