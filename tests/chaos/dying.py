"""Work done in a process of its own that is killed at a step.

The process is forked by one that has nothing but Django set up: a fork of a test's process, with a sandbox and
connections in threads, would be a fork of whatever locks they hold at that moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.conf import settings
from django.db import connection
from django.test import override_settings

from inbox import tasks
from tests.chaos import steps

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
PATIENCE = 60.0  # seconds


def dies_sending(reply_id: int, step: str, marks: Path) -> bool:
    """Have `tasks.send` done by a process that is killed at this step; false where it never came to it."""
    ours = {name: getattr(settings, name) for name in dir(settings) if name.startswith("SAMTAL_")}
    database = str(connection.settings_dict["NAME"])
    process = FORKS.Process(target=_send, args=(reply_id, step, str(marks), database, ours))
    process.start()
    process.join(PATIENCE)
    if process.exitcode not in (0, -signal.SIGKILL):
        process.kill()
        raise AssertionError(f"it ended with {process.exitcode}")
    return process.exitcode == -signal.SIGKILL


def _send(reply_id: int, step: str, marks: str, database: str, ours: dict[str, object]) -> None:
    connection.settings_dict["NAME"] = database
    steps.install(steps.Deaths({step: 1.0}, marks))
    with override_settings(**ours):
        tasks.send(reply_id)
