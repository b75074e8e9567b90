"""The proofs of sending, each in a world of its own; the last line on standard output is JSON.

    python -m tests.chaos kills --kills 1000 [--seed N]     the kills, and the naive sender beside them
    python -m tests.chaos naive | answers_naive             the controls alone: they must double
    python -m tests.chaos restarts                          PostgreSQL restarted, Redis emptied, Redis lost
    python -m tests.chaos answers                           answers that do not arrive, reads that lag
    python -m tests.chaos steps                             every step at which a process can die, exhaustively

Progress goes to standard error. Exit code 1 where a proof does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import django

from tests.chaos.world import Plan, World

Figures = dict[str, object]
STEPS = Path(__file__).with_name("test_steps.py")
NAIVE_DOUBLED, NAIVE_KILLS, NAIVE_SENDS = 100, 300, 30
COUNTED = ("tests", "failures", "errors", "skipped")
TOTALS = ("sends", "sent", "lost", "doubled", "uncertain", "seconds")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    options.seed = options.seed or random.SystemRandom().randrange(1, 1_000_000)
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    figures = PROOFS[options.proof](options)
    print(json.dumps({"proof": options.proof, **figures}), flush=True)
    return 0 if figures["clean"] else 1


def kills(options: argparse.Namespace) -> Figures:
    with World(Plan(seed=options.seed)) as world:
        # Only now the environment names the database of this run.
        django.setup()
        from tests.chaos.kills import kill

        figures = kill(world, options.kills, options.longest)
    if options.alone:
        return figures
    beside = _beside("naive", options, "--longest", str(options.longest))
    control = {name: number for name, number in beside.items() if name.startswith("naive_")}
    return {**figures, **control, "clean": figures["clean"] and beside["clean"]}


def naive(options: argparse.Namespace) -> Figures:
    with World(Plan(seed=options.seed, naive=True)) as world:
        django.setup()
        from tests.chaos.kills import kill_naive

        figures = kill_naive(world, NAIVE_DOUBLED, NAIVE_KILLS, options.longest)
    # A control: it must double, or the harness misses the moment.
    return {**figures, "clean": bool(figures["naive_doubled"])}


def _beside(proof: str, options: argparse.Namespace, *more: str) -> Figures:
    """Another proof in a process of its own: Django is set up for one database only."""
    command = ("-m", "tests.chaos", proof, "--seed", str(options.seed), *more)
    said = subprocess.run((sys.executable, *command), stdout=subprocess.PIPE, text=True, check=False).stdout
    figures: Figures = json.loads(said.splitlines()[-1])
    return figures


def restarts(options: argparse.Namespace) -> Figures:
    with World(Plan(seed=options.seed, answers=0.2)) as world:
        django.setup()
        from tests.chaos.restarts import restart

        return restart(world, options.restarts, options.flushes)


def answers(options: argparse.Namespace) -> Figures:
    """A line for each lag and fault, and one for all."""
    total = _answered(options, naive=False)
    if options.alone:
        return total
    beside = _beside("answers_naive", options, "--sends", str(min(options.sends, NAIVE_SENDS)))
    return {**total, "naive_doubled": beside["doubled"], "clean": total["clean"] and beside["clean"]}


def answers_naive(options: argparse.Namespace) -> Figures:
    total = _answered(options, naive=True)
    return {**total, "clean": bool(total["doubled"])}


def _answered(options: argparse.Namespace, *, naive: bool) -> Figures:
    plan = Plan(seed=options.seed, naive=naive, quiet=4.0, gap=2.0, deadline=0.5, skew=0.2, answers=0.0)
    with World(plan) as world:
        django.setup()
        from tests.chaos.answers import answer

        lines = []
        for figures in answer(world, options.sends):
            print(json.dumps({"proof": options.proof, **figures}), flush=True)
            lines.append(figures)
    total: Counter[str] = Counter()
    for figures in lines:
        total.update({name: figures[name] for name in TOTALS})
    return {**total, "clean": all(figures["clean"] for figures in lines), "seed": options.seed}


def steps(options: argparse.Namespace) -> Figures:
    """The tests of the steps, all of them and not only a share."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report.name}", str(STEPS))
        environment = {**os.environ, "CHAOS_EXHAUSTIVE": "1"}
        # Celery's application has named the settings; the tests do so when their servers stand, and not before.
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        code = subprocess.run((sys.executable, *command), env=environment, stdout=sys.stderr, check=False).returncode
        # The report is pytest's own, written a moment ago.
        suite = ElementTree.parse(report.name).getroot().find("testsuite")
    counted = {name: int(suite.get(name, 0)) for name in COUNTED} if suite is not None else {}
    return {**counted, "clean": code == 0}


PROOFS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "kills": kills,
    "naive": naive,
    "restarts": restarts,
    "answers": answers,
    "answers_naive": answers_naive,
    "steps": steps,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("proof", choices=PROOFS)
    parser.add_argument("--seed", type=int, default=0, help="0 takes one at random; it is printed")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--longest", type=float, default=780.0, help="seconds of killing at most")
    parser.add_argument("--alone", action="store_true", help="without the naive sender beside it")
    parser.add_argument("--restarts", type=int, default=200)
    parser.add_argument("--flushes", type=int, default=100)
    parser.add_argument("--sends", type=int, default=500, help="answers: of each fault at each lag")
    return parser


if __name__ == "__main__":
    sys.exit(main())
