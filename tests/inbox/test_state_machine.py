"""Anything in any order around a reply; and that the same runs find what is broken on purpose."""

from __future__ import annotations

import pytest

from tests.inbox.machine import Machine
from tests.proofs.machine import company, finds, runs

pytestmark = pytest.mark.django_db
# The rest, and the fault that takes longest to find: python -m tests.proofs machine
FEW, SEED = 6, 7


def test_nothing_leaves_unlawfully_nothing_is_lost_and_nothing_is_stuck() -> None:
    company()
    runs(FEW, SEED)
    assert {"begun", "kept back", "undone", "approved", "read back"} <= set(Machine.reached)


@pytest.mark.parametrize("verb", ["passes_rules", "stopped_by"])
def test_the_same_runs_find_what_is_broken_on_purpose(verb: str) -> None:
    company()
    assert finds(verb, SEED)
