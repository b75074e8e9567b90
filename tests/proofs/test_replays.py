"""A seeded share of the replays, and the same with keys that nobody heeds."""

from __future__ import annotations

import pytest

from tests.proofs.replays import Desk, replay, without_keys

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_form_sent_again_adds_nothing_and_is_answered_alike() -> None:
    tally = replay(Desk(), times=60, seed=7)
    assert tally.replays >= 60
    assert (tally.extra, tally.unlike, tally.refused, tally.other_content) == (0, 0, 0, 0)


def test_the_same_replays_do_find_doubles_where_nobody_heeds_the_keys() -> None:
    tally = without_keys(times=40, seed=7)
    assert tally.extra > 0
    assert tally.unlike > 0
