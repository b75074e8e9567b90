from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Author, Change, ConnectorError, ErrorKind, Kind, Notification, Verb, Visibility
from connectors.instagram import Instagram
from connectors.sandbox import demo
from connectors.sandbox.webhooks import instagram as sender

AT = 1795161600
MOMENT = datetime(2026, 11, 20, 8, tzinfo=UTC)
US = "17841400000000001"


def told(value: Any, field: str = "comments") -> Notification:
    changes = [{"field": field, "value": value}]
    return Instagram.parse_webhook(
        json.dumps({"object": "instagram", "entry": [{"id": US, "time": AT, "changes": changes}]}).encode()
    )


def comment(**more: Any) -> dict[str, Any]:
    base = {"id": "179", "text": "Hej", "from": {"id": "9001", "username": "elin.s"},
            "media": {"id": "180", "media_product_type": "FEED"}}  # fmt: skip
    return {**base, **more}


def only(notification: Notification) -> Change:
    assert (len(notification.changes), notification.malformed, notification.ignored) == (1, (), 0)
    return notification.changes[0]


def test_a_comment_comes_whole_and_at_the_time_of_its_notification() -> None:
    change = only(told(comment()))
    message = change.message
    assert (change.account_id, change.verb, change.remote_id, change.at) == (US, Verb.ADD, "179", MOMENT)
    assert message is not None
    assert message.author == Author("9001", handle="elin.s", url="https://www.instagram.com/elin.s/")
    assert (message.text, message.kind, message.visibility) == ("Hej", Kind.COMMENT, Visibility.PUBLIC)
    assert (message.root_remote_id, message.parent_remote_id, message.post_remote_id) == ("179", None, "180")
    assert (message.created_at, message.hidden) == (MOMENT, None)


def test_an_answer_names_the_comment_it_stands_under() -> None:
    message = only(told(comment(parent_id="178"))).message
    assert message is not None
    assert (message.root_remote_id, message.parent_remote_id) == ("178", "178")


@pytest.mark.parametrize("person", [{}, {"from": None}, {"from": {"self_ig_scoped_id": "5"}}])
def test_an_author_who_is_not_told_is_unknown(person: dict[str, Any]) -> None:
    value = {name: value for name, value in comment().items() if name != "from"}
    message = only(told({**value, **person})).message
    assert message is not None
    assert message.author is None


@pytest.mark.parametrize(
    ("value", "name"),
    [({"media_id": "181", "comment_id": "182"}, "181_182"), ({"media_id": "181"}, "181_0")],
)
def test_a_mention_is_no_more_than_named(value: dict[str, str], name: str) -> None:
    change = only(told(value, "mentions"))
    assert (change.remote_id, change.only_named, change.message) == (name, True, None)
    assert not only(told(comment())).only_named


@pytest.mark.parametrize("field", ["story_insights", "live_comments", "standby", None])
def test_other_fields_are_ignored(field: str) -> None:
    notification = told({"media_id": "181"}, field)
    assert (notification.changes, notification.malformed, notification.ignored) == ((), (), 1)


def test_private_messages_are_ignored() -> None:
    entry = {"id": US, "time": AT, "messaging": [{"sender": {"id": "9"}, "message": {"mid": "m", "text": "Hej"}}]}
    notification = Instagram.parse_webhook(json.dumps({"object": "instagram", "entry": [entry]}).encode())
    assert (notification.changes, notification.ignored) == ((), 1)


@pytest.mark.parametrize(
    ("value", "field"),
    [({}, "mentions"), ({"comment_id": "1"}, "mentions"), ({"media_id": "../me"}, "mentions"), ("Hej", "comments"),
     ({"media_id": "1", "comment_id": {"id": 1}}, "mentions"), ({"text": "Hej"}, "comments")],
)  # fmt: skip
def test_what_cannot_be_read_is_told_apart_and_read_again_by_itself(value: Any, field: str) -> None:
    notification = told(value, field)
    [bad] = notification.malformed
    assert notification.changes == ()
    [again] = Instagram.parse_webhook(json.dumps(bad.raw).encode()).malformed
    assert again == bad


def test_a_batch_is_read_piece_by_piece() -> None:
    entries = [
        {"id": US, "time": AT, "changes": [{"field": "comments", "value": comment(id=str(number))}]}
        for number in range(3)
    ]
    entries[1]["changes"].append({"field": "mentions", "value": {"media_id": "181"}})  # type: ignore[attr-defined]
    found = Instagram.parse_webhook(sender.body(entries))
    assert [change.remote_id for change in found.changes] == ["0", "1", "181_0", "2"]


def test_what_is_no_notification_is_malformed() -> None:
    with pytest.raises(ConnectorError, match="Instagram") as caught:
        Instagram.parse_webhook(b"[]")
    assert caught.value.kind is ErrorKind.MALFORMED


def test_only_what_our_app_has_signed_is_believed() -> None:
    body = sender.body([])
    headers = {name.lower(): value for name, value in sender.headers(body, demo.APP_SECRET).items()}
    assert Instagram.signed(body, headers, demo.APP_SECRET)
    assert not Instagram.signed(body + b" ", headers, demo.APP_SECRET)
    assert not Instagram.signed(body, headers, "another")
    assert not Instagram.signed(body, {}, demo.APP_SECRET)


def test_who_knows_the_word_gets_the_challenge_back() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"}
    assert Instagram.handshake(query, secret="", token="word") == "1158201444"
    assert Instagram.handshake(query, secret="", token="") is None
