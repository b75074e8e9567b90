"""One run from the first question to the comparison with the truth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict

from django.db import InterfaceError, OperationalError, close_old_connections, models
from psycopg_pool import PoolTimeout

from inbox.models import Reply
from inbox.states import ReplyState
from tests.chaos.company import Company, resume_channels
from tests.chaos.faults import NETWORKS, Killer, steps
from tests.chaos.truth import Score, Truth, compare, compare_intake
from tests.chaos.world import World

WARM_UP = 60.0  # seconds until the first replies are out
DRAIN = 240.0  # seconds in which everything must have come to its end when the trouble is over
ENDED = (ReplyState.SENT,)

Figures = dict[str, object]


class Run:
    """A world, a company and a killer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.company = Company(world.remote, world.plan.seed)
        self.killer = Killer(world)
        self.begun = time.monotonic()
        self.told = 0

    def to_the_end(self, kills: int, longest: float) -> Figures:
        """Kill so often, or for so many seconds; then let it drain without Redis, and compare."""
        self.company.found()
        self.world.spawn(steps())
        self.company.open()
        try:
            self._until(both_networks_have_sent, WARM_UP)
            with self.killer.at_work():
                self._until(lambda: self.killer.kills >= kills, longest)
            return self._drained()
        finally:
            self.company.stop()

    def naive_to_the_end(self, doubled: int, kills: int, longest: float) -> Figures:
        """Until the naive sender has doubled so often, or seen so many kills."""
        self.company.found()
        self.world.spawn(steps())
        self.company.open()
        truth = Truth(self.world.remote)

        def seen_enough() -> bool:
            twice = sum(times > 1 for times in truth.look().values())
            return twice >= doubled or self.killer.kills >= kills

        try:
            self._until(both_networks_have_sent, WARM_UP)
            with self.killer.at_work():
                self._until(seen_enough, longest)
            self.company.close_doors()
            self._until(lambda: not under_way(), DRAIN)
        finally:
            self.company.stop()
        score = self._compared()
        return {
            "naive_kills": self.killer.kills,
            "naive_sent": score.networks,
            "naive_lost": score.lost,
            "naive_doubled": score.doubled,
        }

    def _drained(self) -> Figures:
        kills = self.killer.kills
        self.company.close_doors()
        self.killer.counts["valkey lost for good"] += self.killer.lose_valkey()
        # Our own connection may be the one that the last restart of PostgreSQL broke.
        self._until(lambda: resume_channels(self.company.lea), WARM_UP)
        begun = time.monotonic()
        drained = self._until(lambda: not under_way() and not compare_intake(self.world.remote)["missed"], DRAIN)
        score = self._compared()
        return {
            "kills": kills,
            "sent": score.sent,
            "lost": score.lost,
            "doubled": score.doubled,
            "uncertain": self.company.pressed["it is out"] + self.company.pressed["send again"],
            "score": asdict(score),
            "clean": score.clean,
            "drained": drained,
            "drain_seconds": round(time.monotonic() - begun, 1),
            "seconds": round(time.monotonic() - self.begun),
            "seed": self.world.plan.seed,
            "pressed": dict(self.company.pressed),
            "stopped": dict(self.company.stopped),
            "killed": self.killer.report(),
        }

    def _compared(self) -> Score:
        scores: list[Score] = []
        self._until(lambda: not scores.append(compare(self.world.remote)), WARM_UP)
        return scores[0]

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Keep the killed processes alive until it is done; false where that took too long."""
        until, look = time.monotonic() + seconds, 0.0
        while time.monotonic() < until:
            self.world.supervisor.tend()
            self.world.supervisor.pause()
            if time.monotonic() < look:
                continue
            look = time.monotonic() + 0.5
            try:
                self._tell()
                if done():
                    return True
            except (OperationalError, InterfaceError, PoolTimeout):
                close_old_connections()
        return False

    def _tell(self) -> None:
        """A line of progress now and then."""
        age = int(time.monotonic() - self.begun)
        if age >= self.told + 15:
            self.told = age
            print(f"{age} s: {self.killer.kills} kills, {by_network()}", file=sys.stderr, flush=True)


def under_way() -> int:
    """Replies that have not come to their end, drafts that a guard has made of them included."""
    return Reply.objects.exclude(state__in=ENDED).count()


def by_network() -> dict[str, int]:
    """How many replies are in which state, for who watches the run."""
    rows = Reply.objects.values_list("channel__network", "state").annotate(models.Count("pk"))
    return {f"{network} {state}": number for network, state, number in rows.order_by("channel__network", "state")}


def both_networks_have_sent() -> bool:
    sent = Reply.objects.filter(state=ReplyState.SENT)
    return sent.values("channel__network").distinct().count() == len(NETWORKS)
