"""The sandbox's own time."""

import pytest

from connectors.sandbox.clock import Clock, iso, seconds
from connectors.sandbox.store import Store


class Machine:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> Clock:
    return Clock(Store(":memory:"), machine)


def test_it_runs_with_the_machine_and_can_be_moved(clock: Clock, machine: Machine) -> None:
    clock.advance(60)
    machine.at += 5
    assert clock.now() == 1065


def test_it_stands_still_until_it_runs_on_from_there(clock: Clock, machine: Machine) -> None:
    clock.freeze(500)
    machine.at += 5
    clock.advance(10)
    assert clock.now() == 510
    clock.resume()
    machine.at += 1
    assert clock.now() == 511


def test_it_is_remembered_by_the_store(machine: Machine) -> None:
    store = Store(":memory:")
    Clock(store, machine).freeze(500)
    again = Clock(store, machine)
    assert (again.now(), again.frozen) == (500, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (12, 12.0),
        ("12.5", 12.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-02", 86400.0),
    ],
)
def test_times_are_read_in_every_spelling(text: str | float, expected: float) -> None:
    assert seconds(text) == expected


def test_what_is_no_time_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        seconds("soon")


def test_a_time_is_written_with_milliseconds() -> None:
    assert iso(1.5) == "1970-01-01T00:00:01.500Z"
