"""What the terminal shows: our own progress, and every program's lines behind its name."""

import contextlib
import os
import threading
from collections.abc import Iterable
from typing import TextIO

WIDTH = 8
# Bright enough on black and dark enough on white; red is left for trouble.
COLOURS = (32, 33, 34, 35, 36, 92, 94, 95, 96)
BOLD, RED = 1, 31


class Console:
    """One terminal for many threads. Goes on silently when nobody reads any more (a closed pipe or terminal)."""

    def __init__(self, out: TextIO, *, coloured: bool | None = None) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ if coloured is None else coloured
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}

    def say(self, text: str) -> None:
        """A line of our own."""
        self._write("samtal", text, BOLD)

    def warn(self, text: str) -> None:
        """A line of our own that should be seen."""
        self._write("samtal", text, RED)

    def log(self, name: str, text: str) -> None:
        """A line of the program `name`."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        self._write(name, text, colour)

    def block(self, lines: Iterable[str]) -> None:
        """Lines that belong together, without a name in front."""
        self._print("\n".join(lines))

    def _write(self, name: str, text: str, colour: int) -> None:
        label = f"{name:<{WIDTH}}"
        self._print(f"\033[{colour}m{label}\033[0m | {text}" if self._coloured else f"{label} | {text}")

    def _print(self, text: str) -> None:
        # The programs must go on working, and stop in order, when the reader has gone away.
        with self._lock, contextlib.suppress(OSError):
            print(text, file=self._out, flush=True)
