"""The live stream on a real server: what it costs, what it tells, how it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from config.embedded.place import CHECKOUT
from inbox.models import Channel, Person, Thread
from tests import make
from tests.inbox.browsing import client
from tests.inbox.test_tasks import environment

STREAMS = 50
LEASE = 6

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Web:
    """One web process as production runs it."""

    process: subprocess.Popen[bytes]
    port: int
    opened: contextlib.ExitStack

    def get(self, path: str, person: Person | None = None, **headers: str) -> http.client.HTTPResponse:
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.opened.callback(talk.close)
        cookie = {"Cookie": "; ".join(f"{name}={each.value}" for name, each in client(person).cookies.items())}
        talk.request("GET", path, headers={**(cookie if person else {}), **headers})
        answer = talk.getresponse()
        self.opened.callback(answer.close)
        return answer

    def stream(self, person: Person, name: str = "tab", **headers: str) -> Stream:
        answer = self.get(f"{reverse('live_stream')}?stream={name}", person, **headers)
        assert answer.status == 200, answer.status
        stream = Stream(answer)
        assert stream.line() == "retry: 2000"
        return stream


@dataclass
class Stream:
    """An open stream, read line by line."""

    answer: http.client.HTTPResponse

    def line(self) -> str:
        """The next line; "" at the end of an event or of the stream. TimeoutError after ten seconds."""
        return self.answer.readline().decode().rstrip("\n")

    def events(self) -> Iterator[dict[str, object]]:
        while raw := self.answer.readline():
            if raw.startswith(b"data: "):
                yield json.loads(raw[6:])

    def wait_for(self, kind: str) -> dict[str, object]:
        return next(event for event in self.events() if event["kind"] == kind)

    def rest(self) -> bytes:
        """Whatever comes until the server ends the stream."""
        with contextlib.suppress(http.client.IncompleteRead):
            return self.answer.read()
        return b""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true in time. The server and the database keep their own time, so they are asked again."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            if true():
                return True
            cursor.execute("SELECT pg_sleep(0.05)")
    return true()


@contextlib.contextmanager
def running() -> Iterator[Web]:
    """A web process of its own, gone at the end with all its connections."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port),
               "--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "2"]  # fmt: skip
    given = {**environment(), "SECRET_KEY": settings.SECRET_KEY, "SAMTAL_PROCESS": "samtal live test",
             "SAMTAL_LEASE_SECONDS": str(LEASE), "SAMTAL_SANDBOX_URL": ""}  # fmt: skip
    process = subprocess.Popen(command, cwd=CHECKOUT, env=given)
    opened = contextlib.ExitStack()
    served = Web(process, port, opened)
    try:
        assert until(lambda: is_ready(served), 60), "the server did not start"
        yield served
    finally:
        opened.close()
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Web]:
    """One for the file: it takes seconds to start."""
    with django_db_blocker.unblock():
        with running() as served:
            yield served
        assert until(lambda: not backends(), 10)


@pytest.fixture
def web(server: Web) -> Iterator[Web]:
    """The file's process, with streams of the test's own."""
    with contextlib.ExitStack() as opened:
        yield Web(server.process, server.port, opened)


def is_ready(web: Web) -> bool:
    try:
        return web.get(reverse("readyz")).status == 200
    except OSError:
        return False


def backends() -> list[str]:
    """The web process's connections to the database, by the name each gave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'samtal live%%'"
        )
        return sorted(row[0] for row in cursor.fetchall())


def listens() -> bool:
    """The process's own connection has said both its LISTENs; afterwards it renews leases."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'samtal live' AND state = 'idle' AND query NOT IN ('', 'LISTEN samtal')"
        )
        return bool(cursor.fetchone()[0])


@pytest.fixture
def people(facebook: Channel) -> list[Person]:
    made = [make.person(f"live{number}") for number in range(5)]
    for person in made:
        make.clear(person, facebook)
    return made


def test_fifty_open_streams_hold_no_connection_to_the_database(web: Web, people: list[Person]) -> None:
    """One LISTEN connection a process, and the small pool that pages take theirs from; streams add nothing."""
    web.stream(people[0])
    assert until(listens, 10), "nobody listens"
    with_one = backends()
    for number in range(STREAMS - 1):
        web.stream(people[number % len(people)], f"tab{number}")
    with_fifty = backends()
    assert with_fifty.count("samtal live") == 1, with_fifty
    assert len(with_fifty) <= len(with_one), (with_one, with_fifty)


def test_a_claim_shows_on_everybody_elses_stream_within_a_second(
    web: Web, people: list[Person], facebook: Channel
) -> None:
    (thread,) = make.threads(facebook, 1)
    streams = [web.stream(person) for person in people[1:3]]
    assert until(listens, 10)
    # Heard once, so that the listening has certainly begun.
    Thread.objects.filter(pk=thread.pk).update(danger=True)
    for stream in streams:
        stream.wait_for("thread")
    started = time.monotonic()
    assert thread.claim(by=people[0])
    told = [stream.wait_for("thread") for stream in streams]
    assert time.monotonic() - started < 1
    thread.refresh_from_db()
    assert told == [{"kind": "thread", "id": thread.pk, "version": thread.version}] * 2


def test_a_browser_that_comes_back_is_told_what_it_missed(web: Web, people: list[Person], facebook: Channel) -> None:
    (thread,) = make.threads(facebook, 1)
    stream = web.stream(people[0])
    assert until(listens, 10)
    Thread.objects.filter(pk=thread.pk).update(danger=True)
    stream.wait_for("thread")
    stream.answer.close()
    fresh = web.stream(people[0], "tab", **{"Last-Event-ID": "another-1"})
    assert next(fresh.events())["kind"] == "refresh", "an event nobody here knows: start afresh"


def test_what_changes_while_a_page_is_on_its_way_is_told_when_it_joins(
    web: Web, people: list[Person], facebook: Channel
) -> None:
    (thread,) = make.threads(facebook, 1)
    first = web.stream(people[0], "first")
    assert until(listens, 10)
    page = web.get(reverse("desk"), people[1]).read().decode()
    heard = re.search(r'data-heard="([0-9a-f]+-\d+)"', page)
    assert heard
    Thread.objects.filter(pk=thread.pk).update(danger=True)
    first.wait_for("thread")
    late = web.stream(people[1], "late", **{"Last-Event-ID": heard[1]})
    assert late.wait_for("thread")["id"] == thread.pk


def test_the_lease_of_a_thread_that_is_shown_is_renewed(web: Web, people: list[Person], facebook: Channel) -> None:
    shown, hidden = make.threads(facebook, 2)
    anna = people[0]
    for thread in (shown, hidden):
        assert thread.claim(by=anna)
    before = leases()
    stream = web.stream(anna, "desk1")
    assert until(listens, 10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('samtal_shown', %s)", [f"{anna.pk}:desk1:{shown.pk}"])
    # The server's lease is six seconds, so it renews every two; ours was three minutes.
    assert until(lambda: leases()[shown.pk] < before[shown.pk], 8), "the lease was not set anew"
    once = leases()
    assert until(lambda: leases()[shown.pk] > once[shown.pk], 8), "and not again"
    assert leases()[hidden.pk] == before[hidden.pk]
    stream.answer.close()


def leases() -> dict[int, datetime]:
    return dict(Thread.objects.values_list("pk", "lease_until"))


def test_the_stream_of_who_is_locked_out_ends_within_a_second(
    web: Web, people: list[Person], facebook: Channel, lea: Person
) -> None:
    out, stays = web.stream(people[0]), web.stream(people[1])
    (thread,) = make.threads(facebook, 1)
    assert until(listens, 10)
    Thread.objects.filter(pk=thread.pk).update(danger=True)
    for stream in (out, stays):
        stream.wait_for("thread")
    started = time.monotonic()
    people[0].lock_out(by=lea, reason="Lost phone")
    out.rest()
    assert time.monotonic() - started < 1
    assert web.get(reverse("live_stream"), people[0]).status == 302
    Thread.objects.filter(pk=thread.pk).update(danger=False)
    assert stays.wait_for("thread")["id"] == thread.pk, "everybody else's goes on"


def test_who_is_not_signed_in_hears_nothing(web: Web) -> None:
    assert web.get(reverse("live_stream")).status == 302


def test_told_to_stop_it_stops_within_three_seconds_with_streams_open(people: list[Person]) -> None:
    with running() as web:
        for number in range(10):
            web.stream(people[number % len(people)], f"tab{number}")
        started = time.monotonic()
        os.kill(web.process.pid, signal.SIGTERM)
        web.process.wait(10)
        assert time.monotonic() - started <= 3
