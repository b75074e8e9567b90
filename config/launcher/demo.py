"""The demo from nothing to healthy, in order."""

import contextlib
import fcntl
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import Place, find_place, fleeting_in_use, former_places
from config.embedded.postgres import Cluster, running_postmaster
from config.embedded.programs import find_programs
from config.embedded.valkey import Valkey
from config.launcher.environment import demo_environment, published, server_answers
from config.launcher.programs import Samtal
from config.ports import HOST, Port, Ports, read_ports
from config.processes.console import Console
from config.processes.errors import StartError, StopRequested
from config.processes.supervisor import Supervisor

FORMER_DEMO = 5.0  # seconds a killed demo's servers may take to end


def run_demo(given: Mapping[str, str], console: Console) -> None:
    """Start everything and keep it alive until a stop is requested. StartError if it cannot get healthy."""
    begun = time.monotonic()
    place = find_place()
    ports = read_ports(given)
    with only_one(place.home), Supervisor(place.home / "run", console) as supervisor:
        _listen_for_signals(supervisor)
        with contextlib.suppress(StopRequested), contextlib.ExitStack() as stack:
            start = _Start(place, ports, given, supervisor, console)
            environment = start.everything()
            stack.enter_context(published(environment, supervisor.run))
            console.block(_welcome(ports, environment, time.monotonic() - begun))
            supervisor.watch()
        console.say("stopping")
        stopping = time.monotonic()
    console.say(f"stopped ({time.monotonic() - stopping:.1f} s)")


def wipe_demo(console: Console) -> None:
    """Remove the demo's data and secrets. StartError while a demo runs."""
    place = find_place()
    with only_one(place.home):
        if pid := running_postmaster(_cluster_directory(place)):
            raise StartError(
                f"PostgreSQL (process {pid}) still runs on the demo's data. Stop it first: kill -INT {pid}"
            )
        if keepers := fleeting_in_use(place):
            raise StartError(f"Tests are running in this checkout (process {keepers[0]}). Let them end first.")
        shutil.rmtree(place.servers)
        shutil.rmtree(place.home)
    console.say("The demo's data is gone; `make demo` begins anew.")


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold this checkout's demo. The lock goes with its process, however that ends: no stale one can stand."""
    with open(home / "lock", "a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                "The demo of this checkout is running already. Stop it with Ctrl-C where it runs."
            ) from None
        yield


@dataclass(frozen=True)
class _Start:
    """One start of the demo."""

    place: Place
    ports: Ports
    given: Mapping[str, str]
    supervisor: Supervisor
    console: Console

    def everything(self) -> dict[str, str]:
        """From nothing to healthy. Returns the variables by which other commands find this demo."""
        self._clear_former()
        self._demand_ports()
        addresses = self._servers()
        environment = demo_environment(self.place, self.ports, self.given) | addresses
        broker_answers = server_answers(addresses["REDIS_URL"])
        samtal = Samtal({**self.given, **environment}, self.ports, self.place.home, broker_answers)
        # The sandbox needs no database: it starts while the tables are made.
        self.supervisor.spawn(samtal.sandbox())
        self.supervisor.complete(samtal.migrate())
        self.supervisor.complete(samtal.seed())
        self.supervisor.settle("sandbox")
        self.supervisor.spawn(samtal.web(), samtal.worker(), samtal.sweep(), samtal.beat(), samtal.player())
        self.supervisor.settle("web", "worker", "sweep", "beat", "player")
        return environment

    def _servers(self) -> dict[str, str]:
        """PostgreSQL and Valkey: started, or taken from the environment. Returns their addresses by variable."""
        addresses = {"DATABASE_URL": self._database_url(), "REDIS_URL": self._redis_url()}
        self.supervisor.settle()
        if not server_answers(addresses["DATABASE_URL"]):
            raise StartError("DATABASE_URL is set, and nothing answers there. Start that PostgreSQL, or unset it.")
        if not server_answers(addresses["REDIS_URL"]):
            self.console.warn("nothing answers at REDIS_URL; Samtal works without it, a few seconds slower")
        return addresses

    def _database_url(self) -> str:
        if url := self.given.get("DATABASE_URL"):
            self.console.say("DATABASE_URL is set: no PostgreSQL is started")
            return url
        cluster = self._cluster()
        if not cluster.data.exists():
            self.console.say("making a PostgreSQL data directory")
        for remark in cluster.prepare():
            self.console.say(remark)
        self.supervisor.spawn(cluster.program())
        return cluster.url

    def _redis_url(self) -> str:
        if url := self.given.get("REDIS_URL"):
            self.console.say("REDIS_URL is set: no Valkey is started")
            return url
        server = find_programs(self.place).valkey
        password = self.place.secrets.valkey_password
        valkey = Valkey(server, self.place.servers, self.ports.valkey.number, self.place.user, password)
        self.supervisor.spawn(valkey.program())
        return valkey.url

    def _cluster(self) -> Cluster:
        data = _cluster_directory(self.place)
        return Cluster(data, self.place, find_programs(self.place), self.ports.postgres.number)

    def _clear_former(self) -> None:
        """Let the servers of a killed demo end, and remove what an earlier checkout at this path left."""
        data = _cluster_directory(self.place)
        self._wait_until(lambda: not running_postmaster(data))
        for former in former_places(self.place):
            if not running_postmaster(former / data.relative_to(self.place.servers)):
                self.console.say("removing the data of an earlier checkout at this path")
                shutil.rmtree(former)

    def _demand_ports(self) -> None:
        """Name the port that is in the way before anything is started."""
        for port in self._ports_needed():
            port.demand_free()

    def _ports_needed(self) -> list[Port]:
        needed = [self.ports.web, self.ports.sandbox]
        if not self.given.get("DATABASE_URL"):
            needed.append(self.ports.postgres)
        if not self.given.get("REDIS_URL"):
            needed.append(self.ports.valkey)
        return needed

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + FORMER_DEMO
        while not condition() and time.monotonic() < until:
            self.supervisor.pause()


def _cluster_directory(place: Place) -> Path:
    return place.servers / "demo/postgres"


def _listen_for_signals(supervisor: Supervisor) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # started with nohup
        signal.signal(number, lambda *_: supervisor.request_stop())


def _welcome(ports: Ports, environment: Mapping[str, str], seconds: float) -> list[str]:
    return [
        "",
        f"  Samtal is ready ({seconds:.0f} s).",
        "",
        f"  Samtal       http://{HOST}:{ports.web.number}",
        f"  The street   http://{HOST}:{ports.sandbox.number}   the sandbox network: write as a customer",
        "",
        "  Sign in as   anna or bo (agents), lea (team lead), ada (admin)",
        f"  Password     {environment['SAMTAL_DEMO_PASSWORD']}",
        "",
        "  Ctrl-C stops it all and keeps the data; `make demo-reset` wipes it.",
        "",
    ]
