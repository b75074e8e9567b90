"""A storm of rate limits: no call inside a closed window, what leaves never starves, the meter counts like the network.

Time does not pass here, it jumps to whatever is due next. Some answers to sendings are lost, so that there is reading
back to do as well.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from unittest import mock

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Attempt, Channel, Person, Reply, Role, Spend, Thread
from inbox.states import ReplyState, ThreadState
from tests import make
from tests.proofs.clocks import Clocks, clocks
from tests.proofs.town import Json, Town, channels, sandbox

Figures = dict[str, object]
WORK = {"pull": tasks.pull, "send": tasks.send}
# What the storm is made of: which calls of which network are limited, how often, for how many seconds.
LIMIT = "rate_limit"
WEATHER = (
    {"kind": LIMIT, "network": "x", "method": "GET", "path": "/mentions$", "probability": 0.3, "reset": 120},
    {"kind": LIMIT, "network": "x", "method": "GET", "path": "/users/.*/tweets$", "probability": 0.3, "reset": 40},
    {"kind": LIMIT, "network": "x", "method": "POST", "path": "/tweets$", "probability": 0.3, "reset": 90},
    {"kind": LIMIT, "network": "facebook", "probability": 0.2, "reset": 240},
    {"kind": "status", "method": "POST", "path": "/(tweets|comments)$", "probability": 0.1, "effect": True},
)
# The share of Facebook's real 4,800 calls an hour that the second half of the storm leaves.
SCARCE = 0.1
LONGEST_WINDOW = 3600.0
MOST_WAITING = 12


@dataclass
class Storm:
    remote: Remote
    time: Clocks
    town: Town
    chance: random.Random
    anna: Person
    lea: Person
    done: Counter[str] = field(default_factory=Counter)

    def blow(self, calls: int) -> None:
        """Until so many calls have been made since the last count began."""
        while self.calls() < calls:
            for _ in range(20):
                self.turn()

    def calls(self) -> int:
        return sum(row["calls"] for row in self.remote.calls(0)["counts"])

    def turn(self) -> None:
        """What is due is done; where nothing is, time jumps to what is due next. People write, and press buttons."""
        if self.chance.random() < 0.1:
            self.ask_and_answer()
        if self.chance.random() < 0.05:
            for channel in Channel.objects.all():
                channel.resume(by=self.lea)
        work = [(name, pk) for name, pk in tasks.due(50) if name in WORK]
        for name, pk in work:
            WORK[name](pk)
            self.done[name] += 1
        if not work:
            self.time.advance(seconds_to_next())

    def ask_and_answer(self) -> None:
        network = self.chance.choice(["facebook", "x"])
        self.town.write(network, self.chance.randint(1, 3))
        waiting = Reply.objects.filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING]).count()
        open_threads = Thread.objects.filter(state=ThreadState.OPEN, replies__isnull=True).order_by("?")
        for thread in open_threads[: max(MOST_WAITING - waiting, 0)][:3]:
            self.town.number += 1
            reply = make.queued(thread, self.anna, f"{make.FINE} {self.town.number}")
            Reply.objects.filter(pk=reply.pk).update(not_before=moment())


def seconds_to_next() -> float:
    """Until something is due; what is closed is due when it opens."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(epoch FROM least(
                 (SELECT min(greatest(next_poll_at, coalesce(reads_closed_until, next_poll_at))) FROM inbox_channel),
                 (SELECT min(not_before) FROM inbox_reply WHERE state IN ('queued', 'sending')))
                 - clock_timestamp())"""
        )
        return max(float(cursor.fetchone()[0]), 0.0) + 0.01


def budgets(times: int, seed: int) -> Figures:
    """Half of the calls in a storm of faults, half of them under budgets that are too small."""
    undo = settings.SAMTAL_UNDO_SECONDS
    settings.SAMTAL_UNDO_SECONDS = 0
    try:
        with sandbox() as remote, clocks(remote) as time:
            return storm(company(remote, time, seed), times, seed)
    finally:
        settings.SAMTAL_UNDO_SECONDS = undo


def company(remote: Remote, time: Clocks, seed: int) -> Storm:
    make.rulebook()
    anna, lea = make.person("anna"), make.person("lea", Role.LEAD)
    for channel in channels():
        make.clear(anna, channel)
    remote.call("DELETE", "calls")
    return Storm(remote, time, Town(remote, seed), random.Random(seed), anna, lea)


def storm(weather: Storm, times: int, seed: int) -> Figures:
    remote = weather.remote
    for number, fault in enumerate(WEATHER):
        remote.fault(seed=seed + number, **fault)
    weather.blow(times // 2)
    remote.clear_faults()
    refused = sum(row["calls"] for row in remote.calls(0)["counts"] if row["fault"] == LIMIT)
    remote.turn(rate_scale=SCARCE)
    # No network makes a window smaller that is open: each begins anew.
    weather.time.advance(LONGEST_WINDOW)
    weather.blow(times)
    drained = drain(weather)
    counts = remote.calls(0)["counts"]
    beyond = {row["route"]: row["calls"] for row in counts if is_beyond(row)}
    ours, theirs = metered(), billed(remote)
    figures: Figures = {
        "calls": sum(row["calls"] for row in counts), "refused_in_the_storm": refused,
        "calls_in_a_closed_window": sum(row["early"] for row in counts),
        "calls_beyond_a_budget": sum(beyond.values()), "beyond": beyond,
        "replies": Reply.objects.count(), "sent": Reply.objects.filter(state=ReplyState.SENT).count(),
        "read_back": Attempt.objects.filter(outcome="sent", detail="read back").count(),
        "turns_to_drain": drained, "metered": ours, "billed": theirs, **weather.done,
    }  # fmt: skip
    heeded = not figures["calls_in_a_closed_window"] and not beyond
    left = figures["replies"] == figures["sent"] and Reply.objects.exists()
    return {**figures, "clean": heeded and left and ours == theirs > 0 and refused > 0}


def is_beyond(row: Json) -> bool:
    """Refused because the network's own budget was used up."""
    return not row["fault"] and (row["status"] == 429 or (row["network"] == "facebook" and row["status"] == 400))


def drain(weather: Storm) -> int:
    """What still waits leaves while the budgets stay small: how many turns it took."""
    for turn in range(2000):
        if not Reply.objects.filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING]).exists():
            return turn
        with mock.patch.object(weather, "ask_and_answer"):
            weather.turn()
    return -1


def metered() -> int:
    """What our meter has counted on X."""
    spent = Spend.objects.filter(channel=Channel.objects.get(network="twitter"))
    return int(spent.aggregate(units=Sum("units"))["units"] or 0)


def billed(remote: Remote) -> int:
    """What the sandbox would bill."""
    return sum(row["resources"] for row in remote.calls(0)["counts"] if row["network"] == "x")


def heedless(times: int, seed: int) -> Figures:
    """The control: what the networks say about their windows and budgets is not heeded. Both are overrun."""
    with mock.patch.object(Channel, "hold_back"), mock.patch.object(Channel, "heed", return_value=False):
        figures = budgets(times, seed)
    return {**figures, "clean": figures["calls_in_a_closed_window"] != 0 and figures["calls_beyond_a_budget"] != 0}
