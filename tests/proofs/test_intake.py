"""A seeded share of the proofs of intake, beside controls, which must fail in the same harness."""

from __future__ import annotations

import json

import pytest

from tests.proofs.intake_events import FEW, events, pauses, without_gaps, without_tombstones
from tests.proofs.intake_kills import careless_kills, kills
from tests.proofs.limits import budgets, heedless
from tests.proofs.notifications import believing, mutations

pytestmark = pytest.mark.django_db(transaction=True)


def test_lost_doubled_and_shuffled_notifications_leave_no_difference_after_a_poll() -> None:
    figures = events(120, seed=3, days=False)
    assert figures["clean"], figures


def test_without_tombstones_the_same_events_do_leave_a_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert without_tombstones(150, seed=8)["clean"]
    shown = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert shown
    assert all(found["happened"] and found["here"] != found["there"] for found in shown)


def test_days_without_us_leave_nothing_out_but_what_lies_in_a_gap() -> None:
    figures = pauses(10, 3, *FEW)
    assert figures["clean"], figures


def test_without_gaps_the_same_days_do_leave_something_out() -> None:
    assert without_gaps(10, seed=3)["clean"]


def test_kills_at_every_place_lose_and_double_nothing() -> None:
    figures = kills(8, seed=3)
    assert figures["clean"], figures


def test_kills_do_lose_messages_where_the_cursor_is_ahead_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert careless_kills(6, seed=3)["clean"]
    shown = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    lost = [found for found in shown if found["here"] is None]
    assert lost
    assert all(any(stream["complete_up_to_at"] for stream in found["read"]["streams"]) for found in lost)


def test_a_storm_of_rate_limits_meets_no_closed_window_and_starves_nobody() -> None:
    figures = budgets(60, seed=3)
    assert figures["clean"], figures


def test_the_same_storm_does_meet_closed_windows_where_nobody_heeds_them() -> None:
    assert heedless(80, seed=3)["calls_in_a_closed_window"] != 0


def test_no_notification_that_somebody_has_been_at_is_taken() -> None:
    figures = mutations(150, seed=3)
    assert figures["clean"], figures


def test_the_same_notifications_are_taken_where_any_signature_will_do() -> None:
    assert believing(40, seed=3)["clean"]
