"""Many programs kept alive together: started, waited for, restarted with backoff, and stopped within five seconds."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from config.processes.child import Child, Program, Warden
from config.processes.console import Console
from config.processes.errors import StartError, StopRequested

PULSE = 0.05
# Together under the five seconds in which all of it must be gone.
GRACE, SERVER_GRACE = 3.3, 1.3


@dataclass(frozen=True)
class Backoff:
    """How long a dead program waits for its next start, in seconds: doubling, until it stayed up for `steady`."""

    first: float = 0.5
    longest: float = 15.0
    steady: float = 30.0

    def delay(self, deaths: int) -> float:
        return min(self.first * 2.0 ** (deaths - 1), self.longest)


class Supervisor:
    """Use as a context: whatever ends the block, nothing is left running after it.

    `run` is the directory of the pid files. Start and stop from the main thread: the kernel ties children to the
    thread that made them.
    """

    def __init__(self, run: Path, console: Console, *, backoff: Backoff | None = None) -> None:
        self.run = run
        self._console = console
        self._backoff = backoff or Backoff()
        self._stopping = False
        self._keepers: list[_Keeper] = []

    def __enter__(self) -> Self:
        self.run.mkdir(parents=True, exist_ok=True)
        for leftover in self.run.glob("*.pid"):
            leftover.unlink()
        self._warden = Warden()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._warden.dismiss()

    def request_stop(self) -> None:
        """Have the next pause end the work. Safe in a signal handler and in any thread."""
        self._stopping = True

    def spawn(self, *programs: Program) -> None:
        """Start programs side by side without waiting; see `settle`."""
        for program in programs:
            keeper = _Keeper(self._child(program), self._backoff)
            self._keepers.append(keeper)
            keeper.child.spawn()

    def settle(self, *names: str, within: float = 60.0) -> None:
        """Wait until all of `names` (or everything spawned) is ready. StartError, with last words, if one is not."""
        settling = [keeper.child for keeper in self._keepers if not names or keeper.child.name in names]
        waiting = settling
        while waiting:
            waiting = [child for child in waiting if not self._is_up(child, within)]
            if waiting:
                self.pause()
        # One that was up early may have died while the others took their time.
        for child in settling:
            _demand_running(child)

    def complete(self, program: Program) -> None:
        """Run a program to its end. StartError, with its last words, unless it ends with 0."""
        child = self._child(program)
        child.spawn()
        try:
            while (code := child.ended()) is None:
                self.pause()
        finally:
            child.kill()
        if code != 0:
            raise _failure(child, f"{child.name} failed ({_ending(code)}).")
        self._console.say(f"{child.name} is done ({child.age:.1f} s)")

    def watch(self) -> None:
        """Restart what dies, until a stop is requested; then StopRequested."""
        while True:
            self.tend()
            self.pause()

    def tend(self) -> None:
        """One round of `watch`."""
        for keeper in self._keepers:
            if said := keeper.look_after():
                self._console.warn(said)

    def pause(self) -> None:
        """One pulse; StopRequested if the work should end."""
        if self._stopping:
            raise StopRequested
        time.sleep(PULSE)

    def stop(self) -> None:
        """Stop everything: first what uses the servers, then the servers; what does not listen is killed."""
        children = [keeper.child for keeper in self._keepers]
        _end((child for child in children if not child.program.serves), GRACE)
        _end((child for child in children if child.program.serves), SERVER_GRACE)

    def _child(self, program: Program) -> Child:
        return Child(program, run=self.run, console=self._console, warden=self._warden)

    def _is_up(self, child: Child, within: float) -> bool:
        _demand_running(child)
        if child.is_ready():
            self._console.say(f"{child.name} is up ({child.age:.1f} s)")
            return True
        if child.age > within:
            raise _failure(child, f"{child.name} did not get ready within {within:.0f} s.")
        return False


class _Keeper:
    """Keeps one child alive."""

    def __init__(self, child: Child, backoff: Backoff) -> None:
        self.child = child
        self._backoff = backoff
        self._deaths = 0
        self._due = 0.0

    def look_after(self) -> str:
        """Notice a death, or start again when it is time; what there is to say about it, or nothing."""
        if not self.child.running:
            return self._start_again()
        code = self.child.ended()
        return "" if code is None else self._plan(code)

    def _plan(self, code: int) -> str:
        lived_well = self.child.age >= self._backoff.steady
        self._deaths = 1 if lived_well else self._deaths + 1
        delay = self._backoff.delay(self._deaths)
        self._due = time.monotonic() + delay
        return f"{self.child.name} ended ({_ending(code)}); starting it again in {delay:g} s"

    def _start_again(self) -> str:
        if time.monotonic() < self._due:
            return ""
        self.child.spawn()
        return ""


def _end(children: Iterable[Child], grace: float) -> None:
    left = [child for child in children if child.running]
    for child in left:
        child.ask_to_stop()
    until = time.monotonic() + grace
    while (left := [child for child in left if child.ended() is None]) and time.monotonic() < until:
        time.sleep(PULSE)
    for child in left:
        child.kill()


def _demand_running(child: Child) -> None:
    code = child.ended()
    if code is not None:
        raise _failure(child, f"{child.name} ended at its start ({_ending(code)}).")


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _failure(child: Child, sentence: str) -> StartError:
    return StartError("\n".join([f"{sentence} Its last words:", *(f"    {line}" for line in child.last_words())]))
