"""Samtal's own processes in the demo: their commands and how one sees that they work."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import CHECKOUT
from config.ports import HOST, Ports
from config.processes.child import Program, Ready, answers, lives, says

# In a container without other users the demo is root, and Celery's seven lines about it at every start hide the rest.
CELERY = ("-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "--app", "config.celery")


@dataclass(frozen=True)
class Samtal:
    """The programs of one demo. `home` is where they keep files; `broker_answers` tells whether Redis is there."""

    environment: Mapping[str, str]
    ports: Ports
    home: Path
    broker_answers: bool

    def migrate(self) -> Program:
        return self._python("migrate", ("manage.py", "migrate", "--no-input", "--verbosity", "0"))

    def seed(self) -> Program:
        return self._python("seed", ("manage.py", "demo_seed"))

    def sandbox(self) -> Program:
        port = self.ports.sandbox.number
        command = ("-m", "connectors.sandbox", "--port", str(port), "--data", str(self.home / "sandbox"))
        return self._python("sandbox", command, answers(f"http://{HOST}:{port}/healthz"))

    def player(self) -> Program:
        base = f"http://{HOST}:{self.ports.sandbox.number}"
        return self._python("player", ("-m", "connectors.sandbox.player", "--base", base))

    def web(self) -> Program:
        port = self.ports.web.number
        options = ("--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "2")
        command = ("-m", "uvicorn", "config.asgi:application", "--host", HOST, "--port", str(port), *options)
        return self._python("web", command, answers(f"http://{HOST}:{port}/readyz"))

    def worker(self) -> Program:
        # The gossip between workers costs Redis traffic and gives one worker nothing.
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        options = ("--queues", "intake,send,default", "--concurrency", "2", "--loglevel", "INFO")
        # Without its broker it never calls itself ready; it waits, and the sweep does the work.
        ready = says(r"ready\.$") if self.broker_answers else lives(2)
        return self._python("worker", (*CELERY, "worker", *options, *alone), ready)

    def beat(self) -> Program:
        # No pid file of its own: one left by a kill would keep the next beat from starting.
        options = ("--schedule", str(self.home / "beat-schedule"), "--pidfile", "", "--loglevel", "WARNING")
        return self._python("beat", (*CELERY, "beat", *options))

    def sweep(self) -> Program:
        return self._python("sweep", ("manage.py", "sweep"))

    def _python(self, name: str, command: tuple[str, ...], ready: Ready | None = None) -> Program:
        return Program(
            name=name,
            command=(sys.executable, *command),
            ready=ready or lives(2),
            directory=CHECKOUT,
            environment={**self.environment, "SAMTAL_PROCESS": name},
        )
