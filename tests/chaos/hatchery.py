"""Forks the processes that are to be killed, and forks them again when they are dead:  python -m tests.chaos.hatchery

CHAOS_PROGRAMS names them: "worker0 worker1 sweep0 sweep1". Each is the real worker or the real sweep, in a session of
its own, with the steps hooked in at which CHAOS_STEPS may end it. Django is set up once, here, so that a new process
costs a fork: what is killed is back at once, and the kills can be many.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

# What a worker imports when it starts is imported here, once.
import celery.apps.worker  # noqa: E402
import celery.bin.worker  # noqa: E402
import celery.concurrency.prefork  # noqa: E402, F401
import kombu.transport.redis  # noqa: E402, F401
from celery.signals import worker_ready  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.utils import timezone  # noqa: E402

from config.celery import app  # noqa: E402
from config.processes.leash import die_with  # noqa: E402
from policies.engine import check  # noqa: E402
from policies.rulebook import starter  # noqa: E402
from policies.verdict import Context, Turn  # noqa: E402
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
# A process that dies sooner than this after its start is given a moment before its next one. Seconds.
STARTED, MOMENT = 0.5, 0.2


class Hatchery:
    """Keeps one process of each name alive. `home` is where pids and marks stand."""

    def __init__(self, home: Path, names: list[str]) -> None:
        self.home = home
        self.pids: dict[int, str] = {}
        self.born: dict[int, float] = {}
        self.names = names
        self.keeper = os.getpid()
        self._pause = threading.Event()

    def keep(self) -> None:
        for name in self.names:
            self.hatch(name)
        while True:
            pid, _ = os.wait()
            if pid in self.pids:
                self.bury(pid)

    def hatch(self, name: str) -> None:
        pid = os.fork()
        if pid == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            die_with(self.keeper, signal.SIGKILL)
            live(name, self.home)
            raise SystemExit
        self.pids[pid], self.born[pid] = name, time.monotonic()
        self.pid_file(name).write_text(f"{pid}\n")

    def bury(self, pid: int) -> None:
        """End what is left of its group, as every keeper of processes does, and start it again."""
        name, age = self.pids.pop(pid), time.monotonic() - self.born.pop(pid)
        self.pid_file(name).unlink(missing_ok=True)
        end_group(pid)
        if age < STARTED:
            self._pause.wait(MOMENT)
        self.hatch(name)

    def close(self) -> None:
        """A forked process that ends passes here too: its sisters are none of its business."""
        for pid in self.pids if os.getpid() == self.keeper else ():
            end_group(pid)

    def pid_file(self, name: str) -> Path:
        return self.home / "run" / f"{name}.pid"


def live(name: str, home: Path) -> None:
    """The life of a forked process."""
    role = name.rstrip("0123456789")
    os.environ["SAMTAL_PROCESS"] = name
    if "naive" in sys.argv:
        naive.install()
    steps.install(steps.Deaths.ordered(os.environ))
    steps.show(steps.Board(home / "open"))

    def tell_up(**_kwargs: object) -> None:
        (home / f"{name}.up").write_text(str(os.getpid()))

    (connection_created if role == "sweep" else worker_ready).connect(tell_up, weak=False)
    if role == "sweep":
        call_command("sweep")
        return
    # Each group its own name: two workers of one name would be one to Celery.
    app.start([*WORKER, f"--concurrency={os.environ['CHAOS_CHILDREN']}", f"--hostname={name}"])


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def warm_up() -> None:
    """Load the models of the rules before the first fork, not after each."""
    context = Context(network="facebook", language="nb", at=timezone.localtime())
    check("Takk for at du skriver til oss.", [Turn("customer", "Hvem kan jeg spørre?")], starter("company"), context)


def stop(*_: object) -> None:
    raise SystemExit


def main() -> None:
    warm_up()
    hatchery = Hatchery(Path(os.environ["CHAOS_HOME"]), os.environ["CHAOS_PROGRAMS"].split())
    signal.signal(signal.SIGTERM, stop)
    try:
        hatchery.keep()
    finally:
        hatchery.close()


if __name__ == "__main__":
    main()
