"""The state machine of tests/inbox/machine.py, run often; and the same with the product broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from inbox.models import Reply, Role
from tests import make
from tests.inbox.machine import Machine

STEPS, HUNT = 30, 200
# What is taken away, and what then goes in its place.
BROKEN: dict[str, Callable[..., object]] = {
    "passes_rules": lambda _self, _at: True,
    "stopped_by": lambda _self, _thread, _at: "",
    "undo": lambda self, by: self.state == "queued",
}


def company() -> None:
    """The people and the channel that every run finds."""
    make.rulebook()
    channel = make.channel("facebook")
    for name in ("anna", "bo"):
        make.clear(make.person(name), channel)
    make.person("lea", Role.LEAD)
    make.person("ada", Role.ADMIN)


def runs(times: int, number: int, phases: tuple[Phase, ...] = (Phase.generate,)) -> None:
    """Raises AssertionError, with the steps that lead there, where something does not hold."""
    how = settings(
        max_examples=times,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    Machine.reached.clear()
    seed(number)(Machine)
    run_state_machine_as_test(Machine, settings=how)


def finds(name: str, number: int) -> bool:
    """Whether the runs notice that this verb does not do its work."""
    with mock.patch.object(Reply, name, BROKEN[name]):
        try:
            runs(HUNT, number, (Phase.generate,))
        except (AssertionError, ExceptionGroup):
            return True
    return False


def broken_runs(number: int) -> dict[str, bool]:
    return {name: finds(name, number) for name in BROKEN}


def reached() -> dict[str, int]:
    """How often the last runs came to something."""
    return dict(Machine.reached)
