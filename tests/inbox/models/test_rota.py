"""Older posts and adverts: what is written there comes in by the rota, within the budget, on the real sandbox."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import F

from connectors.base import PostContext
from connectors.sandbox import demo
from connectors.sandbox.graph.server import CALLS_AN_HOUR
from connectors.sandbox.remote import Remote
from connectors.twitter import id_at
from inbox import tasks
from inbox.clock import read_clock
from inbox.models import Audit, Channel, Gap, Message, RawEvent, Round, Spend, Stream, Wall
from inbox.models.intake import keep_posts
from inbox.models.rota import keep_turns
from tests import make

DAY = 86400.0
Json = dict[str, Any]


def post(street: Remote, days: float, **extra: object) -> Json:
    """One of the page's own, so many days old."""
    return street.write(
        network="facebook", kind="post", author_id=demo.PAGE_ID, wall_id=demo.PAGE_ID, text="Nå bygger vi ut",
        created_at=street.now() - days * DAY, extra=extra,
    )  # fmt: skip


def comment(street: Remote, under: Json, text: str = "Når kommer dere til oss?") -> str:
    said = {"network": "facebook", "kind": "comment", "author": "Kari Nordmann", "text": text}
    return str(street.write(**said, parent_id=under["id"])["id"])


def know(channel: Channel, *posts: Json) -> None:
    """Polling has seen these when they were young."""
    shown = [PostContext(one["id"], created_at=make.after(-DAY * 40)) for one in posts]
    keep_posts(channel, shown)
    keep_turns(channel, shown)
    Stream.objects.filter(post_at__isnull=False).update(heard_at=make.after(-DAY * 20))


def pull(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(next_poll_at=read_clock(), pull_until=None)
    tasks.pull(channel.pk)


def tell(comment_id: str, post_id: str) -> None:
    """Facebook's notification of a comment, and a worker that reads it."""
    value = {"field": "feed", "value": {
        "item": "comment", "verb": "add", "comment_id": comment_id, "post_id": post_id, "parent_id": post_id,
        "message": "Hei", "created_time": int(make.after(0).timestamp()), "from": {"id": "77", "name": "Ole"},
    }}  # fmt: skip
    body = {
        "object": "page",
        "entry": [{"id": demo.PAGE_ID, "time": int(make.after(0).timestamp()), "changes": [value]}],
    }
    event = RawEvent.keep("facebook", None, json.dumps(body).encode())
    tasks.hear(event)


def stored(remote_id: str) -> bool:
    return Message.objects.filter(remote_id=remote_id).exists()


def later(hours: float) -> None:
    """So many hours pass for the rota."""
    Round.objects.update(began_at=F("began_at") - timedelta(hours=hours))
    Stream.objects.update(read_at=F("read_at") - timedelta(hours=hours))


class TestWhatItFinds:
    def test_a_comment_under_an_older_post_whose_notification_was_lost(self, facebook: Channel, street: Remote) -> None:
        old = post(street, 40)
        know(facebook, old)
        written = comment(street, old)
        pull(facebook)
        assert stored(written)
        assert Message.objects.get(remote_id=written).thread.page_post == facebook.page_posts.get(remote_id=old["id"])

    def test_without_the_rota_it_is_never_read(self, facebook: Channel, street: Remote, settings: LazySettings) -> None:
        settings.SAMTAL_OLDER_A_PULL = 0
        old = post(street, 40)
        know(facebook, old)
        written = comment(street, old)
        pull(facebook)
        assert not stored(written)

    def test_an_advert_that_one_notification_has_named_is_read_from_then_on(
        self, facebook: Channel, street: Remote
    ) -> None:
        advert = post(street, 2, published=False)
        pull(facebook)
        assert not Stream.objects.filter(key=f"comments/{advert['id']}").exists()
        tell(comment(street, advert), advert["id"])
        lost = comment(street, advert, "Hallo?")
        pull(facebook)
        assert stored(lost)
        assert facebook.page_posts.get(remote_id=advert["id"]).text == "Nå bygger vi ut"

    def test_a_young_post_that_polling_reads_has_no_turn(self, facebook: Channel, street: Remote) -> None:
        comment(street, post(street, 2))
        pull(facebook)
        assert Stream.objects.filter(post_at__isnull=False).exists()
        assert not Stream.objects.older().exists()

    def test_a_conversation_on_x_that_we_took_part_in_ten_days_ago(self, twitter: Channel, street: Remote) -> None:
        then = street.now() - 10 * DAY
        asked = street.write(network="x", kind="tweet", author="Kari Nordmann", text="Noen som vet?", created_at=then)
        street.write(
            network="x", kind="tweet", author_id=demo.X_USER_ID, text="Ja.", parent_id=asked["id"], created_at=then + 60
        )
        pull(twitter)
        heard = street.write(
            network="x", kind="tweet", author="Ole Håkonsen", text="Nei?", parent_id=asked["id"], extra={"prefix": 0}
        )
        later(25)
        pull(twitter)
        assert stored(heard["id"])

    @pytest.mark.parametrize(("days", "gaps"), [(10, 1), (6, 0)])
    def test_a_conversation_on_x_unread_for_longer_than_the_search_shows_leaves_a_gap(
        self, days: int, gaps: int, twitter: Channel, street: Remote
    ) -> None:
        """And several leave one, which spans what is missing of any of them."""
        known = [make.after(-days * DAY + number * 3600) for number in (1, 0, 2)]
        for number, at in enumerate(known):
            conversation = str(id_at(make.after(-20 * DAY)) + number)
            mark = {"complete_up_to_at": at, "complete_up_to_id": conversation, "read_at": at}
            Stream.objects.create(
                channel=twitter, key=f"conversation/{conversation}", heard_at=at, **mark,
                post_at=make.after(-20 * DAY), polled_until=make.after(-19 * DAY),
            )  # fmt: skip
        pull(twitter)
        assert not twitter.streams.filter(post_at__isnull=False, read_at__lt=make.after(-DAY)).exists()
        found = [(gap.stream, gap.from_at, gap.wall) for gap in Gap.objects.all()]
        assert found == [("conversation", known[1], Wall.AGE)] * gaps
        assert all(abs((gap.to_at - make.after(-7 * DAY)).total_seconds()) < 600 for gap in Gap.objects.all())
        later(25)
        pull(twitter)
        assert Audit.objects.filter(verb="gap_found").count() == gaps


class TestRounds:
    def test_the_longest_unread_comes_first_and_each_once(
        self, facebook: Channel, street: Remote, settings: LazySettings
    ) -> None:
        settings.SAMTAL_OLDER_A_PULL = 1
        posts = [post(street, 40 + number) for number in range(3)]
        know(facebook, *posts)
        keys = [f"comments/{one['id']}" for one in posts]
        for key, hours in zip(keys, (30, 50, 40), strict=True):
            Stream.objects.filter(key=key).update(read_at=make.after(-3600 * hours))
        read: list[str] = []
        for _ in keys:
            before = dict(Stream.objects.values_list("key", "read_at"))
            pull(facebook)
            read += [
                key for key, at in Stream.objects.values_list("key", "read_at") if key in keys and before[key] != at
            ]
        assert read == [keys[1], keys[2], keys[0]]

    def test_a_round_is_on_the_record_and_the_next_begins_a_day_after(self, facebook: Channel, street: Remote) -> None:
        old = post(street, 40)
        know(facebook, old)
        comment(street, old)
        pull(facebook)
        [ended] = Audit.objects.filter(verb="round_ended")
        assert ended.data == {"posts": 1, "found": 1}
        late = comment(street, old, "Fortsatt ingen?")
        pull(facebook)
        assert not stored(late)
        later(25)
        pull(facebook)
        assert stored(late)
        assert Round.objects.count() == 2

    def test_where_nothing_is_older_no_round_begins(self, facebook: Channel, street: Remote) -> None:
        pull(facebook)
        assert not Round.objects.exists()

    @pytest.mark.parametrize("trouble", [{"kind": "graph_error", "code": 100}, {"kind": "body", "status": 200}])
    def test_one_that_cannot_be_read_holds_up_none_behind_it(
        self, trouble: Json, facebook: Channel, street: Remote
    ) -> None:
        bad, good = post(street, 41), post(street, 40)
        know(facebook, bad, good)
        street.fault(**trouble, path=f"{bad['id']}/comments")
        written = comment(street, good)
        pull(facebook)
        assert stored(written)
        facebook.refresh_from_db()
        assert facebook.last_error == ""

    def test_what_is_gone_leaves(self, facebook: Channel, street: Remote) -> None:
        old = post(street, 40)
        know(facebook, old)
        street.delete(old)
        pull(facebook)
        assert not Stream.objects.older().exists()

    def test_what_has_been_quiet_for_a_season_leaves_and_one_word_brings_it_back(
        self, facebook: Channel, street: Remote
    ) -> None:
        old = post(street, 200)
        know(facebook, old)
        Stream.objects.update(heard_at=make.after(-DAY * 91))
        assert not Stream.objects.older().exists()
        tell(comment(street, old), old["id"])
        assert Stream.objects.older().get().key == f"comments/{old['id']}"


class TestBudget:
    @pytest.mark.parametrize(("calls_an_hour", "reads"), [(1000, 3), (8, 1), (5, 0)])
    def test_polling_and_sending_come_first(
        self, calls_an_hour: int, reads: int, facebook: Channel, street: Remote
    ) -> None:
        """Polling makes four calls; of the last budget that leaves the share that is kept for sending."""
        know(facebook, *[post(street, 40) for _ in range(3)])
        street.turn(rate_scale=calls_an_hour / CALLS_AN_HOUR)
        pull(facebook)
        assert Stream.objects.older().filter(read_at__isnull=False).count() == reads

    def test_where_the_months_money_runs_ahead_nothing_older_is_read(self, twitter: Channel, street: Remote) -> None:
        keep_turns(twitter, [PostContext("1500000000000000000", created_at=make.after(0))])
        Stream.objects.update(heard_at=make.after(-DAY))
        Channel.objects.update(monthly_cap=1)
        Spend.objects.create(channel=twitter, day=read_clock().date(), kind="owned", units=990)
        pull(twitter)
        assert not Stream.objects.older().filter(read_at__isnull=False).exists()
