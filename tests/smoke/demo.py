"""The demo from outside: its addresses, its processes, the sandbox network's own record of what was posted."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis
import requests

from config.launcher.environment import running_environment
from connectors.sandbox.remote import Remote

RUN = Path(__file__).resolve().parents[2] / ".demo" / "run"
FAULTS = ("worker", "web", "sweep", "redis", "flush")


@dataclass(frozen=True)
class Demo:
    """A demo that runs here. poll and undo are its settings, in seconds."""

    web: str
    network: Remote
    redis_url: str
    password: str
    poll: float
    undo: float

    @classmethod
    def running(cls) -> Demo:
        """StartError where none runs."""
        environment = running_environment(RUN)
        return cls(
            web=f"http://127.0.0.1:{environment['SAMTAL_WEB_PORT']}",
            network=Remote(environment["SAMTAL_SANDBOX_URL"]),
            redis_url=environment["REDIS_URL"],
            password=environment["SAMTAL_DEMO_PASSWORD"],
            poll=float(environment["SAMTAL_POLL_SECONDS"]),
            undo=float(environment.get("SAMTAL_UNDO_SECONDS", 20)),
        )

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.web}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def comment(self, author: str, text: str) -> None:
        """A customer writes under the page's newest post."""
        posts = [entry for entry in self.network.truth("facebook") if entry["kind"] == "post"]
        self.network.write(network="facebook", kind="comment", author=author, text=text, parent_id=posts[-1]["id"])

    def times_out(self, text: str) -> int:
        """How often the organisation has posted something that holds this text, deleted or not."""
        return sum(text in entry["text"] for entry in self.network.truth("facebook"))

    def break_part(self, fault: str) -> None:
        """kill -9 of one part, by the pid file the launcher wrote; or an emptied broker."""
        if fault == "flush":
            redis.Redis.from_url(self.redis_url).flushall()
            return
        name = "valkey" if fault == "redis" else fault
        pid_file = RUN / f"{name}.pid"
        if not pid_file.exists() and name == "valkey" and not urlsplit(self.redis_url).port:
            return
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
