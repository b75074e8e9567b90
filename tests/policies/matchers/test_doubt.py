"""Where the models see next to nothing, what only looks like a breach is let be; what blocks never is."""

import sys

import pytest

from policies.verdict import Effect
from tests.policies.ground import verdict

PARKING = "Ring gärna min kollega på 070-123 45 67 om det gäller parkeringen."
NUMBER = "Ditt personnummer är 811218-9876, stämmer det?"
OUTRIGHT = "Jag ringer dig i morgon."


def seen(share: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models' view, whatever is asked; None where there are none."""
    for module in ("privacy", "promises", "risk"):
        # The package offers the function by the module's name.
        monkeypatch.setattr(sys.modules[f"policies.matchers.{module}"], "probability", lambda *asked: share)


@pytest.mark.parametrize(("share", "told"), [(None, True), (0.05, False), (0.4, True)])
def test_a_number_that_looks_private_counts_unless_the_models_doubt_it(
    share: float | None, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(share, monkeypatch)
    found = verdict("privacy", PARKING, language="sv")
    assert bool(found.violations) is told


def test_a_national_number_blocks_whatever_the_models_see(monkeypatch: pytest.MonkeyPatch) -> None:
    seen(0.0, monkeypatch)
    found = verdict("privacy", NUMBER, language="sv")
    assert found.effect is Effect.BLOCK


@pytest.mark.parametrize(("share", "told"), [(None, True), (0.02, False), (0.2, True)])
def test_an_outright_promise_counts_unless_the_models_see_next_to_none(
    share: float | None, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(share, monkeypatch)
    found = verdict("follow_up", OUTRIGHT, language="sv")
    assert bool(found.violations) is told
