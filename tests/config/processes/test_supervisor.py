"""Real processes, started, killed and stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.embedded.place import CHECKOUT
from config.processes.child import lives, says
from config.processes.console import Console
from config.processes.errors import StartError, StopRequested
from config.processes.supervisor import Backoff, Supervisor

SAYS_READY = says(r"^ready \d+$")
READY_AND_WAIT = "import signal; print('ready'); signal.pause()"
STUBBORN = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print("ready", child)
while True:
    signal.pause()
"""


def pid_of(supervisor, name):
    return int((supervisor.run / f"{name}.pid").read_text())


def pool_of(screen):
    """The process that the stubborn worker has started."""
    return int(re.search(r"worker +\| ready (\d+)", screen.getvalue())[1])


def tend_until(supervisor, condition, within=10.0):
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        supervisor.tend()
        supervisor.pause()


class TestStart:
    def test_settle_waits_until_all_are_ready_and_leaves_a_pid_file_for_each(self, supervisor, make_program, screen):
        supervisor.spawn(make_program("web", READY_AND_WAIT), make_program("worker", READY_AND_WAIT))
        supervisor.settle()
        assert "web is up" in screen.getvalue()
        assert "worker is up" in screen.getvalue()
        for name in ("web", "worker"):
            os.kill(pid_of(supervisor, name), 0)

    def test_every_line_carries_the_name_of_its_process(self, supervisor, make_program, screen):
        supervisor.spawn(make_program("web", "print('one'); " + READY_AND_WAIT))
        supervisor.settle()
        assert "web      | one\n" in screen.getvalue()

    def test_a_child_that_ends_at_its_start_is_shown_with_its_last_words(self, supervisor, make_program):
        supervisor.spawn(make_program("web", "print('no such table'); raise SystemExit(3)"))
        with pytest.raises(StartError, match=r"web ended at its start \(exit code 3\)[\s\S]*no such table"):
            supervisor.settle()

    def test_one_that_dies_while_another_gets_ready_is_noticed(self, supervisor, make_program):
        supervisor.spawn(
            make_program("early", "print('ready')"),
            make_program("late", READY_AND_WAIT, ready=lives(1.0)),
        )
        with pytest.raises(StartError, match="early ended at its start"):
            supervisor.settle()

    def test_a_child_that_never_gets_ready_is_given_up(self, supervisor, make_program):
        supervisor.spawn(make_program("web", "import signal; signal.pause()"))
        with pytest.raises(StartError, match=r"web did not get ready within 0 s"):
            supervisor.settle(within=0.3)

    def test_a_program_run_to_its_end_must_end_well(self, supervisor, make_program, screen):
        supervisor.complete(make_program("migrate", "print('all made')"))
        assert "migrate is done" in screen.getvalue()
        with pytest.raises(StartError, match=r"migrate failed \(exit code 1\)[\s\S]*ValueError: no"):
            supervisor.complete(make_program("migrate", "raise ValueError('no')"))

    def test_a_stop_asked_for_during_the_start_ends_it(self, supervisor, make_program):
        supervisor.spawn(make_program("web", "import signal; signal.pause()"))
        supervisor.request_stop()
        with pytest.raises(StopRequested):
            supervisor.settle()

    def test_secrets_are_typed_in_and_stand_on_no_command_line(self, supervisor, make_program):
        code = "import sys; print(len(sys.stdin.read())); " + READY_AND_WAIT
        supervisor.spawn(make_program("valkey", code, typed="requirepass sesame"))
        supervisor.settle()
        assert b"sesame" not in Path(f"/proc/{pid_of(supervisor, 'valkey')}/cmdline").read_bytes()


class TestRestart:
    def test_a_killed_child_comes_back_under_a_new_pid(self, supervisor, make_program, screen):
        supervisor.spawn(make_program("worker", READY_AND_WAIT))
        supervisor.settle()
        first = pid_of(supervisor, "worker")
        os.kill(first, signal.SIGKILL)
        tend_until(supervisor, lambda: not (supervisor.run / "worker.pid").exists())
        tend_until(supervisor, (supervisor.run / "worker.pid").exists)
        assert pid_of(supervisor, "worker") != first
        assert "worker ended (signal 9); starting it again in 0.1 s" in screen.getvalue()

    def test_a_child_that_keeps_dying_waits_longer_each_time(self, supervisor, make_program, screen):
        supervisor.spawn(make_program("worker", "print('ready'); raise SystemExit(1)"))
        tend_until(supervisor, lambda: screen.getvalue().count("starting it again") == 4)
        said = [line.split()[-2] for line in screen.getvalue().splitlines() if "starting it again" in line]
        assert said == ["0.1", "0.2", "0.4", "0.4"]

    def test_the_wait_doubles_up_to_its_limit(self):
        backoff = Backoff(first=0.5, longest=15.0)
        assert [backoff.delay(deaths) for deaths in (1, 2, 3, 6, 60)] == [0.5, 1.0, 2.0, 15.0, 15.0]

    def test_one_that_stayed_up_starts_from_the_shortest_wait_again(self, tmp_path, make_program, screen):
        forgiving = Backoff(first=0.1, longest=5.0, steady=0.3)
        with Supervisor(tmp_path / "forgiving", Console(screen), backoff=forgiving) as supervisor:
            supervisor.spawn(make_program("worker", "import threading; threading.Event().wait(0.5)"))
            tend_until(supervisor, lambda: screen.getvalue().count("starting it again in 0.1 s") == 3)

    def test_the_pool_of_a_killed_worker_goes_with_it(self, supervisor, make_program, screen, gone):
        supervisor.spawn(make_program("worker", STUBBORN, ready=SAYS_READY))
        supervisor.settle()
        pool = pool_of(screen)
        os.kill(pid_of(supervisor, "worker"), signal.SIGKILL)
        tend_until(supervisor, lambda: not (supervisor.run / "worker.pid").exists())
        assert gone([pool], within=1)


class TestStop:
    def test_a_stubborn_child_and_its_own_are_gone_within_five_seconds(self, supervisor, make_program, screen, gone):
        supervisor.spawn(make_program("worker", STUBBORN, ready=SAYS_READY), make_program("web", READY_AND_WAIT))
        supervisor.settle()
        pids = [pid_of(supervisor, "worker"), pid_of(supervisor, "web"), pool_of(screen)]
        begun = time.monotonic()
        supervisor.stop()
        assert time.monotonic() - begun < 5
        assert gone(pids, within=0.5)
        assert not list(supervisor.run.glob("*.pid"))

    def test_children_that_listen_are_not_waited_for_longer_than_they_take(self, supervisor, make_program):
        supervisor.spawn(make_program("web", READY_AND_WAIT))
        supervisor.settle()
        begun = time.monotonic()
        supervisor.stop()
        assert time.monotonic() - begun < 1

    def test_a_server_outlives_what_leans_on_it(self, supervisor, make_program, screen):
        farewell = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit('{}')); print('ready')\n"
        code = farewell + "while True: signal.pause()"
        supervisor.spawn(
            make_program("postgres", code.format("the server goes"), serves=True),
            make_program("web", code.format("the user goes")),
        )
        supervisor.settle()
        supervisor.stop()
        shown = screen.getvalue()
        assert shown.index("the user goes") < shown.index("the server goes")

    def test_pid_files_of_an_earlier_run_are_cleared(self, tmp_path, screen):
        (tmp_path / "web.pid").write_text("1\n")
        with Supervisor(tmp_path, Console(screen)):
            assert not (tmp_path / "web.pid").exists()


LAUNCHER = """
import os, signal, sys
from pathlib import Path
from config.processes.child import Program, says
from config.processes.console import Console
from config.processes.errors import StopRequested
from config.processes.supervisor import Supervisor

with Supervisor(Path({run!r}), Console(sys.stdout)) as supervisor:
    signal.signal(signal.SIGTERM, lambda *_: supervisor.request_stop())
    supervisor.spawn(Program(
        name="worker", command=(sys.executable, "-c", {stubborn!r}), ready=says("^ready"),
        directory=Path({run!r}), environment={{"PYTHONUNBUFFERED": "1"}},
    ))
    try:
        supervisor.settle()
        supervisor.watch()
    except StopRequested:
        print("stopping")
"""


@pytest.fixture
def launcher(tmp_path):
    """A process that supervises a stubborn worker with a pool; yields it with the pids of all it started."""
    code = LAUNCHER.format(run=str(tmp_path), stubborn=STUBBORN)
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    pool = next(int(line.split()[-1]) for line in process.stdout if line.startswith("worker"))
    next(line for line in process.stdout if "is up" in line)
    worker = int((tmp_path / "worker.pid").read_text())
    yield process, [worker, pool, *_children_of(process.pid)]
    process.kill()
    process.wait()
    process.stdout.close()


def _children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class TestDeathOfTheLauncher:
    def test_nothing_outlives_a_launcher_that_was_killed(self, launcher, gone):
        process, pids = launcher
        assert len(set(pids)) == 3  # the worker, its pool and the warden
        process.send_signal(signal.SIGKILL)
        assert gone(pids, within=2)

    def test_nothing_outlives_a_launcher_that_was_asked_to_stop(self, launcher, gone):
        process, pids = launcher
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - begun < 5
        assert gone(pids, within=0.5)
