"""Notifications lost, doubled and shuffled, edits and deletes before creates, days without power: nothing is missed.

After one poll cycle the tables equal the sandbox. What lies behind a wall of the network's is a gap with its range.
A day away is a day on every clock, ours too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.conf import settings

from connectors.sandbox.remote import Remote
from inbox.models import Channel, Gap, Message, RawEvent
from inbox.models.event import Foretold
from tests.browser import site
from tests.proofs.clocks import Clocks, clocks
from tests.proofs.differences import show
from tests.proofs.town import MOST_MENTIONS, Town, channels, difference, equal, hear_all, poll_cycle, sandbox, there

Figures = dict[str, object]
LOST, DOUBLED, SHUFFLE = 0.2, 0.2, 4.0
DAY = 86400.0
PATIENCE = 600.0
BEYOND_THE_WALL = 900
# What X is searched for.
HEARD_OF = "Fjordnett"


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
    with quick_settings(), sandbox() as remote, clocks(remote) as time, site.running() as address:
        remote.turn(rate_scale=100_000)
        town = Town(remote, seed)
        listening(channels()[1])
        subscribe(remote, address, seed)
        poll_cycle()
        town.live(times)
        deliveries = arrived(remote)
        hear_all()
        before = difference(remote)
        # The networks' clock counts seconds: a reading of the second in which something happened may be before it.
        time.advance(2)
        pulls = poll_cycle()
        after = difference(remote)
        show(town)
        figures: Figures = {
            "events": town.told,
            **deliveries,
            "heard": RawEvent.objects.count(),
            "before_the_poll": before,
            "after_one_poll_cycle": after,
            "pulls": sum(pulls.values()),
        }
        clean = equal(after) and not equal(before) and not Gap.objects.exists()
        if days:
            found = downtimes(time, town, times // 10)
            figures, clean = figures | found, clean and all(map(holds, found.values()))
        return {**figures, "clean": clean}


def pauses(times: int, seed: int, *walls: str) -> Figures:
    """Days without us and nothing else: each pause is beyond one of these walls, or of all."""
    with quick_settings(), sandbox() as remote, clocks(remote) as time:
        remote.turn(rate_scale=100_000)
        listening(channels()[1])
        poll_cycle()
        found = downtimes(time, Town(remote, seed), times, *walls)
        return {**found, "clean": all(holds(figures) for figures in found.values())}


def without_gaps(times: int, seed: int) -> Figures:
    """The control: nobody notes how far a pause went beyond what the networks show."""
    with mock.patch.object(Gap, "find"), mock.patch.object(Gap, "find_among"):
        figures = pauses(times, seed, *FEW)
    outside = [found["missing_outside_the_gaps"] for found in map(figures.get, FEW) if isinstance(found, dict)]
    return {**figures, "clean": len(outside) == len(FEW) and all(outside)}


def downtimes(time: Clocks, town: Town, events: int, *walls: str) -> dict[str, dict[str, int]]:
    """A day and six days, which leave nothing out; then pauses, each beyond another wall."""
    found = {f"after_{days}_days": away(time, town, days, events) for days in (1, 6)}
    return found | {name: beyond(time, town, *WALLS[name]) for name in walls or WALLS}


def holds(found: dict[str, int]) -> bool:
    if "gaps" in found:
        return found["gaps"] > 0 and found["missing"] > 0 and not found["missing_outside_the_gaps"]
    return equal(found) and not found["gaps_found"]


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


def listening(channel: Channel) -> None:
    """X also looks for a word, in posts that do not mention us: the search goes seven days back."""
    Channel.objects.filter(pk=channel.pk).update(searches=HEARD_OF)


def away(time: Clocks, town: Town, days: int, events: int) -> dict[str, int]:
    """Days in which nobody reads and nothing is told, while life goes on; then one poll cycle."""
    for _ in range(10):
        time.advance(days * DAY / 10)
        town.live(events // 10, MOST_MENTIONS // 10)
    time.advance(2)
    poll_cycle()
    show(town)
    return {**difference(town.remote), "gaps_found": Gap.objects.count()}


def beyond(time: Clocks, town: Town, days: float, write: Callable[[Town], None]) -> dict[str, int]:
    """A pause beyond a wall: what cannot be read lies within gaps that people see, and all the rest is here."""
    known = there(town.remote).keys()
    for _ in range(10):
        time.advance(days * DAY / 10)
        write(town)
    time.advance(2)
    before = Gap.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    poll_cycle()
    new = there(town.remote).keys() - known
    missing, gaps = new - here_keys(), list(Gap.objects.open().filter(pk__gt=before))
    written = {(entry["network"], entry["id"]): entry["created_at"] for entry in town.remote.truth(who="others")}
    outside = [key for key in missing if not any(within(gap, key[0], written[key]) for gap in gaps)]
    return {"written": len(new), "gaps": len(gaps), "missing": len(missing), "missing_outside_the_gaps": len(outside)}


def mentions(town: Town) -> None:
    town.write("x", BEYOND_THE_WALL // 10)


def without_naming_us(town: Town) -> None:
    """Posts that only a search finds."""
    author = town.people["x"][0]
    said = [f"{HEARD_OF} {town.say()}" for _ in range(4)]
    town.remote.write_many([{"network": "x", "kind": "tweet", "author_id": author, "text": text} for text in said])


def posts(town: Town) -> None:
    """On our page: a comment would be as out of reach as the post above it."""
    author = town.people["facebook"][0]
    said = [{"network": "facebook", "kind": "post", "author_id": author, "text": town.say()} for _ in range(4)]
    town.remote.write_many(said)


# The pause in days, and what is written meanwhile, by the wall that is in the way.
WALLS: dict[str, tuple[float, Callable[[Town], None]]] = {
    "beyond_800_mentions": (0.4, mentions),
    "beyond_7_days_of_searches": (9, without_naming_us),
    "beyond_30_days": (40, posts),
}
# Those that take few messages.
FEW = ("beyond_7_days_of_searches", "beyond_30_days")


def here_keys() -> set[tuple[str, str]]:
    rows = Message.objects.filter(removed_at__isnull=True).values_list("network", "remote_id")
    return {(name_there(network), remote_id) for network, remote_id in rows}


def name_there(network: str) -> str:
    """What the sandbox calls a network of ours."""
    return "x" if network == "twitter" else network


def within(gap: Gap, network: str, at: float) -> bool:
    second = timedelta(seconds=1)
    ours = name_there(gap.channel.network) == network
    return ours and gap.from_at - second <= datetime.fromtimestamp(at, UTC) <= gap.to_at + second
