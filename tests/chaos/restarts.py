"""The proof of the servers: PostgreSQL restarted at once and again, Redis emptied, and Redis lost for good.

Nobody of ours is killed here, so that what is measured is how soon everybody is back.
"""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from functools import partial

import psutil
from django.db.models import Min, OuterRef, Subquery

from inbox.clock import read_clock
from inbox.models import Attempt, Audit
from tests.chaos.run import Figures, Run
from tests.chaos.world import World

CALM = 20.0  # seconds without trouble, to compare with
MOST_WAITING = 6  # few, so that a delay is one and not the length of the queue
BACK = 60.0  # seconds after which we stop waiting for who does not come back
WITHOUT_REDIS = 15.0
MUST = {"back_max": 15.0, "flush_delay_p99": 10.0}  # seconds


def restart(world: World, restarts: int, flushes: int) -> Figures:
    """So many flushes of Redis, then so many restarts of PostgreSQL, then no Redis any more."""
    run, chance = Run(world, MOST_WAITING), random.Random(world.plan.seed)
    with run.opened():
        calm = measured(run, partial(wait, run, CALM))
        flushed = measured(run, partial(flush, run, flushes, chance))
        back = [restart_once(run, chance) for _ in range(restarts)]
        run.killer.lose_valkey()
        lost_at = now(run)
        wait(run, WITHOUT_REDIS)
        figures = run.drained()
        without_redis = Attempt.objects.filter(number=1, started_at__gt=lost_at).count()
    figures |= {
        "restarts": len(back),
        "back_p50": quantile(back, 0.5),
        "back_max": quantile(back, 1.0),
        "flushes": run.killer.counts["flush"],
        "calm_delay_p99": quantile(calm, 0.99),
        "flush_delay_p99": quantile(flushed, 0.99),
        "sends_while_flushed": len(flushed),
        "sends_without_redis": without_redis,
    }
    in_time = all(float(str(figures[name])) <= most for name, most in MUST.items())
    return {**figures, "clean": figures["clean"] and in_time and without_redis > 0}


def wait(run: Run, seconds: float) -> None:
    run.until(lambda: False, seconds)


def flush(run: Run, flushes: int, chance: random.Random) -> None:
    for _ in range(flushes):
        run.killer.counts["flush"] += run.killer.flush()
        wait(run, chance.uniform(0.2, 1.0))


def restart_once(run: Run, chance: random.Random) -> float:
    """Seconds until every group of workers has a call at a network again."""
    since = time.time_ns()
    begun = time.monotonic()
    run.killer.counts["postgres"] += run.killer.restart_postgres()
    groups = [name for name in run.world.plan.programs if name.startswith("worker")]
    back: set[str] = set()

    def all_back() -> bool:
        back.update(at_work(run, since))
        return back.issuperset(groups)

    run.until(all_back, BACK, look=0.02)
    took = time.monotonic() - begun
    wait(run, chance.uniform(0.0, 0.5))
    return took


def at_work(run: Run, since: int) -> set[str]:
    """The groups that have had a call begun since then (ns), after the server they lost was up again."""
    by_pid = {run.world.pid(name): name for name in run.world.plan.programs}
    working = set()
    for pid, begun in run.killer.board.open():
        if begun > since and psutil.pid_exists(pid):
            working.add(by_pid.get(psutil.Process(pid).ppid(), ""))
    return working


def measured(run: Run, trouble: partial[None]) -> list[float]:
    """Seconds from queueing to the first attempt, of the replies that were let go during the trouble."""
    begun = now(run)
    trouble()
    ended = now(run)
    # What was queued last is still on its way.
    wait(run, 3 * MOST_WAITING)
    return delays(begun, ended)


def now(run: Run) -> datetime:
    told: list[datetime] = []
    run.until(lambda: not told.append(read_clock()), BACK)
    return told[0]


def delays(begun: datetime, ended: datetime) -> list[float]:
    first = Attempt.objects.filter(reply=OuterRef("reply_id"), number=1).values("started_at")
    queued = Audit.objects.filter(verb="queued", at__range=(begun, ended)).values("reply_id")
    rows = queued.annotate(queued_at=Min("at"), started_at=Subquery(first)).values_list("queued_at", "started_at")
    # Who has not begun at all by now counts as a wait until now.
    latest = read_clock()
    return [((started_at or latest) - queued_at) / timedelta(seconds=1) for queued_at, started_at in rows]


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else 0.0
