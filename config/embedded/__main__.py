"""Keep fleeting servers until standard input closes:  python -m config.embedded postgres valkey

Prints one line of JSON: the address of each server and the directory with their pid files, or what went wrong.
"""

import json
import shutil
import signal
import sys
import threading
from pathlib import Path

from config.embedded.place import Place, find_place, fleeting_home
from config.embedded.postgres import Cluster
from config.embedded.programs import Programs, find_programs
from config.embedded.valkey import Valkey
from config.ports import any_free
from config.processes.child import Program
from config.processes.console import Console
from config.processes.errors import StartError, StopRequested
from config.processes.supervisor import Backoff, Supervisor

AT_ONCE = Backoff(first=0.1, longest=0.1)  # a test that kills a server wants it back


def main(wanted: list[str]) -> int:
    home: Path | None = None
    try:
        place = find_place()
        home = fleeting_home(place)
        _keep(wanted, place, home)
    except (StartError, OSError) as problem:
        print(json.dumps({"error": str(problem)}), flush=True)
        return 1
    finally:
        if home:
            shutil.rmtree(home, ignore_errors=True)
    return 0


def _keep(wanted: list[str], place: Place, home: Path) -> None:
    with (
        open(home / "log", "w", encoding="utf-8") as log,
        Supervisor(home / "run", Console(log), backoff=AT_ONCE) as supervisor,
    ):
        _stop_with_input(supervisor)
        answer = {"run": str(supervisor.run)}
        programs = find_programs(place)
        for name in wanted:
            answer[name], program = _describe(name, programs, place, home)
            supervisor.spawn(program)
        try:
            supervisor.settle()
            print(json.dumps(answer), flush=True)
            supervisor.watch()
        except StopRequested:
            return


def _describe(name: str, programs: Programs, place: Place, home: Path) -> tuple[str, Program]:
    """The address and the program of one server, its directory made."""
    if name == "valkey":
        valkey = Valkey(programs.valkey, home, any_free(), place.user, place.secrets.valkey_password)
        return valkey.url, valkey.program()
    cluster = Cluster(home / "postgres", place, programs, any_free(), fleeting=True)
    cluster.prepare()
    return cluster.url, cluster.program()


def _stop_with_input(supervisor: Supervisor) -> None:
    """Stop when who asked for the servers is gone, or at a signal."""

    def wait_for_end() -> None:
        sys.stdin.read()
        supervisor.request_stop()

    threading.Thread(target=wait_for_end, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.request_stop())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
