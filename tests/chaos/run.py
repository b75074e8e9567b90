"""What every run shares: a world, its company, waiting while the killed come back, draining, and the comparison."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, close_old_connections, models
from psycopg_pool import PoolTimeout

from inbox.models import Reply
from inbox.states import ReplyState
from tests.chaos.company import MOST_WAITING, Company, resume_channels
from tests.chaos.faults import NETWORKS, Killer
from tests.chaos.truth import Score, compare, compare_intake
from tests.chaos.world import World

WARM_UP = 90.0  # seconds until the first replies are out
DRAIN = 240.0  # seconds in which everything must have come to its end when the trouble is over
LOOK = 0.5  # seconds between two looks at the database
ENDED = (ReplyState.SENT,)

Figures = dict[str, object]


class Run:
    """A world with a company in it, and a killer who waits for orders."""

    def __init__(self, world: World, most_waiting: int = MOST_WAITING) -> None:
        self.world = world
        self.company = Company(world.remote, world.plan.seed, most_waiting)
        self.killer = Killer(world)
        self.begun = time.monotonic()
        self._told = 0

    @contextmanager
    def opened(self, steps: str = "") -> Iterator[None]:
        """With customers and agents at work, until replies are out on both networks."""
        self.company.found()
        self.world.spawn(steps)
        self.company.open()
        try:
            self.until(both_networks_have_sent, WARM_UP)
            yield
        finally:
            self.company.stop()

    def drained(self) -> Figures:
        """Nothing new, no more trouble but no Redis for good: bring everything to its end, and compare."""
        self.company.close_doors()
        self.killer.counts["valkey lost for good"] += self.killer.lose_valkey()
        # Our own connection may be the one that the last restart of PostgreSQL broke.
        self.until(lambda: resume_channels(self.company.lea), WARM_UP)
        begun = time.monotonic()
        drained = self.until(lambda: not under_way() and not compare_intake(self.world.remote)["missed"], DRAIN)
        score = self.compared()
        return {
            "sent": score.sent,
            "networks": score.networks,
            "lost": score.lost + sum(score.unfinished.values()),
            "doubled": score.doubled,
            "uncertain": self.company.pressed["it is out"] + self.company.pressed["send again"],
            "wrong": score.wrong,
            "missed": score.missed,
            "repeated": score.repeated,
            "unfinished": score.unfinished,
            "clean": score.clean and drained,
            "drain_seconds": round(time.monotonic() - begun, 1),
            "seconds": round(time.monotonic() - self.begun),
            "seed": self.world.plan.seed,
            "stopped": dict(self.company.stopped),
        }

    def compared(self) -> Score:
        scores: list[Score] = []
        self.until(lambda: not scores.append(compare(self.world.remote)), WARM_UP)
        return scores[0]

    def until(self, done: Callable[[], bool], seconds: float, look: float = LOOK) -> bool:
        """Keep the killed processes alive until it is done; false where that took too long."""
        end, next_look = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            self.world.supervisor.tend()
            self.world.supervisor.pause()
            if time.monotonic() < next_look:
                continue
            next_look = time.monotonic() + look
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
        if age >= self._told + 15:
            self._told = age
            stopped = dict(self.company.stopped)
            print(f"{age} s: {self.killer.kills} kills, {by_network()}, {stopped}", file=sys.stderr, flush=True)


def under_way() -> int:
    """Replies that have not come to their end, drafts that a guard has made of them included."""
    return Reply.objects.exclude(text="").exclude(state__in=ENDED).count()


def by_network() -> dict[str, int]:
    """How many replies are in which state, for who watches the run."""
    rows = Reply.objects.values_list("channel__network", "state").annotate(models.Count("pk"))
    return {f"{network} {state}": number for network, state, number in rows.order_by("channel__network", "state")}


def both_networks_have_sent() -> bool:
    sent = Reply.objects.filter(state=ReplyState.SENT)
    return sent.values("channel__network").distinct().count() == len(NETWORKS)
