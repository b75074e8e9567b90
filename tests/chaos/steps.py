"""The named steps at which a process of ours can be killed.

They are hooked in from outside, in the process that is to die: the program itself knows nothing of them.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from functools import wraps
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
    original: Callable[..., Any] = getattr(owner, name)

    @wraps(original)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        deaths.pass_by(before)
        result = original(*args, **kwargs)
        deaths.pass_by(after)
        return result

    setattr(owner, name, hooked)


def _hook_record(deaths: Deaths) -> None:
    write = Audit.write

    @wraps(write)
    def hooked(verb: str, **kwargs: Any) -> Any:
        written = write(verb, **kwargs)
        deaths.pass_by(RECORDED.get(verb, ""))
        return written

    Audit.write = hooked
