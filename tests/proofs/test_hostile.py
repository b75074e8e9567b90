"""A seeded share of the bad bodies, and the same with a reader that is too hasty."""

from __future__ import annotations

import pytest

from tests.proofs.hostile import at_the_first_bad_one, bodies

pytestmark = pytest.mark.django_db(transaction=True)


def test_bad_bodies_kill_nobody_and_delay_nothing() -> None:
    figures = bodies(120, 7)
    assert (figures["died"], figures["doubled"], figures["dropped"], figures["late"]) == (0, 0, 0, 0), figures["first"]
    assert int(str(figures["quarantined"])) > 3


def test_the_same_bodies_do_show_a_reader_that_gives_a_page_up() -> None:
    assert int(str(at_the_first_bad_one(60, 7)["late"])) > 0
