"""`make chaos`: sending and intake under random kills, beside a deliberately naive sender.

    python -m tests.chaos --kills 1000 [--seed N] [--naive]

The only line on standard output is JSON; progress goes to standard error.
Exit code 1 where anything was lost or doubled, or the naive sender was not.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys

import django

from tests.chaos.world import Plan, World

NAIVE_DOUBLED, NAIVE_KILLS = 100, 300
LONGEST = 720.0  # seconds of killing


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    seed = options.seed or random.SystemRandom().randrange(1, 1_000_000)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with World(Plan(seed=seed, naive=options.naive)) as world:
        # Only now the environment names the database of this run.
        django.setup()
        from tests.chaos.run import Run

        run = Run(world)
        if options.naive:
            figures = run.naive_to_the_end(NAIVE_DOUBLED, NAIVE_KILLS, options.longest)
        else:
            figures = run.to_the_end(options.kills, options.longest)
    if not options.naive and not options.alone:
        figures |= _naive(seed)
    print(json.dumps(figures), flush=True)
    return 0 if options.naive or (figures["clean"] and figures.get("naive_doubled", 1)) else 1


def _naive(seed: int) -> dict[str, object]:
    """The naive sender in the same harness, in a world of its own."""
    command = (sys.executable, "-m", "tests.chaos", "--naive", "--seed", str(seed))
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: dict[str, object] = json.loads(said.splitlines()[-1])
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="0 takes one at random; it is printed")
    parser.add_argument("--longest", type=float, default=LONGEST, help="seconds of killing at most")
    parser.add_argument("--naive", action="store_true", help="only the naive sender")
    parser.add_argument("--alone", action="store_true", help="without the naive sender beside it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
