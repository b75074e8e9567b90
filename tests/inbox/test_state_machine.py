"""Anything in any order around a reply; and that the same runs find what is broken on purpose."""

from __future__ import annotations

import pytest

from tests.inbox.machine import Machine
from tests.proofs.machine import BROKEN, company, finds, runs

pytestmark = pytest.mark.django_db
FEW, SEED = 8, 7


def test_nothing_leaves_unlawfully_nothing_is_lost_and_nothing_is_stuck() -> None:
    company()
    runs(FEW, SEED)
    assert {"begun", "kept back", "undone", "approved", "read back"} <= set(Machine.reached)


@pytest.mark.parametrize("verb", BROKEN)
def test_the_same_runs_find_what_is_broken_on_purpose(verb: str) -> None:
    company()
    assert finds(verb, SEED)
