"""The sweep: the process that makes the queue true without Redis (DESIGN §7)."""

from __future__ import annotations

import logging
import signal
import threading
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from psycopg_pool import PoolTimeout

from inbox.tasks import TASKS, due, wake

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50
# Of each kind in one round: behind a long queue of sends, the channels must not wait.
MOST_LATE = 5
DATABASE_IS_LOST = (OperationalError, InterfaceError, PoolTimeout)


class Command(BaseCommand):
    help = "Wake a worker for everything that is due, and do what no worker has taken. Runs until it is told to stop."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="One round, for tests and by hand.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop, woken = threading.Event(), Woken()
        if not options["once"]:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stop.set())
        while True:
            pause = round_or_wait(woken)
            if options["once"] or stop.wait(pause):
                return


def round_or_wait(woken: Woken) -> float:
    """One round; seconds until the next. A lost database is waited for: there is nothing else to be done here."""
    try:
        sweep(woken)
        return seconds_to_next()
    except DATABASE_IS_LOST as error:
        log.warning("database: %s", error)
        close_old_connections()
        return 1.0


def sweep(woken: Woken) -> None:
    """Wake workers for what is due, then do what is late.

    What fails is logged by Celery and stays due: one reply that cannot be sent must not end the sweep.
    """
    for task, pk in woken.sleeping(due(MOST_AT_ONCE)):
        if not wake(task, pk):
            break
        woken.note(task, pk)
    for task, pk in due(MOST_LATE, late=timedelta(seconds=settings.SAMTAL_SWEEP_PATIENCE)):
        outcome = TASKS[task].apply(args=(pk,)).result
        if isinstance(outcome, DATABASE_IS_LOST):
            raise outcome


class Woken:
    """For what a worker has just been woken: a second message would only make the queue longer."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], float] = {}

    def sleeping(self, due: list[tuple[str, int]]) -> list[tuple[str, int]]:
        now = time.monotonic()
        self._until = {each: until for each, until in self._until.items() if until > now}
        return [each for each in due if each not in self._until]

    def note(self, task: str, pk: int) -> None:
        self._until[task, pk] = time.monotonic() + settings.SAMTAL_SWEEP_PATIENCE


def seconds_to_next() -> float:
    """Until the next due time, at most SAMTAL_SWEEP_SECONDS. One read of two small indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(epoch FROM least(
                 (SELECT min(not_before) FROM inbox_reply
                   WHERE state IN ('queued', 'sending') AND not_before > clock_timestamp()),
                 (SELECT min(next_poll_at) FROM inbox_channel
                   WHERE state NOT IN ('paused', 'off') AND next_poll_at > clock_timestamp())) - clock_timestamp())"""
        )
        row = cursor.fetchone()
    next_in = row[0] if row and row[0] is not None else settings.SAMTAL_SWEEP_SECONDS
    return min(max(float(next_in), 0.02), settings.SAMTAL_SWEEP_SECONDS)
