"""A sending process killed at each named step, on each network, whatever becomes of the answer.

Here a seeded share of the cases; `python -m tests.chaos steps` tries all.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import F

from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Attempt, Channel, Person, Reply, Role, Thread
from inbox.states import ReplyState
from tests import make
from tests.chaos import steps
from tests.chaos.dying import dies_sending
from tests.connectors.worlds import FacebookWorld, SignedTwitterWorld, World
from tests.inbox.conftest import network, street  # noqa: F401  the sandbox is theirs

pytestmark = pytest.mark.django_db(transaction=True)

PLACES: dict[str, type[World]] = {"facebook": FacebookWorld, "twitter": SignedTwitterWorld}
ANSWERS: dict[str, dict[str, object]] = {
    "arrives": {},
    "is lost": {"kind": "reset", "effect": True},
    "comes late": {"kind": "late_answer", "seconds": 0.8},
}
# Seconds. The short one only where an answer has to come too late: a busy machine must not look like a lost answer.
SHORT, DEADLINE = 0.4, 10
Q = timedelta(minutes=2)
MOST_ROUNDS = 5
SEED = 22


@pytest.fixture(autouse=True)
def _short(settings: LazySettings) -> None:
    settings.SAMTAL_SEND_DEADLINE = DEADLINE
    settings.SAMTAL_UNDO_SECONDS = 0


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "marks"


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, street: Remote) -> World:  # noqa: F811
    return PLACES[request.param](street.base, street)


@pytest.fixture
def reply(place: World) -> Reply:
    """Queued, in answer to a question that was read from the network."""
    channel = make.channel(place.connector.network)
    anna = make.person("anna")
    make.clear(anna, channel)
    place.say("Hvem kan jeg spørre om dette?")
    tasks.pull(channel.pk)
    return make.queued(Thread.objects.get(), anna, "Takk for at du skriver til oss.")


def share(cases: Iterable[tuple[str, object]], size: int) -> list[tuple[str, object]]:
    """Some of the cases, always the same; all of them where they are to be proven exhaustively."""
    every = list(cases)
    return every if "CHAOS_EXHAUSTIVE" in os.environ else random.Random(SEED).sample(every, size)


def let_time_pass(reply: Reply) -> None:
    """Q and more go by, and somebody else writes in the thread."""
    Reply.objects.filter(pk=reply.pk).update(not_before=moment(plus=-Q), attempt_at=F("attempt_at") - Q)
    Attempt.objects.filter(reply=reply).update(started_at=F("started_at") - Q)


def settle(reply: Reply, place: World) -> None:
    """What workers, sweep and time make of it, until it is at its end."""
    place.remote.clear_faults()
    bystander = place.answer(reply.thread.root_remote_id, "Det lurer jeg også på.", author="Ole Håkonsen")
    place.remote.write_many([bystander])
    for _ in range(MOST_ROUNDS):
        reply.refresh_from_db()
        if reply.state == ReplyState.SENT:
            return
        let_time_pass(reply)
        tasks.send(reply.pk)


def times_out(reply: Reply, place: World) -> int:
    return sum(entry["text"] == reply.outgoing for entry in place.sent())


@pytest.mark.parametrize(("step", "answer"), share(itertools.product(steps.SEND, ANSWERS), 8))
def test_a_reply_is_out_once_wherever_its_sender_dies(
    step: str, answer: str, reply: Reply, place: World, marks: Path, settings: LazySettings
) -> None:
    settings.SAMTAL_SEND_DEADLINE = SHORT if answer == "comes late" else DEADLINE
    if fault := ANSWERS[answer]:
        place.remote.fault(**{"method": "POST", "path": place.write_path, "count": 1, **fault})
    died = dies_sending(reply.pk, step, marks)
    # Where no answer arrives, nobody comes to the steps behind it.
    assert died or (answer != "arrives" and step in ("after_answer", "in_finish", "after_finish"))
    settings.SAMTAL_SEND_DEADLINE = DEADLINE
    settle(reply, place)
    assert (reply.state, times_out(reply, place)) == (ReplyState.SENT, 1)


@pytest.mark.parametrize(("step", "is_out"), share(itertools.product(steps.READ_BACK, [True, False]), 3))
def test_a_reply_is_out_once_wherever_its_reader_dies(
    step: str, is_out: bool, reply: Reply, place: World, marks: Path
) -> None:
    assert dies_sending(reply.pk, "before_answer" if is_out else "after_start", marks)
    place.remote.write_many([place.answer(reply.thread.root_remote_id, "Jeg også.", author="Ole Håkonsen")])
    let_time_pass(reply)
    died = dies_sending(reply.pk, step, marks)
    assert died or (is_out and step == "in_not_found")
    settle(reply, place)
    assert (reply.state, times_out(reply, place)) == (ReplyState.SENT, 1)


def test_without_traffic_in_its_thread_a_facebook_reply_is_left_to_a_person(street: Remote, marks: Path) -> None:  # noqa: F811
    place = FacebookWorld(street.base, street)
    channel, lea = make.channel("facebook"), make.person("lea", Role.LEAD)
    reply = make.queued(_asked(place, channel), _agent(channel), "Takk for at du skriver til oss.")
    assert dies_sending(reply.pk, "after_start", marks)
    for _ in range(MOST_ROUNDS):
        let_time_pass(reply)
        tasks.send(reply.pk)
    reply.refresh_from_db()
    assert (reply.state, times_out(reply, place)) == (ReplyState.UNCERTAIN, 0)
    assert reply.send_again(by=lea)
    tasks.send(reply.pk)
    assert times_out(reply, place) == 1


def _asked(place: World, channel: Channel) -> Thread:
    place.say("Hvem kan jeg spørre om dette?")
    tasks.pull(channel.pk)
    return Thread.objects.get()


def _agent(channel: Channel) -> Person:
    anna = make.person("anna")
    make.clear(anna, channel)
    return anna
