"""`make test`: every check with its time, on servers that live as long as the run.

All steps run even when one fails, so that one run shows everything there is to mend.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.embedded import ensure_servers
from config.processes.errors import StartError

PROCESSORS = 2
MODULE = (sys.executable, "-m")
DJANGOFMT = str(Path(sys.executable).with_name("djangofmt"))
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
NO_CHROMIUM = "The browser tests need Chromium: install it (Debian: apt-get install chromium), then `make test` again."


@dataclass(frozen=True)
class Step:
    """One check: what it is called and the command that fails if it does not hold."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    step: Step
    code: int
    seconds: float

    def __str__(self) -> str:
        return f"  {self.step.name:<12} {'FAILED' if self.code else 'ok':<7} {self.seconds:7.1f} s"


# The longest first: the others fit beside it.
CHECKS = (
    Step("types", (*MODULE, "mypy")),
    Step("lint", (*MODULE, "ruff", "check", ".")),
    Step("format", (*MODULE, "ruff", "format", "--check", ".")),
    Step("contracts", (sys.executable, "-c", LINT_IMPORTS)),
    Step("migrations", (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
    Step("templates", (DJANGOFMT, "--check", "templates")),
    Step("markup", (DJANGOFMT, "check", "templates")),
)
# A file stays together: its tests share what is costly to build. The order of the folders is kept, since xdist's own,
# files with many tests first, leaves the longest tests to the end, when one processor has nothing left to do. Three at
# once for two processors: many tests wait for servers.
TESTS = Step("tests", (*MODULE, "pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"))


def main() -> int:
    if not (shutil.which("chromium") or _install_chromium()):
        print(NO_CHROMIUM)
        return 1
    try:
        servers = ensure_servers()
    except StartError as problem:
        print(problem)
        return 1
    environment = {
        **os.environ,
        "SAMTAL_ENV": "test",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
    }
    begun = time.monotonic()
    with ThreadPoolExecutor(PROCESSORS) as pool:
        outcomes = list(pool.map(lambda step: _check(step, environment), CHECKS))
    outcomes.append(_take(TESTS, environment))
    return _report(outcomes, time.monotonic() - begun)


def _check(step: Step, environment: dict[str, str]) -> Outcome:
    """One of several at once: what it says is shown when it is over."""
    begun = time.monotonic()
    done = subprocess.run(
        step.command, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(f"\n== {step.name}\n{done.stdout.rstrip()}", flush=True)
    return Outcome(step, done.returncode, time.monotonic() - begun)


def _take(step: Step, environment: dict[str, str]) -> Outcome:
    print(f"\n== {step.name}", flush=True)
    begun = time.monotonic()
    code = subprocess.run(step.command, env=environment, check=False).returncode
    return Outcome(step, code, time.monotonic() - begun)


def _report(outcomes: list[Outcome], seconds: float) -> int:
    failed = [outcome.step.name for outcome in outcomes if outcome.code]
    print("", *outcomes, sep="\n")
    print(f"  {'all':<20} {seconds:7.1f} s")
    print(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def _install_chromium() -> bool:
    """Debian's own package, when we may install it."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    print("== installing Debian's chromium", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-q"), ("install", "-q", "-y", "--no-install-recommends", "chromium")):
        if subprocess.run((apt, *arguments), env=environment, check=False).returncode != 0:
            return False
    return shutil.which("chromium") is not None


if __name__ == "__main__":
    sys.exit(main())
