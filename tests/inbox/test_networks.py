"""From a customer's word on each network to the answer beneath it: through intake, desk, gate and worker, once."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Audit, Channel, FollowUp, Message, Person, Reply, Stopped, Thread
from inbox.states import ReplyState, Settled, ThreadState, Waits
from tests import make

Json = dict[str, Any]
QUESTION = "Kan jag få en ny router?"


def pull(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(pull_until=None, next_poll_at=moment())
    tasks.pull(channel.pk)
    channel.refresh_from_db()
    assert channel.last_error == ""


def answer(thread: Thread, by: Person, text: str = make.FINE) -> Reply:
    """Written, let go, and out as soon as its undo window is over."""
    make.clear(by, thread.channel)
    reply = make.queued(thread, by, text)
    Reply.objects.filter(pk=reply.pk).update(not_before=moment())
    tasks.send(reply.pk)
    reply.refresh_from_db()
    return reply


def texts(thread: Thread) -> list[tuple[bool, str]]:
    return [(message.is_ours, message.text) for message in thread.messages.in_order()]


@pytest.fixture
def _rules(db: None) -> None:
    make.rulebook()


# Each: the channel's network, the sandbox's name for it, and what a customer writes there.
PUBLIC = [
    pytest.param(
        "mastodon", {"network": "mastodon", "kind": "status", "text": f"@{demo.X_HANDLE} {QUESTION}"}, id="mastodon"
    ),
]


@pytest.mark.usefixtures("_rules")
class TestAnswer:
    @pytest.mark.parametrize(("key", "said"), PUBLIC)
    def test_what_is_asked_is_answered_beneath_it_once(
        self, street: Remote, anna: Person, key: str, said: Json
    ) -> None:
        channel = make.channel(key)
        asked = street.write(author="Elin Sjöberg", **said)
        pull(channel)
        thread = Thread.objects.get()
        assert (thread.state, str(thread.author)) == (ThreadState.OPEN, "Elin Sjöberg")
        reply = answer(thread, anna)
        assert reply.state == ReplyState.SENT
        [told] = street.truth(said["network"], via="api")
        assert (told["parent_id"], told["id"]) == (asked["id"], reply.remote_id)
        assert make.FINE in told["text"]
        pull(channel)
        thread.refresh_from_db()
        assert thread.state == ThreadState.WAITING
        assert [ours for ours, _ in texts(thread)] == [False, True]
        assert Message.objects.get(is_ours=True).reply == reply


class TestFeed:
    """A blog has no way in for a program: the answer is written on the site."""

    @pytest.fixture
    def blog(self, street: Remote, _rules: None) -> Channel:
        self.street = street
        self.entry = street.write(
            network="blog", kind="entry", author="Nordnett", text="Så läser du din faktura\nVi visar steg för steg."
        )
        self.comment("Elin", QUESTION)
        return make.channel("feed")

    def comment(self, author: str, text: str) -> None:
        self.street.write(network="blog", kind="comment", author=author, text=text, parent_id=self.entry["id"])

    def let_go(self, blog: Channel, by: Person, text: str = make.FINE) -> Reply:
        pull(blog)
        make.clear(by, blog)
        return make.queued(Thread.objects.get(), by, text)

    def test_our_own_entry_waits_for_comments_and_a_comment_opens_it(self, blog: Channel) -> None:
        pull(blog)
        thread = Thread.objects.get()
        assert thread.state == ThreadState.OPEN
        assert texts(thread) == [(True, "Så läser du din faktura\n\nVi visar steg för steg."), (False, QUESTION)]

    def test_an_unchanged_feed_costs_no_reading(self, blog: Channel) -> None:
        pull(blog)
        pull(blog)
        statuses = {row["status"] for row in self.street.calls()["latest"] if row["path"] == "/blog/feed.xml"}
        assert statuses == {200, 304}
        assert Message.objects.count() == 2

    def test_no_worker_sends_it_and_a_person_says_that_it_is_there(self, blog: Channel, anna: Person) -> None:
        reply = self.let_go(blog, anna, make.PROMISES)
        assert reply.waits_for == Waits.HAND
        assert reply.pk not in Reply.objects.due(make.after(3600)).values_list("pk", flat=True)
        tasks.send(reply.pk)
        assert reply.written_there(by=anna)
        assert not reply.written_there(by=anna)
        assert reply.state == ReplyState.SENT
        record = Audit.objects.get(verb="sent")
        assert (record.by, record.data["how"]) == (anna, "hand")
        assert FollowUp.objects.get().thread == reply.thread
        reply.thread.refresh_from_db()
        assert reply.thread.state == ThreadState.WAITING
        assert texts(reply.thread)[-1] == (True, reply.outgoing)

    def test_the_rules_read_it_before_it_is_written_there(self, blog: Channel, anna: Person) -> None:
        pull(blog)
        make.clear(anna, blog)
        draft = make.draft(Thread.objects.get(), anna, make.BLOCKED)
        with pytest.raises(Stopped, match="blocked"):
            draft.submit(by=anna)
        assert not draft.written_there(by=anna)

    def test_once_seen_there_it_is_the_same_and_stands_once(self, blog: Channel, anna: Person) -> None:
        reply = self.let_go(blog, anna)
        reply.written_there(by=anna)
        self.comment("Kundtjänst", reply.outgoing)
        pull(blog)
        reply.refresh_from_db()
        assert not (reply.remote_id or "").startswith("hand:")
        assert [ours for ours, _ in texts(reply.thread)] == [True, False, True]

    def test_seen_there_before_anybody_says_so_it_is_sent(self, blog: Channel, anna: Person) -> None:
        reply = self.let_go(blog, anna)
        self.comment("Kundtjänst", reply.outgoing)
        pull(blog)
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENT
        assert Message.objects.get(text=QUESTION).settled == Settled.ANSWERED

    def test_what_somebody_else_writes_stays_a_customers(self, blog: Channel, anna: Person) -> None:
        self.let_go(blog, anna)
        self.comment("Oskar", "Samma här!")
        pull(blog)
        assert texts(Thread.objects.get())[-1] == (False, "Samma här!")

    def test_it_can_be_taken_back_until_it_is_written(self, blog: Channel, anna: Person) -> None:
        reply = self.let_go(blog, anna)
        assert reply.undo(by=anna)
        assert not reply.written_there(by=anna)
        assert reply.state == ReplyState.DRAFT
