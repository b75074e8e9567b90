"""Notifications lost, doubled and shuffled, edits and deletes before creates, days without power: nothing is missed.

After one poll cycle the tables equal the sandbox. What lies behind a wall of the network's is a gap with its range.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.conf import settings

from connectors.sandbox.remote import Remote
from inbox.models import Channel, Gap, Message, RawEvent
from inbox.models.event import Foretold
from tests.browser import site
from tests.proofs.town import MOST_MENTIONS, Town, channels, difference, equal, hear_all, poll_cycle, sandbox, there

Figures = dict[str, object]
LOST, DOUBLED, SHUFFLE = 0.2, 0.2, 4.0
DAY = 86400.0
PATIENCE = 600.0
BEYOND_THE_WALL = 900


@contextmanager
def quick_settings() -> Iterator[None]:
    """The sandbox's reads are not behind its writes, and everything may be looked up at once."""
    before = settings.SAMTAL_READ_LAG, settings.SAMTAL_LOOKS_A_PULL
    settings.SAMTAL_READ_LAG, settings.SAMTAL_LOOKS_A_PULL = 0, 10_000
    try:
        yield
    finally:
        settings.SAMTAL_READ_LAG, settings.SAMTAL_LOOKS_A_PULL = before


def events(times: int, seed: int, *, days: bool = True) -> Figures:
    """So many things happen while the notifications come as badly as they can; then days without us."""
    with quick_settings(), sandbox() as remote, site.running() as address:
        remote.turn(rate_scale=100_000)
        channels()
        town = Town(remote, seed)
        subscribe(remote, address, seed)
        poll_cycle()
        town.live(times)
        deliveries = arrived(remote)
        hear_all()
        before = difference(remote)
        # The networks' clock counts seconds: a reading of the second in which something happened may be before it.
        remote.advance(2)
        pulls = poll_cycle()
        found = {
            "events": town.told,
            **deliveries,
            "before_the_poll": before,
            "after_one_poll_cycle": difference(remote),
        }
        figures: Figures = {**found, "pulls": sum(pulls.values()), "heard": RawEvent.objects.count()}
        clean = equal(difference(remote)) and not equal(before) and not Gap.objects.exists()
        if days:
            figures |= {
                "after_24_h": away(remote, town, 1, times // 10),
                "after_6_days": away(remote, town, 6, times // 10),
            }
            clean = clean and all(equal(figures[name]) for name in ("after_24_h", "after_6_days"))  # type: ignore[arg-type]
            clean = clean and not Gap.objects.exists()
            figures["wall"] = wall = beyond_the_wall(remote, town)
            clean = clean and wall["gaps"] == 1 and wall["missing"] > 0 and not wall["missing_outside_the_gap"]
        return {**figures, "clean": clean}


def without_tombstones(times: int, seed: int) -> Figures:
    """The control: what is gone before it came leaves no trace, and nobody looks whether anything still stands."""
    with mock.patch.object(Foretold, "removed"), mock.patch("inbox.tasks.to_look_up", return_value=[]):
        figures = events(times, seed, days=False)
    found = figures["after_one_poll_cycle"]
    assert isinstance(found, dict)
    return {**figures, "clean": found["surplus"] + found["unlike"] > 0}


def subscribe(remote: Remote, address: str, seed: int) -> None:
    badly = {"lost": LOST, "doubled": DOUBLED, "shuffle": SHUFFLE, "seed": seed}
    settings.SAMTAL_WEBHOOK_TOKEN = "sandbox-verify-token"
    for network, ours, batch in (("facebook", "facebook", 20), ("x", "twitter", 1)):
        told = remote.subscribe(network, f"{address}/webhooks/{ours}/", batch=batch, **badly)
        assert told["verified"], told


def arrived(remote: Remote) -> dict[str, int]:
    """Wait until every notification is here or lost, and forget the subscriptions: how many were sent and lost."""
    waiting = remote.flush(PATIENCE)
    assert not waiting, f"{waiting} notifications have not arrived"
    lines = remote.call("GET", "subscriptions")["subscriptions"]
    counts = {state: sum(line["deliveries"][state] for line in lines) for state in ("sent", "lost", "failed")}
    assert not counts["failed"], counts
    remote.unsubscribe()
    return counts


def away(remote: Remote, town: Town, days: int, events: int) -> dict[str, int]:
    """Days in which nobody reads and nothing is told, while life goes on; then one poll cycle."""
    for _ in range(10):
        remote.advance(days * DAY / 10)
        town.live(events // 10, MOST_MENTIONS // 10)
    remote.advance(2)
    poll_cycle()
    return difference(remote)


def beyond_the_wall(remote: Remote, town: Town) -> dict[str, int]:
    """More mentions than X shows: what cannot be read lies within a gap that people see."""
    for _ in range(10):
        remote.advance(3600)
        town.write("x", BEYOND_THE_WALL // 10)
    remote.advance(2)
    poll_cycle()
    gap = Gap.objects.filter(channel=Channel.objects.get(network="twitter")).first()
    missing = there(remote).keys() - here_keys()
    times = {("x", entry["id"]): entry["created_at"] for entry in remote.truth("x", who="others")}
    outside = [key for key in missing if gap is None or not within(gap, times[key])]
    return {"gaps": Gap.objects.count(), "missing": len(missing), "missing_outside_the_gap": len(outside)}


def here_keys() -> set[tuple[str, str]]:
    rows = Message.objects.filter(removed_at__isnull=True).values_list("network", "remote_id")
    return {("x" if network == "twitter" else network, remote_id) for network, remote_id in rows}


def within(gap: Gap, at: float) -> bool:
    second = timedelta(seconds=1)
    return gap.from_at - second <= datetime.fromtimestamp(at, UTC) <= gap.to_at + second
