"""Where the networks tell: what they have signed is kept once, and nothing else is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from connectors.base import Secret
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.sandbox.webhooks import facebook as facebook_sender
from connectors.sandbox.webhooks import instagram as instagram_sender
from connectors.sandbox.webhooks import x as x_sender
from inbox import tasks
from inbox.models import Channel, Message, Quarantined, RawEvent
from tests import make
from tests.browser import site
from tests.inbox.browsing import client

AT = 1795161600


def post(browser: Client, body: bytes, headers: dict[str, str], network: str = "facebook") -> int:
    answer = browser.post(reverse("webhook", args=[network]), body, "application/json", headers=headers)
    return answer.status_code


def comment(**more: Any) -> bytes:
    value = {"item": "comment", "verb": "add", "comment_id": "70_1", "post_id": f"{demo.PAGE_ID}_70",
             "from": {"id": "9001", "name": "Elin"}, "created_time": AT, "message": "Hej på er", **more}  # fmt: skip
    return facebook_sender.body([{"id": demo.PAGE_ID, "time": AT, "changes": [{"field": "feed", "value": value}]}])


def signed(body: bytes) -> dict[str, str]:
    return facebook_sender.headers(body, demo.APP_SECRET)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Nobody is woken, and no network can be asked."""
    monkeypatch.setattr(tasks, "wake", lambda task, pk: True)
    settings.SAMTAL_SANDBOX_URL = "http://127.0.0.1:9"


class TestVerification:
    def test_facebook_gets_its_challenge_back(self, facebook: Channel, settings: LazySettings) -> None:
        settings.SAMTAL_WEBHOOK_TOKEN = "word"
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"}
        answer = client().get(reverse("webhook", args=["facebook"]), query)
        assert (answer.status_code, answer.content) == (200, b"1158201444")

    @pytest.mark.parametrize("word", ["", "wrong"])
    def test_who_does_not_know_the_word_is_refused(self, word: str, facebook: Channel, settings: LazySettings) -> None:
        settings.SAMTAL_WEBHOOK_TOKEN = "word"
        query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": word}
        assert client().get(reverse("webhook", args=["facebook"]), query).status_code == 403

    def test_without_a_word_of_ours_nobody_knows_it(self, facebook: Channel) -> None:
        query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": ""}
        assert client().get(reverse("webhook", args=["facebook"]), query).status_code == 403

    def test_x_sees_that_we_know_the_secret(self, twitter: Channel) -> None:
        answer = client().get(reverse("webhook", args=["twitter"]), {"crc_token": "abc"})
        assert json.loads(answer.content) == {"response_token": x_sender.signature(b"abc", demo.X_CONSUMER_SECRET)}
        assert answer.headers["Content-Type"] == "application/json"

    def test_a_network_that_does_not_exist_is_nowhere(self, db: None) -> None:
        assert client().get(reverse("webhook", args=["myspace"])).status_code == 404


class TestTelling:
    def test_what_is_signed_is_kept_as_it_came_and_read_later(self, facebook: Channel) -> None:
        body = comment()
        assert post(client(csrf=True), body, signed(body)) == 200
        kept = RawEvent.objects.get()
        assert (bytes(kept.body), kept.channel_id, kept.read_at) == (body, facebook.pk, None)
        assert not Message.objects.exists()
        tasks.hear(kept.pk)
        assert Message.objects.get().text == "Hej på er"
        assert not RawEvent.objects.unread().exists()

    def test_the_same_again_is_answered_the_same_and_changes_nothing(self, facebook: Channel) -> None:
        body = comment()
        assert [post(client(), body, signed(body)) for _again in range(3)] == [200] * 3
        assert RawEvent.objects.count() == 1
        tasks.hear(0)
        assert post(client(), body, signed(body)) == 200
        assert (RawEvent.objects.count(), Message.objects.count()) == (1, 1)

    def test_instagram_tells_at_its_own_address_with_the_secret_of_the_same_app(
        self, db: None, settings: LazySettings
    ) -> None:
        make.channel("instagram", secrets={"access_token": Secret(demo.PAGE_TOKEN)})
        settings.SAMTAL_WEBHOOK_SECRETS = {"facebook": demo.APP_SECRET}
        value = {"id": "179", "text": "Hej på er", "from": {"id": "9", "username": "elin"}, "media": {"id": "180"}}
        told = {"id": demo.INSTAGRAM_USER_ID, "time": AT, "changes": [{"field": "comments", "value": value}]}
        body = instagram_sender.body([told, told])
        assert post(client(), body, instagram_sender.headers(body, "another-app"), "instagram") == 403
        assert post(client(csrf=True), body, instagram_sender.headers(body, demo.APP_SECRET), "instagram") == 200
        tasks.hear(0)
        message = Message.objects.get()
        assert (message.text, message.network, str(message.author)) == ("Hej på er", "instagram", "@elin")

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Hub-Signature-256": "sha256=" + "0" * 64},
            {"X-Hub-Signature-256": ""},
            {"X-Hub-Signature": facebook_sender.headers(comment(), demo.APP_SECRET)["X-Hub-Signature"]},
            facebook_sender.headers(comment(), "another-app"),
            facebook_sender.headers(comment(message="Hallå"), demo.APP_SECRET),
        ],
    )
    def test_what_is_not_signed_by_our_app_is_refused(self, headers: dict[str, str], facebook: Channel) -> None:
        assert post(client(), comment(), headers) == 403
        assert not RawEvent.objects.exists()

    @pytest.mark.parametrize("size", [1_000_001, 3_000_000])
    def test_more_than_a_megabyte_is_refused_signed_or_not(self, size: int, facebook: Channel) -> None:
        body = comment(message="a" * size)
        assert post(client(), body, signed(body)) == 413
        assert not RawEvent.objects.exists()

    @pytest.mark.parametrize("body", [b"not JSON", b"[1, 2]", b"{}", b'"words"', b"\xff\xfe"])
    def test_a_signed_body_that_cannot_be_read_is_quarantined_once(self, body: bytes, facebook: Channel) -> None:
        assert post(client(), body, signed(body)) == 200
        tasks.hear(0)
        tasks.hear(0)
        kept = Quarantined.objects.get()
        assert (kept.channel, kept.stream, bool(kept.reason)) == (facebook, "webhook", True)
        assert not RawEvent.objects.unread().exists()

    def test_one_bad_piece_does_not_cost_the_others(self, facebook: Channel) -> None:
        good, bad = json.loads(comment()), json.loads(comment(comment_id="70_2", created_time="never"))
        body = facebook_sender.body([*good["entry"], *bad["entry"]])
        assert post(client(), body, signed(body)) == 200
        tasks.hear(0)
        assert (Message.objects.count(), Quarantined.objects.count()) == (1, 1)

    def test_a_piece_that_ends_every_worker_is_put_aside_and_holds_up_nobody(
        self, facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = comment()
        post(client(), body, signed(body))
        for _death in range(10):
            RawEvent.objects.update(not_before="2026-01-01T00:00:00Z")
            RawEvent.take(10)
        RawEvent.objects.update(not_before="2026-01-01T00:00:00Z")
        tasks.hear(0)
        assert (Message.objects.count(), Quarantined.objects.count()) == (0, 1)

    def test_what_was_read_long_ago_is_forgotten(self, facebook: Channel) -> None:
        body = comment()
        post(client(), body, signed(body))
        tasks.hear(0)
        tasks.forget_events()
        assert RawEvent.objects.count() == 1
        RawEvent.objects.update(read_at="2026-01-01T00:00:00Z")
        tasks.forget_events()
        assert not RawEvent.objects.exists()

    def test_a_disconnected_channel_hears_nothing(self, facebook: Channel) -> None:
        Channel.objects.update(state="off")
        body = comment()
        assert post(client(), body, signed(body)) == 403


@pytest.fixture
def address(_alone: None, transactional_db: None, street: Remote) -> Iterator[str]:
    """Samtal as the sandbox reaches it."""
    with site.running() as base:
        try:
            yield base
        finally:
            street.unsubscribe()


@pytest.mark.django_db(transaction=True)
def test_the_sandbox_verifies_us_and_what_it_tells_is_answered_within_a_second(
    address: str, street: Remote, settings: LazySettings
) -> None:
    settings.SAMTAL_WEBHOOK_TOKEN = demo.VERIFY_TOKEN
    facebook, twitter = (Channel.objects.create(**fields) for fields in CHANNELS)
    for network, channel in (("facebook", facebook), ("x", twitter)):
        subscribed = street.subscribe(network, f"{address}/webhooks/{channel.network}/", batch=10, tries=1)
        assert subscribed["verified"], subscribed
    began = time.monotonic()
    for number in range(5):
        street.write(network="facebook", kind="post", author="Elin Sjöberg", text=f"Fråga {number}")
        street.write(network="x", kind="tweet", author="Elin Sjöberg", text=f"@{demo.X_HANDLE} fråga {number}")
    assert street.flush(20) == 0
    delivered = street.call("GET", "subscriptions")["subscriptions"]
    assert [line["deliveries"]["failed"] for line in delivered] == [0, 0]
    assert time.monotonic() - began < 20
    tasks.hear(0)
    assert sorted(Message.objects.values_list("network", flat=True)) == ["facebook"] * 5 + ["twitter"] * 5


def channel_fields(network: str, account_id: str, **secrets: str) -> dict[str, Any]:
    held = {name: Secret(value) for name, value in secrets.items()}
    return {"network": network, "name": network, "account_id": account_id, "sender": "Nordnett", "secrets": held}


CHANNELS = (
    channel_fields("facebook", demo.PAGE_ID, access_token=demo.PAGE_TOKEN, app_secret=demo.APP_SECRET),
    channel_fields("twitter", demo.X_USER_ID, oauth2_token=demo.X_TOKEN, consumer_secret=demo.X_CONSUMER_SECRET),
)
