import pytest

from policies.patterns import hints, pattern, pattern_lists, places, says
from policies.text import fold
from tests.policies.test_ordinary import written

SUBJECTS = ("contacts", "danger", "due", "privacy", "promises", "tone")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_sieve_lets_through_whatever_a_pattern_finds(subject: str) -> None:
    texts = [fold(draft).low for _, draft in written()][::3]
    meanings = {meaning for table in pattern_lists(subject) for meaning in table if not meaning[0].isdigit()}
    lost = [
        (meaning, text)
        for meaning in meanings
        for text in texts
        if pattern(subject, meaning).search(text) and meaning not in hints(subject, text)
    ]
    assert lost == []


def test_what_only_a_lookaround_forbids_is_settled_by_the_exact_pattern() -> None:
    assert says("privacy", "illness", "20 mg varje morgon")
    assert not says("privacy", "illness", "6 mg per liter")


def test_places_are_those_of_the_exact_pattern() -> None:
    assert [found.group() for found in places("due", "tomorrow", "i morgon eller imorgon")] == ["i morgon", "imorgon"]
    assert places("due", "tomorrow", "i går") == []


def test_words_in_guillemets_are_words() -> None:
    assert says("due", "today", "«i dag»")
