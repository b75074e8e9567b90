"""Reading X through the unchanged tweepy."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
ME = int(demo.X_USER_ID)


def tweets(sandbox: Remote, count: int, author: str = "Ole Håkonsen", **more: Any) -> list[Json]:
    """Mentions a second apart, oldest first."""
    began = sandbox.now() - count
    row = {"network": "x", "kind": "tweet", "author": author, **more}
    return sandbox.write_many(
        {**row, "text": f"@nordnett nr {number}", "created_at": began + number} for number in range(count)
    )


def ids(response: Any) -> list[str]:
    return [str(tweet.id) for tweet in response.data or []]


def test_me_is_the_user_of_the_signature(x: tweepy.Client) -> None:
    assert (x.get_me().data.id, x.get_me().data.username) == (ME, "nordnett")


def test_a_tweet_has_three_fields_and_people_are_not_included(x: tweepy.Client, mention: Json) -> None:
    response = x.get_users_mentions(ME)
    assert response.data[0].data == {
        "edit_history_tweet_ids": [mention["id"]],
        "id": mention["id"],
        "text": "@nordnett når kommer fiber &amp; tv?",
    }
    assert response.includes == {}


def test_fields_and_expansions_bring_the_rest(x: tweepy.Client, mention: Json) -> None:
    fields = ["created_at", "conversation_id", "lang", "referenced_tweets", "public_metrics"]
    response = x.get_users_mentions(ME, tweet_fields=fields, expansions=["author_id"], user_fields=["public_metrics"])
    [tweet], [author] = response.data, response.includes["users"]
    assert isinstance(tweet.created_at, datetime)
    assert abs(tweet.created_at.timestamp() - mention["created_at"]) < 0.002
    assert (str(tweet.conversation_id), tweet.author_id, author.name) == (mention["id"], author.id, "Ole Håkonsen")
    assert author.public_metrics["followers_count"] == 0


def test_a_reply_names_what_it_answers_and_its_conversation(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    reply = sandbox.write(
        network="x", kind="tweet", author_id=demo.X_USER_ID, text="I november.", parent_id=mention["id"]
    )
    fields = ["conversation_id", "referenced_tweets", "in_reply_to_user_id", "display_text_range"]
    response = x.get_tweet(reply["id"], tweet_fields=fields, expansions="referenced_tweets.id")
    tweet = response.data
    assert (str(tweet.conversation_id), str(tweet.in_reply_to_user_id)) == (mention["id"], mention["author_id"])
    assert [(one.type, str(one.id)) for one in tweet.referenced_tweets] == [("replied_to", mention["id"])]
    assert [str(one.id) for one in response.includes["tweets"]] == [mention["id"]]
    start, end = tweet.data["display_text_range"]
    assert tweet.text[start:end] == "I november."


def test_pages_lead_through_all_mentions_and_the_last_names_no_next(x: tweepy.Client, sandbox: Remote) -> None:
    written = [tweet["id"] for tweet in tweets(sandbox, 12)]
    found, pages = [], list(tweepy.Paginator(x.get_users_mentions, ME, max_results=5))
    for page in pages:
        found += ids(page)
    assert found == written[::-1]
    assert [page.meta["result_count"] for page in pages] == [5, 5, 2]
    assert "next_token" not in pages[-1].meta


def test_since_and_until_exclude_their_own_id(x: tweepy.Client, sandbox: Remote) -> None:
    written = [tweet["id"] for tweet in tweets(sandbox, 8)]
    assert ids(x.get_users_mentions(ME, since_id=written[5])) == [written[7], written[6]]
    assert ids(x.get_users_mentions(ME, until_id=written[2])) == [written[1], written[0]]


def test_start_time_includes_and_end_time_excludes(x: tweepy.Client, sandbox: Remote) -> None:
    now = float(int(sandbox.now()))
    row = {"network": "x", "kind": "tweet", "author": "Tom Whitfield", "text": "@nordnett"}
    written = sandbox.write_many([{**row, "created_at": now - age} for age in (30, 20, 10)])
    at = [datetime.fromtimestamp(now - age, UTC) for age in (30, 20, 10)]
    response = x.get_users_mentions(ME, start_time=at[1], end_time=at[2])
    assert ids(response) == [written[1]["id"]]


def test_nothing_is_a_count_of_zero_without_data(x: tweepy.Client, recorded: Any) -> None:
    real = recorded("x/test_manage_and_lookup_direct_messages__03.json")["json"]
    response = x.get_users_mentions(ME)
    assert (response.data, response.meta) == (None, real["meta"])


def test_only_the_newest_800_mentions_can_be_reached(x: tweepy.Client, sandbox: Remote) -> None:
    written = [tweet["id"] for tweet in tweets(sandbox, 830)]
    found = [str(tweet.id) for tweet in tweepy.Paginator(x.get_users_mentions, ME, max_results=100).flatten()]
    assert found == written[:-801:-1]


@pytest.mark.parametrize("size", [4, 101])
def test_a_size_out_of_bounds_is_a_400_that_says_so(x: tweepy.Client, size: int) -> None:
    with pytest.raises(tweepy.BadRequest, match=rf"\[{size}\] is not between 5 and 100") as refused:
        x.get_users_mentions(ME, max_results=size)
    body = refused.value.response.json()
    assert body["type"].endswith("/invalid-request")
    assert body["errors"][0]["parameters"] == {"max_results": [str(size)]}


def test_an_unknown_parameter_or_field_is_a_400(x: tweepy.Client) -> None:
    with pytest.raises(tweepy.BadRequest, match="sentiment"):
        x.get_users_mentions(ME, tweet_fields=["sentiment"])


def test_a_lookup_lists_what_is_missing_beside_what_is_found(x: tweepy.Client, mention: Json) -> None:
    response = x.get_tweets([mention["id"], "12345"])
    assert ids(response) == [mention["id"]]
    assert (response.errors[0]["resource_id"], response.errors[0]["title"]) == ("12345", "Not Found Error")


def test_a_single_missing_tweet_is_only_errors(x: tweepy.Client) -> None:
    response = x.get_tweet(12345)
    assert response.data is None
    assert response.errors[0]["type"].endswith("/resource-not-found")


def test_protected_accounts_are_nowhere_but_named_in_a_lookup(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.add_person(network="x", name="Saga Norén", protected=True)
    tweet = sandbox.write(network="x", kind="tweet", author="Saga Norén", text="@nordnett hej")
    assert x.get_users_mentions(ME).data is None
    assert x.get_tweet(tweet["id"]).errors[0]["type"].endswith("/not-authorized-for-resource")


def test_our_timeline_can_leave_replies_out(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    news = sandbox.write(network="x", kind="tweet", author_id=demo.X_USER_ID, text="Vi ses på mässan!")
    reply = x.create_tweet(text="I november.", in_reply_to_tweet_id=mention["id"]).data["id"]
    assert ids(x.get_users_tweets(ME)) == [reply, news["id"]]
    assert ids(x.get_users_tweets(ME, exclude="replies")) == [news["id"]]


def test_the_new_names_are_spoken_when_switched_on(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    sandbox.turn(x_names="2.167")
    sandbox.write(network="x", kind="tweet", author="Kari Nordmann", text="Samma här", parent_id=mention["id"])
    raw = tweepy.Client.request(x, "GET", "/2/tweets/search/recent", params={
        "query": f"conversation_id:{mention['id']}", "post.fields": "referenced_posts",
        "expansions": "referenced_posts.id",
    }).json()  # fmt: skip
    assert raw["data"][0]["referenced_posts"] == [{"type": "replied_to", "id": mention["id"]}]
    assert "edit_history_post_ids" in raw["data"][0]
    assert "referenced_tweets" not in raw["data"][0]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("test_client_get_me__00", lambda x, id: x.request("GET", "/2/users/me", user_auth=True)),
        ("test_client_get_tweets__00", lambda x, id: x.request("GET", "/2/tweets", params={"ids": id})),
        ("test_client_get_users_mentions__00", lambda x, id: x.request("GET", f"/2/users/{ME}/mentions")),
        ("test_client_search_recent_tweets__00", lambda x, id: x.request(
            "GET", "/2/tweets/search/recent", params={"query": "fiber"})),
        ("test_client_get_users_tweets__00", lambda x, id: x.request("GET", f"/2/users/{ME}/tweets")),
        ("test_client_create_and_delete_tweet__00", lambda x, id: x.request(
            "POST", "/2/tweets", json={"text": "Hej"}, user_auth=True)),
        ("test_client_hide_and_unhide_reply__00", lambda x, id: x.request(
            "PUT", f"/2/tweets/{id}/hidden", json={"hidden": True}, user_auth=True)),
    ],
)  # fmt: skip
def test_status_headers_and_shape_are_those_of_the_recordings(
    x: tweepy.Client, sandbox: Remote, recorded: Any, name: str, call: Callable[..., Any]
) -> None:
    """Same status, every recorded header that is not the transport's, same keys with the same types."""
    own = sandbox.write(network="x", kind="tweet", author_id=demo.X_USER_ID, text="Vi ses!")
    reply = sandbox.write(network="x", kind="tweet", author="Elin Sjöberg", text="fiber?", parent_id=own["id"])
    tweets(sandbox, 12)
    real, ours = recorded(f"x/{name}.json"), call(x, reply["id"])
    assert ours.status_code == real["status"]["code"]
    # The oldest recording predates api-version and has a header for its own body's time.
    assert set(real["headers"]) - {"x-tsa-request-body-time"} <= {header.lower() for header in ours.headers}
    assert ours.headers["content-type"] == real["headers"]["content-type"][0]
    assert same_shape(real["json"], ours.json())


def same_shape(real: Any, ours: Any) -> bool:
    if isinstance(real, dict):
        optional = {"next_token", "previous_token"}
        return all(key in optional or (key in ours and same_shape(value, ours[key])) for key, value in real.items())
    if isinstance(real, list):
        return same_shape(real[0], ours[0])
    return type(real) is type(ours)


def test_pictures_come_by_expansion(x: tweepy.Client, sandbox: Remote, base: str) -> None:
    medium = {"media_key": "3_1", "type": "photo", "url": f"{base}/media/rot.png", "alt_text": "Ein rød ruter"}
    row = {"network": "x", "kind": "tweet", "author": "Ole Håkonsen", "text": "@nordnett se her"}
    tweet = sandbox.write(**row, extra={"media": [medium]})
    assert x.get_tweet(tweet["id"]).data.attachments is None
    response = x.get_tweet(tweet["id"], expansions="attachments.media_keys", media_fields=["url", "alt_text"])
    assert response.data.attachments == {"media_keys": ["3_1"]}
    assert response.includes["media"][0].data == medium
