"""Yesterday's backup restored beside networks that are ahead: what has left since must not leave again.

The backup is a copy of the whole database, made while replies are queued, held and on their way. Then a day passes:
everything leaves, leads approve, customers write. The copy takes the database's place, `after_restore` runs, and the
workers go on. The sandbox networks, which were not restored, count what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F
from django.test import override_settings

from connectors.sandbox.remote import Remote
from connectors.sandbox.server import running
from inbox import tasks
from inbox.clock import moment
from inbox.models import Channel, Message, Person, Reply, Role, Stopped, Thread
from inbox.states import ReplyState
from tests import make
from tests.connectors.worlds import FacebookWorld, SignedTwitterWorld, World

PLACES: tuple[type[World], ...] = (FacebookWorld, SignedTwitterWorld)
BACKUP = "samtal_backup"
MOST_ROUNDS = 6
# Of ten replies: eight are queued when the backup is made, one is on its way, one waits for a lead.
UNDER_WAY, HELD = 8, 9


@dataclass
class Figures:
    """replies: in the backup. out: texts on the networks at the end. left: what a person has to look at."""

    replies: int
    out: int
    doubled: int
    lost: int
    left: int

    @property
    def clean(self) -> bool:
        return not self.doubled and not self.lost


@contextmanager
def networks() -> Iterator[Remote]:
    """An empty sandbox, with Samtal's connectors pointed at it and no undo window."""
    with running() as sandbox:
        remote = Remote(sandbox.base)
        # The texts differ by letters that mean nothing, of which the trained models think what they like.
        shortened = {"SAMTAL_UNDO_SECONDS": 0, "SAMTAL_READ_BACK_GAP": 0.1, "SAMTAL_MODELS": False}
        with override_settings(SAMTAL_SANDBOX_URL=sandbox.base, **shortened):
            yield remote


def restored(remote: Remote, replies: int, *, look_first: bool = True) -> Figures:
    """One backup, one day, one restore. Without `look_first` the step that prevents doubles is left out."""
    places = [place(remote.base, remote) for place in PLACES]
    lea, texts = prepare(places, replies)
    with backup():
        a_day(places, lea)
        restore()
    if look_first:
        call_command("after_restore", verbosity=0)
    go_on(places, lea)
    out = Counter(str(entry["text"]) for place in places for entry in place.sent())
    doubled = sum(number - 1 for number in out.values())
    lost = sum(text not in out for text in texts)
    at_rest = Reply.objects.filter(state__in=[ReplyState.UNCERTAIN, ReplyState.DRAFT, ReplyState.FAILED]).count()
    return Figures(len(texts), len(out), doubled, lost, at_rest)


def prepare(places: list[World], replies: int) -> tuple[Person, list[str]]:
    """Customers on both networks, and an agent's reply to each, in the states that a backup meets."""
    make.rulebook()
    anna, lea = make.person("anna"), make.person("lea", Role.LEAD)
    for place in places:
        channel = make.channel(place.connector.network)
        make.clear(anna, channel)
        questions = [place.question(f"Hvem kan svare? {letters(each)}") for each in range(replies // len(places))]
        place.remote.write_many(questions)
    pull(everything=True)
    texts = [wait_to_leave(number, thread, anna) for number, thread in enumerate(Thread.objects.order_by("pk"))]
    return lea, texts


def wait_to_leave(number: int, thread: Thread, by: Person) -> str:
    text = f"{make.FINE} ({letters(number)})"
    if number % 10 == HELD:
        return make.held(thread, by, text).outgoing
    reply = make.queued(thread, by, text)
    if number % 10 == UNDER_WAY:
        # The worker has begun; its call comes after the backup.
        assert reply.start(at=make.after()) is not None
    return reply.outgoing


def letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def a_day(places: list[World], lea: Person) -> None:
    """Everything leaves, and the networks go on."""
    for reply in Reply.objects.filter(state=ReplyState.SENDING).select_related("channel", "thread"):
        reply.finish_sent(reply.channel.connect().send(reply.as_outgoing()))
    for reply in Reply.objects.filter(state=ReplyState.HELD):
        reply.approve(by=lea)
    for pk in Reply.objects.filter(state=ReplyState.QUEUED).values_list("pk", flat=True):
        tasks.send(pk)
    assert not Reply.objects.exclude(state=ReplyState.SENT).exists()
    for place in places:
        place.say("Og hva med oss?")


@contextmanager
def backup() -> Iterator[None]:
    """A copy of the whole database while the block runs."""
    try:
        copy(str(connection.settings_dict["NAME"]), BACKUP)
        yield
    finally:
        administer(f"DROP DATABASE IF EXISTS {BACKUP} WITH (FORCE)")


def restore() -> None:
    """The backup takes the database's place."""
    name = str(connection.settings_dict["NAME"])
    administer(f'DROP DATABASE "{name}" WITH (FORCE)')
    copy(BACKUP, name)


def copy(source: str, target: str) -> None:
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own wrapper has it
    administer(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def administer(statement: str) -> None:
    """From another database of the server: a copy's source must be at rest."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def go_on(places: list[World], lea: Person) -> None:
    """Workers read the channels and send what is due, with time passing; then a lead approves what is held."""
    for _ in range(MOST_ROUNDS):
        quiet = moment(plus=-Channel.objects.all()[0].quiet_time * 2)
        Reply.objects.filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING]).update(
            not_before=quiet, attempt_at=F("attempt_at") - Channel.objects.all()[0].quiet_time
        )
        for pk in Reply.objects.due().order_by("pk").values_list("pk", flat=True):
            tasks.send(pk)
        pull()
        for reply in Reply.objects.filter(state=ReplyState.HELD):
            approved(reply, lea)


def approved(reply: Reply, lea: Person) -> bool:
    try:
        return reply.approve(by=lea)
    except Stopped:
        return False


def pull(*, everything: bool = False) -> None:
    for channel in Channel.objects.order_by("pk"):
        Channel.objects.filter(pk=channel.pk).update(pull_until=None, next_poll_at=moment())
        tasks.pull(channel.pk)
    if everything:
        assert Thread.objects.exists()
        assert not Message.objects.filter(is_ours=False, thread=None).exists()
