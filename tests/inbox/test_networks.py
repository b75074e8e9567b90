"""From a customer's word on each network to the answer beneath it: through intake, desk, gate and worker, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.urls import reverse

from connectors.base import Account
from connectors.login import Grant
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.sandbox.webhooks import instagram as sender
from inbox import tasks
from inbox.clock import moment
from inbox.models import Audit, Channel, FollowUp, Message, Person, Quarantined, RawEvent, Reply, Stopped, Thread
from inbox.models.replay import replay
from inbox.states import ReplyState, Settled, ThreadState, Waits
from tests import make
from tests.inbox.browsing import words

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


def media_comment(street: Remote) -> Json:
    media = [one for one in street.truth("instagram") if one["kind"] == "media"][-1]
    return street.write(network="instagram", kind="comment", parent_id=media["id"], text=QUESTION, author=ELIN)


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
    ("instagram", media_comment),
    ("twitter", mention),
    ("twitter", direct_message),
    ("mastodon", toot),
    ("mastodon", private_toot),
]
PRIVATE = (messenger, direct_message, private_toot)


def shown_as(street: Remote, key: str) -> str:
    """The name that the desk shows; Instagram tells no more than that of the account."""
    known = (one["handle"] for one in street.people("instagram") if one["name"] == ELIN)
    return f"@{next(known)}" if key == "instagram" else ELIN


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
        assert (thread.state, str(thread.author)) == (ThreadState.OPEN, shown_as(street, key))
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

    def test_what_a_token_of_unknown_rights_may_not_read_is_named_until_it_may(
        self, street: Remote, facebook: Channel, twitter: Channel, ada: Person, client: Client
    ) -> None:
        def page() -> str:
            return words(client.get(reverse("channels")))

        client.force_login(ada)
        street.token(demo.PAGE_TOKEN, scopes=["pages_read_engagement", "pages_read_user_content"])
        street.token(demo.X_ACCESS_TOKEN, scopes=["tweet.read", "users.read"])
        pull(facebook)
        pull(twitter)
        assert page().count("The network does not let us read: private messages.") == 2
        street.token(demo.PAGE_TOKEN, scopes=[])
        pull(facebook)
        assert page().count("The network does not let us read: private messages.") == 1

    @pytest.mark.parametrize("on", ["facebook", "instagram"])
    def test_a_page_is_subscribed_once_a_token(self, on: str, street: Remote, ada: Person) -> None:
        channel, told = make.channel(on), "POST /me/subscribed_apps"
        pull(channel)
        pull(channel)
        assert street.count(told) == 1
        again = Channel.open(on, Account(channel.account_id, "Nordnett"), Grant(channel.secrets), by=ada)
        pull(again)
        assert street.count(told) == 2

    def test_without_the_right_to_messages_it_is_subscribed_to_the_rest(
        self, street: Remote, facebook: Channel
    ) -> None:
        rights = ["pages_read_engagement", "pages_read_user_content", "pages_manage_metadata"]
        street.token(demo.PAGE_TOKEN, scopes=rights)
        pull(facebook)
        assert facebook.subscribed_with == facebook.token_version
        query = {"access_token": demo.PAGE_TOKEN}
        [app] = requests.get(f"{street.base}/me/subscribed_apps", query, timeout=10).json()["data"]
        assert app["subscribed_fields"] == ["feed", "mention"]

    def test_a_network_that_is_away_is_asked_again_and_one_that_refuses_is_not(
        self, street: Remote, facebook: Channel
    ) -> None:
        street.fault("status", path="subscribed_apps", status=503, count=1)
        pull(facebook)
        assert facebook.subscribed_with is None
        street.fault("graph_error", path="subscribed_apps", code=200, count=2)
        for _ in range(2):
            pull(facebook)
            assert facebook.subscribed_with == facebook.token_version
        assert street.count("POST /me/subscribed_apps") == 3

    def test_what_nobody_said_to_us_is_heard_where_we_listen(self, street: Remote, twitter: Channel) -> None:
        Channel.objects.update(searches="nordnett OR nordnet\n\nfiberkollen")
        twitter.refresh_from_db()
        street.write(network="x", kind="tweet", text="Nordnett är nere igen", author=ELIN)
        street.write(network="x", kind="tweet", text="Något annat", author=ELIN)
        pull(twitter)
        assert Message.objects.get().text == "Nordnett är nere igen"


@pytest.mark.usefixtures("_rules")
class TestMention:
    """On Instagram a notification names a mention, and nothing else shows it: it is looked up, then answered."""

    @pytest.fixture
    def instagram(self, street: Remote) -> Channel:
        return make.channel("instagram")

    def tell(self, street: Remote, said: Json, post: Json | None = None) -> None:
        """The notification of what somebody has said."""
        value = {"media_id": post["id"], "comment_id": said["id"]} if post else {"media_id": said["id"]}
        change = {"id": demo.INSTAGRAM_USER_ID, "time": int(said["created_at"]), "changes": [
            {"field": "mentions", "value": value}]}  # fmt: skip
        channel = Channel.objects.get(network="instagram")
        RawEvent.keep("instagram", channel.pk, sender.body([change]))

    def caption(self, street: Remote) -> Json:
        return street.write(network="instagram", kind="media", text=f"@{demo.X_HANDLE} {QUESTION}", author=ELIN)

    def test_a_caption_that_names_us_is_answered_beneath_it(
        self, street: Remote, instagram: Channel, anna: Person
    ) -> None:
        said = self.caption(street)
        self.tell(street, said)
        tasks.hear(0)
        thread = Thread.objects.get()
        assert (thread.messages.get().kind, str(thread.author)) == ("mention", shown_as(street, "instagram"))
        assert QUESTION in thread.messages.get().text
        assert answer(thread, anna).state == ReplyState.SENT
        [told] = street.truth("instagram", via="api")
        assert (told["parent_id"], make.FINE in told["text"]) == (said["id"], True)
        Message.objects.update(look_at=moment())
        pull(instagram)
        assert texts(thread)[0] == (False, f"{demo.X_HANDLE} {QUESTION}")
        assert not Message.objects.filter(removed_at__isnull=False).exists()

    def test_a_comment_that_names_us_is_answered_and_a_lost_answer_found(
        self, street: Remote, instagram: Channel, anna: Person
    ) -> None:
        post = street.write(network="instagram", kind="media", text="Hemma", author=ELIN)
        text = f"@{demo.X_HANDLE} {QUESTION}"
        said = street.write(network="instagram", kind="comment", parent_id=post["id"], text=text, author="Bo Ek")
        self.tell(street, said, post)
        tasks.hear(0)
        street.fault("reset", network="instagram", method="POST", path="/mentions$", effect=True, count=1)
        reply = answer(Thread.objects.get(), anna)
        assert reply.state == ReplyState.SENDING
        found = instagram.connect().read_back(reply.as_outgoing(), since=make.after(-60))
        [told] = street.truth("instagram", via="api")
        assert [(one.remote_id, one.author and one.author.remote_id) for one in found.own] == [
            (told["id"], demo.INSTAGRAM_USER_ID)
        ]
        assert told["parent_id"] == said["id"]

    def test_one_that_may_not_be_seen_any_more_holds_up_no_other(self, street: Remote, instagram: Channel) -> None:
        for text in ("Ett", "Två"):
            post = street.write(network="instagram", kind="media", text=f"@{demo.X_HANDLE} {text}", author=ELIN)
            self.tell(street, post)
        tasks.hear(0)
        first, second = (f"{message.remote_id}" for message in Message.objects.order_by("pk"))
        street.fault("graph_error", network="instagram", code=10, count=1)
        look = instagram.connect().look([first, second])
        assert ([one.remote_id for one in look.found], list(look.refused), look.gone) == ([second], [first], ())

    def test_a_network_that_is_away_is_asked_again(self, street: Remote, instagram: Channel) -> None:
        self.tell(street, self.caption(street))
        street.fault("status", network="instagram", status=503)
        tasks.hear(0)
        assert not Message.objects.exists()
        waiting = RawEvent.objects.get()
        assert (waiting.read_at, waiting.tries, waiting.not_before > waiting.received_at) == (None, 0, True)
        street.clear_faults()
        RawEvent.objects.update(not_before=moment())
        tasks.hear(0)
        assert Message.objects.get().text.endswith(QUESTION)
        assert RawEvent.objects.get().read_at is not None

    def test_what_is_refused_for_good_is_put_aside_and_asked_for_when_somebody_says_so(
        self, street: Remote, instagram: Channel, lea: Person
    ) -> None:
        self.tell(street, self.caption(street))
        street.token(demo.PAGE_TOKEN, state="missing_permission")
        tasks.hear(0)
        kept = Quarantined.objects.get()
        assert (kept.channel, "permission" in kept.reason) == (instagram, True)
        assert not RawEvent.objects.unread().exists()
        street.token(demo.PAGE_TOKEN, state="valid")
        assert replay(kept, by=lea)
        tasks.hear(0)
        assert Message.objects.get().text.endswith(QUESTION)

    def test_what_nobody_answers_for_a_day_is_put_aside(self, street: Remote, instagram: Channel) -> None:
        self.tell(street, self.caption(street))
        RawEvent.objects.update(received_at=make.after(-86_401))
        street.fault("status", network="instagram", status=503)
        tasks.hear(0)
        assert Quarantined.objects.get().channel == instagram

    def test_what_was_taken_back_before_it_was_asked_for_leaves_nothing(
        self, street: Remote, instagram: Channel
    ) -> None:
        said = self.caption(street)
        self.tell(street, said)
        street.delete(said)
        tasks.hear(0)
        assert not Message.objects.exists()
        assert RawEvent.objects.get().read_at is not None


class TestAdvert:
    """Comments on adverts are notified, and the advert itself is not shown."""

    def test_a_comment_under_what_the_network_will_not_show_comes_in(self, street: Remote, db: None) -> None:
        instagram = make.channel("instagram")
        for number in (1, 2):
            value = {"id": f"1790000000000077{number}", "text": QUESTION, "from": {"id": "9"}, "media": {"id": "999"}}
            change = {"id": demo.INSTAGRAM_USER_ID, "time": 1_795_161_600, "changes": [
                {"field": "comments", "value": value}]}  # fmt: skip
            RawEvent.keep("instagram", instagram.pk, sender.body([change]))
            tasks.hear(0)
        assert Message.objects.filter(removed_at=None).count() == 2


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
        assert "Give the address of the feed itself" in answer.content.decode()


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
