"""The street's own catalogue is whole."""

import inspect
import re
from string import Formatter

import pytest

from connectors.sandbox.street import pages, routes
from connectors.sandbox.street.words import CATALOGUE, LANGUAGES, speaker


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("english", CATALOGUE)
def test_every_sentence_is_there_in_every_language_with_the_same_places(english: str) -> None:
    translations = CATALOGUE[english]
    assert len(translations) == len(LANGUAGES) - 1
    assert all(translations)
    assert {frozenset(places(text)) for text in (english, *translations)} == {frozenset(places(english))}


def test_every_sentence_the_pages_say_is_in_the_catalogue() -> None:
    source = "".join(inspect.getsource(module) for module in (pages, routes))
    said = re.findall(r'say\(\s*"([^"]+)"', source)
    assert len(said) > 20
    assert set(said) <= set(CATALOGUE)


def test_a_sentence_is_said_with_its_values() -> None:
    assert speaker("sv")("You are {name}", name="Elin") == "Du är Elin"
    assert speaker("en")("You are {name}", name="Elin") == "You are Elin"
