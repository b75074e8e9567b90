from __future__ import annotations

import pytest

from policies.language import guess


def test_in_doubt_the_channels_language_wins() -> None:
    assert guess("ok", "nb") == "nb"
    assert guess("Det er en fin dag i dag", "da") == "da"


def test_without_a_prior_there_is_always_an_answer() -> None:
    assert guess("") in ("sv", "nb", "da", "en")


def test_a_norwegian_on_a_swedish_channel_is_a_norwegian() -> None:
    """The library knows bokmål and nynorsk: neither may be likely while Norwegian is nearly certain."""
    asked = "Hei, vi har hytte i Hemsedal. Kan vi ta med ruteren hjemmefra dit, eller må vi bestille noe eget?"
    assert guess(asked, "sv") == "nb"


def test_a_short_text_keeps_the_channels_language() -> None:
    assert guess("Hej", "da") == "da"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "När kommer teknikern och lagar bredbandet hemma hos oss?"),
        ("nb", "Når kommer montøren og fikser bredbåndet hjemme hos oss?"),
        ("da", "Hvornår kommer teknikeren og laver internettet hjemme hos os?"),
        ("en", "When will the technician come and repair our broadband at home?"),
    ],
)
def test_a_longer_text_is_told_apart(language: str, text: str) -> None:
    assert guess(text) == language
