"""End what a killed launcher leaves behind. A script of its own, run by path, listening on its standard input.

The launcher writes "+GROUP SIGNAL" for each process group it starts and "-GROUP" for each that has ended. When the
pipe closes, whether the launcher ended well or was killed with -9, every group still on the list gets its signal.
The leash cannot do this: its mark is lost at the next fork, and a Celery worker forks its pool.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    # A Ctrl-C is the launcher's to answer; this process ends when the pipe does.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        note(groups, line.strip())
    for group, number in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def note(groups: dict[int, int], line: str) -> None:
    if line.startswith("-"):
        groups.pop(int(line[1:]), None)
        return
    group, number = line[1:].split()
    groups[int(group)] = int(number)


if __name__ == "__main__":
    main()
