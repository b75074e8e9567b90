"""What the demo's programs find in their environment, and where a demo that runs can be asked for it."""

import contextlib
import json
import os
import runpy
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded.place import CHECKOUT, Place
from config.ports import HOST, Ports
from config.processes.errors import StartError

PASSWORD = "samtal-demo"  # noqa: S105 - printed at every start; the demo listens on loopback only
# Read as a file: its package would bring the clients of all networks into the launcher, for as long as it runs.
REGISTERED = runpy.run_path(str(CHECKOUT / "connectors/sandbox/registered.py"))
DEFAULT_PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379}


def demo_environment(place: Place, ports: Ports, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that make a Samtal process part of this demo. What a person may choose stands as they set it."""
    chosen = {
        "SECRET_KEY": place.secrets.secret_key,
        "SAMTAL_TOKEN_KEYS": place.secrets.token_key,
        "SAMTAL_POLL_SECONDS": "3",
        # The sandbox answers at once and its reads do not lag: an unknown outcome is settled sooner here.
        "SAMTAL_SEND_DEADLINE": "8",
        "SAMTAL_QUIET_SECONDS": "12",
        "SAMTAL_READ_BACK_GAP": "10",
        "SAMTAL_DEMO_PASSWORD": PASSWORD,
        "SAMTAL_FACEBOOK_APP_ID": REGISTERED["APP_ID"],
        "SAMTAL_FACEBOOK_APP_SECRET": REGISTERED["APP_SECRET"],
        "SAMTAL_X_CLIENT_ID": REGISTERED["X_CLIENT_ID"],
        "SAMTAL_X_CLIENT_SECRET": REGISTERED["X_CLIENT_SECRET"],
    }
    fixed = {
        "SAMTAL_ENV": "demo",
        "SAMTAL_WEB_PORT": str(ports.web.number),
        "SAMTAL_SANDBOX_URL": f"http://{HOST}:{ports.sandbox.number}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return {name: given.get(name) or value for name, value in chosen.items()} | fixed


@contextlib.contextmanager
def published(environment: Mapping[str, str], run: Path) -> Iterator[None]:
    """Leave the variables for other commands (see `running_environment`) as long as the demo runs."""
    path = _published_path(run)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(dict(environment), file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_environment(run: Path) -> dict[str, str]:
    """The variables of the demo that runs, database and broker included. StartError if none does."""
    try:
        variables: dict[str, str] = json.loads(_published_path(run).read_text())
    except FileNotFoundError:
        raise StartError("No demo is running here. Start one with `make demo`.") from None
    return variables


def server_answers(url: str) -> bool:
    """Whether anything listens where a database or broker address points."""
    parts = urlsplit(url)
    address = (parts.hostname or HOST, parts.port or DEFAULT_PORTS.get(parts.scheme, 0))
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True


def _published_path(run: Path) -> Path:
    return run / "environment.json"
