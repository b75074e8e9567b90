"""The lead's overview: who is on duty, what waits, what needs approval, which channels are well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from inbox.clock import moment, read_clock
from inbox.forms import AssignForm
from inbox.models import Brake, Channel, FollowUp, Gap, Person, Reply, Role, Thread
from inbox.states import ThreadState
from policies.models import Situation

MOST = 50
# Age of the oldest waiting message against its target.
AGES = (
    ("late", timedelta(days=-36500), timedelta()),
    ("soon", timedelta(), timedelta(minutes=15)),
    ("hour", timedelta(minutes=15), timedelta(hours=1)),
    ("later", timedelta(hours=1), timedelta(days=36500)),
)


@dataclass(frozen=True)
class Age:
    """How many open threads are due within a span."""

    key: str
    count: int


def board_screen(person: Person) -> dict[str, object]:
    """Everything the overview shows, in a fixed number of queries."""
    open_threads = Thread.objects.open()
    return {
        "people": on_duty(),
        "held": list(Reply.objects.held()[:MOST]),
        "ages": queue_by_age(),
        "danger": open_threads.filter(danger=True).select_related("author", "channel").order_by("due_at")[:MOST],
        "unassigned": unassigned(),
        "overdue": FollowUp.objects.overdue()[:MOST],
        "uncertain": Reply.objects.filter(state__in=["uncertain", "failed"]).select_related(
            "thread__author", "channel", "written_by"
        )[:MOST],
        "brakes": Brake.objects.pulled().select_related("channel", "person", "set_by"),
        "parked": parked(),
        "gaps": Gap.objects.open()[:MOST],
        "channels": Channel.objects.order_by("name"),
        "outages": Situation.objects.in_force(read_clock()),
        "assign_form": AssignForm(),
        "person": person,
    }


def on_duty() -> list[Person]:
    """People who answer, those on duty first, each with the open threads they carry."""
    carried = Count("claims", filter=Q(claims__state=ThreadState.OPEN), distinct=True)
    assigned = Count("assignments", filter=Q(assignments__state=ThreadState.OPEN), distinct=True)
    people = Person.objects.filter(is_active=True, role__in=[Role.AGENT, Role.LEAD])
    return list(people.annotate(carries=carried, assigned=assigned).order_by("-on_duty", "first_name"))


def queue_by_age() -> list[Age]:
    """Open threads by when they are due. Index thread_queue."""
    spans = {
        key: Count("pk", filter=Q(due_at__gte=moment(None, start), due_at__lt=moment(None, end)))
        for key, start, end in AGES
    }
    counts = Thread.objects.open().shown().aggregate(**spans)
    return [Age(key, counts[key]) for key, _start, _end in AGES]


def unassigned() -> list[Thread]:
    """The first threads nobody has, for the lead to hand out."""
    free = Thread.objects.open().shown().filter(claimed_by__isnull=True, assigned_to__isnull=True)
    return list(free.select_related("author", "channel").order_by("due_at", "pk")[:20])


def parked() -> list[Reply]:
    """Replies that wait for something other than their undo window."""
    waiting = Reply.objects.filter(state="queued").exclude(waits_for__in=["", "undo"])
    return list(waiting.select_related("thread__author", "channel", "written_by").order_by("pk")[:MOST])
