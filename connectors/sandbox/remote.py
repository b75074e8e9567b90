"""The control API from the other side: how a test, a chaos run or the player drives a running sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests

Json = dict[str, Any]


class Remote:
    """base: "http://127.0.0.1:8090". Every method raises RemoteRefusal with the sandbox's own sentence."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._session = requests.Session()

    def call(self, method: str, path: str, body: object = None) -> Any:
        response = self._session.request(method, f"{self.base}/control/{path}", json=body, timeout=60)
        answer = response.json()
        if not response.ok:
            raise RemoteRefusal(answer["error"])
        return answer

    def close(self) -> None:
        self._session.close()

    def reset(self, *, people: bool = True) -> None:
        self.call("POST", "reset", {"people": people})

    def write(self, **entry: Any) -> Json:
        """network, kind, text, and author (a name) or author_id; parent_id, created_at, id, extra as wanted."""
        written: Json = self.call("POST", "entries", [entry])["entries"][0]
        return written

    def write_many(self, entries: Iterable[Json]) -> list[Json]:
        written: list[Json] = self.call("POST", "entries", list(entries))["entries"]
        return written

    def edit(self, entry: Json, text: str) -> Json:
        edited: Json = self.call("PATCH", f"entries/{entry['network']}/{entry['id']}", {"text": text})
        return edited

    def hide(self, entry: Json, hidden: bool = True) -> None:
        self.call("PATCH", f"entries/{entry['network']}/{entry['id']}", {"hidden": hidden})

    def delete(self, entry: Json) -> None:
        self.call("DELETE", f"entries/{entry['network']}/{entry['id']}")

    def add_person(self, **person: Any) -> Json:
        added: Json = self.call("POST", "people", person)["people"][0]
        return added

    def people(self, network: str) -> list[Json]:
        found: list[Json] = self.call("GET", f"people?network={network}")["people"]
        return found

    def truth(self, network: str = "", *, who: str = "ours", via: str = "") -> list[Json]:
        """Everything written, deleted or not, seen or not, in the order of writing."""
        given = {"network": network, "who": who, "via": via}
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        entries: list[Json] = self.call("GET", f"truth?{query}")["entries"]
        return entries

    def turn(self, **switches: Any) -> Json:
        turned: Json = self.call("POST", "switches", switches)
        return turned

    def fault(self, kind: str, **rule: Any) -> int:
        ids: list[int] = self.call("POST", "faults", {"kind": kind, **rule})["ids"]
        return ids[0]

    def clear_faults(self) -> None:
        self.call("DELETE", "faults")

    def subscribe(self, network: str, url: str, **rule: Any) -> Json:
        """{"id", "verified", "status", "answer"}; the rule is webhooks.Subscription's."""
        subscribed: Json = self.call("POST", "subscriptions", {"network": network, "url": url, **rule})
        return subscribed

    def unsubscribe(self) -> None:
        self.call("DELETE", "subscriptions")

    def flush(self, seconds: float = 30) -> int:
        """Wait until every notification has arrived or failed; how many have not."""
        return int(self.call("POST", "subscriptions/flush", {"seconds": seconds})["waiting"])

    def token(self, value: str, **changes: Any) -> Json:
        put: Json = self.call("POST", "tokens", {"value": value, **changes})["tokens"][0]
        return put

    def now(self) -> float:
        return float(self.call("GET", "clock")["now"])

    def freeze(self, at: float | str | None = None) -> float:
        return float(self.call("POST", "clock", {"freeze": True if at is None else at})["now"])

    def advance(self, seconds: float) -> float:
        return float(self.call("POST", "clock", {"advance": seconds})["now"])

    def resume(self) -> float:
        return float(self.call("POST", "clock", {"resume": True})["now"])

    def calls(self, limit: int = 200) -> Json:
        """{"counts": by route, status and fault, "latest": newest first}."""
        called: Json = self.call("GET", f"calls?limit={limit}")
        return called

    def count(self, route: str) -> int:
        """How often a route ("GET /{id}/comments") was called since the last reset, however it was answered."""
        return sum(row["calls"] for row in self.calls(0)["counts"] if row["route"] == route)


class RemoteRefusal(Exception):
    """The sandbox would not do that; the text says why."""
