"""Every pair of colours that meet on the screen can be told apart, in both themes."""

import pytest

from tests.browser.contrast import PAIRS, ROOT, Pair, measured, ratio, table, tokens


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.front} on {pair.ground}")
def test_the_pair_reaches_its_ratio(pair: Pair, theme: str) -> None:
    assert measured(pair, theme) >= pair.least


def test_the_formula_gives_the_known_ends() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#777777") == pytest.approx(1)


def test_both_themes_are_read_from_the_stylesheet() -> None:
    assert tokens("light")["text"] != tokens("dark")["text"]


def test_the_documented_ratios_are_current() -> None:
    assert table() in (ROOT / "docs" / "front-end.md").read_text()
