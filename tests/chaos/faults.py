"""The seeded killer: what goes wrong, how often, and for how long."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import redis
from requests import RequestException

from connectors.sandbox.remote import RemoteRefusal
from tests.chaos.proxy import Mood
from tests.chaos.steps import STEPS, Board
from tests.chaos.world import World

# How likely a process is to be killed each time it passes a step.
SHARE = 0.04
NETWORKS = ("facebook", "x")
# Seconds after which a pool's child has said that it is up. Celery gives up a pool whose children die before that.
GROWN_UP = 1.0
# The share of attempts that end in a kill, beside those that die at a step: the others must get through, or nothing is
# proven. How many seconds a kill waits for the next.
DOOMED, PATIENCE = 0.3, 0.5
# What the networks answer to a write: seven ways of not saying whether it is out. All but the last two have posted.
ANSWERS: tuple[dict[str, object], ...] = (
    {"kind": "graph_error", "network": "facebook", "code": 2, "effect": True},
    {"kind": "status", "status": 500, "body": "html", "effect": True},
    {"kind": "reset", "effect": True},
    {"kind": "truncated", "share": 0.5, "keep_length": True},
    {"kind": "late_answer", "seconds": 3.0},
    {"kind": "late_effect", "seconds": 1.2},
    {"kind": "status", "status": 503, "body": "html"},
    {"kind": "reset"},
)


class Killer:
    """Kills and breaks in a thread of its own, in an order that the seed decides. `counts` tells what was done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.counts: Counter[str] = Counter()
        self._chance = random.Random(world.plan.seed)
        self._trouble_until = 0.0
        self._ahead = 0.0  # seconds by which the networks' clock is before ours
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self._broker = redis.Redis.from_url(world.servers.redis_url, socket_timeout=1)
        self.board = Board(world.home / "open")
        self._spared: deque[tuple[int, int]] = deque(maxlen=1000)
        self._usual = Mood(answers=world.plan.answers)
        self._acts: tuple[tuple[float, str, Callable[[], bool]], ...] = (
            (60.0, "open", self.kill_open),
            (6.0, "child", self.kill_child),
            (3.0, "group", self.kill_group),
            (4.0, "sweep", self.kill_sweep),
            (1.0, "postgres", self.restart_postgres),
            (3.0, "flush", self.flush),
            (0.7, "valkey", lambda: self.world.signal("valkey", signal.SIGKILL)),
            (0.7, "freeze", self.freeze_valkey),
            (3.0, "database", self.trouble_database),
            (4.0, "network", self.trouble_network),
            (8.0, "answer", self.trouble_answers),
            (3.0, "lag", self.let_reads_lag),
            (1.0, "clock", self.move_clock),
        )

    @property
    def kills(self) -> int:
        """Processes of ours that were killed: at random moments and at named steps."""
        return sum(self.counts[name] for name in ("open", "child", "group", "sweep")) + len(self.world.deaths())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(20)
            self.calm()

    def calm(self) -> None:
        """The trouble is over: the networks and the proxies are as they should be. Redis stays frozen."""
        self.world.database.mood = self.world.network.mood = Mood()
        self.world.remote.clear_faults()
        self.world.remote.turn(facebook_lag=0, x_lag=0)
        self.world.calm()
        self.world.remote.advance(-self._ahead)
        self._ahead = 0.0

    def report(self) -> dict[str, int]:
        steps = Counter(f"step {step}" for step in self.world.deaths())
        proxies = Counter({f"database {what}": times for what, times in self.world.database.counts.items()})
        proxies += Counter({f"network {what}": times for what, times in self.world.network.counts.items()})
        return dict(sorted((self.counts + steps + proxies).items()))

    def _run(self) -> None:
        weights = [weight for weight, _, _ in self._acts]
        while not self._stop.wait(self._chance.uniform(0.02, 0.3)):
            if time.monotonic() > self._trouble_until:
                self.world.database.mood, self.world.network.mood = Mood(), self._usual
            _, name, act = self._chance.choices(self._acts, weights)[0]
            try:
                self.counts[name] += act()
            except (RequestException, RemoteRefusal, redis.RedisError, psutil.NoSuchProcess, ProcessLookupError):
                self.counts[f"{name} missed"] += 1

    # --- processes -----------------------------------------------------------------------------------------------

    def kill_open(self) -> bool:
        """Kill somebody, worker's child or sweep, while it sends or reads back."""
        pid = self._somebody_open()
        if pid is None:
            return False
        self._stop.wait(self._chance.uniform(0.0, self.world.plan.answers))
        self.board.take_down(pid)
        return _kill(pid)

    def _somebody_open(self) -> int | None:
        """A living process of ours whose open attempt is not among the spared; waited for a little."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not self._stop.wait(0.01):
            for attempt in self.board.open():
                if attempt in self._spared:
                    continue
                self._spared.append(attempt)
                if self._chance.random() < DOOMED:
                    return attempt[0]
        return None

    def kill_child(self) -> bool:
        """Kill a pool's child, whatever it is doing."""
        name = self._any_worker()
        pid = self.world.pid(name) if self.world.is_up(name) else None
        children = [child for child in psutil.Process(pid).children() if _age(child) > GROWN_UP] if pid else []
        if not children:
            return False
        return _kill(self._chance.choice(children).pid)

    def kill_group(self) -> bool:
        name = self._any_worker()
        pid = self.world.pid(name)
        if pid is None or not self.world.is_up(name):
            return False
        os.killpg(pid, signal.SIGKILL)
        return True

    def kill_sweep(self) -> bool:
        name = f"sweep{self._chance.randrange(2)}"
        return self.world.is_up(name) and self.world.signal(name, signal.SIGKILL)

    def _any_worker(self) -> str:
        return f"worker{self._chance.randrange(self.world.plan.groups)}"

    # --- servers -------------------------------------------------------------------------------------------------

    def restart_postgres(self) -> bool:
        """As `pg_ctl restart -m immediate`; who keeps the server starts it again."""
        return self.world.signal("postgres", signal.SIGQUIT)

    def flush(self) -> bool:
        return bool(self._broker.flushall())

    def freeze_valkey(self) -> bool:
        frozen = self.world.signal("valkey", signal.SIGSTOP)
        self._stop.wait(self._chance.uniform(0.5, 3.0))
        return frozen and self.world.signal("valkey", signal.SIGCONT)

    def lose_valkey(self) -> bool:
        """For good: it takes connections and never answers again."""
        return self.world.signal("valkey", signal.SIGSTOP)

    # --- the lines and the networks ------------------------------------------------------------------------------

    def trouble_database(self) -> bool:
        moods = (
            Mood(lose_commit=0.05),
            Mood(latency=0.01),
            Mood(cut=0.1, cut_after=self._chance.randrange(200, 40_000)),
            Mood(refuse=0.2),
        )
        self.world.database.mood = self._chance.choice(moods)
        self._let_last()
        if self._chance.random() < 0.3:
            self.world.database.reset_all()
        return True

    def _let_last(self) -> None:
        """Trouble on a line comes in spells: what is cut all the time sends nothing that could be doubled."""
        self._trouble_until = time.monotonic() + self._chance.uniform(0.3, 3.0)

    def trouble_network(self) -> bool:
        moods = (
            Mood(deaf=0.1),
            Mood(latency=self._chance.uniform(0.02, 0.3)),
            Mood(cut=0.2, cut_after=self._chance.randrange(10, 800)),
            Mood(refuse=0.2),
        )
        self.world.network.mood = self._chance.choice(moods)
        self._let_last()
        return True

    def trouble_answers(self) -> bool:
        fault = {"network": self._chance.choice(NETWORKS), **self._chance.choice(ANSWERS)}
        self.world.remote.fault(**{"method": "POST", "count": self._chance.randrange(1, 6), **fault})
        return True

    def let_reads_lag(self) -> bool:
        """None, below Q, or far above it."""
        quiet = self.world.plan.quiet
        lag = self._chance.choice((0.0, 0.0, quiet / 4, quiet * 2))
        self.world.remote.turn(**{f"{self._chance.choice(NETWORKS)}_lag": lag})
        return True

    def move_clock(self) -> bool:
        """The networks' clock jumps, by no more than clocks may differ."""
        skew = self.world.plan.skew
        ahead = self._chance.uniform(-skew, skew)
        self.world.remote.advance(ahead - self._ahead)
        self._ahead = ahead
        return True


def _age(process: psutil.Process) -> float:
    return time.time() - float(process.create_time())


def _kill(pid: int) -> bool:
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
        os.kill(pid, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
    return True


def steps() -> str:
    """CHAOS_STEPS, for processes that die now and then at every step."""
    return ",".join(f"{step}:{SHARE}" for step in STEPS)
