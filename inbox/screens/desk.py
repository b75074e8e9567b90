"""The desk's list: its queues with their counts, and the rows of the queue that is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.models import FollowUp, Person, Reply, Thread
from inbox.screens.search import matching
from inbox.states import ReplyState, ThreadState

PAGE = 50
# Counts stop here: a number nobody reads is not worth counting a table for.
MOST_COUNTED = 1000

Rows = QuerySet[Thread]


@dataclass(frozen=True)
class Queue:
    """One list of the desk. `count` is None where it is not worth a query."""

    key: str
    label: str | Promise
    count: int | None
    current: bool
    urgent: bool = False

    @property
    def capped(self) -> bool:
        return self.count is not None and self.count >= MOST_COUNTED


def needs_you(person: Person) -> Rows:
    replies = Reply.objects.needs(person).values("thread")
    return Thread.objects.filter(pk__in=replies).order_by("due_at", "pk")


def mine(person: Person) -> Rows:
    return Thread.objects.mine(person)


def next_up(person: Person) -> Rows:
    queue: Rows = Thread.objects.queue(person)
    return queue.filter(~Q(claimed_by=person) | Q(claimed_by__isnull=True))


def to_follow(person: Person) -> Rows:
    owed = FollowUp.objects.to_do().filter(thread=OuterRef("pk"))
    owed = owed if person.leads else owed.filter(owner=person)
    return Thread.objects.filter(Exists(owed)).order_by("due_at", "pk")


def waiting(person: Person) -> Rows:
    return Thread.objects.readable_by(person).filter(state=ThreadState.WAITING).order_by("look_again_on", "pk")


def for_approval(person: Person) -> Rows:
    held = Reply.objects.filter(state=ReplyState.HELD)
    held = held if person.leads else held.filter(written_by=person)
    return Thread.objects.filter(pk__in=held.values("thread")).order_by("due_at", "pk")


def everything(person: Person) -> Rows:
    return Thread.objects.readable_by(person).order_by("-last_at", "-pk")


QUEUES: dict[str, tuple[str | Promise, Callable[[Person], Rows]]] = {
    "needs": (_("Needs you"), needs_you),
    "mine": (_("Mine"), mine),
    "next": (_("Next"), next_up),
    "follow": (_("To follow up"), to_follow),
    "waiting": (_("Waiting for customer"), waiting),
    "approval": (_("For approval"), for_approval),
    "all": (_("All"), everything),
}


def desk_screen(person: Person, params: Mapping[str, str]) -> dict[str, object]:
    """The list column. `list` names the queue, `q` searches, `after` is where the next page begins."""
    key = params.get("list", "") if params.get("list") in QUEUES else "next"
    rows = list_rows(person, key, params)
    start = offset(params)
    page = list(rows[start : start + PAGE + 1])
    return {
        "queues": queues(person, key),
        "queue": key,
        "queue_label": QUEUES[key][0],
        "threads": page[:PAGE],
        "search": searched(params),
        "shown": int(params["shown"]) if params.get("shown", "").isdecimal() else None,
        "older": start + PAGE if len(page) > PAGE else None,
        "newer": max(start - PAGE, 0) if start else None,
    }


def list_rows(person: Person, key: str, params: Mapping[str, str]) -> Rows:
    rows = QUEUES[key][1](person)
    if words := searched(params):
        rows = matching(everything(person), words)
    return rows.select_related("author", "last_author", "channel", "claimed_by", "assigned_to")


def searched(params: Mapping[str, str]) -> str:
    """What is searched for; PostgreSQL takes no NUL."""
    return params.get("q", "").replace("\x00", "").strip()


def offset(params: Mapping[str, str]) -> int:
    text = params.get("from", "0")
    return min(int(text), 10_000) if text.isdecimal() else 0


def queues(person: Person, current: str) -> list[Queue]:
    counts = counted(person)
    return [
        Queue(key, label, counts.get(key), current=key == current, urgent=key == "needs" and bool(counts[key]))
        for key, (label, _rows) in QUEUES.items()
    ]


def counted(person: Person) -> dict[str, int]:
    """How long each list is but the last, all of them in one query."""
    keys = [key for key in QUEUES if key != "all"]
    lengths = [
        Func(
            ArraySubquery(QUEUES[key][1](person).order_by().values("pk")[:MOST_COUNTED]),
            function="cardinality",
            output_field=IntegerField(),
        )
        for key in keys
    ]
    return dict(zip(keys, Person.objects.values_list(*lengths).get(pk=person.pk), strict=True))
