"""Answers of the real networks, recorded by others: what is in them comes out of the connectors, all of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from connectors import graph, twitter
from connectors.base import Author, Change, ConnectorError, ErrorKind, Notification, Outgoing, Page, Verb, Visibility
from connectors.facebook import Facebook
from connectors.http import Exchange, Redactor
from connectors.twitter import Twitter, time_of
from tests.connectors import stub
from tests.connectors.answers import answered, page_of
from tests.connectors.conftest import Recordings

NOTHING = Redactor([])


def headers(recorded: Any) -> dict[str, str]:
    return {name: values[0] for name, values in recorded["headers"].items() if name.startswith("x-rate")}


# Facebook


def test_recorded_comments_have_their_ids_from_their_addresses(recordings: Recordings) -> None:
    body = recordings.load("facebook/comments_p1.json")
    body["paging"].pop("next")
    page = page_of(Facebook, body, "19292868552", "comments/19292868552_10158407654328553")
    assert page.malformed == ()
    assert len(page.messages) == len(body["data"]) == 10
    for raw, message in zip(body["data"], page.messages, strict=True):
        own = raw["permalink_url"].replace("&", "?").split("comment_id=")[-1]
        assert message.remote_id == f"10158407654328553_{own}"
        assert message.text == raw["message"]
        assert message.created_at == datetime.strptime(raw["created_time"], "%Y-%m-%dT%H:%M:%S%z")
        assert message.permalink == raw["permalink_url"]
        assert message.author is None
    by_id = {message.remote_id: message for message in page.messages}
    for message in page.messages:
        reply = "reply_comment_id=" in message.permalink
        assert (message.parent_remote_id is not None) is reply
        assert message.root_remote_id == (message.parent_remote_id or message.remote_id)
        assert message.root_remote_id in by_id


def test_recorded_comments_lead_to_their_next_page(recordings: Recordings) -> None:
    body = recordings.load("facebook/comments_p1.json")
    page = page_of(Facebook, body, "19292868552", "comments/19292868552_10158407654328553")
    newest = max(message.created_at for message in page.messages)
    assert page.window.walk_to is not None
    assert page.window.walk_to.at < newest


def test_recorded_posts_of_both_pages_are_read(recordings: Recordings) -> None:
    for name in ("feed_fields_p1", "feed_fields_p2"):
        body = recordings.load(f"facebook/{name}.json")
        page = page_of(Facebook, body, "4", "feed")
        assert [(post.remote_id, post.text) for post in page.posts] == [
            (one["id"], one["message"]) for one in body["data"]
        ]
        assert [post.created_at for post in page.posts] == [
            datetime.strptime(one["created_time"], "%Y-%m-%dT%H:%M:%S%z") for one in body["data"]
        ]
        assert (page.window.walk_to is None) is ("next" not in body["paging"])


def test_a_recorded_new_comment_is_sent(recordings: Recordings) -> None:
    body = recordings.load("facebook/create_resp.json")
    with answered(Facebook, stub.jsonly(body), "245628824887810") as (connector, _):
        sent = connector.send(Outgoing("Hej", "245778718206154_1"))
    assert (sent.remote_id, sent.permalink) == (body["id"], body["permalink_url"])
    assert sent.at == datetime.strptime(body["created_time"], "%Y-%m-%dT%H:%M:%S%z")


def test_a_recorded_error_is_a_missing_permission(recordings: Recordings) -> None:
    body = recordings.body("facebook/error_data.json")
    with pytest.raises(ConnectorError) as caught:
        graph.judge(Exchange("GET", 400, {}, body), hide=NOTHING)
    assert (caught.value.kind, caught.value.permanent, caught.value.code) == (ErrorKind.PERMISSION, True, "100")
    assert "pages_read_engagement" in str(caught.value)


# Facebook's webhooks


def notification(recordings: Recordings, name: str) -> Notification:
    return Facebook.parse_webhook(recordings.body(f"facebook-webhooks/{name}.json"))


def change(recordings: Recordings, name: str) -> Change:
    found = notification(recordings, name)
    assert (len(found.changes), found.malformed, found.ignored) == (1, (), 0)
    return found.changes[0]


def value(recordings: Recordings, name: str) -> Any:
    """(entry, value of its only change) as recorded."""
    entry = recordings.load(f"facebook-webhooks/{name}.json")["entry"][0]
    return entry, entry["changes"][0]["value"]


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("name", "verb", "attachments"),
    [
        ("feed-comment-add-211", Verb.ADD, 0),
        ("feed-comment-add-with-photo", Verb.ADD, 1),
        ("feed-comment-edited-25", Verb.EDIT, 0),
        ("feed-comment-edited-with-video", Verb.EDIT, 1),
    ],
)
def test_recorded_comments_of_webhooks_come_whole(
    recordings: Recordings, name: str, verb: Verb, attachments: int
) -> None:
    entry, raw = value(recordings, name)
    found = change(recordings, name)
    message = found.message
    assert (found.account_id, found.verb, found.remote_id) == (entry["id"], verb, raw["comment_id"])
    assert message is not None
    person = raw.get("from") or {"id": raw["sender_id"], "name": raw["sender_name"]}
    assert message.author == Author(str(person["id"]), person["name"])
    assert (message.text, message.created_at) == (raw["message"], moment(raw["created_time"]))
    # It was recorded with the post as its parent, and a page's post is none.
    assert raw["parent_id"] == raw["post_id"] == message.post_remote_id
    assert (message.parent_remote_id, message.root_remote_id) == (None, raw["comment_id"])
    assert len(message.attachments) == attachments


def test_a_recorded_comment_put_under_another_has_that_one_as_its_parent(recordings: Recordings) -> None:
    """None was recorded; this one is made of a recorded one, as the documentation says."""
    body = recordings.load("facebook-webhooks/feed-comment-add-211.json")
    raw = body["entry"][0]["changes"][0]["value"]
    raw["parent_id"] = f"{raw['post_id'].split('_')[1]}_1"
    message = Facebook.parse_webhook(json.dumps(body).encode()).changes[0].message
    assert message is not None
    assert message.parent_remote_id == message.root_remote_id == raw["parent_id"]


def test_a_recorded_removal_names_what_is_gone(recordings: Recordings) -> None:
    entry, raw = value(recordings, "feed-comment-remove-25")
    found = change(recordings, "feed-comment-remove-25")
    assert (found.verb, found.remote_id, found.message) == (Verb.REMOVE, raw["comment_id"], None)
    assert found.at == moment(entry["time"])


@pytest.mark.parametrize(
    ("name", "verb"),
    [("feed-post-hide", Verb.HIDE), ("feed-post-unhide", Verb.UNHIDE), ("feed-status-unhide", Verb.UNHIDE)],
)
def test_recorded_hiding_names_what_is_hidden(recordings: Recordings, name: str, verb: Verb) -> None:
    entry, raw = value(recordings, name)
    found = change(recordings, name)
    assert (found.account_id, found.verb) == (entry["id"], verb)
    assert (found.remote_id, found.message) == (raw["post_id"], None)


def test_a_recorded_visitors_post_has_its_author_and_the_notifications_time(recordings: Recordings) -> None:
    entry, raw = value(recordings, "feed-post-add-25")
    message = change(recordings, "feed-post-add-25").message
    assert message is not None
    assert message.author == Author(raw["from"]["id"], raw["from"]["name"])
    assert (message.text, message.created_at) == (raw["message"], moment(entry["time"]))


@pytest.mark.parametrize(("name", "verb"), [("add", Verb.ADD), ("edited", Verb.EDIT)])
def test_our_own_recorded_posts_are_context(recordings: Recordings, name: str, verb: Verb) -> None:
    _, raw = value(recordings, f"feed-status-{name}-photos")
    found = change(recordings, f"feed-status-{name}-photos")
    assert (found.verb, found.message) == (verb, None)
    assert found.post is not None
    assert (found.post.remote_id, found.post.text) == (raw["post_id"], raw["message"])


def test_a_recorded_body_with_two_entries_is_read_to_its_end(recordings: Recordings) -> None:
    assert notification(recordings, "feed-two-entries-25") == Notification((), (), 2)


def test_a_recorded_mention_has_no_author(recordings: Recordings) -> None:
    _, raw = value(recordings, "mention-post-add-real")
    message = change(recordings, "mention-post-add-real").message
    assert message is not None
    assert (message.remote_id, message.author, message.text) == (raw["post_id"], None, raw["message"])
    assert message.created_at == moment(raw["created_time"])


def test_a_recorded_echo_is_ours(recordings: Recordings) -> None:
    entry = recordings.load("facebook-webhooks/messaging-message-basic-echo.json")["entry"][0]
    raw = entry["messaging"][0]
    message = change(recordings, "messaging-message-basic-echo").message
    assert message is not None
    assert (message.author, message.visibility) == (Author(str(entry["id"])), Visibility.PRIVATE)
    assert (message.text, message.remote_id) == (raw["message"]["text"], raw["message"]["mid"])
    assert message.root_remote_id == str(raw["sender"]["id"])


# X


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("test_client_get_users_mentions__00", "mentions"),
        ("test_client_get_users_tweets__00", "own"),
        ("test_client_search_recent_tweets__00", "conversation/1"),
    ],
)
def test_recorded_lists_come_whole_with_the_times_of_their_ids(recordings: Recordings, name: str, stream: str) -> None:
    recorded = recordings.load(f"x/{name}.json")
    body, page = recorded["json"], page_of(Twitter, recorded["json"], "783214", stream, **headers(recorded))
    assert page.malformed == ()
    assert [(message.remote_id, message.text) for message in page.messages] == [
        (raw["id"], raw["text"]) for raw in body["data"]
    ]
    for message in page.messages:
        assert (message.author, message.parent_remote_id) == (None, None)
        assert message.root_remote_id == message.remote_id
        assert message.created_at == time_of(message.remote_id)
    assert page.window.newest_seen is not None
    assert page.window.walk_to is not None
    assert (page.window.newest_seen.id, page.window.walk_to.id) == (
        body["meta"]["newest_id"],
        body["meta"]["oldest_id"],
    )
    assert page.calls_left == int(recorded["headers"]["x-rate-limit-remaining"][0])


def test_times_of_ids_are_the_times_that_recorded_texts_name(recordings: Recordings) -> None:
    """A robot had tweeted the time, to the microsecond."""
    body = recordings.load("x/test_client_search_recent_tweets__00.json")["json"]
    page: Page = page_of(Twitter, body, "783214", "conversation/1")
    for message in page.messages:
        named = datetime.strptime(message.text.removesuffix(" tweepy"), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        assert 0 <= (message.created_at - named).total_seconds() < 2


def test_the_recorded_account_is_read(recordings: Recordings) -> None:
    body = recordings.load("x/test_client_get_me__00.json")["json"]
    with answered(Twitter, stub.jsonly(body), "1") as (connector, _):
        account = connector.account()
    raw = body["data"]
    assert (account.remote_id, account.name, account.handle) == (raw["id"], raw["name"], raw["username"])


def test_a_recorded_new_post_is_sent_when_it_was(recordings: Recordings) -> None:
    recorded = recordings.load("x/test_client_create_and_delete_tweet__00.json")
    with answered(Twitter, stub.jsonly(recorded["json"], 201), "1") as (connector, _):
        sent = connector.send(Outgoing("Test", "1"))
    assert sent.remote_id == recorded["json"]["data"]["id"]
    answered_at = parsedate_to_datetime(recorded["headers"]["date"][0].replace("UTC", "GMT"))
    assert sent.at is not None
    assert abs((sent.at - answered_at).total_seconds()) < 2


@pytest.mark.parametrize("number", ["00", "03", "04"])
def test_other_recorded_answers_of_x_pass_as_they_are(recordings: Recordings, number: str) -> None:
    recorded = recordings.load(f"x/test_manage_and_lookup_direct_messages__{number}.json")
    passed = twitter.judge(Exchange("GET", 200, {}, json.dumps(recorded["json"]).encode()), hide=NOTHING)
    assert json.loads(passed) == recorded["json"]
