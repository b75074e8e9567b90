from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Attachment, Author, Change, ConnectorError, ErrorKind, Kind, Notification, Verb, Visibility
from connectors.facebook import Facebook
from connectors.sandbox.webhooks import facebook as sender

AT = 1795161600
MOMENT = datetime(2026, 11, 20, 8, tzinfo=UTC)
ELIN = {"id": "9001", "name": "Elin S"}


def told(*values: Any, field: str = "feed") -> Notification:
    changes = [{"field": field, "value": value} for value in values]
    return Facebook.parse_webhook(
        json.dumps({"object": "page", "entry": [{"id": "5", "time": AT, "changes": changes}]}).encode()
    )


def comment(**more: Any) -> dict[str, Any]:
    base = {"item": "comment", "verb": "add", "comment_id": "70_1", "post_id": "5_70", "parent_id": "5_70",
            "from": ELIN, "created_time": AT - 60, "message": "Hej"}  # fmt: skip
    return {**base, **more}


def only(notification: Notification) -> Change:
    assert (len(notification.changes), notification.malformed, notification.ignored) == (1, (), 0)
    return notification.changes[0]


def test_a_comment_comes_with_its_author_its_time_and_its_place() -> None:
    change = only(told(comment()))
    message = change.message
    assert (change.account_id, change.verb, change.remote_id, change.at) == ("5", Verb.ADD, "70_1", MOMENT)
    assert message is not None
    assert (message.author, message.text, message.kind) == (Author("9001", "Elin S"), "Hej", Kind.COMMENT)
    assert (message.root_remote_id, message.parent_remote_id, message.post_remote_id) == ("70_1", None, "5_70")
    assert (MOMENT - message.created_at).total_seconds() == 60


@pytest.mark.parametrize("parent", ["70_1", "5_71"])
def test_an_answer_names_the_comment_it_answers(parent: str) -> None:
    message = only(told(comment(comment_id="70_2", parent_id=parent))).message
    assert message is not None
    assert (message.parent_remote_id, message.root_remote_id) == (parent, parent)


@pytest.mark.parametrize("parent", ["5_70", "70", None])
def test_the_post_is_no_parent_however_it_is_written(parent: str | None) -> None:
    message = only(told(comment(parent_id=parent))).message
    assert message is not None
    assert (message.parent_remote_id, message.root_remote_id) == (None, "70_1")


@pytest.mark.parametrize(("verb", "expected"), [("edit", Verb.EDIT), ("edited", Verb.EDIT)])
def test_an_edit_comes_with_the_new_text(verb: str, expected: Verb) -> None:
    change = only(told(comment(verb=verb, message="Nytt")))
    assert (change.verb, change.message and change.message.text) == (expected, "Nytt")
    assert change.message is not None
    assert change.message.edited_at == MOMENT


@pytest.mark.parametrize("verb", ["remove", "hide", "unhide"])
def test_what_goes_comes_without_content(verb: str) -> None:
    value = comment(verb=verb)
    del value["message"], value["created_time"]
    change = only(told(value))
    assert (change.verb, change.remote_id, change.message) == (Verb(verb), "70_1", None)


@pytest.mark.parametrize("item", ["post", "status", "photo", "video", "share", "link", "album"])
def test_our_own_post_is_context_and_a_visitors_a_message(item: str) -> None:
    value = {"item": item, "verb": "add", "post_id": "5_80", "from": {"id": "5"}, "message": "Nyhet"}
    ours = only(told(value))
    assert (ours.message, ours.post and ours.post.text) == (None, "Nyhet")
    visitor = only(told({**value, "from": ELIN})).message
    assert visitor is not None
    assert (visitor.kind, visitor.root_remote_id, visitor.created_at) == (Kind.POST, "5_80", MOMENT)


def test_a_mention_is_one_whoever_wrote_it() -> None:
    message = only(
        told({"item": "post", "verb": "add", "post_id": "9_1", "message": "@Nordnett"}, field="mention")
    ).message
    assert message is not None
    assert (message.kind, message.author, message.root_remote_id) == (Kind.MENTION, None, "9_1")


def test_pictures_films_and_links_are_attachments() -> None:
    message = only(
        told(comment(photo="https://p/1", photos=["https://p/2", 5], video="https://v/1", link="https://l/1"))
    ).message
    assert message is not None
    assert message.attachments == (
        Attachment("photo", "https://p/1"),
        Attachment("photo", "https://p/2"),
        Attachment("video", "https://v/1"),
        Attachment("link", "https://l/1"),
    )


@pytest.mark.parametrize(
    "value",
    [
        {"item": "reaction", "verb": "add"},
        {"item": "like", "verb": "remove"},
        {"item": "comment", "verb": "mute"},
        {"item": "event", "verb": "add"},
        {"verb": "add"},
        {},
    ],
)
def test_likes_and_the_like_are_ignored(value: dict[str, str]) -> None:
    assert told(value) == Notification((), (), 1)


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    assert told({"a": 1}, field="parking").ignored == 1


def test_one_odd_piece_does_not_cost_the_others_and_can_be_replayed() -> None:
    notification = told(
        comment(), comment(comment_id=None), 5, comment(created_time="soon"), comment(comment_id="70_9")
    )
    assert [change.remote_id for change in notification.changes] == ["70_1", "70_9"]
    assert [bad.reason for bad in notification.malformed] == [
        "comment_id is no id", "value is not an object", "created_time is no time"
    ]  # fmt: skip
    assert isinstance(notification.malformed[0].raw, dict)
    assert notification.malformed[0].raw["id"] == "5"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"entry": 5}', b'{"entry": null}', b"<html>", b"[" * 9000])
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(ConnectorError) as caught:
        Facebook.parse_webhook(body)
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.MALFORMED, False)


# Private messages


def private(**more: Any) -> Notification:
    message = {"sender": {"id": 9001}, "recipient": {"id": 5}, "timestamp": AT * 1000 + 250, **more}
    body = {"object": "page", "entry": [{"id": 5, "time": AT * 1000, "messaging": [message]}]}
    return Facebook.parse_webhook(json.dumps(body).encode())


def test_a_private_message_is_in_the_persons_conversation() -> None:
    message = only(private(message={"mid": "m_1", "text": "Hej", "reply_to": {"mid": "m_0"}})).message
    assert message is not None
    assert (message.visibility, message.kind, message.author) == (Visibility.PRIVATE, Kind.PRIVATE, Author("9001"))
    assert (message.root_remote_id, message.parent_remote_id) == ("9001", "m_0")
    assert message.created_at == MOMENT.replace(microsecond=250_000)


def test_our_own_message_comes_back_as_ours_in_the_same_conversation() -> None:
    echo = private(sender={"id": 5}, recipient={"id": 9001}, message={"mid": "m_2", "text": "Svar", "is_echo": True})
    message = only(echo).message
    assert message is not None
    assert (message.author, message.root_remote_id) == (Author("5"), "9001")


def test_edits_and_deletions_of_private_messages_are_told() -> None:
    edit = only(private(message_edit={"mid": "m_1", "text": "Nytt", "num_edit": 1}))
    assert (edit.verb, edit.message and edit.message.text) == (Verb.EDIT, "Nytt")
    gone = only(private(message={"mid": "m_1", "is_deleted": True}))
    assert (gone.verb, gone.remote_id, gone.message) == (Verb.REMOVE, "m_1", None)


def test_pictures_and_stickers_come_as_attachments() -> None:
    attachments = [
        {"type": "image", "payload": {"url": "https://p/1"}},
        {"type": "image", "payload": {"url": "https://p/2", "sticker_id": 7}},
        {"type": "audio", "payload": {"url": "https://p/3"}},
    ]
    message = only(private(message={"mid": "m_1", "attachments": attachments})).message
    assert message is not None
    assert [(one.kind, one.url) for one in message.attachments] == [
        ("photo", "https://p/1"), ("sticker", "https://p/2"), ("file", "https://p/3")
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["delivery", "read", "reaction", "postback", "referral", "optin"])
def test_what_says_nothing_is_ignored(name: str) -> None:
    assert private(**{name: {"mid": "m_1"}}) == Notification((), (), 1)


def test_the_signature_is_of_the_raw_body() -> None:
    body = sender.body([{"id": "5", "message": "å / \U0001f600"}])
    headers = {name.lower(): value for name, value in sender.headers(body, "secret").items()}
    assert Facebook.signed(body, headers, "secret")
    assert not Facebook.signed(json.dumps(json.loads(body), ensure_ascii=False).encode(), headers, "secret")
    assert not Facebook.signed(body, headers, "other")
    assert not Facebook.signed(body, {}, "secret")
    assert not Facebook.signed(body, {"x-hub-signature": headers["x-hub-signature"]}, "secret")
    empty = {"x-hub-signature-256": "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()}
    assert not Facebook.signed(body, empty, "")


def test_the_challenge_is_given_back_to_who_knows_the_word() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"}
    assert Facebook.handshake(asked, secret="", token="word") == "1158201444"
    assert Facebook.handshake(asked, secret="", token="other") is None
    assert Facebook.handshake({**asked, "hub.verify_token": ""}, secret="", token="") is None
    assert Facebook.handshake({**asked, "hub.mode": "unsubscribe"}, secret="", token="word") is None


def test_a_piece_from_the_quarantine_stands_for_itself() -> None:
    odd = told(comment(created_time="never")).malformed[0].raw
    assert isinstance(odd, dict)
    odd["changes"]["value"]["created_time"] = AT
    change = only(Facebook.parse_webhook(json.dumps(odd).encode()))
    assert (change.account_id, change.remote_id) == ("5", "70_1")
