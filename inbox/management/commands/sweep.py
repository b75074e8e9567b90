"""The sweep: the process that makes the queue true without Redis (DESIGN §7)."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from psycopg_pool import PoolTimeout

from inbox.tasks import TASKS, due, wake

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50


class Command(BaseCommand):
    help = "Wake a worker for everything that is due, and do what no worker has taken. Runs until it is told to stop."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="One round, for tests and by hand.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        if not options["once"]:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stop.set())
        while True:
            pause = round_or_wait()
            if options["once"] or stop.wait(pause):
                return


def round_or_wait() -> float:
    """One round; seconds until the next. A lost database is waited for: there is nothing else to be done here."""
    try:
        sweep()
        return seconds_to_next()
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        log.warning("database: %s", error)
        close_old_connections()
        return 1.0


def sweep() -> None:
    """Do what is late, then wake workers for what is due."""
    for task, pk in due(MOST_AT_ONCE, late=timedelta(seconds=settings.SAMTAL_SWEEP_PATIENCE)):
        TASKS[task](pk)
    for task, pk in due(MOST_AT_ONCE):
        wake(task, pk)


def seconds_to_next() -> float:
    """Until the next due time, at most SAMTAL_SWEEP_SECONDS. One read of two small indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(epoch FROM least(
                 (SELECT min(not_before) FROM inbox_reply
                   WHERE state IN ('queued', 'sending') AND not_before > clock_timestamp()),
                 (SELECT min(next_poll_at) FROM inbox_channel
                   WHERE state <> 'paused' AND next_poll_at > clock_timestamp())) - clock_timestamp())"""
        )
        row = cursor.fetchone()
    next_in = row[0] if row and row[0] is not None else settings.SAMTAL_SWEEP_SECONDS
    return min(max(float(next_in), 0.02), settings.SAMTAL_SWEEP_SECONDS)
