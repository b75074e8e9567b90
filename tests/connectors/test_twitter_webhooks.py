from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import twitter_webhooks
from connectors.base import Change, ConnectorError, ErrorKind, Kind, Notification, Verb, Visibility
from connectors.sandbox.webhooks import x as sender
from connectors.twitter import Twitter, time_of

US, ELIN = "2244994945", "9001"
POST = "2000000000000000900"


def told(name: str, payload: Any, **more: Any) -> Notification:
    event = {"event_uuid": "1", "filter": {"user_id": US}, "event_type": name, "payload": payload, **more}
    return Twitter.parse_webhook(json.dumps({"data": event}).encode())


def post(**more: Any) -> dict[str, Any]:
    return {"id": POST, "text": "@nordnett Hej", "author_id": ELIN, "conversation_id": POST,
            "edit_history_tweet_ids": [POST], **more}  # fmt: skip


def only(notification: Notification) -> Change:
    assert (len(notification.changes), notification.malformed, notification.ignored) == (1, (), 0)
    return notification.changes[0]


def test_a_mention_comes_with_its_author() -> None:
    users = {"users": [{"id": ELIN, "name": "Elin", "username": "elin"}]}
    change = only(told("post.mention.create", post(), includes=users))
    assert (change.account_id, change.verb, change.remote_id) == (US, Verb.ADD, POST)
    assert change.message is not None
    assert (change.message.text, change.message.kind) == ("@nordnett Hej", Kind.MENTION)
    assert change.message.author is not None
    assert (change.message.author.name, change.message.author.handle) == ("Elin", "elin")


def test_an_edit_keeps_the_id_a_post_began_with() -> None:
    later = "2000000000000900000"
    change = only(told("post.mention.create", post(id=later, edit_history_tweet_ids=[POST, later])))
    assert (change.verb, change.remote_id, change.at) == (Verb.EDIT, POST, time_of(later))
    assert change.message is not None
    assert change.message.version_id == later


def test_our_own_post_is_context() -> None:
    change = only(told("post.create", post(author_id=US)))
    assert (change.message, change.post and change.post.remote_id) == (None, POST)


@pytest.mark.parametrize("name", ["referenced_tweets", "referenced_posts"])
def test_what_is_only_passed_on_is_left_alone(name: str) -> None:
    passed_on = post(text="RT @nordnett: Hej", **{name: [{"type": "retweeted", "id": "2000000000000000100"}]})
    notification = told("post.mention.create", passed_on)
    assert (notification.changes, notification.malformed, notification.ignored) == ((), (), 1)


def test_what_is_deleted_comes_without_content() -> None:
    change = only(told("post.delete", {"id": POST, "author_id": ELIN}))
    assert (change.verb, change.remote_id, change.message, change.post) == (Verb.REMOVE, POST, None, None)


@pytest.mark.parametrize(("name", "sender_id"), [("dm.received", ELIN), ("dm.sent", US)])
def test_a_private_message_goes_by_its_conversation(name: str, sender_id: str) -> None:
    payload = {"id": "77", "text": "Hej", "sender_id": sender_id, "dm_conversation_id": "1-2",
               "created_at": "2026-11-20T08:00:00.000Z"}  # fmt: skip
    message = only(told(name, payload)).message
    assert message is not None
    assert (message.visibility, message.root_remote_id) == (Visibility.PRIVATE, "1-2")
    assert (message.author and message.author.remote_id) == sender_id
    assert message.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", ["follow.create", "like.create", "", "post.unheard.of"])
def test_what_nobody_needs_is_counted_and_left_alone(name: str) -> None:
    notification = told(name, {})
    assert (notification.changes, notification.malformed, notification.ignored) == ((), (), 1)


def test_an_event_that_cannot_be_read_is_kept_whole() -> None:
    notification = told("post.mention.create", {"id": "no id at all!"})
    assert (notification.changes, len(notification.malformed)) == ((), 1)
    again = Twitter.parse_webhook(json.dumps(notification.malformed[0].raw).encode())
    assert again == notification


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data": 5}', b"\xff"])
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(ConnectorError) as raised:
        Twitter.parse_webhook(body)
    assert raised.value.kind == ErrorKind.MALFORMED


def test_the_signature_is_of_the_raw_body() -> None:
    body = sender.body([{"event_type": "x", "text": "å"}])
    headers = sender.headers(body, "secret")
    assert Twitter.signed(body, headers, "secret")
    assert not Twitter.signed(body + b" ", headers, "secret")
    assert not Twitter.signed(body, headers, "other")
    assert not Twitter.signed(body, {}, "secret")
    assert not Twitter.signed(body, {"x-twitter-webhooks-signature": twitter_webhooks.signature(body, "")}, "")


def test_x_is_answered_that_we_know_the_secret() -> None:
    answer = Twitter.handshake({"crc_token": "abc"}, secret="secret", token="")
    assert answer is not None
    assert json.loads(answer) == {"response_token": sender.signature(b"abc", "secret")}
    assert Twitter.handshake({}, secret="secret", token="") is None
    assert Twitter.handshake({"crc_token": "abc"}, secret="", token="") is None
