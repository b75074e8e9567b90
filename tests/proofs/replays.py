"""Every form of the desk again and again, one after the other and all at once: done once, and always the same answer.

A form's first sending and its twins leave together from several browsers of the same person; stragglers follow. What
one sending of its kind adds to the tables is measured first, with a form that is sent once.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import reverse

from inbox.models import Channel, Person, Reply, Role, Thread
from tests import make
from tests.inbox.browsing import HTMX, client
from tests.proofs.ground import added, rows

AT_ONCE = 4
ONCE = "inbox.views.once.AnswerOnce"


@dataclass
class Form:
    """One form on somebody's screen. `again` is the same key with other content."""

    path: str
    fields: dict[str, str]
    by: Person
    again: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """replays: sendings beyond each form's first. extra: rows added beyond one sending. unlike: answers that differ."""

    replays: int = 0
    forms: int = 0
    extra: int = 0
    unlike: int = 0
    refused: int = 0
    other_content: int = 0


class Desk:
    """People at work on a channel, and the forms they send."""

    def __init__(self) -> None:
        self.channel: Channel = make.channel("facebook")
        make.rulebook()
        self.anna, self.bo = make.person("anna"), make.person("bo")
        self.lea = make.person("lea", Role.LEAD)
        for person in (self.anna, self.bo):
            make.clear(person, self.channel)
        self.browsers = {person.pk: [client(person) for _ in range(AT_ONCE)] for person in self.people}
        self.numbers = itertools.count(1)

    @property
    def people(self) -> tuple[Person, ...]:
        return self.anna, self.bo, self.lea

    def thread(self) -> Thread:
        number = next(self.numbers)
        return make.thread(self.channel, "Hvorfor er nettet nede hos meg?", author=_author(number))

    def taken(self) -> Thread:
        thread = self.thread()
        assert thread.claim(by=self.anna)
        return thread

    def kinds(self) -> dict[str, Callable[[], Form]]:
        """What is sent, by the name of its route. Each call makes the ground for one form of that kind."""
        return {
            "thread_claim": lambda: Form(at("thread_claim", self.thread()), {}, self.anna),
            "thread_next": lambda: self.thread() and Form(reverse("thread_next"), {}, self.bo),
            "thread_release": lambda: Form(at("thread_release", self.taken()), {}, self.anna),
            "thread_note": lambda: Form(
                at("thread_note", self.thread()), {"text": "Ring henne"}, self.bo, {"text": "Ring ham"}
            ),
            "thread_tag": lambda: Form(at("thread_tag", self.thread()), {"topic": "rumour"}, self.bo, {"topic": ""}),
            "thread_take_over": lambda: Form(at("thread_take_over", self.taken()), {"reason": "lunsj"}, self.bo),
            "thread_follow_up": self.follow_up,
            "thread_set_aside": lambda: Form(at("thread_set_aside", self.taken()), {"reason": "spam"}, self.anna),
            "thread_assign": lambda: Form(at("thread_assign", self.thread()), {"to": str(self.bo.pk)}, self.lea),
            "duty": lambda: Form(reverse("duty"), {}, self.bo),
            "reply_send": self.send,
            "reply_undo": lambda: Form(at("reply_undo", self.queued()), {}, self.anna),
            "reply_approve": lambda: Form(at("reply_approve", self.held()), {}, self.lea),
            "reply_send_back": lambda: Form(
                at("reply_send_back", self.held()), {"reason": "kortere"}, self.lea, {"reason": "lengre"}
            ),
        }

    def follow_up(self) -> Form:
        fields = {"text": "Se etter", "due_at": "2027-01-04T10:00"}
        return Form(at("thread_follow_up", self.thread()), fields, self.bo, fields | {"text": "Se en gang til"})

    def send(self) -> Form:
        thread = self.taken()
        seen = str(max(thread.messages.values_list("pk", flat=True)))
        fields = {"text": make.FINE, "seen": seen, "checked": "1"}
        return Form(at("reply_send", thread), fields, self.anna, fields | {"text": "Något annat."})

    def queued(self) -> Reply:
        return make.queued(self.thread(), self.anna)

    def held(self) -> Reply:
        return make.held(self.thread(), self.anna)


def at(route: str, row: Thread | Reply) -> str:
    return reverse(route, args=[row.pk])


def _author(number: int) -> object:
    return make.remote_author(f"kunde{number}", f"Kunde {number}")


def replay(desk: Desk, times: int, seed: int) -> Tally:
    """Send forms of every kind until `times` replays have been made."""
    chance, tally = random.Random(seed), Tally()
    once = {kind: sent_once(desk, form()) for kind, form in desk.kinds().items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for kind in endless(chance, list(once)):
            if tally.replays >= times:
                return tally
            replay_one(desk, desk.kinds()[kind](), once[kind], pool, chance, tally)
    return tally


def endless(chance: random.Random, kinds: list[str]) -> Iterator[str]:
    while True:
        yield from chance.sample(kinds, len(kinds))


def sent_once(desk: Desk, form: Form) -> dict[str, int]:
    """What one sending adds to the tables."""
    before = rows()
    answer = post(desk.browsers[form.by.pk][0], form, uuid.uuid4())
    assert answer[0] < 400, (form.path, answer)
    return added(before, rows())


def replay_one(
    desk: Desk, form: Form, once: dict[str, int], pool: ThreadPoolExecutor, chance: random.Random, tally: Tally
) -> None:
    key, browsers, before = uuid.uuid4(), desk.browsers[form.by.pk], rows()
    together = chance.randint(2, AT_ONCE)
    answers = list(pool.map(lambda browser: post(browser, form, key), browsers[:together]))
    answers += [post(browsers[0], form, key) for _ in range(chance.randint(0, 2))]
    if form.again:
        changed = Form(form.path, form.again, form.by)
        tally.other_content += post(browsers[0], changed, key)[0] != 409
    difference = added(before, rows())
    tally.forms += 1
    tally.replays += len(answers) - 1
    tally.refused += sum(status >= 400 for status, _body, _headers in answers)
    tally.unlike += sum(answer != answers[0] for answer in answers[1:])
    tally.extra += sum(abs(difference.get(name, 0) - once.get(name, 0)) for name in {*difference, *once})


def post(browser: Client, form: Form, key: uuid.UUID) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and the headers that htmx and browsers act on."""
    answer: HttpResponseBase = browser.post(form.path, form.fields | {"key": str(key)}, headers=HTMX)
    connection.close()  # as the server does after a request
    headers = {name: value for name, value in answer.headers.items() if name.startswith("HX-") or name == "Location"}
    return answer.status_code, getattr(answer, "content", b""), headers


def without_keys(times: int, seed: int) -> Tally:
    """The same with keys that nobody heeds: a proof that finds no fault here proves nothing."""
    from django.conf import settings

    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name != ONCE]):
        return replay(Desk(), times, seed)
