import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.features import all_blocks, pieces, text_blocks, words


def pieces_by_hand(word: str) -> set[str]:
    padded = f" {word} "
    return {padded[start : start + length] for length in (2, 3, 4, 5) for start in range(len(padded) - length + 1)}


def test_pieces_are_those_of_each_word_and_reach_over_no_edge() -> None:
    assert len(pieces("hej").buckets) == len(pieces_by_hand("hej"))
    both = pieces_by_hand("hej") | pieces_by_hand("du")
    assert len(pieces("hej du").buckets) == len(both)


def test_what_occurs_twice_counts_twice() -> None:
    once, twice = words("hej"), words("hej, hej")
    assert once.counts.tolist() == [1.0]
    assert 2.0 in twice.counts.tolist()


def test_case_and_nordic_letters_do_not_matter() -> None:
    assert np.array_equal(pieces("KJØP").buckets, pieces("kjöp").buckets)


@settings(deadline=None)  # the first example reads the list of concepts
@given(st.text(max_size=200))
def test_any_text_becomes_sorted_distinct_buckets(text: str) -> None:
    for block in text_blocks(text):
        assert np.array_equal(block.buckets, np.unique(block.buckets))
        assert len(block.buckets) == len(block.counts)
        assert (block.counts >= 1).all()


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_read_together_texts_have_the_features_each_has_alone(texts: list[str]) -> None:
    for kind, together in enumerate(all_blocks(texts)):
        for number, text in enumerate(texts):
            alone, mine = text_blocks(text)[kind], together.owners == number
            assert np.array_equal(alone.buckets, together.buckets[mine])
            assert np.array_equal(alone.counts, together.counts[mine])
