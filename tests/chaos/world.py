"""The world of one run: servers, a database of its own, the sandbox network, proxies, and processes to be killed.

Knows nothing of Django: its addresses must stand in the environment before Django is set up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from config.embedded import Servers, ensure_servers
from config.embedded.place import CHECKOUT
from config.ports import any_free
from config.processes.child import Program, answers, lives
from config.processes.console import Console
from config.processes.supervisor import Backoff, Supervisor
from connectors.sandbox.remote import Remote
from tests.chaos.proxy import Proxy

AT_ONCE = Backoff(first=0.1, longest=0.5, steady=1.0)


@dataclass(frozen=True)
class Plan:
    """What is run. The times, in seconds, are the program's own settings, shortened.

    Q is longer than start_by + the networks' latency + the usual read lag, as DESIGN §7 demands. answers: how long
    the networks take at most to answer a write, most of the time in which a kill leaves its outcome unknown.
    """

    seed: int
    naive: bool = False
    groups: int = 2
    children: int = 4
    quiet: float = 3.0
    deadline: float = 1.0
    gap: float = 1.5
    skew: float = 0.5
    answers: float = 0.3

    def settings(self) -> dict[str, str]:
        return {
            "SAMTAL_ENV": "test",
            "SAMTAL_LOG_LEVEL": "WARNING",
            "SAMTAL_QUIET_SECONDS": str(self.quiet),
            "SAMTAL_SEND_DEADLINE": str(self.deadline),
            "SAMTAL_SEND_START_BY": "1",
            "SAMTAL_READ_BACK_GAP": str(self.gap),
            "SAMTAL_CLOCK_SKEW": str(self.skew),
            "SAMTAL_PULL_LEASE": "3",
            "SAMTAL_POLL_SECONDS": "1",
            "SAMTAL_UNDO_SECONDS": "0",
            "SAMTAL_SWEEP_SECONDS": "0.2",
            "SAMTAL_SWEEP_PATIENCE": "1.5",
            "SAMTAL_DB_POOL": "16",
            "SAMTAL_TOKEN_KEYS": Fernet.generate_key().decode(),
            "SECRET_KEY": "chaos",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            # One thread a process: a fork of a process with threads is a fork of a process with locks.
            "OPENBLAS_NUM_THREADS": "1",
        }

    @property
    def programs(self) -> list[str]:
        """The names of what is to be killed; a name says what it is."""
        return [*(f"worker{number}" for number in range(self.groups)), "sweep0", "sweep1"]


@dataclass
class World:
    """Use as a context. After it has been entered the environment of this process points at the new database."""

    plan: Plan
    servers: Servers = field(init=False)
    database: Proxy = field(init=False)
    network: Proxy = field(init=False)
    remote: Remote = field(init=False)
    supervisor: Supervisor = field(init=False)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        self.servers = ensure_servers()
        self.home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="samtal-chaos-")))
        self.home.chmod(0o755)
        self.marks = self.home / "marks"
        log_path = Path(os.environ.get("CHAOS_LOG") or self.home / "log")
        log = self._stack.enter_context(open(log_path, "w", encoding="utf-8"))
        database_url = self._make_database()
        sandbox_port = any_free()
        self.database = self._stack.enter_context(Proxy(urlsplit(database_url).port or 5432, self.plan.seed))
        self.network = self._stack.enter_context(Proxy(sandbox_port, self.plan.seed + 1))
        base = {**os.environ, **self.plan.settings(), "REDIS_URL": self.servers.redis_url, "DATABASE_URL": database_url}
        os.environ.update(base)
        self.environment = {
            **base,
            "DATABASE_URL": _moved(database_url, self.database.port),
            "SAMTAL_SANDBOX_URL": f"http://127.0.0.1:{self.network.port}",
            "CHAOS_MARKS": str(self.marks),
            "CHAOS_HOME": str(self.home),
            "CHAOS_CHILDREN": str(self.plan.children),
        }
        self.supervisor = self._stack.enter_context(Supervisor(self.home / "run", Console(log), backoff=AT_ONCE))
        self.remote = Remote(f"http://127.0.0.1:{sandbox_port}")
        self.supervisor.complete(_python("migrate", ("manage.py", "migrate", "--verbosity", "0"), base))
        self.supervisor.spawn(self._sandbox(sandbox_port))
        self.supervisor.settle("sandbox")
        self.remote.turn(rate_scale=100_000)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def spawn(self, steps: str) -> None:
        """Start what is to be killed: worker groups and two sweeps. `steps` is CHAOS_STEPS."""
        (self.home / "open").mkdir()
        programs = {"CHAOS_PROGRAMS": " ".join(self.plan.programs), "CHAOS_STEPS": steps}
        command = ("-m", "tests.chaos.hatchery", *(("naive",) if self.plan.naive else ()))
        self.supervisor.spawn(_python("hatchery", command, {**self.environment, **programs}))

    def pid(self, name: str) -> int | None:
        """The process of this name, None while it is being started again."""
        server = name in ("postgres", "valkey")
        run = self.servers.run if server else self.supervisor.run
        try:
            return int((run / f"{name}.pid").read_text()) if run else None
        except (FileNotFoundError, ValueError):
            return None

    def is_up(self, name: str) -> bool:
        """Whether the process of this name has come to its work: killing one that still starts proves nothing."""
        told = self.home / f"{name}.up"
        return told.exists() and told.read_text() == str(self.pid(name))

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to the process of this name; false where there is none now."""
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def calm(self) -> None:
        """From now on nobody dies at a step."""
        self.marks.with_name("marks.calm").touch()

    def deaths(self) -> list[str]:
        """The steps at which processes have died."""
        return self.marks.read_text().split() if self.marks.exists() else []

    def _make_database(self) -> str:
        """A database of this run, on whose commits a crash of PostgreSQL may be tried."""
        name = f"chaos_{os.getpid()}"
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            # Fleeting servers commit asynchronously, so `-m immediate` could take back what was committed.
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(sql.Identifier(name)))
        return urlsplit(self.servers.database_url)._replace(path=f"/{name}").geturl()

    def _sandbox(self, port: int) -> Program:
        command = ("-m", "connectors.sandbox", "--port", str(port), "--data", str(self.home / "sandbox"))
        return _python("sandbox", command, dict(os.environ), answers_at=f"http://127.0.0.1:{port}/healthz")


def _python(name: str, command: tuple[str, ...], environment: dict[str, str], answers_at: str = "") -> Program:
    ready = answers(answers_at) if answers_at else lives(0.1)
    return Program(
        name=name, command=(sys.executable, *command), ready=ready, directory=CHECKOUT, environment=environment
    )


def _moved(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
