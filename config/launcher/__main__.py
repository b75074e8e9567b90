"""The launcher's command line:  python -m config.launcher demo | reset | run COMMAND..."""

import errno
import os
import signal
import sys

from config.embedded.place import find_place
from config.launcher.demo import run_demo, wipe_demo
from config.launcher.environment import running_environment
from config.processes.console import Console
from config.processes.errors import StartError
from config.processes.leash import die_with

USAGE = __doc__


def main(arguments: list[str]) -> int:
    console = Console(sys.stdout)
    try:
        return _obey(arguments, console)
    except StartError as problem:
        console.warn(str(problem))
    except OSError as problem:
        console.warn(_explain(problem))
    return 1


def _obey(arguments: list[str], console: Console) -> int:
    match arguments:
        case ["demo"]:
            _end_with_make()
            run_demo(os.environ, console)
        case ["reset"]:
            wipe_demo(console)
        case ["run", *command] if command:
            _become(command)
        case _:
            console.block([USAGE])
            return 2
    return 0


def _become(command: list[str]) -> None:
    """Run a command with the environment of the demo that runs, for example `manage.py shell`."""
    environment = running_environment(find_place().home / "run")
    os.execve(sys.executable, [sys.executable, *command], {**os.environ, **environment})  # noqa: S606 - no shell wanted


def _end_with_make() -> None:
    """A killed make cannot pass its end on; without this the demo would go on without a terminal."""
    if "MAKELEVEL" in os.environ and sys.platform == "linux":
        die_with(os.getppid(), signal.SIGTERM)


def _explain(problem: OSError) -> str:
    where = f" ({problem.filename})" if problem.filename else ""
    if problem.errno == errno.ENOSPC:
        return f"The disk is full{where}. Make room and start again."
    if problem.errno in (errno.EACCES, errno.EPERM):
        return (
            f"{problem.strerror}{where}. Was the demo started by another user before? Then remove .demo as that user."
        )
    return f"{problem.strerror or problem}{where}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
