"""An embedded PostgreSQL on loopback: its data directory made, checked, and described as a program to run."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import Place, is_alive
from config.embedded.programs import Programs
from config.ports import HOST
from config.processes.child import Program, says
from config.processes.errors import StartError

USER = DATABASE = "samtal"
COMMON = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a checkout's path may be longer than a socket's may
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "log_line_prefix": "",
    "log_checkpoints": "off",
}
# For a cluster that is thrown away: a crash of the machine may take it, a crash of a process must not.
FLEETING = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """One data directory. `fleeting` trades safety against a power cut for speed."""

    data: Path
    place: Place
    programs: Programs
    port: int
    fleeting: bool = False

    @property
    def url(self) -> str:
        return f"postgres://{USER}:{self.place.secrets.samtal_password}@{HOST}:{self.port}/{DATABASE}"

    def prepare(self) -> list[str]:
        """Make the data directory, or check the one that is there. Returns what the person might want to know."""
        if self.data.is_dir() and not any(self.data.iterdir()):
            self.data.rmdir()
        if self.data.exists():
            self._check()
            return self._clear_stale_pid()
        self._make()
        return []

    def program(self) -> Program:
        settings = COMMON | {"port": str(self.port)} | (FLEETING if self.fleeting else {})
        return Program(
            name="postgres",
            command=(*self._command("postgres"), *(f"--{key}={value}" for key, value in settings.items())),
            ready=says("ready to accept connections"),
            environment=_environment(),
            directory=self.data,
            user=self.place.user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            orphan_signal=signal.SIGINT,
            serves=True,
        )

    def _check(self) -> None:
        version = self.data / "PG_VERSION"
        if not version.is_file() or not (self.data / "global/pg_control").is_file():
            raise StartError(
                f"{self.data} is not a whole PostgreSQL data directory (PG_VERSION or pg_control is missing)."
                " Move it away, or start afresh with `make demo-reset`."
            )
        major = version.read_text().strip()
        if major != self.programs.postgres_major:
            raise StartError(
                f"{self.data} was made by PostgreSQL {major}, and this is {self.programs.postgres_major}."
                " Start afresh with `make demo-reset`, or go back to the version of Samtal that made it."
            )

    def _clear_stale_pid(self) -> list[str]:
        """A live server keeps its directory; the pid file of a dead one goes, even if its number has a new owner."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return []
        pid = running_postmaster(self.data)
        if pid:
            raise StartError(
                f"A PostgreSQL (process {pid}) is already running on {self.data}. Stop it first: kill -INT {pid}"
            )
        pid_file.unlink()
        return ["The last PostgreSQL was not stopped in order; its pid file is removed and it recovers by itself."]

    def _make(self) -> None:
        """Complete or not at all: made beside its place and renamed when the role and the database stand in it."""
        draft = self.data.with_name(f"{self.data.name}-draft")
        shutil.rmtree(draft, ignore_errors=True)
        self.place.make_owned(draft.parent)
        password = draft.with_name("password")
        password.write_text(self.place.secrets.postgres_password)
        try:
            password.chmod(0o600)
            self.place.hand_over(password)
            self._initialise(draft, password)
        finally:
            password.unlink()
        self._create_database(draft)
        draft.rename(self.data)

    def _initialise(self, draft: Path, password: Path) -> None:
        options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        fleeting = ["--no-sync"] if self.fleeting else []
        command = (*self._command("initdb", draft), f"--pwfile={password}", "--no-instructions", *options, *fleeting)
        self._run(command, directory=draft.parent)

    def _create_database(self, draft: Path) -> None:
        """In single-user mode, where a statement ends with its line and an error does not end the program."""
        password = self.place.secrets.samtal_password  # made of letters, digits, - and _: no quoting needed
        statements = (
            f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{password}';\nCREATE DATABASE {DATABASE} OWNER {USER};\n"
        )
        command = ("postgres", "--single", "-D", str(draft), "postgres")
        said = self._run((str(self.programs.postgres / command[0]), *command[1:]), directory=draft, typed=statements)
        if "ERROR:" in said:
            raise StartError("PostgreSQL could not make the database. `make demo-reset` starts afresh.")

    def _command(self, name: str, data: Path | None = None) -> tuple[str, ...]:
        return (str(self.programs.postgres / name), "-D", str(data or self.data))

    def _run(self, command: tuple[str, ...], *, directory: Path, typed: str = "") -> str:
        """Run one of PostgreSQL's programs to its end as the servers' user, and return what it said."""
        program = Program(
            name=Path(command[0]).name,
            command=command,
            ready=says(""),
            environment=_environment(),
            directory=directory,
            user=self.place.user,
        )
        done = subprocess.run(  # noqa: S603 - the command is ours
            program.leashed(), input=typed, text=True, env=_environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise StartError(_explain(program.name, done.stdout))
        return done.stdout


def running_postmaster(data: Path) -> int | None:
    """The process id of the server that runs on this directory, if one does."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if is_alive(pid) and _may_be_postgres(pid, data) else None


def _may_be_postgres(pid: int, data: Path) -> bool:
    """A number is reused after a restart of the machine; where the system does not tell, believe the pid file."""
    command = Path(f"/proc/{pid}/cmdline")
    try:
        return os.fsencode(data) in command.read_bytes()
    except OSError:
        return not Path("/proc/self").exists()


def _environment() -> dict[str, str]:
    """Nothing of ours but the search path: PG* variables of the person's shell must not reach the servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _explain(name: str, said: str) -> str:
    if "No space left on device" in said:
        return f"The disk is full: {name} could not write its data. Make room and start again."
    last = "\n".join(f"    {line}" for line in said.splitlines()[-10:])
    return f"PostgreSQL's {name} failed:\n{last}"
