"""Seeded customers on the sandbox's networks: what they write, change, hide and take back; and what must be left."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.models import Count

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.sandbox.server import running
from connectors.twitter_text import normalise
from inbox import tasks
from inbox.clock import moment
from inbox.models import Channel, Message, RawEvent
from tests import make

Json = dict[str, Any]
# Network and id; a post that was edited on X goes by its first one.
Key = tuple[str, str]
# Of what is known: text and whether it is hidden.
Standing = dict[Key, tuple[str, bool]]
BATCH = 50
# Of a hundred events: new ones, edits, hides and shows, deletes.
FACEBOOK_SHARES = {"write": 62, "edit": 16, "hide": 10, "delete": 12}
X_SHARES = {"write": 72, "edit": 12, "delete": 16}
# X shows its 800 newest mentions: more than this in one pause is a gap, which has a proof of its own.
MOST_MENTIONS = 700
X_EVENTS = 700


@contextmanager
def sandbox() -> Iterator[Remote]:
    """A network of the proof's own, with Samtal's connectors pointed at it."""
    with running() as server:
        remote = Remote(server.base)
        before = settings.SAMTAL_SANDBOX_URL
        settings.SAMTAL_SANDBOX_URL = server.base
        try:
            yield remote
        finally:
            settings.SAMTAL_SANDBOX_URL = before
            remote.close()


def channels() -> tuple[Channel, Channel]:
    return make.channel("facebook", poll_seconds=1), make.channel("twitter", poll_seconds=1)


class Town:
    """Customers of both networks. Every text is unique."""

    def __init__(self, remote: Remote, seed: int) -> None:
        self.remote = remote
        self.chance = random.Random(seed)
        self.number = 0
        self.told = 0
        self.standing: dict[str, list[Json]] = {"facebook": [], "x": []}
        self.hidden: set[str] = set()
        # What happened to each, in order: for people, where a proof finds a difference.
        self.happened: dict[Key, list[str]] = defaultdict(list)
        self.posts = [entry for entry in remote.truth("facebook") if entry["kind"] == "post"]
        self.people = {
            network: [one["id"] for one in remote.people(network) if not one["ours"]] for network in ("facebook", "x")
        }

    def live(self, events: int, mentions: int = X_EVENTS) -> None:
        """So many things happen; at most `mentions` of them on X."""
        on_x = min(mentions, events // 3)
        left = {"x": on_x, "facebook": events - on_x}
        while left["x"] or left["facebook"]:
            network = "x" if self.chance.random() * (left["x"] + left["facebook"]) < left["x"] else "facebook"
            left[network] -= self.happen(network, left[network])

    def happen(self, network: str, most: int) -> int:
        """A few things of one kind; how many."""
        shares = FACEBOOK_SHARES if network == "facebook" else X_SHARES
        what = self.chance.choices(list(shares), list(shares.values()))[0]
        count = min(most, self.chance.randint(1, BATCH) if what == "write" else self.chance.randint(1, 14))
        if what == "write" or len(self.standing[network]) < BATCH:
            return self.write(network, min(most, count))
        for _ in range(count):
            getattr(self, what)(network)
        self.told += count
        return count

    def write(self, network: str, count: int) -> int:
        new = [self.entry(network) for _ in range(count)]
        for made in self.remote.write_many(new):
            self.standing[network].append({**made, "network": network, "first": made["id"]})
            self.happened[network, made["id"]].append(f"{made['created_at']:.3f} written {made['text']!r}")
        self.told += count
        return count

    def say(self) -> str:
        self.number += 1
        return f"Spørsmål {self.number} om {self.chance.choice(['fiber', 'faktura', 'ruter', 'mobil', 'å flytte'])}"

    def entry(self, network: str) -> Json:
        base = {"network": network, "author_id": self.chance.choice(self.people[network]), "text": self.say()}
        if network == "x":
            return {**base, "kind": "tweet", "text": f"@{demo.X_HANDLE} {base['text']}"}
        if self.chance.random() < 0.05:
            return {**base, "kind": "post"}
        above = self.standing["facebook"]
        under = self.chance.choice(above) if above and self.chance.random() < 0.3 else self.chance.choice(self.posts)
        return {**base, "kind": "comment", "parent_id": under["id"]}

    def one_of(self, network: str) -> Json:
        """Any that stands; half of the time one of the newest, to which several things happen before we hear of it."""
        standing = self.standing[network]
        return self.chance.choice(standing[-BATCH:] if self.chance.random() < 0.5 else standing)

    def edit(self, network: str) -> None:
        entry = self.one_of(network)
        text = self.say() if network == "facebook" else f"@{demo.X_HANDLE} {self.say()}"
        entry |= self.remote.edit(entry, text)
        self.note(entry, f"edited to {text!r}")

    def hide(self, network: str) -> None:
        entry = self.one_of(network)
        self.hidden ^= {entry["id"]}
        self.remote.hide(entry, entry["id"] in self.hidden)
        self.note(entry, "hidden" if entry["id"] in self.hidden else "shown again")

    def delete(self, network: str) -> None:
        """With everything beneath it, where the network takes that away."""
        entry = self.one_of(network)
        self.standing[network].remove(entry)
        self.remote.delete(entry)
        self.note(entry, "deleted")
        gone = {entry["id"]}
        while gone and network == "facebook":
            below = [one for one in self.standing[network] if one["parent_id"] in gone]
            gone = {one["id"] for one in below}
            self.standing[network] = [one for one in self.standing[network] if one["id"] not in gone]

    def note(self, entry: Json, what: str) -> None:
        self.happened[entry["network"], entry["first"]].append(f"{self.remote.now():.3f} {what}")


def there(remote: Remote) -> Standing:
    """What the networks really hold of customers' words."""
    found: dict[Key, Json] = {}
    for entry in remote.truth(who="others"):
        key = (entry["network"], (entry["history"] or [entry["id"]])[0])
        if key not in found or len(entry["history"]) >= len(found[key]["history"]):
            found[key] = entry
    return {
        key: (normalise(entry["text"]), bool(entry["hidden"]))
        for key, entry in found.items()
        if entry["deleted_at"] is None
    }


def here() -> Standing:
    """The same as our tables say it."""
    rows = Message.objects.filter(is_ours=False, removed_at__isnull=True)
    return {
        ("x" if network == "twitter" else network, remote_id): (normalise(text), hidden)
        for network, remote_id, text, hidden in rows.values_list("network", "remote_id", "text", "hidden")
    }


def difference(remote: Remote) -> dict[str, int]:
    """missing: there and not with us. surplus: with us and not there. unlike: with another text, or hidden elsewise."""
    ours, theirs = here(), there(remote)
    twice = Message.objects.values("network", "scope", "remote_id").annotate(n=Count("pk")).filter(n__gt=1)
    return {
        "standing": len(theirs),
        "missing": len(theirs.keys() - ours.keys()),
        "surplus": len(ours.keys() - theirs.keys()),
        "unlike": sum(ours[key] != theirs[key] for key in ours.keys() & theirs.keys()),
        "twice": twice.count(),
    }


def equal(found: dict[str, int]) -> bool:
    return found["standing"] > 0 and not any(found[name] for name in ("missing", "surplus", "unlike", "twice"))


def hear_all() -> None:
    """What a worker does with the notifications that wait."""
    while RawEvent.objects.unread().exists():
        tasks.hear(0)


def poll_cycle() -> Counter[str]:
    """One poll of every channel, with the look at everything whose turn has come: here, of all that is known."""
    pulls: Counter[str] = Counter()
    Message.objects.filter(removed_at__isnull=True, is_ours=False, look_at__isnull=False).update(look_at=moment())
    Channel.objects.update(next_poll_at=moment(), pull_until=None)
    for channel in Channel.objects.order_by("pk"):
        while Channel.objects.due().filter(pk=channel.pk).exists():
            tasks.pull(channel.pk)
            pulls[channel.network] += 1
            if tasks.to_look_up(channel, 1):
                Channel.objects.filter(pk=channel.pk).update(next_poll_at=moment())
    return pulls
