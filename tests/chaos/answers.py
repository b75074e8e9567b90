"""The proof of the answers: six ways in which a network does not say whether a reply is out, and reads that lag.

Nobody is killed and nothing is polled: what became of a sending is found out by the read-back alone.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from connectors.base import Author, Kind
from inbox.clock import after, moment, read_clock
from inbox.models import Audit, Channel, Message, Reply
from inbox.models.intake import store
from inbox.states import ReplyState
from tests import make
from tests.chaos.company import words
from tests.chaos.run import DRAIN, Figures, Run
from tests.chaos.world import Plan, World
from tests.connectors.worlds import FacebookWorld, SignedTwitterWorld
from tests.connectors.worlds import World as Place

Json = dict[str, Any]
# Of the faulty answers, most hide a reply that is out, some one that is not; a few calls go well.
OUT, NOT_OUT = 0.85, 0.5
MOST_WAITING = 100
# Seconds. Facebook tells times to the second, so what is to prove that its reads have caught up is a second newer.
TOLD_TO = 1.0
MOST_UNCERTAIN = 0.01


@dataclass(frozen=True)
class Lag:
    """How far reads are behind writes, in seconds, and whether nearly all must be settled without a person."""

    name: str
    seconds: float
    settles: bool = False


def lags(plan: Plan) -> tuple[Lag, ...]:
    """Below Q, between Q and the second read, and beyond both."""
    return (
        Lag("below Q", plan.quiet / 4, settles=True),
        Lag("between Q and Q + gap", plan.quiet + plan.gap / 2),
        Lag("above Q + gap", plan.quiet + 2 * plan.gap),
    )


def faults(plan: Plan) -> dict[str, Json]:
    """By name. `late` is longer than a call may take; for Facebook's code 2, X has a 503."""
    late = 2 * plan.deadline
    return {
        "code 2": {"kind": "graph_error", "code": 2},
        "html": {"kind": "status", "status": 500, "body": "html"},
        "reset": {"kind": "reset"},
        "half a body": {"kind": "truncated", "share": 0.5, "keep_length": True},
        "hang": {"kind": "hang", "seconds": late},
        "late answer": {"kind": "late_answer", "seconds": late},
    }


def answer(world: World, sends: int) -> Iterator[Figures]:
    """The figures of each lag and fault. The naive sender, who never reads back, is tried at one lag only."""
    trial = Trial(world)
    behind = lags(world.plan)[: 1 if world.plan.naive else None]
    try:
        for lag, (name, fault) in itertools.product(behind, faults(world.plan).items()):
            yield {"lag": lag.name, "fault": name, **trial.run(lag, fault, sends)}
    finally:
        trial.company.stop()


@dataclass
class Trial:
    """One company for all faults; each has replies of its own."""

    world: World
    asked: int = 0
    known: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.stage = Run(self.world)
        self.company = self.stage.company
        self.company.found()
        # Nobody polls: our own posts are not to be seen by the way.
        Channel.objects.update(next_poll_at=moment(plus=timedelta(days=1)))
        self.world.spawn("")
        self.company.attend()
        remote = self.world.remote
        self.places: dict[str, Place] = {
            place.connector.network: place(remote.base, remote) for place in (FacebookWorld, SignedTwitterWorld)
        }
        self.channels = {channel.network: channel for channel in Channel.objects.all()}

    def run(self, lag: Lag, fault: Json, sends: int) -> Figures:
        begun, first = time.monotonic(), Reply.objects.count()
        self.trouble(lag, fault)
        self.feed(sends)
        mine = Reply.objects.order_by("pk")[first : first + sends]
        pks = list(mine.values_list("pk", flat=True))
        here = Reply.objects.filter(pk__in=pks)
        ended = self.stage.until(lambda: not self.busy(here), DRAIN)
        self.world.remote.clear_faults()
        return self.compared(here, lag, ended) | {"seconds": round(time.monotonic() - begun)}

    def trouble(self, lag: Lag, fault: Json) -> None:
        remote = self.world.remote
        remote.clear_faults()
        remote.turn(facebook_lag=lag.seconds, x_lag=lag.seconds)
        for place in self.places.values():
            meets = {"network": place.network, "method": "POST", "path": place.write_path}
            kind = {**fault}
            if fault["kind"] == "graph_error" and place.network == "x":
                kind = {"kind": "status", "status": 503, "body": "json"}
            remote.fault(**kind, **meets, probability=OUT, effect=fault["kind"] not in ("truncated", "late_answer"))
            # Some are not out, and their callers are told as little.
            not_out = {"kind": "reset"} if fault["kind"] in ("truncated", "late_answer") else kind
            remote.fault(**not_out, **meets, probability=NOT_OUT)

    def feed(self, sends: int) -> None:
        """Let them go as fast as they leave, ten at a time."""
        left = sends
        while left:
            self.stage.until(self.has_room, DRAIN, look=0.2)
            batch = min(10, left)
            self.stage.until(lambda size=batch: self.let_go(size), DRAIN)
            left -= batch

    def has_room(self) -> bool:
        self.talk_along()
        return Reply.objects.due().filter(state=ReplyState.QUEUED).count() < MOST_WAITING

    def busy(self, here: Any) -> bool:
        self.talk_along()
        return here.exclude(state=ReplyState.SENT).exists()

    def let_go(self, size: int) -> bool:
        """Questions straight into the database, as a page of the network would bring them, and their answers."""
        for network, place in self.places.items():
            asked = [place.question(f"Hvem kan jeg spørre? {words(self.number())}") for _ in range(size // 2)]
            for entry in self.world.remote.write_many(asked):
                self.reply_to(self.channels[network], str(entry["id"]), self.number())
        return True

    def reply_to(self, channel: Channel, remote_id: str, number: int) -> None:
        agent = self.company.agents[number % len(self.company.agents)]
        kind = Kind.COMMENT if channel.network == "facebook" else Kind.MENTION
        asked = make.remote(
            "Hvem kan jeg spørre om dette?",
            remote_id=remote_id,
            kind=kind,
            created_at=read_clock(),
            author=Author(f"asker{number}", "Elin Sjöberg"),
        )
        with transaction.atomic():
            store(channel, [asked])
        thread = Message.objects.get(network=channel.network, remote_id=remote_id).thread
        make.queued(thread, agent, f"Takk for at du skriver til oss. {words(number).capitalize()}")

    def number(self) -> int:
        self.asked += 1
        return self.asked

    def talk_along(self) -> None:
        """Traffic: somebody writes in each thread on Facebook when a read of it could tell something by it."""
        plan = self.world.plan
        newer = timedelta(seconds=2 * plan.deadline + plan.skew + TOLD_TO)
        waiting = Reply.objects.filter(state=ReplyState.SENDING, channel__network="facebook")
        ripe = waiting.alias(ripe_at=after("attempt_at", newer)).filter(ripe_at__lt=moment())
        place, said = self.places["facebook"], []
        for pk, attempt, root in ripe.values_list("pk", "attempt", "thread__root_remote_id"):
            if not self.known[f"{pk}#{attempt}"]:
                self.known[f"{pk}#{attempt}"] += 1
                said.append(place.answer(root, "Det lurer jeg også på.", author="Ole Håkonsen"))
        self.world.remote.write_many(said)

    def compared(self, here: Any, lag: Lag, ended: bool) -> Figures:
        out = self.company.truth.look()
        rows = list(here.values_list("pk", "outgoing", "state"))
        said = [outgoing for _, outgoing, state in rows if state == ReplyState.SENT]
        doubts = Audit.objects.filter(verb="uncertain", reply_id__in=[pk for pk, _, _ in rows])
        uncertain = doubts.values("reply_id").distinct().count()
        figures = {
            "sends": len(rows),
            "sent": sum(outgoing in out for _, outgoing, _ in rows),
            "lost": sum(outgoing not in out for outgoing in said) + len(rows) - len(said),
            "doubled": sum(out[outgoing] > 1 for _, outgoing, _ in rows),
            "uncertain": uncertain,
        }
        few = uncertain <= MOST_UNCERTAIN * len(rows) or not lag.settles
        return {**figures, "clean": ended and few and not figures["lost"] and not figures["doubled"]}
