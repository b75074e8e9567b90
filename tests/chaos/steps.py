"""The named steps at which a process of ours can be killed.

They are hooked in from outside, in the process that is to die: the program itself knows nothing of them.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path
from typing import Any

from connectors import REGISTRY, http
from inbox import tasks
from inbox.models import Audit, Reply, Stream

SEND = (
    "before_start",
    "in_start",
    "after_start",
    "before_first_byte",
    "between_bytes",
    "before_answer",
    "after_answer",
    "in_finish",
    "after_finish",
)
READ_BACK = ("before_read_back", "after_read_back", "in_not_found")
INTAKE = ("in_page", "after_page")
STEPS = (*SEND, *READ_BACK, *INTAKE)
Act = Callable[[], None]
# What the record says inside each transaction of the send path: the step lies between it and the commit.
RECORDED = {"sending": "in_start", "sent": "in_finish", "queued_again": "in_not_found", "uncertain": "in_not_found"}


class Deaths:
    """How likely this process is to be killed at each step, and the file that tells how it died.

    Nobody dies any more once a file of the same name with ".calm" stands beside it.
    """

    def __init__(self, likely: Mapping[str, float], marks: str) -> None:
        self._likely = likely
        self._marks = marks
        self._calm = f"{marks}.calm"
        self._chance: dict[int, random.Random] = {}

    @classmethod
    def ordered(cls, environment: Mapping[str, str]) -> Deaths:
        """CHAOS_STEPS is "after_start:0.1,in_finish:1"; CHAOS_MARKS is the file."""
        pairs = (piece.partition(":") for piece in environment.get("CHAOS_STEPS", "").split(",") if piece)
        return cls({step: float(share or 1) for step, _, share in pairs}, environment.get("CHAOS_MARKS", os.devnull))

    def pass_by(self, step: str) -> None:
        """Go on, or die here as if by kill -9."""
        # A forked child begins with its parent's random state, so each process has its own.
        chance = self._chance.setdefault(os.getpid(), random.Random(os.urandom(8)))
        if chance.random() < self._likely.get(step, 0.0) and not os.path.exists(self._calm):
            marks = os.open(self._marks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(marks, f"{step}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


class Board:
    """Shows which processes are in the middle of an attempt: each leaves a file named after it meanwhile.

    A process that was killed leaves its file behind until who killed it takes it down.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put_up(self) -> None:
        (self.directory / str(os.getpid())).touch()

    def take_down(self, pid: int | None = None) -> None:
        (self.directory / str(pid or os.getpid())).unlink(missing_ok=True)

    def open(self) -> list[tuple[int, int]]:
        """(process, when in ns) of each attempt that is open, or was when its process died."""
        marks = []
        for mark in self.directory.iterdir():
            with suppress(FileNotFoundError):
                marks.append((int(mark.name), mark.stat().st_mtime_ns))
        return marks


def show(board: Board) -> None:
    """Have this process show on the board from the call to the network until what came of it is committed."""
    for connector in REGISTRY.values():
        _wrap(connector, "send", before=board.put_up)
        _wrap(connector, "read_back", before=board.put_up)
    for name in ("publish", "read_back"):
        _wrap(tasks, name, after=board.take_down)


def install(deaths: Deaths) -> None:
    """Hook every step into the program of this process."""
    _hook(deaths, Reply, "start", before="before_start", after="after_start")
    _hook(deaths, Reply, "finish_sent", after="after_finish")
    _hook(deaths, Reply, "take_read_back", after="before_read_back")
    _hook(deaths, Stream, "keep", after="in_page")
    _hook(deaths, tasks, "commit_page", after="after_page")
    _hook(deaths, http._TimedConnection, "send", before="before_first_byte")
    _hook(deaths, http._TimedConnection, "getresponse", before="before_answer")
    _hook(deaths, http._TimedSocket, "sendall", after="between_bytes")
    for connector in REGISTRY.values():
        _hook(deaths, connector, "send", after="after_answer")
        _hook(deaths, connector, "read_back", after="after_read_back")
    _hook_record(deaths)


def _hook(deaths: Deaths, owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    _wrap(owner, name, before=partial(deaths.pass_by, before), after=partial(deaths.pass_by, after))


def _nothing() -> None:
    pass


def _wrap(owner: Any, name: str, *, before: Act = _nothing, after: Act = _nothing) -> None:
    """Do something before a function and, where it returns, after it."""
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before()
        result = original(*args, **kwargs)
        after()
        return result

    setattr(owner, name, wrapped)


def _hook_record(deaths: Deaths) -> None:
    write = Audit.write

    @wraps(write)
    def hooked(verb: str, **kwargs: Any) -> Any:
        written = write(verb, **kwargs)
        deaths.pass_by(RECORDED.get(verb, ""))
        return written

    Audit.write = hooked
