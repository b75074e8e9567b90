"""A seeded share of the proofs of intake, beside controls, which must fail in the same harness."""

from __future__ import annotations

import pytest

from tests.proofs.intake_events import events, without_tombstones
from tests.proofs.intake_kills import kills
from tests.proofs.notifications import believing, mutations

pytestmark = pytest.mark.django_db(transaction=True)


def test_lost_doubled_and_shuffled_notifications_leave_no_difference_after_a_poll() -> None:
    figures = events(120, seed=3, days=False)
    assert figures["clean"], figures


def test_without_tombstones_the_same_events_do_leave_a_difference() -> None:
    assert without_tombstones(150, seed=5)["clean"]


def test_kills_at_every_place_lose_and_double_nothing() -> None:
    figures = kills(8, seed=3)
    assert figures["clean"], figures


def test_no_notification_that_somebody_has_been_at_is_taken() -> None:
    figures = mutations(150, seed=3)
    assert figures["clean"], figures


def test_the_same_notifications_are_taken_where_any_signature_will_do() -> None:
    assert believing(40, seed=3)["clean"]
