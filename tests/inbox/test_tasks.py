"""Workers: what is read survives a death after any page, and what is sent is sent once, on the sandbox network."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from kombu.exceptions import OperationalError

from config.embedded.place import CHECKOUT
from connectors.base import ConnectorError, ErrorKind, Page
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Audit, Channel, ChannelState, Message, Person, Quarantined, Reply, Role, Stream, Thread
from inbox.models.intake import commit_page
from inbox.states import ReplyState, Waits
from tests import make

Json = dict[str, Any]
PAGE = 5
NETWORKS = ("facebook", "twitter")


class Died(Exception):
    """The worker is gone, at the worst moment."""


# --- a crowded network ------------------------------------------------------------------------------------------------


def crowd_facebook(street: Remote, age: float = 3600) -> None:
    """Two posts with threads under them, one longer than three pages, and a visitor's own post."""
    posts = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-2:]
    now = street.now()
    firsts = street.write_many(
        [comment(posts[number % 2], f"Spørsmål {number}", now - age + number) for number in range(24)]
    )
    street.write_many([comment(firsts[0]["id"], f"Svar {number}", now - age / 2 + number) for number in range(7)])
    street.write(network="facebook", kind="post", author="Kari Nordmann", text="Et innlegg på veggen",
                 created_at=now - age / 4)  # fmt: skip


def comment(parent: str, text: str, at: float) -> Json:
    return {"network": "facebook", "kind": "comment", "author": "Ole Håkonsen", "text": text, "parent_id": parent,
            "created_at": at}  # fmt: skip


def on_the_wall(count: int, at: float) -> list[Json]:
    """Posts that a customer writes on the page, a second apart."""
    post = {"network": "facebook", "kind": "post", "author": "Kari Nordmann"}
    return [{**post, "text": f"Innlegg {number}", "created_at": at + number} for number in range(count)]


def crowd_twitter(street: Remote, age: float = 3600) -> None:
    """Twenty-four mentions and an answer to one of them."""
    now = street.now()
    tweets = street.write_many([tweet(f"spørsmål {number}", now - age + number) for number in range(24)])
    street.write_many([{**tweet("og hva nå?", now - age / 2), "parent_id": tweets[3]["id"]}])


def tweet(text: str, at: float) -> Json:
    return {"network": "x", "kind": "tweet", "author": "Ole Håkonsen", "text": f"@{demo.X_HANDLE} {text}",
            "created_at": at}  # fmt: skip


CROWDS: dict[str, Callable[..., None]] = {"facebook": crowd_facebook, "twitter": crowd_twitter}
SANDBOX_NAME = {"facebook": "facebook", "twitter": "x"}


@pytest.fixture
def small_pages(settings: LazySettings) -> None:
    settings.SAMTAL_PAGE_SIZE = PAGE


@pytest.fixture(params=NETWORKS)
def channel(request: pytest.FixtureRequest, street: Remote, small_pages: None, db: None) -> Channel:
    CROWDS[request.param](street)
    return make.channel(request.param)


def written_by_customers(street: Remote, network: str) -> set[str]:
    return {entry["id"] for entry in street.truth(SANDBOX_NAME[network], who="others")}


def stored_from_customers() -> Counter[str]:
    return Counter(Message.objects.filter(is_ours=False).values_list("remote_id", flat=True))


def pull(channel: Channel) -> None:
    """The next pull, whatever the last one has left behind: its lease has ended and its time has come."""
    Channel.objects.filter(pk=channel.pk).update(pull_until=None, next_poll_at=moment())
    tasks.pull(channel.pk)


def pull_to_the_end(channel: Channel, most: int = 60) -> None:
    for _again in range(most):
        pull(channel)
        channel.refresh_from_db()
        if channel.last_read_at and not channel.streams.filter(walk_to_at__isnull=False).exists():
            return
    raise AssertionError(f"not complete after {most} pulls")


# --- intake -----------------------------------------------------------------------------------------------------------


class TestPull:
    def test_everything_that_customers_wrote_is_there_once(self, channel: Channel, street: Remote) -> None:
        pull_to_the_end(channel)
        assert stored_from_customers() == Counter(written_by_customers(street, channel.network))
        assert channel.complete_up_to is not None

    def test_a_worker_that_dies_after_any_page_leaves_no_gap_and_no_double(
        self, channel: Channel, street: Remote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first pull dies after its first page, the next one after its second, and so on until one is through."""
        deaths = 0
        for pages in range(1, 60):
            with monkeypatch.context() as doomed:
                die_after(pages, doomed)
                try:
                    pull(channel)
                except Died:
                    deaths += 1
                else:
                    break
        assert deaths >= 3
        assert stored_from_customers() == Counter(written_by_customers(street, channel.network))

    def test_a_worker_that_dies_before_the_commit_has_stored_nothing_of_the_page(
        self, channel: Channel, street: Remote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as doomed:
            die_after(0, doomed)
            with pytest.raises(Died):
                pull(channel)
        assert Message.objects.count() == 0
        pull_to_the_end(channel)
        assert stored_from_customers() == Counter(written_by_customers(street, channel.network))

    def test_once_complete_after_a_death_it_is_complete_up_to_then(
        self, channel: Channel, street: Remote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who goes on down a list that a dead worker had begun has not seen its top, nor what that leads to."""
        with monkeypatch.context() as doomed:
            die_after(1, doomed)
            with pytest.raises(Died):
                pull(channel)
        CROWDS[channel.network](street, 300)
        pull_to_the_end(channel)
        assert stored_from_customers() == Counter(written_by_customers(street, channel.network))

    def test_what_a_dead_worker_was_led_to_is_read_before_the_channel_is_called_complete(
        self, street: Remote, facebook: Channel, small_pages: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first page of the list has named the newest post, which has a new comment; the others do not."""
        now = street.now()
        posts = street.write_many(on_the_wall(2 * PAGE, now - 600))
        pull_to_the_end(facebook)
        said = street.write(**comment(posts[-1]["id"], "Hvor er dere?", now - 300))
        with monkeypatch.context() as doomed:
            die_after(1, doomed)
            with pytest.raises(Died):
                pull(facebook)
        pull_to_the_end(facebook)
        assert said["id"] in stored_from_customers()

    def test_a_list_longer_than_a_pull_is_not_begun_anew_without_a_pause(
        self, street: Remote, facebook: Channel, small_pages: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is read down to its end at once, but not called complete: nobody has followed up its top."""
        monkeypatch.setattr(tasks, "MOST_PAGES", 10)
        posts = street.write_many(on_the_wall(11 * PAGE, street.now() - 600))
        street.write(**comment(posts[-1]["id"], "Hvor er dere?", street.now()))
        waits = []
        for _pull in range(2):
            pull(facebook)
            facebook.refresh_from_db()
            waits.append(facebook.next_poll_at > make.after(facebook.poll_seconds / 2))
        assert stored_from_customers().keys() >= {post["id"] for post in posts}
        assert (waits, facebook.last_read_at) == ([False, True], None)

    def test_where_another_worker_was_faster_and_died_its_page_is_read_again(
        self, channel: Channel, street: Remote, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its transaction ends after it. What the page led to, nobody but the dead has seen."""
        overtaken: list[str] = []

        def commit_late(channel: Channel, stream: Stream, page: Page) -> int | None:
            if not overtaken:
                overtaken.append(stream.key)
                commit_page(channel, Stream.objects.get(pk=stream.pk), page)
            return commit_page(channel, stream, page)

        monkeypatch.setattr(tasks, "commit_page", commit_late)
        pull_to_the_end(channel)
        assert overtaken
        assert stored_from_customers() == Counter(written_by_customers(street, channel.network))

    def test_pulling_again_adds_nothing(self, channel: Channel) -> None:
        pull_to_the_end(channel)
        before = (Message.objects.count(), Thread.objects.count())
        pull(channel)
        pull(channel)
        assert (Message.objects.count(), Thread.objects.count()) == before

    def test_our_own_posts_are_context_or_ours_and_never_wait(self, channel: Channel) -> None:
        pull_to_the_end(channel)
        ours = Message.objects.filter(author__remote_id=channel.account_id)
        assert all(message.is_ours for message in ours)
        assert not Message.objects.unsettled().filter(author__remote_id=channel.account_id).exists()

    def test_who_comes_late_does_not_give_back_what_another_has_taken(self, channel: Channel) -> None:
        early, late = Channel.objects.get(), Channel.objects.get()
        assert early.take_pull()
        Channel.objects.update(pull_until=make.after(-1), next_poll_at=make.after(-1))
        assert late.take_pull()
        taken = Channel.objects.get().pull_until
        early.pulled()
        early.record_error(ConnectorError("late", kind=ErrorKind.UNAVAILABLE))
        Channel.objects.get().pulled()
        found = Channel.objects.get()
        assert (found.pull_until, found.last_read_at) == (taken, None)
        late.pulled()
        assert Channel.objects.get().pull_until is None

    def test_a_channel_in_another_workers_hands_is_left_alone(self, channel: Channel) -> None:
        assert channel.take_pull()
        tasks.pull(channel.pk)
        assert Message.objects.count() == 0

    def test_an_edit_on_the_network_is_there_after_a_pull(self, street: Remote, facebook: Channel) -> None:
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        entry = street.write(**comment(post, "Hvor er fakturaen?", street.now() - 5))
        pull_to_the_end(facebook)
        street.edit(entry, "Hvor er pakken?")
        street.write(**comment(post, "Noe nytt i tråden", street.now()))
        pull_to_the_end(facebook)
        message = Message.objects.get(remote_id=entry["id"])
        assert (message.text, message.edited_at is not None) == ("Hvor er pakken?", True)

    def test_an_entry_that_cannot_be_read_is_quarantined_and_the_page_goes_on(
        self, street: Remote, facebook: Channel
    ) -> None:
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        good = street.write(**comment(post, "Hei", street.now() - 5))
        broken = {"data": [{"id": {"not": "an id"}, "message": 7}, {"id": good["id"], "message": "Hei",
                  "created_time": "2026-11-22T05:00:00+0000", "parent": None}]}  # fmt: skip
        street.fault("body", network="facebook", path="/comments$", text=json.dumps(broken), status=200)
        for _again in range(2):
            pull(facebook)
        assert Quarantined.objects.count() == 1
        assert Message.objects.filter(remote_id=good["id"]).exists()
        facebook.refresh_from_db()
        assert facebook.last_error == ""


def die_after(pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die when so many pages have been committed; 0 is before the first commit."""
    committed = 0

    def commit_and_die(*args: Any) -> int | None:
        nonlocal committed
        stored = commit_page(*args) if pages else None
        committed += 1
        if committed >= pages:
            raise Died
        return stored

    monkeypatch.setattr(tasks, "commit_page", commit_and_die)


SEED = 20261122
KILLS = [(random.Random(SEED).randint(1, 4) if place == "after" else 2, place) for place in ("after", "inside")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("network_name", NETWORKS)
def test_a_worker_that_is_killed_leaves_no_gap_and_no_double(
    network_name: str, street: Remote, settings: LazySettings
) -> None:
    """kill -9 of a process of its own: after a page's commit, and in the middle of a page's transaction."""
    settings.SAMTAL_PAGE_SIZE = PAGE
    CROWDS[network_name](street)
    channel = make.channel(network_name)
    for pages, place in KILLS:
        before = Message.objects.count()
        assert run_and_die(channel, pages, place) == -signal.SIGKILL
        grown = Message.objects.count() - before
        assert grown <= pages * PAGE if place == "after" else grown <= (pages - 1) * PAGE
    pull_to_the_end(channel)
    assert stored_from_customers() == Counter(written_by_customers(street, network_name))


def run_and_die(channel: Channel, pages: int, place: str) -> int:
    """The exit code of a worker that dies at the given page."""
    command = [sys.executable, "-m", "tests.inbox.pulling", str(channel.pk), str(pages), place]
    return subprocess.run(command, cwd=CHECKOUT, env=environment(), timeout=120, check=False).returncode


def environment() -> dict[str, str]:
    """A process of its own that works on the tests' database with the tests' keys."""
    from django.conf import settings

    there = connection.settings_dict
    url = f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{there['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "SAMTAL_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SAMTAL_TOKEN_KEYS": ",".join(settings.SAMTAL_TOKEN_KEYS),
        "SAMTAL_SANDBOX_URL": settings.SAMTAL_SANDBOX_URL,
        "SAMTAL_PAGE_SIZE": str(settings.SAMTAL_PAGE_SIZE),
    }


class TestErrors:
    def test_a_bad_token_is_shown_to_people_and_asks_for_one(
        self, street: Remote, facebook: Channel, caplog: pytest.LogCaptureFixture
    ) -> None:
        street.token(demo.PAGE_TOKEN, state="expired")
        with caplog.at_level(logging.DEBUG):
            pull(facebook)
        facebook.refresh_from_db()
        assert (facebook.state, facebook.last_error_kind) == (ChannelState.ATTENTION, ErrorKind.TOKEN)
        assert facebook.last_error
        assert demo.PAGE_TOKEN not in facebook.last_error + caplog.text
        assert Audit.objects.filter(verb="channel_attention").exists()
        street.token(demo.PAGE_TOKEN, state="valid")
        pull(facebook)
        facebook.refresh_from_db()
        assert (facebook.state, facebook.last_error) == (ChannelState.ACTIVE, "")

    @pytest.mark.parametrize("bad", [0, 1])
    def test_one_post_whose_comments_cannot_be_read_holds_up_no_other(
        self, bad: int, street: Remote, facebook: Channel
    ) -> None:
        """Whichever is read first. The channel is not called complete before that one can be read as well."""
        posts = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-2:]
        said = [street.write(**comment(post, "Hei", street.now()))["id"] for post in posts]
        street.fault("body", path=f"{posts[bad]}/comments$", status=200, text="[]")
        pull(facebook)
        facebook.refresh_from_db()
        assert set(stored_from_customers()) & set(said) == {said[1 - bad]}
        assert (facebook.last_error_kind, facebook.last_read_at) == (ErrorKind.MALFORMED, None)
        street.clear_faults()
        pull_to_the_end(facebook)
        assert set(stored_from_customers()) >= set(said)
        assert facebook.last_error == ""

    def test_no_call_is_made_while_the_network_has_closed_its_window(self, street: Remote, twitter: Channel) -> None:
        street.fault("rate_limit", network="x", reset=300, count=1)
        pull(twitter)
        twitter.refresh_from_db()
        assert twitter.reads_closed_until is not None
        assert twitter.reads_closed_until > make.after(200)
        assert twitter.closed_until is None, "X counts what leaves apart"
        twitter.resume(by=make.person("lea", Role.LEAD))
        assert twitter not in Channel.objects.due(plus=None)
        assert twitter in Channel.objects.due(make.after(400))

    def test_a_network_in_trouble_is_asked_again_later_and_later(self, street: Remote, facebook: Channel) -> None:
        street.fault("status", network="facebook", status=503)
        waits = []
        for _again in range(4):
            pull(facebook)
            facebook.refresh_from_db()
            waits.append((facebook.next_poll_at - make.after(0)).total_seconds())
        assert facebook.failures == 4
        assert facebook.last_error_kind == ErrorKind.UNAVAILABLE
        assert waits[-1] > 200


# --- wake-ups ---------------------------------------------------------------------------------------------------------


class TestWake:
    def test_redis_that_is_gone_costs_nothing_but_the_wake_up(
        self, facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OperationalError("no broker")

        monkeypatch.setattr(tasks.pull, "apply_async", refuse)
        assert not tasks.wake("pull", facebook.pk)

    def test_a_message_carries_an_id_and_nothing_else(
        self, facebook: Channel, anna: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[tuple[object, Json]] = []
        for name, task in tasks.TASKS.items():
            monkeypatch.setattr(task, "apply_async", lambda name=name, **options: sent.append((name, options)))
        reply = make.queued(make.thread(facebook), anna, "En hemlig text.")
        Reply.objects.update(not_before=make.NOON - make.LONG)
        tasks.wake_due()
        assert {name: options["args"] for name, options in sent} == {"send": (reply.pk,), "pull": (facebook.pk,)}
        for _name, options in sent:
            assert set(options) == {"args", "retry", "ignore_result", "expires"}
            assert not options["retry"]


# --- sending ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=NETWORKS)
def asked(request: pytest.FixtureRequest, street: Remote, db: None, settings: LazySettings) -> Thread:
    """A customer's question on the sandbox, read and opened here."""
    settings.SAMTAL_UNDO_SECONDS = 0
    channel = make.channel(request.param)
    if request.param == "facebook":
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        street.write(**comment(post, "Hvor er fakturaen?", street.now() - 5))
    else:
        street.write(**tweet("hvor er fakturaen?", street.now() - 5))
    pull_to_the_end(channel)
    return Thread.objects.get(state="open")


@pytest.fixture
def writer(asked: Thread) -> Person:
    person = make.person("anna")
    make.clear(person, asked.channel)
    return person


def out(street: Remote, thread: Thread) -> list[str]:
    """What has left through the network's API, in order."""
    return [entry["text"] for entry in street.truth(SANDBOX_NAME[thread.network], via="api")]


def make_due(reply: Reply) -> None:
    """Its time has come, quiet time and all."""
    Reply.objects.filter(pk=reply.pk).update(not_before=moment())


LATE_EFFECT = {"kind": "status", "status": 503, "effect": True}


class TestSend:
    def test_a_reply_is_out_once_with_its_signature(self, asked: Thread, writer: Person, street: Remote) -> None:
        reply = make.queued(asked, writer)
        tasks.send(reply.pk)
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert reply.state == ReplyState.SENT
        assert out(street, asked) == [make.FINE + " /Anna"]
        assert make.attempts(reply) == ["sent"]

    def test_it_does_not_leave_before_its_undo_window_ends(
        self, asked: Thread, writer: Person, street: Remote, settings: LazySettings
    ) -> None:
        settings.SAMTAL_UNDO_SECONDS = 20
        reply = make.queued(asked, writer)
        tasks.send(reply.pk)
        assert out(street, asked) == []
        assert reply.undo(by=writer)
        make_due(reply)
        tasks.send(reply.pk)
        assert out(street, asked) == []

    def test_an_answer_that_is_lost_is_read_back_and_not_sent_again(
        self, asked: Thread, writer: Person, street: Remote
    ) -> None:
        street.fault(**LATE_EFFECT, method="POST", count=1)
        reply = make.queued(asked, writer)
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, make.attempts(reply)) == (ReplyState.SENDING, ["unknown"])
        tasks.send(reply.pk)
        assert street.truth(SANDBOX_NAME[asked.network], via="api"), "it is out, and it is too early to look"
        make_due(reply)
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, make.attempts(reply)) == (ReplyState.SENT, ["sent"])
        assert len(out(street, asked)) == 1

    def test_nothing_found_twice_is_shown_to_a_person_where_a_second_sending_could_double(
        self, street: Remote, facebook: Channel, settings: LazySettings, anna: Person
    ) -> None:
        settings.SAMTAL_UNDO_SECONDS = 0
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        street.write(**comment(post, "Hvor er fakturaen?", street.now() - 60))
        pull_to_the_end(facebook)
        street.fault("status", status=503, method="POST", count=1)
        reply = make.queued(Thread.objects.get(state="open"), anna)
        tasks.send(reply.pk)
        for _look in range(2):
            make_due(reply)
            tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, make.attempts(reply)) == (ReplyState.UNCERTAIN, ["uncertain"])
        assert street.truth("facebook", via="api") == []
        assert reply in Reply.objects.needs(anna)

    def test_what_cannot_be_read_back_any_more_is_shown_to_a_person(
        self, asked: Thread, writer: Person, street: Remote
    ) -> None:
        street.fault("reset", method="POST", effect=True, count=1)
        reply = make.queued(asked, writer)
        tasks.send(reply.pk)
        for refused in ({"status": 503}, {"status": 404, "body": "empty"}):
            street.clear_faults()
            street.fault("status", method="GET", **refused)
            reply.refresh_from_db()
            assert reply.state == ReplyState.SENDING, "an outage decides nothing"
            make_due(reply)
            tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, make.attempts(reply)) == (ReplyState.UNCERTAIN, ["uncertain"])

    def test_a_token_that_has_run_out_parks_the_reply_until_there_is_a_new_one(
        self, street: Remote, settings: LazySettings, facebook: Channel, anna: Person
    ) -> None:
        settings.SAMTAL_UNDO_SECONDS = 0
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        street.write(**comment(post, "Hvor er fakturaen?", street.now() - 60))
        pull_to_the_end(facebook)
        reply = make.queued(Thread.objects.get(state="open"), anna)
        street.token(demo.PAGE_TOKEN, state="expired")
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, reply.waits_for) == (ReplyState.QUEUED, Waits.TOKEN)
        make_due(reply)
        tasks.send(reply.pk)
        assert make.attempts(reply) == ["refused"], "no second call while the channel needs a person"
        street.token(demo.PAGE_TOKEN, state="valid")
        pull(facebook)
        make_due(reply)
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, make.attempts(reply)) == (ReplyState.SENT, ["refused", "sent"])

    def test_what_it_answers_is_gone_so_it_has_failed_and_can_be_written_again(
        self, street: Remote, settings: LazySettings, facebook: Channel, anna: Person
    ) -> None:
        settings.SAMTAL_UNDO_SECONDS = 0
        post = [entry["id"] for entry in street.truth("facebook") if entry["kind"] == "post"][-1]
        entry = street.write(**comment(post, "Hvor er fakturaen?", street.now() - 60))
        pull_to_the_end(facebook)
        reply = make.queued(Thread.objects.get(state="open"), anna)
        street.delete(entry)
        tasks.send(reply.pk)
        reply.refresh_from_db()
        assert (reply.state, reply.reason) == (ReplyState.FAILED, "gone")
        assert reply.edit_again(by=anna)
        assert (reply.state, reply.text) == (ReplyState.DRAFT, make.FINE)

    def test_a_late_worker_changes_nothing(self, asked: Thread, writer: Person) -> None:
        """Attempt 1 hangs in a dead worker; attempt 2 is under way when it wakes up."""
        reply = make.queued(asked, writer)
        assert reply.start()
        late = Reply.objects.get(pk=reply.pk)
        reply.not_found(caught_up=True)
        assert reply.start()
        assert (late.attempt, reply.attempt) == (1, 2)
        late.fail("gone", "too late")
        assert not late.finish_sent(make.sent("1_77"))
        late.doubt()
        reply.refresh_from_db()
        assert (reply.state, reply.attempt, reply.remote_id) == (ReplyState.SENDING, 2, None)
        assert reply.finish_sent(make.sent("1_78"))
        assert list(reply.attempts.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_it_tells_the_record_every_step(self, asked: Thread, writer: Person) -> None:
        reply = make.queued(asked, writer)
        tasks.send(reply.pk)
        verbs = list(Audit.objects.filter(reply_id=reply.pk).order_by("pk").values_list("verb", flat=True))
        assert verbs == ["queued", "sending", "sent"]
