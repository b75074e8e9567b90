"""Reads a channel and dies by kill -9 after a page: run by test_tasks as a process of its own.

python -m tests.inbox.pulling <channel> <pages> <before|after the commit>
"""

from __future__ import annotations

import os
import signal
import sys

import django


def main(channel: int, pages: int, place: str) -> None:
    django.setup()
    from inbox import tasks
    from inbox.models import Channel, Stream
    from inbox.models.intake import commit_page

    left = [pages]

    def commit_and_die(*args: object) -> int | None:
        left[0] -= 1
        if not left[0] and place == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        stored = commit_page(*args)  # type: ignore[arg-type]
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return stored

    keep = Stream.keep

    def keep_and_die(stream: Stream, *args: object) -> None:
        """In the middle of the transaction: rows are written, nothing is committed."""
        if left[0] == 1 and place == "inside":
            os.kill(os.getpid(), signal.SIGKILL)
        keep(stream, *args)  # type: ignore[arg-type]

    Stream.keep = keep_and_die  # type: ignore[method-assign]
    tasks.commit_page = commit_and_die
    tasks.read_streams(Channel.objects.get(pk=channel), Channel.objects.get(pk=channel).connect())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
