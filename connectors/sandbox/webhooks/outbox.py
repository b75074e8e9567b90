"""The notifications on their way: kept in the store, sent by a task of the server, tried again until they arrive."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import requests

from connectors.sandbox.entries import FACEBOOK, INSTAGRAM, Change, X
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.store import Row
from connectors.sandbox.webhooks import facebook, instagram
from connectors.sandbox.webhooks import x as xhooks
from connectors.sandbox.webhooks.subscription import Subscription

Json = dict[str, Any]
SPEAKERS: dict[str, ModuleType] = {FACEBOOK: facebook, INSTAGRAM: instagram, X: xhooks}
GRAPH = (FACEBOOK, INSTAGRAM)
PATIENCE = 10.0
LONGEST_PAUSE = 60.0
# While nobody is subscribed there is nothing to look for.
IDLE = 0.5
KEPT = 20_000
CHALLENGE = "1158201444"


@dataclass(slots=True)
class Line:
    """A subscription at work: its dice, and the connection it keeps."""

    id: int
    subscription: Subscription
    dice: random.Random
    session: requests.Session


class Outbox:
    """`now` is the machine's clock: a frozen world still delivers."""

    def __init__(self, sandbox: Sandbox, now: Callable[[], float] = time.time) -> None:
        self._sandbox = sandbox
        self._store = sandbox.store
        self._now = now
        self._lines: dict[int, Line] = {}
        self.load()
        sandbox.world.listeners.append(self.hear)

    def load(self) -> None:
        self.close()
        for row in self._store.all("SELECT * FROM subscription ORDER BY id"):
            self._open(row["id"], Subscription(**json.loads(row["rule"])))

    def close(self) -> None:
        for line in self._lines.values():
            line.session.close()
        self._lines = {}

    def subscribe(self, subscription: Subscription) -> int:
        subscription.check()
        row = self._store.one(
            "INSERT INTO subscription (rule) VALUES (?) RETURNING id", (json.dumps(asdict(subscription)),)
        )
        assert row is not None
        self._open(row["id"], subscription)
        return int(row["id"])

    def unsubscribe(self, id: int | None = None) -> None:
        """One, or all; what was on its way is forgotten."""
        self._store.run("DELETE FROM subscription WHERE :id IS NULL OR id = :id", {"id": id})
        self._store.run("DELETE FROM delivery WHERE :id IS NULL OR subscription_id = :id", {"id": id})
        self.load()

    def every(self) -> list[Json]:
        states = self._store.all("SELECT subscription_id, state, count(*) AS n FROM delivery GROUP BY 1, 2")
        counts = {(row["subscription_id"], row["state"]): row["n"] for row in states}
        return [
            {
                "id": line.id,
                **asdict(line.subscription),
                "deliveries": {state: counts.get((line.id, state), 0) for state in ("due", "sent", "lost", "failed")},
            }
            for line in self._lines.values()
        ]

    def hear(self, change: Change) -> None:
        """Something has happened: write down what each subscription will be told, and what it will never hear."""
        for line in self._lines.values():
            if line.subscription.network != change.entry.network:
                continue
            event = SPEAKERS[change.entry.network].event(self._sandbox, change)
            if event is not None:
                self._post(line, json.dumps(event))

    def verify(self, id: int) -> Json:
        """The network's own first question: {"verified", "status", "answer"}. Blocks; run it in a thread."""
        line = self._lines[id]
        if line.subscription.network in GRAPH:
            asked = {
                "hub.mode": "subscribe",
                "hub.challenge": CHALLENGE,
                "hub.verify_token": line.subscription.verify_token,
            }
            expected = CHALLENGE
        else:
            asked = {"crc_token": CHALLENGE}
            expected = xhooks.signature(CHALLENGE.encode(), line.subscription.key)
        try:
            response = line.session.get(f"{line.subscription.url}?{urlencode(asked)}", timeout=PATIENCE)
        except requests.RequestException as error:
            return {"verified": False, "status": 0, "answer": type(error).__name__}
        verified = response.ok and expected in (response.text, _token(response))
        return {"verified": verified, "status": response.status_code, "answer": response.text[:200]}

    def waiting(self) -> int:
        row = self._store.one("SELECT count(*) AS n FROM delivery WHERE state = 'due'")
        return int(row["n"]) if row else 0

    async def run(self, pause: float = 0.05) -> None:
        """Until cancelled: send what is due, each subscription at its own pace."""
        while True:
            await asyncio.gather(*(self._send(line) for line in list(self._lines.values())))
            await asyncio.sleep(pause if self._lines else IDLE)

    async def flush(self, patience: float = 30.0) -> int:
        """Wait until nothing is on its way any more; how many still are after `patience` seconds."""
        until = self._now() + patience
        while self.waiting() and self._now() < until:
            await asyncio.sleep(0.02)
        return self.waiting()

    def _open(self, id: int, subscription: Subscription) -> None:
        self._lines[id] = Line(id, subscription, random.Random(subscription.seed), requests.Session())

    def _post(self, line: Line, event: str) -> None:
        rule = line.subscription
        lost = line.dice.random() < rule.lost
        copies = 2 if line.dice.random() < rule.doubled else 1
        for _ in range(copies):
            due = self._now() + line.dice.random() * rule.shuffle
            self._store.run(
                "INSERT INTO delivery (subscription_id, event, due_at, state) VALUES (?, ?, ?, ?)",
                (line.id, event, due, "lost" if lost else "due"),
            )

    async def _send(self, line: Line) -> None:
        size = line.subscription.batch if line.subscription.network in GRAPH else 1
        while rows := self._due(line, size):
            forged = line.dice.random() < line.subscription.forged
            events = [json.loads(row["event"]) for row in rows]
            status = await asyncio.to_thread(self._deliver, line, events, forged=forged)
            self._settle(line, rows, status)

    def _due(self, line: Line, size: int) -> list[Row]:
        return self._store.all(
            "SELECT * FROM delivery WHERE state = 'due' AND subscription_id = ? AND due_at <= ? ORDER BY due_at, id"
            " LIMIT ?",
            (line.id, self._now(), size),
        )

    def _deliver(self, line: Line, events: Sequence[Json], *, forged: bool) -> int:
        """The status of the answer, 0 for none."""
        speaker, rule = SPEAKERS[line.subscription.network], line.subscription
        raw: bytes = speaker.body(events)
        headers = {"Content-Type": "application/json", **speaker.headers(raw, rule.key + "?" if forged else rule.key)}
        try:
            return line.session.post(rule.url, data=raw, headers=headers, timeout=PATIENCE).status_code
        except requests.RequestException:
            return 0

    def _settle(self, line: Line, rows: Sequence[Row], status: int) -> None:
        with self._store.transaction():
            for row in rows:
                tries = row["tries"] + 1
                last = tries >= line.subscription.tries
                state = "sent" if status == 200 else "failed" if last else "due"
                pause = min(0.5 * 2**tries, LONGEST_PAUSE)
                self._store.run(
                    "UPDATE delivery SET state = ?, tries = ?, status = ?, due_at = ? WHERE id = ?",
                    (state, tries, status, self._now() + pause, row["id"]),
                )
            self._store.run("DELETE FROM delivery WHERE state <> 'due' AND id < ?", (rows[-1]["id"] - KEPT,))


def _token(response: requests.Response) -> str | None:
    """X wants its answer as {"response_token": …}."""
    try:
        found = response.json()
    except ValueError:
        return None
    return str(found.get("response_token")) if isinstance(found, dict) else None
