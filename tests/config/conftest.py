"""Tiny programs to supervise, and checkouts that are thrown away."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.embedded.place import Place, find_place
from config.processes.child import Program, Ready, says
from config.processes.console import Console
from config.processes.supervisor import Backoff, Supervisor
from tests.config.places import forget_place

FAST = Backoff(first=0.1, longest=0.4, steady=30.0)
SAYS_READY = says("^ready$")


@pytest.fixture
def screen() -> io.StringIO:
    """What the terminal would show."""
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, screen: io.StringIO) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "run", Console(screen), backoff=FAST) as supervisor:
        yield supervisor


@pytest.fixture
def make_program(tmp_path: Path) -> Callable[..., Program]:
    """A program that runs some lines of Python."""

    def make(name: str, code: str, ready: Ready = SAYS_READY, **more: object) -> Program:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = (sys.executable, "-c", code)
        return Program(name=name, command=command, ready=ready, directory=tmp_path, environment=environment, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """The place of a checkout that has just been made."""
    yield find_place(tmp_path)
    forget_place(tmp_path)


@pytest.fixture
def gone() -> Callable[[list[int], float], bool]:
    """Whether all these processes end within so many seconds; a zombie has ended."""

    def gone(pids: list[int], within: float) -> bool:
        living = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
        _, alive = psutil.wait_procs(living, timeout=within)
        return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    return gone
