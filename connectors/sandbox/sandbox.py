"""Everything one running sandbox consists of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time

from connectors.sandbox import demo
from connectors.sandbox.allowances import Allowances
from connectors.sandbox.calls import Calls
from connectors.sandbox.clock import Clock
from connectors.sandbox.faults import Faults
from connectors.sandbox.store import Store
from connectors.sandbox.switches import SwitchBoard
from connectors.sandbox.tokens import Tokens
from connectors.sandbox.world import World


class Sandbox:
    """data: the directory of the state, made when missing; None keeps it in memory. source: the machine's clock."""

    def __init__(self, data: Path | None = None, source: Callable[[], float] = time) -> None:
        if data:
            data.mkdir(parents=True, exist_ok=True)
        self.store = Store(data / "sandbox.sqlite3" if data else ":memory:")
        self.clock = Clock(self.store, source)
        self.switches = SwitchBoard(self.store)
        self.world = World(self.store, self.clock, self.switches)
        self.tokens = Tokens(self.store)
        self.allowances = Allowances(self.store, self.clock)
        self.faults = Faults(self.store, self.clock)
        self.calls = Calls(self.store, self.clock)
        if not self.store.get("settled", False):
            self.begin(people=True)

    def begin(self, *, people: bool) -> None:
        """The company's accounts and tokens; with people also its customers and posts."""
        with self.store.transaction():
            demo.settle(self.world, self.tokens)
            if people:
                demo.populate(self.world)
            self.store.put("settled", True)

    def reset(self, *, people: bool) -> None:
        """Back to the beginning: nothing written, no faults, the machine's time, every switch at its default."""
        self.store.empty()
        self.world.forget()
        self.clock.load()
        self.switches.load()
        self.faults.load()
        self.begin(people=people)
        self.world.changes += 1

    def close(self) -> None:
        self.store.close()
