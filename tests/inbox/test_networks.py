"""From a customer's word on each network to the answer beneath it: through intake, desk, gate and worker, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Audit, Channel, FollowUp, Message, Person, Reply, Stopped, Thread
from inbox.states import ReplyState, Settled, ThreadState, Waits
from tests import make

Json = dict[str, Any]
QUESTION = "Kan jag få en ny router?"
ELIN = "Elin Sjöberg"


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


def person(street: Remote, network: str) -> str:
    return next(str(one["id"]) for one in street.people(network) if one["name"] == ELIN)


def page_comment(street: Remote) -> Json:
    post = [one for one in street.truth("facebook") if one["kind"] == "post"][-1]
    return street.write(network="facebook", kind="comment", parent_id=post["id"], text=QUESTION, author=ELIN)


def visitors_post(street: Remote) -> Json:
    return street.write(network="facebook", kind="post", text=QUESTION, author=ELIN)


def tagged_post(street: Remote) -> Json:
    wall = person(street, "facebook")
    tags = {"tags": [demo.PAGE_ID]}
    return street.write(network="facebook", kind="post", wall_id=wall, author_id=wall, text=QUESTION, extra=tags)


def recommendation(street: Remote) -> Json:
    return street.write(network="facebook", kind="rating", text=QUESTION, author=ELIN)


def picture_alone(street: Remote) -> Json:
    picture = {"type": "photo", "media": {"image": {"src": "https://scontent.fbcdn.net/media/1.png"}}}
    return street.write(network="facebook", kind="post", author=ELIN, extra={"attachments": [picture]})


def messenger(street: Remote) -> Json:
    return whispered(street, "facebook", demo.PAGE_ID)


def mention(street: Remote) -> Json:
    return street.write(network="x", kind="tweet", text=f"@{demo.X_HANDLE} {QUESTION}", author=ELIN)


def direct_message(street: Remote) -> Json:
    return whispered(street, "x", demo.X_USER_ID)


def whispered(street: Remote, network: str, to: str) -> Json:
    body = {"network": network, "author_id": person(street, network), "to_id": to, "text": QUESTION}
    said: Json = street.call("POST", "private", body)
    return said


def toot(street: Remote) -> Json:
    return street.write(network="mastodon", kind="status", text=f"@{demo.X_HANDLE} {QUESTION}", author=ELIN)


def private_toot(street: Remote) -> Json:
    text, alone = f"@{demo.X_HANDLE} {QUESTION}", {"visibility": "direct"}
    return street.write(network="mastodon", kind="status", text=text, author=ELIN, extra=alone)


KINDS: list[tuple[str, Callable[[Remote], Json]]] = [
    *(
        ("facebook", ask)
        for ask in (page_comment, visitors_post, tagged_post, recommendation, picture_alone, messenger)
    ),
    ("twitter", mention),
    ("twitter", direct_message),
    ("mastodon", toot),
    ("mastodon", private_toot),
]
PRIVATE = (messenger, direct_message, private_toot)


@pytest.mark.usefixtures("_rules")
class TestAnswer:
    @pytest.mark.parametrize(("key", "ask"), KINDS, ids=lambda value: getattr(value, "__name__", value))
    def test_what_is_asked_is_answered_beneath_it_once(
        self, street: Remote, anna: Person, key: str, ask: Callable[[Remote], Json]
    ) -> None:
        channel = Channel.objects.filter(network=key).first() or make.channel(key)
        asked = ask(street)
        pull(channel)
        thread = Thread.objects.get()
        assert (thread.state, str(thread.author)) == (ThreadState.OPEN, ELIN)
        assert thread.visibility == ("private" if ask in PRIVATE else "public")
        reply = answer(thread, anna)
        assert reply.state == ReplyState.SENT
        [told] = street.truth(asked["network"], via="api")
        assert told["id"] == reply.remote_id
        assert told["parent_id"] == (asked["id"] if asked["kind"] != "private" else None)
        assert make.FINE in told["text"]
        again(channel)
        thread.refresh_from_db()
        assert thread.state == ThreadState.WAITING
        assert [ours for ours, _ in texts(thread)] == [False, True]
        assert Message.objects.get(is_ours=True).reply == reply

    def test_private_words_stand_apart_where_the_account_has_a_channel_for_them(
        self, street: Remote, facebook: Channel
    ) -> None:
        private = make.channel("facebook", private=True)
        page_comment(street)
        messenger(street)
        pull(facebook)
        pull(private)
        assert [thread.channel for thread in Thread.objects.order_by("visibility")] == [private, facebook]

    def test_a_recommendation_without_a_word_still_says_whether_it_is_one(
        self, street: Remote, facebook: Channel, anna: Person
    ) -> None:
        given = {"network": "facebook", "kind": "rating", "author": ELIN}
        street.write(**given, extra={"recommendation_type": "negative"})
        pull(facebook)
        client = Client()
        client.force_login(anna)
        page = client.get(reverse("thread", args=[Thread.objects.get().pk])).content.decode()
        assert "does not recommend us" in page

    def test_a_token_without_the_right_to_messages_reads_all_the_rest(self, street: Remote, facebook: Channel) -> None:
        street.token(demo.PAGE_TOKEN, scopes=["pages_read_engagement", "pages_read_user_content"])
        page_comment(street)
        messenger(street)
        pull(facebook)
        assert Thread.objects.get().visibility == "public"

    def test_what_nobody_said_to_us_is_heard_where_we_listen(self, street: Remote, twitter: Channel) -> None:
        Channel.objects.update(searches="nordnett OR nordnet\n\nfiberkollen")
        twitter.refresh_from_db()
        street.write(network="x", kind="tweet", text="Nordnett är nere igen", author=ELIN)
        street.write(network="x", kind="tweet", text="Något annat", author=ELIN)
        pull(twitter)
        assert Message.objects.get().text == "Nordnett är nere igen"


def again(channel: Channel) -> None:
    """As if the time had passed after which direct messages may be asked for again."""
    for stream in channel.streams.filter(key="messages"):
        channel.streams.filter(pk=stream.pk).update(complete_up_to_at=stream.complete_up_to_at - timedelta(minutes=2))
    pull(channel)


class TestConnect:
    """Where nobody signs in: by what a person can type."""

    @pytest.mark.parametrize(
        ("key", "typed", "account_id"),
        [
            ("feed", {"account": make.ACCOUNTS["feed"]}, make.ACCOUNTS["feed"]),
            (
                "mastodon",
                {"account": make.ACCOUNTS["mastodon"], "access_token": demo.MASTODON_TOKEN},
                make.ACCOUNTS["mastodon"],
            ),
        ],
    )
    def test_an_address_or_a_token_is_tried_at_once(
        self, street: Remote, ada: Person, key: str, typed: Json, account_id: str
    ) -> None:
        client = Client()
        client.force_login(ada)
        address = reverse("channel_connect", args=[key])
        assert 'name="account"' in client.get(address).content.decode()
        assert client.post(address, typed).status_code == 302
        channel = Channel.objects.get()
        assert (channel.network, channel.account_id) == (key, account_id)
        pull(channel)

    def test_what_is_no_feed_is_not_connected(self, street: Remote, ada: Person) -> None:
        client = Client()
        client.force_login(ada)
        answer = client.post(
            reverse("channel_connect", args=["feed"]), {"account": "https://blog.nordnett.example/healthz"}
        )
        assert (answer.status_code, Channel.objects.count()) == (422, 0)


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

    def test_our_own_entry_is_context_and_each_comment_begins_a_thread(self, blog: Channel) -> None:
        self.comment("Oskar", "Kan man få den på papper?")
        pull(blog)
        assert sorted(texts(thread) for thread in Thread.objects.open()) == [
            [(False, QUESTION)],
            [(False, "Kan man få den på papper?")],
        ]
        assert {str(thread.page_post)[:23] for thread in Thread.objects.all()} == {"Så läser du din faktura"}

    def test_somebody_else_s_entry_is_one_thread_with_its_comments(self, blog: Channel) -> None:
        self.entry = self.street.write(network="blog", kind="entry", author="Grannen", text="Om Nordnett\nTrögt.")
        self.comment("Oskar", "Samma här!")
        pull(blog)
        assert texts(Thread.objects.get(page_post=None)) == [(False, "Om Nordnett\n\nTrögt."), (False, "Samma här!")]

    def test_an_unchanged_feed_costs_no_reading(self, blog: Channel) -> None:
        pull(blog)
        pull(blog)
        statuses = {row["status"] for row in self.street.calls()["latest"] if row["path"] == "/blog/feed.xml"}
        assert statuses == {200, 304}
        assert Message.objects.count() == 1

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
        assert [ours for ours, _ in texts(reply.thread)] == [False, True]

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
        assert texts(Thread.objects.last()) == [(False, "Samma här!")]

    def test_it_can_be_taken_back_until_it_is_written(self, blog: Channel, anna: Person) -> None:
        reply = self.let_go(blog, anna)
        assert reply.undo(by=anna)
        assert not reply.written_there(by=anna)
        assert reply.state == ReplyState.DRAFT
