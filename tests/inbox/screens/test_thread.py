"""The thread's page: how much it asks of the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inbox.models import Brake, Channel, Deed, FollowUp, Note, Person, Picture, Reply, Revision, Snippet, Thread, What
from inbox.models.intake import store
from inbox.states import ReplyState
from tests import make
from tests.inbox.browsing import client, words

# DESIGN §10, and what a page takes at most on which there is some of everything.
MOST, MOST_OF_EVERYTHING = 12, 18


def asked(person: Person, path: str) -> int:
    """How many queries a page takes once its templates are read."""
    browser = client(person)
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


def say(thread: Thread, number: int, **fields: object) -> None:
    """More of the customer's messages in the thread, through the same door as all others."""
    root = {"root_remote_id": thread.root_remote_id, "parent_remote_id": thread.root_remote_id}
    with transaction.atomic():
        store(thread.channel, [make.remote(f"Hallo {each}?", **root, **fields) for each in range(number)])


@pytest.fixture
def thread(facebook: Channel, anna: Person) -> Thread:
    """Three messages and an answer that is out."""
    make.rulebook()
    thread = make.thread(facebook)
    say(thread, 2)
    make.sending(thread, anna).finish_sent(make.sent("10_99"))
    say(thread, 1, remote_id="10_99", author=make.remote_author(facebook.account_id, "Nordnett"))
    assert thread.messages.filter(reply__isnull=False).exists()
    return thread


@pytest.mark.parametrize("role", ["anna", "lea", "ada"])
def test_it_takes_as_many_queries_with_three_hundred_messages_as_with_three(
    role: str, thread: Thread, anna: Person, lea: Person, ada: Person
) -> None:
    person, path = {"anna": anna, "lea": lea, "ada": ada}[role], reverse("thread", args=[thread.pk])
    few = asked(person, path)
    say(thread, 296)
    assert asked(person, path) == few <= MOST


def test_it_names_the_other_channels_that_have_seen_it(twitter: Channel, lea: Person) -> None:
    other = make.channel("twitter", account_id="77", name="Nordnett foretak")
    post = make.remote("@nordnett @nordnettforetak hei")
    thread = make.thread(twitter)
    path = reverse("thread", args=[thread.pk])
    assert "seen by" not in words(client(lea).get(path))
    for channel in (twitter, other):
        with transaction.atomic():
            store(channel, [post])
    shared = Thread.objects.exclude(pk=thread.pk).get()
    assert "seen by Nordnett foretak, too" in words(client(lea).get(reverse("thread", args=[shared.pk])))
    assert "seen by" not in words(client(lea).get(path))


def test_it_takes_few_queries_where_there_is_some_of_everything(thread: Thread, anna: Person, lea: Person) -> None:
    say(thread, 30)
    thread.tag("rumour", by=lea)
    for message in thread.messages.filter(is_ours=False):
        message.attachments = [{"kind": "photo", "url": "https://example.test/1.png", "alt_text": ""}]
        message.save(update_fields=["attachments"])
        Picture.objects.create(message=message, number=0, url="", content=b"x", width=1, height=1)
        Deed.ask(message, What.LIKE, by=lea)
        Note.write(thread, "Pressen spør også.", by=lea)
        FollowUp.write(thread, by=anna, text="Ring", due_at=timezone.now() + timedelta(hours=1))
    Reply.objects.filter(pk=make.draft(thread, anna).pk).update(reason="newer", seen_id=0)
    held = make.held(thread, lea)
    Revision.objects.create(reply=held, before="Hej", after=held.text, by=anna)
    Snippet.objects.create(title="Hei", text="Hei!", language="nb", written_by=lea, approved_by=lea)
    Brake.pull(by=lea, channel=thread.channel)
    assert Reply.objects.filter(state=ReplyState.DRAFT).exists()
    assert asked(anna, reverse("thread", args=[thread.pk])) <= MOST_OF_EVERYTHING
