"""The proof of the kills: all that can be killed or broken, at random, and the naive sender in the same place."""

from __future__ import annotations

import time

from tests.chaos.company import MOST_WAITING
from tests.chaos.faults import steps
from tests.chaos.run import DRAIN, Figures, Run, under_way
from tests.chaos.truth import Truth
from tests.chaos.world import World


def kill(world: World, kills: int, longest: float) -> Figures:
    """Kill so often, or for so many seconds; then let it drain without Redis, and compare."""
    # A short run need not drain a long queue.
    run = Run(world, min(MOST_WAITING, kills))
    with run.opened(steps()):
        begun = time.monotonic()
        with run.killer.at_work():
            run.until(lambda: run.killer.kills >= kills, longest)
        killed = {"kills": run.killer.kills, "killing_seconds": round(time.monotonic() - begun)}
        return {**killed, **run.drained(), "killed": run.killer.report()}


def kill_naive(world: World, doubled: int, kills: int, longest: float) -> Figures:
    """Until the naive sender has doubled so often, or seen so many kills."""
    run = Run(world)
    truth = Truth(world.remote)

    def seen_enough() -> bool:
        twice = sum(times > 1 for times in truth.look().values())
        return twice >= doubled or run.killer.kills >= kills

    with run.opened(steps()):
        with run.killer.at_work():
            run.until(seen_enough, longest)
        run.company.close_doors()
        run.until(lambda: not under_way(), DRAIN)
    score = run.compared()
    return {
        "naive_kills": run.killer.kills,
        "naive_sent": score.networks,
        "naive_lost": score.lost,
        "naive_doubled": score.doubled,
    }
