import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.text import fold, sentences, words


@pytest.mark.parametrize("text", ["Hej på dig", "Æ Ø Å", "Ça va? 😀 Ja!", "１２３", "e\u0301t\u00ade"])
def test_spans_lead_back_to_the_text_as_written(text: str) -> None:
    folded = fold(text)
    whole = folded.span(0, len(folded.low))
    assert text[slice(*whole)].strip("\u00ad") == text.strip("\u00ad")


def test_composed_and_decomposed_letters_fold_to_one() -> None:
    composed = "Åtgärden är möjlig"
    decomposed = unicodedata.normalize("NFD", composed)
    assert fold(decomposed).low == fold(composed).low
    start = fold(decomposed).low.index("möjlig")
    span = fold(decomposed).span(start, start + 6)
    assert unicodedata.normalize("NFC", decomposed[slice(*span)]) == "möjlig"


def test_dashes_quotes_and_invisible_characters_are_one() -> None:
    assert fold("12–34’\u200b!").low == "12-34'!"


@settings(deadline=None)
@given(st.text())
def test_every_span_lies_inside_the_text(text: str) -> None:
    folded = fold(text)
    places = [folded.span(place, place + 1) for place in range(len(folded.low))]
    assert all(0 <= start < end <= len(text) for start, end in places)


@settings(deadline=None)
@given(st.text())
def test_sentences_do_not_overlap_and_keep_all_that_is_written(text: str) -> None:
    spans = sentences(text)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert "".join(text[slice(*span)] for span in spans).split() == text.split()


def test_a_full_stop_inside_a_time_or_an_abbreviation_ends_nothing() -> None:
    text = "Vi svarar kl. 10.30 den 3. mars t.ex. här. Hej då!"
    assert [text[slice(*span)].strip() for span in sentences(text)] == [
        "Vi svarar kl. 10.30 den 3. mars t.ex. här.",
        "Hej då!",
    ]


def test_words_are_folded() -> None:
    assert words("Det ÄR bra-ish, don’t") == ("det", "är", "bra-ish", "don't")
