"""One program that runs as our child: how to start it, see that it works, and end it with all it started."""

import collections
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config.processes.console import Console

LEASH = Path(__file__).with_name("leash.py")
WARDEN = Path(__file__).with_name("warden.py")
# A python that starts in 10 ms: no site-packages, no variables of ours.
BARE_PYTHON = (sys.executable, "-I", "-S")


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `serves` marks what others lean on: it stops after them."""

    name: str
    command: tuple[str, ...]
    ready: "Ready"
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: str | None = None
    typed: str = field(default="", repr=False)  # standard input, for secrets: a command line is public
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    serves: bool = False

    def leashed(self) -> list[str]:
        """The command line, with the leash in front."""
        leash = (str(LEASH), str(os.getpid()), str(int(self.orphan_signal)), self.user or "-", str(self.directory))
        return [*BARE_PYTHON, *leash, *self.command]


class Warden:
    """The process that ends our children's groups if we are killed."""

    def __init__(self) -> None:
        # In a session of its own, so that a signal to our group leaves it to do its work.
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [*BARE_PYTHON, str(WARDEN)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    def watch(self, group: int, number: signal.Signals) -> None:
        self._tell(f"+{group} {int(number)}")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}")

    def dismiss(self) -> None:
        """Close the pipe and wait: what was not forgotten ends now."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self._process.stdin, flush=True)


class Child:
    """One program, running or not. Its process id stands in `<run>/<name>.pid` as long as it runs."""

    def __init__(self, program: Program, *, run: Path, console: Console, warden: Warden) -> None:
        self.program = program
        self.tail: collections.deque[str] = collections.deque(maxlen=200)
        self.started_at = 0.0
        self._pid_file = run / f"{program.name}.pid"
        self._console = console
        self._warden = warden
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def age(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self.started_at

    def spawn(self) -> None:
        """Start the program in a process group of its own. Raises OSError if that is impossible."""
        self.tail.clear()
        with _standard_input(self.program.typed) as typed:
            self._process = subprocess.Popen(  # noqa: S603 - commands are ours
                self.program.leashed(),
                stdin=typed,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(self.program.environment),
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self._warden.watch(self._process.pid, self.program.orphan_signal)
        self._pid_file.write_text(f"{self._process.pid}\n")
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def is_ready(self) -> bool:
        return self.program.ready(self)

    def ended(self) -> int | None:
        """None while it runs; once it has ended its exit code, negative for a signal, with all its group gone."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code is not None:
            self._bury(self._process)
        return code

    def ask_to_stop(self) -> None:
        """Send the program its stop signal; its own children are its business."""
        if self._process is not None:
            self._process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End the program and all it started, at once."""
        if self._process is None:
            return
        _kill_group(self._process.pid)
        self._process.wait()
        self._bury(self._process)

    def last_words(self, count: int = 15) -> list[str]:
        return list(self.tail)[-count:]

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        _kill_group(process.pid)  # a pool that outlived its worker
        self._process = None
        self._warden.forget(process.pid)
        self._pid_file.unlink(missing_ok=True)
        if self._reader is not None:
            self._reader.join(timeout=1)

    def _read(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                self.tail.append(text)
                self._console.log(self.name, text)


Ready = Callable[[Child], bool]


def answers(url: str) -> Ready:
    """Ready when an HTTP GET gives 200."""

    def ready(child: Child) -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback addresses of ours
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ready


def says(pattern: str) -> Ready:
    """Ready when one of its lines matches."""
    expression = re.compile(pattern)
    return lambda child: any(expression.search(line) for line in tuple(child.tail))


def listens(port: int) -> Ready:
    """Ready when its loopback port takes a connection."""

    def ready(child: Child) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return False
        return True

    return ready


def lives(seconds: float) -> Ready:
    """Ready when it has run so long: for programs that do not say when they are."""
    return lambda child: child.age >= seconds


def _standard_input(text: str) -> IO[bytes]:
    if not text:
        return open(os.devnull, "rb")
    typed = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    typed.write(text.encode())
    typed.seek(0)
    return typed


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
