"""Kills at random points of intake, and after every page: what is with us equals the sandbox, and nothing twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from connectors.sandbox.remote import Remote
from inbox.models import Message
from tests.browser import site
from tests.proofs.differences import show
from tests.proofs.intake_events import quick_settings, subscribe
from tests.proofs.intake_worker import ANYWHERE
from tests.proofs.town import Town, channels, difference, equal, hear_all, poll_cycle, sandbox

Figures = dict[str, object]
PLACES = ("before", "inside", "after")
PAGES = 12  # of a pull, whose every end is tried
# What is left behind differs with the last death, so it is not looked at but once.
CHECKED_EVERY = 50
PAGE_SIZE = 5
# Longer than what is read again in any case: a loss must not be mended by the overlap.
A_WHILE = 400.0
LONGEST = 0.35
# For a page to come: a machine with other work must not turn "after the seventh page" into "anywhere".
PATIENCE = 30.0


def kills(times: int, seed: int, *, careless: bool = False) -> Figures:
    chance = random.Random(seed)
    died: Counter[str] = Counter()
    with quick_settings(), sandbox() as remote, site.running() as address:
        remote.turn(rate_scale=1_000_000)
        channels()
        town = Town(remote, seed)
        if not careless:
            subscribe(remote, address, seed)
        checks = []
        with hatchery(remote, careless=careless) as worker:
            for number in range(times):
                if number % 4 == 0:
                    town.live(6, 1)
                    remote.advance(A_WHILE)
                died[worker.kill(chance, number)] += 1
                if number % CHECKED_EVERY == CHECKED_EVERY - 1:
                    checks.append(after_a_poll(town))
        checks.append(after_a_poll(town))
        wrong = sum(not equal(found) for found in checks)
        clean = not wrong and died.total() == times
        figures = {"kills": died.total(), **{f"killed_{place}": n for place, n in sorted(died.items())}}
        return {**figures, "events": town.told, "rows": Message.objects.count(), "checks": len(checks), "wrong": wrong,
                **checks[-1], "clean": clean}  # fmt: skip


def after_a_poll(town: Town) -> dict[str, int]:
    """Everything that was told has come, and each channel has been polled once."""
    town.remote.flush(60)
    hear_all()
    town.remote.advance(2)
    poll_cycle()
    show(town)
    return difference(town.remote)


def careless_kills(times: int, seed: int) -> Figures:
    """The control: the cursor is committed before the rows, and nothing is told: what dies in between is lost."""
    figures = kills(times, seed, careless=True)
    return {**figures, "clean": bool(figures["missing"])}


@dataclass
class Hatchery:
    process: subprocess.Popen[str]
    careless: bool = False

    def kill(self, chance: random.Random, number: int) -> str:
        """One worker lives and dies; where. Every place of every page comes in turn, then anywhere at all."""
        place, page, seconds = ANYWHERE, 0, chance.uniform(0.01, LONGEST)
        if self.careless:
            # Between the cursor and the rows, where a control that is to fail must be met.
            place, page, seconds = "inside", number % PAGES + 1, PATIENCE
        elif number % 2:
            place, page, seconds = PLACES[number // 2 % 3], number // 6 % PAGES + 1, PATIENCE
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{seconds} {page} {place}\n")
        self.process.stdin.flush()
        where, died = self.process.stdout.readline().split()
        assert died == "1", "it came to an end by itself"
        return where


@contextmanager
def hatchery(remote: Remote, *, careless: bool) -> Iterator[Hatchery]:
    database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "SAMTAL_SANDBOX_URL": remote.base,
        "SAMTAL_PAGE_SIZE": str(PAGE_SIZE),
        "SAMTAL_READ_LAG": "0",
        "SAMTAL_TOKEN_KEYS": ",".join(settings.SAMTAL_TOKEN_KEYS),
        "SAMTAL_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "tests.proofs.intake_worker", *(["careless"] if careless else [])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "ready\n"
        try:
            yield Hatchery(process, careless)
        finally:
            process.stdin.close()
