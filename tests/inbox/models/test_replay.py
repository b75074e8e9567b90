"""What could not be read is read again: one piece or all, by a lead or a command."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from connectors.base import Malformed
from connectors.sandbox import demo
from inbox.models import Audit, Channel, Message, PagePost, Person, Quarantined
from inbox.models.hearing import WEBHOOK
from inbox.models.intake import quarantine
from inbox.models.replay import replay, replay_all
from tests import make
from tests.inbox.browsing import client, words

AT = 1795161600
COMMENT = {"id": "70_1", "message": "Hej", "created_time": "2026-11-20T08:00:00+0000", "from": {"id": "9", "name": "E"}}
ODD = {**COMMENT, "id": "no id at all!"}
TWEET = {"id": "2000000000000000900", "text": "@nordnett hej", "author_id": "9"}


def piece(**more: Any) -> dict[str, Any]:
    value = {"item": "comment", "verb": "add", "comment_id": "70_2", "post_id": "5_70", "message": "Hej",
             "created_time": AT, **more}  # fmt: skip
    return {"id": demo.PAGE_ID, "time": AT, "changes": {"field": "feed", "value": value}}


def kept(channel: Channel, stream: str, raw: object) -> Quarantined:
    quarantine(channel, stream, [Malformed(raw, "odd")])
    row: Quarantined = Quarantined.objects.latest("pk")
    return row


@pytest.mark.parametrize(
    ("stream", "raw"),
    [
        ("comments/5_70", COMMENT),
        ("visitor/5_70", COMMENT),
        (WEBHOOK, piece()),
        (WEBHOOK, {"object": "page", "entry": [{**piece(), "changes": [piece()["changes"]]}]}),
        (WEBHOOK, {"body": json.dumps({"object": "page", "entry": [piece()]})}),
    ],
)
def test_what_can_be_read_now_comes_in(stream: str, raw: object, facebook: Channel, lea: Person) -> None:
    row = kept(facebook, stream, raw)
    assert replay(row, by=lea)
    assert Message.objects.get().text == "Hej"
    row.refresh_from_db()
    assert row.replayed_at is not None
    assert Audit.objects.filter(verb="quarantine_replayed", by=lea).count() == 1
    assert not replay(row, by=lea), "once is enough"


def test_a_page_of_the_feed_brings_our_own_posts_too(facebook: Channel) -> None:
    ours = {**COMMENT, "id": f"{demo.PAGE_ID}_70", "from": {"id": demo.PAGE_ID, "name": "Nordnett"}}
    assert replay(kept(facebook, "feed", ours), by=None)
    assert (PagePost.objects.count(), Message.objects.count()) == (1, 0)


def private_piece() -> dict[str, Any]:
    said = {"sender": {"id": "9"}, "recipient": {"id": demo.PAGE_ID}, "timestamp": AT * 1000}
    return {"id": demo.PAGE_ID, "time": AT, "messaging": [{**said, "message": {"mid": "m_1", "text": "Hej"}}]}


def test_what_was_said_in_private_comes_into_the_private_channel(facebook: Channel, lea: Person) -> None:
    private = make.channel("facebook", private=True)
    assert replay(kept(facebook, WEBHOOK, {"object": "page", "entry": [private_piece()]}), by=lea)
    assert Message.objects.get().thread.channel == private


def test_nothing_comes_into_a_channel_that_is_off_but_what_was_its_own(
    facebook: Channel, lea: Person, ada: Person
) -> None:
    private = make.channel("facebook", private=True)
    private.disconnect(by=ada)
    row = kept(facebook, WEBHOOK, {"object": "page", "entry": [private_piece()]})
    facebook.disconnect(by=ada)
    assert replay(row, by=lea)
    assert Message.objects.get().thread.channel == facebook


def test_a_post_of_x_comes_in_without_the_name_of_its_author(twitter: Channel) -> None:
    assert replay(kept(twitter, "mentions", TWEET), by=None)
    assert Message.objects.get().text == "@nordnett hej"


@pytest.mark.parametrize(("stream", "raw"), [("comments/5_70", ODD), (WEBHOOK, {"body": "no"}), ("unheard-of/1", {})])
def test_what_still_cannot_be_read_stays_with_the_reason(stream: str, raw: object, facebook: Channel) -> None:
    row = kept(facebook, stream, raw)
    assert not replay(row, by=None)
    row.refresh_from_db()
    assert (row.replayed_at, row.reason != "odd") == (None, True)
    assert not Audit.objects.filter(verb="quarantine_replayed").exists()


def test_an_entry_that_is_null_is_kept_like_every_other(facebook: Channel) -> None:
    row = kept(facebook, WEBHOOK, None)
    assert row.raw is None
    kept(facebook, WEBHOOK, None)
    assert Quarantined.objects.count() == 1
    assert not replay(row, by=None)


def test_all_of_a_channel_at_once_and_one_bad_piece_holds_up_nobody(facebook: Channel, lea: Person) -> None:
    kept(facebook, "comments/5_70", ODD)
    kept(facebook, "comments/5_70", COMMENT)
    assert replay_all(facebook, by=lea) == (1, 1)


def test_the_buttons_do_the_same(facebook: Channel, lea: Person) -> None:
    good, bad = kept(facebook, "comments/5_70", COMMENT), kept(facebook, "comments/5_70", ODD)
    browser = client(lea)
    assert "2 pieces could not be read" in words(browser.get(reverse("channels")))
    assert browser.post(reverse("quarantine_replay", args=[good.pk])).status_code == 302
    assert browser.post(reverse("quarantine_replay", args=[bad.pk])).status_code == 422
    assert "1 piece could not be read" in words(browser.get(reverse("channels")))
    answer = browser.post(reverse("quarantine_replay_all", args=[facebook.pk]), follow=True)
    assert "1 still cannot be read" in words(answer)


def test_the_command_does_the_same(facebook: Channel, twitter: Channel) -> None:
    kept(facebook, "comments/5_70", ODD)
    tweet = kept(twitter, "mentions", TWEET)
    told = StringIO()
    call_command("replay_quarantine", "--channel", str(facebook.pk), stdout=told)
    call_command("replay_quarantine", str(tweet.pk), stdout=told)
    call_command("replay_quarantine", stdout=told)
    assert told.getvalue().splitlines() == [
        "0 read, 1 still cannot be read.",
        "1 read, 0 still cannot be read.",
        "0 read, 1 still cannot be read.",
    ]
