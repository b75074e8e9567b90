"""A real PostgreSQL and a real Valkey from wheels, for the demo and for as long as a test run lasts.

servers = ensure_servers()
os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
"""

import atexit
import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import CHECKOUT
from config.processes.errors import StartError

PATIENCE = 10.0  # seconds the servers have to stop


@dataclass(frozen=True)
class Servers:
    """Where the servers are. `run` holds postgres.pid and valkey.pid of those that are ours; one killed comes back."""

    database_url: str
    redis_url: str
    run: Path | None = None


@functools.cache
def ensure_servers() -> Servers:
    """Servers for this process, started once and gone when it ends, even by kill -9.

    DATABASE_URL and REDIS_URL take the place of the one they name. About 1.5 s; StartError if it cannot be.
    """
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    wanted = [name for name, url in (("postgres", database_url), ("valkey", redis_url)) if not url]
    if not wanted:
        return Servers(database_url, redis_url)
    answer = _ask_keeper(wanted)
    if "error" in answer:
        raise StartError(answer["error"])
    return Servers(
        database_url=answer.get("postgres", database_url),
        redis_url=answer.get("valkey", redis_url),
        run=Path(answer["run"]),
    )


def _ask_keeper(wanted: list[str]) -> dict[str, str]:
    """Start the process that keeps the servers. It lives until the pipe to it closes, however we end."""
    keeper = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "config.embedded", *wanted],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C is ours to answer
    )
    atexit.register(_dismiss, keeper, os.getpid())
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    answer: dict[str, str] = json.loads(line) if line else {"error": "The embedded servers could not be started."}
    return answer


def _dismiss(keeper: "subprocess.Popen[str]", owner: int) -> None:
    if os.getpid() != owner:  # a fork of ours that ends must not take the servers with it
        return
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait(PATIENCE)
