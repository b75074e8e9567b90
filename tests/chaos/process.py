"""One process that is to be killed:  python -m tests.chaos.process worker|sweep [naive]

The real worker or the real sweep, with the steps hooked in at which CHAOS_STEPS may end it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from celery.signals import worker_ready  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402

from config.celery import app  # noqa: E402
from tests.chaos import naive, steps  # noqa: E402

WORKER = (
    "--quiet",
    "worker",
    "--queues=intake,send,default",
    "--loglevel=WARNING",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
)


def main(role: str, *options: str) -> None:
    steps.install(steps.Deaths.ordered(os.environ))
    if "naive" in options:
        naive.install()
    (connection_created if role == "sweep" else worker_ready).connect(_tell_up)
    if role == "sweep":
        call_command("sweep")
        return
    # Each group its own name: two workers of one name would be one to Celery.
    app.start([*WORKER, f"--concurrency={os.environ['CHAOS_CHILDREN']}", f"--hostname={os.environ['SAMTAL_PROCESS']}"])


def _tell_up(**_kwargs: object) -> None:
    """Leave word that this process has come to its work."""
    Path(os.environ["CHAOS_HOME"], f"{os.environ['SAMTAL_PROCESS']}.up").write_text(str(os.getpid()))


if __name__ == "__main__":
    main(*sys.argv[1:])
