import tomllib
from pathlib import Path

import pytest

import policies.lexicon
from policies.lexicon import Phrase, Phrases, any_hit, hits
from policies.rulebook import LANGUAGES

LISTS = sorted(Path(policies.lexicon.__file__).parent.glob("*.toml"))


def found(text: str, *written: str) -> list[str]:
    phrases = Phrases([Phrase.parse("list", phrase) for phrase in written])
    return [text[slice(*span)] for span in phrases.hits(text).get("list", ())]


def test_a_plain_phrase_matches_whole_words_in_any_case() -> None:
    assert found("Fan också, fantastiskt av en FAN", "fan") == ["Fan", "FAN"]


def test_stars_open_an_end_for_inflection_and_compounds() -> None:
    assert found("Ryktet och prisrykten", "rykte*", "*rykten") == ["Ryktet"[:5], "rykten"]


def test_blanks_of_any_kind_are_one() -> None:
    assert found("vad  i\nhelvete", "vad i helvete") == []
    assert found("vad i\u00a0helvete", "vad i helvete") == ["vad i\u00a0helvete"]


def test_a_decomposed_letter_is_found_at_its_place() -> None:
    assert found("ja\u0308vla", "jävl*") == ["ja\u0308vl"]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_shipped_list_has_all_languages_and_no_entry_twice(path: Path) -> None:
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(lists) == set(LANGUAGES)
    for phrases in lists.values():
        assert phrases
        assert len(phrases) == len(set(phrases))


def test_every_language_is_tried_on_every_text() -> None:
    assert any_hit("Hold kæft, sa kunden", "insults")
    assert set(hits("Ring kundtjänst or the switchboard")) >= {"customer_service"}
