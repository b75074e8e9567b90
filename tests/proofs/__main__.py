"""The proofs that are too long for the tests: one JSON line each, exit code 1 where one does not hold.

python -m tests.proofs replays --times 5000 --seed 7
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from tests.proofs.ground import fresh_database
from tests.proofs.hostile import PAGED, at_the_first_bad_one, bodies
from tests.proofs.intake_events import events, without_gaps, without_tombstones
from tests.proofs.intake_kills import careless_kills, kills
from tests.proofs.limits import budgets, heedless
from tests.proofs.machine import broken_runs, company, reached, runs
from tests.proofs.notifications import believing, mutations
from tests.proofs.replays import Desk, replay, without_keys
from tests.proofs.restore import networks, restored
from tests.proofs.undos import raced

Figures = dict[str, object]
CONTROL = 100


def replays(times: int, seed: int) -> Figures:
    """Forms sent again: rows added beyond the first sending, and answers unlike the first."""
    tally = replay(Desk(), times, seed)
    clean = not (tally.extra or tally.unlike or tally.refused or tally.other_content)
    return {**asdict(tally), "clean": clean}


def replays_without_keys(times: int, seed: int) -> Figures:
    """The control: it must find doubles."""
    tally = without_keys(min(times, CONTROL), seed)
    return {**asdict(tally), "clean": tally.extra > 0 and tally.unlike > 0}


def restore(times: int, _seed: int) -> Figures:
    """Yesterday's backup beside networks that are ahead."""
    with networks() as remote:
        figures = restored(remote, times)
    return {**asdict(figures), "clean": figures.clean}


def restore_without_looking(times: int, _seed: int) -> Figures:
    """The control: without `after_restore` it must double."""
    with networks() as remote:
        figures = restored(remote, times, look_first=False)
    return {**asdict(figures), "clean": figures.doubled > 0}


def machine(times: int, seed: int) -> Figures:
    """Anything in any order around a reply (tests/inbox/machine.py), and what is broken on purpose is found."""
    company()
    runs(times, seed)
    came_to = reached()
    found = broken_runs(seed)
    return {"runs": times, "reached": came_to, "broken_found": found, "clean": all(found.values())}


def undos(times: int, seed: int) -> Figures:
    """Undo and worker at the same instant: nothing that was confirmed as undone is out."""
    figures = raced(times, seed)
    return {**asdict(figures), "clean": figures.clean}


PROOFS: dict[str, tuple[Callable[[int, int], Figures], int]] = {
    "replays": (replays, 5000),
    "replays_without_keys": (replays_without_keys, CONTROL),
    "restore": (restore, 500),
    "restore_without_looking": (restore_without_looking, CONTROL),
    "machine": (machine, 1000),
    "undos": (undos, 2000),
    "bodies": (bodies, 50_000),
    "bodies_given_up_at_the_first_bad_entry": (at_the_first_bad_one, 500),
    "intake_events": (events, 10_000),
    "intake_events_without_tombstones": (without_tombstones, 1500),
    "intake_events_without_gaps": (without_gaps, 100),
    "intake_kills": (kills, 1000),
    "budgets": (budgets, 10_000),
    "budgets_unheeded": (heedless, 600),
    "notifications": (mutations, 10_000),
    "notifications_believed": (believing, 200),
    "intake_kills_careless": (careless_kills, 120),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("proofs", nargs="*", choices=[*PROOFS, []], help="all of them where none is named")
    parser.add_argument("--times", type=int, default=0, help="how often, instead of each proof's own number")
    parser.add_argument("--only", default="", choices=PAGED, help="bodies of this network's pages and no others")
    parser.add_argument("--seed", type=int, default=0, help="0 takes one at random; it is printed")
    options = parser.parse_args(arguments)
    seed = options.seed or random.SystemRandom().randrange(1, 1_000_000)
    clean = True
    for name in options.proofs or PROOFS:
        prove, times = PROOFS[name]
        if name == "bodies":
            prove = partial(bodies, only=options.only)
        with fresh_database():
            figures = prove(options.times or times, seed)
        print(json.dumps({"proof": name, "seed": seed, **figures}), flush=True)
        clean = clean and bool(figures["clean"])
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
