"""Taking a thread: works, wrong role, not yours, the lost race, GET refused."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import connection
from django.urls import reverse

from inbox.clock import moment
from inbox.models import Channel, Level, Person, Thread
from inbox.models.thread import lease
from tests import make
from tests.inbox.browsing import HTMX, client, words

CLAIMERS, THREADS = 50, 2000


def path(thread: Thread) -> str:
    return reverse("thread_claim", args=[thread.pk])


def test_it_is_taken_and_opened(facebook: Channel, anna: Person) -> None:
    thread = make.thread(facebook)
    answer = client(anna).post(path(thread))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("thread", args=[thread.pk]))
    thread.refresh_from_db()
    assert thread.claimed_by == anna


def test_htmx_is_told_where_to_go(facebook: Channel, anna: Person) -> None:
    thread = make.thread(facebook)
    answer = client(anna).post(path(thread), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, reverse("thread", args=[thread.pk]))


def test_who_may_only_read_does_not_get_it(facebook: Channel, anna: Person, ext: Person) -> None:
    thread = make.thread(facebook)
    anna.clearances.update(level=Level.NONE)
    assert client(anna).post(path(thread)).status_code == 403
    assert client(ext).post(path(thread)).status_code == 403
    assert client().post(path(thread)).status_code == 302
    thread.refresh_from_db()
    assert thread.claimed_by is None


def test_a_private_thread_of_others_does_not_exist(ext: Person, anna: Person) -> None:
    private = make.channel("facebook", private=True, account_id="900")
    thread = make.private_thread(private)
    assert client(anna).post(path(thread)).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_comes_second_is_told_who_was_faster(
    headers: dict[str, str], facebook: Channel, anna: Person, bo: Person
) -> None:
    thread = make.thread(facebook)
    thread.claim(by=anna)
    answer = client(bo).post(path(thread), headers=headers)
    assert answer.status_code == 409
    assert "Anna has it." in words(answer)


def test_a_get_takes_nothing(facebook: Channel, anna: Person) -> None:
    thread = make.thread(facebook)
    assert client(anna).get(path(thread)).status_code == 405
    thread.refresh_from_db()
    assert thread.claimed_by is None


# --- the race ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    thread: int
    person: Person
    status: int
    said: str


def race(people: list[Person], threads: list[Thread]) -> dict[int, list[Try]]:
    """All people at once, in pairs after the same threads, both at the same moment: the tries at each, by its id.

    Each person is a browser with a session of its own; every request goes through all middleware.
    """
    browsers = [client(person) for person in people]
    pairs = len(people) // 2
    moments = [threading.Barrier(2) for _pair in range(pairs)]

    def claim_all(number: int) -> list[Try]:
        tries = []
        for thread in threads[number // 2 :: pairs]:
            moments[number // 2].wait(60)
            answer = browsers[number].post(path(thread), headers=HTMX)
            tries.append(Try(thread.pk, people[number], answer.status_code, words(answer)))
            connection.close()  # as the server does after a request: fifty people share ten connections
        return tries

    found: dict[int, list[Try]] = defaultdict(list)
    with ThreadPoolExecutor(len(people)) as pool:
        for tries in pool.map(claim_all, range(len(people))):
            for each in tries:
                found[each.thread].append(each)
    return found


def winners(tries: list[Try]) -> list[Person]:
    return [each.person for each in tries if each.status == 204]


@pytest.fixture
def crowd(facebook: Channel) -> list[Person]:
    people = [make.person(f"agent{number:02}") for number in range(CLAIMERS)]
    for person in people:
        make.clear(person, facebook)
    return people


@pytest.mark.django_db(transaction=True)
def test_of_fifty_people_after_two_thousand_threads_no_two_get_the_same(crowd: list[Person], facebook: Channel) -> None:
    threads = make.threads(facebook, THREADS)
    found = race(crowd, threads)
    assert sum(len(tries) for tries in found.values()) == 2 * THREADS
    doubled = [pk for pk, tries in found.items() if len(winners(tries)) != 1]
    assert not doubled, f"{len(doubled)} of {THREADS}"
    holders = dict(Thread.objects.values_list("pk", "claimed_by_id"))
    for pk, tries in found.items():
        (winner,) = winners(tries)
        assert holders[pk] == winner.pk
        losers = [each for each in tries if each.person != winner]
        assert [each.status for each in losers] == [409]
        assert f"{winner.first_name} has it." in losers[0].said


def check_then_set(thread: Thread, *, by: Person, at: datetime | None = None) -> bool:
    """What a claim must not be: looks first, writes then."""
    if not Thread.objects.filter(pk=thread.pk).free(by, at).exists():
        return False
    return bool(
        Thread.objects.filter(pk=thread.pk).update(
            claimed_by=by, claimed_at=moment(at), lease_until=moment(at, lease())
        )
    )


@pytest.mark.django_db(transaction=True)
def test_the_same_race_does_find_doubles_where_a_claim_looks_before_it_writes(
    crowd: list[Person], facebook: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a race that cannot find the fault proves nothing."""
    monkeypatch.setattr(Thread, "claim", check_then_set)
    found = race(crowd, make.threads(facebook, THREADS // 10))
    assert sum(len(winners(tries)) > 1 for tries in found.values()) > 0
