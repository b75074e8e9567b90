"""Where the embedded servers of this checkout keep their data, and as whom they run."""

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.embedded.secrets import Secrets, keep_secrets
from config.processes.errors import StartError

CHECKOUT = Path(__file__).resolve().parents[2]
# PostgreSQL refuses root, and whom it runs as instead cannot read below a private home: root's data lives here.
ROOT_DATA = Path("/var/lib/samtal-demo")
UNPRIVILEGED = ("nobody", "daemon")
FLEETING = "fleeting-"
LEAST_FREE = 300_000_000  # bytes: two fresh clusters, the programs and room to work


@dataclass(frozen=True)
class Place:
    """`home` is the checkout's own directory; `servers` is where the servers' data stands; `user` runs them."""

    home: Path
    servers: Path
    secrets: Secrets
    user: str | None

    def make_owned(self, directory: Path) -> None:
        """Make a directory that only the servers' user may enter."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.hand_over(directory)

    def hand_over(self, path: Path) -> None:
        """Give a file or directory to the servers' user."""
        if self.user:
            shutil.chown(path, self.user)


def find_place(checkout: Path = CHECKOUT) -> Place:
    """The place of this checkout, made if need be. StartError where it cannot be, or the disk is full."""
    home = checkout / ".demo"
    home.mkdir(mode=0o700, exist_ok=True)
    secrets = keep_secrets(home / "secrets.json")
    user = _servers_user()
    servers = _root_directory(checkout, secrets) if user else home / "servers"
    servers.mkdir(parents=True, exist_ok=True)
    _demand_space(servers)
    return Place(home=home, servers=servers, secrets=secrets, user=user)


def former_places(place: Place) -> list[Path]:
    """What earlier checkouts at this very path left in root's directory. Their passwords went with them."""
    if not place.user:
        return []
    path_key = place.servers.name.partition("-")[0]
    return [found for found in ROOT_DATA.glob(f"{path_key}-*") if found != place.servers]


def fleeting_home(place: Place) -> Path:
    """A new directory for servers that live as long as this process; those of dead processes are cleared away."""
    for home in place.servers.glob(f"{FLEETING}*"):
        if not is_alive(int(home.name.removeprefix(FLEETING))):
            shutil.rmtree(home, ignore_errors=True)
    home = place.servers / f"{FLEETING}{os.getpid()}"
    place.make_owned(home)
    return home


def fleeting_in_use(place: Place) -> list[int]:
    """The processes that keep fleeting servers here now."""
    pids = [int(home.name.removeprefix(FLEETING)) for home in place.servers.glob(f"{FLEETING}*")]
    return [pid for pid in pids if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # as somebody else
    return True


def _root_directory(checkout: Path, secrets: Secrets) -> Path:
    """Keyed by path and checkout: neither a copy of the checkout nor a new one at its path shares the data."""
    path_key = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]
    for directory in (ROOT_DATA, found := ROOT_DATA / f"{path_key}-{secrets.checkout}"):
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # whatever the umask: another user has to pass
    return found


def _servers_user() -> str | None:
    """Who runs the servers: ourselves, or for root somebody who may do nothing else."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise StartError(
        f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(UNPRIVILEGED)}."
        " Add one, or run this as a normal user."
    )


def _demand_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < LEAST_FREE:
        raise StartError(
            f"The disk under {directory} has {free // 1_000_000} MB left; the demo needs {LEAST_FREE // 1_000_000} MB."
            " Make room and start again."
        )
