"""A worker that reads both channels and is killed, again and again: a process that forks one for every line it is told.

python -m tests.proofs.intake_worker [careless]; a line is "<seconds> <page> <before|inside|after|anywhere>".
Killed at its page where it comes so far in time, else wherever it is when its seconds are over. Answers with the place.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

ANYWHERE = "anywhere"


def main(careless: bool) -> None:
    django.setup()
    # What is imported before the fork need not be imported by every child.
    from inbox import tasks  # noqa: F401

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, page, place = line.split()
        pid = os.fork()
        if not pid:
            work(int(page), place, careless=careless)
        late = signal.sigtimedwait({signal.SIGCHLD}, float(seconds)) is None
        if late:
            os.kill(pid, signal.SIGKILL)
        _pid, status = os.waitpid(pid, 0)
        if late:
            signal.sigtimedwait({signal.SIGCHLD}, 5)
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(f"{ANYWHERE if late else place} {int(died)}", flush=True)


def work(page: int, place: str, *, careless: bool) -> None:
    """Read and hear until the end comes. It never returns."""
    from django.db import transaction

    from inbox import tasks
    from inbox.clock import moment
    from inbox.models import Channel, RawEvent, Stream
    from inbox.models.intake import commit_page, store

    die = dying_at(page, place)

    def commit(channel: Any, stream: Any, found: Any) -> int | None:
        die("before")
        stored = carelessly(channel, stream, found) if careless else commit_page(channel, stream, found)
        die("after", count=True)
        return stored

    def carelessly(channel: Any, stream: Any, found: Any) -> int:
        """The control: the cursor first, then the rows."""
        kept(stream, found.window)
        die("inside")
        with transaction.atomic():
            return store(channel, found.messages)

    kept = Stream.keep

    def keep(stream: Any, window: Any) -> None:
        die("inside")
        kept(stream, window)

    Stream.keep = keep  # type: ignore[method-assign]
    tasks.commit_page = commit  # type: ignore[assignment]
    while True:
        # The leases of those who were killed have run out.
        Channel.objects.update(pull_until=None, next_poll_at=moment())
        RawEvent.objects.filter(read_at__isnull=True).update(not_before=moment(), tries=0)
        for channel_id in Channel.objects.order_by("pk").values_list("pk", flat=True):
            tasks.pull(channel_id)
        tasks.hear(0)


def dying_at(page: int, place: str) -> Callable[..., None]:
    """What ends the process at the right place of the right page."""
    left = [page]

    def die(where: str, *, count: bool = False) -> None:
        if left[0] == 1 and where == place:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= count

    return die


if __name__ == "__main__":
    main(careless="careless" in sys.argv[1:])
