"""A small seeded share of `make chaos`: real workers, real sweeps, real servers, fifteen kills."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SEED, KILLS = 20, 15
# The run kills and flushes servers of its own, never the ones that other tests lean on.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def test_fifteen_kills_lose_and_double_nothing() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    command = (sys.executable, "-m", "tests.chaos", "kills", "--kills", str(KILLS), "--seed", str(SEED), "--alone")
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.stdout, run.stderr
    figures = json.loads(run.stdout)
    assert figures["kills"] >= KILLS
    assert figures["sent"] > 0
    assert (figures["lost"], figures["doubled"], figures["clean"]) == (0, 0, True), figures
