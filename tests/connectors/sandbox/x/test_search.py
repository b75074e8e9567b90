"""GET /2/tweets/search/recent through the unchanged tweepy."""

from typing import Any

import pytest
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
DAY = 86400.0


@pytest.fixture
def posts(sandbox: Remote) -> dict[str, str]:
    """A small world to search in: name → id."""
    sandbox.add_person(network="x", name="Elin Sjöberg", handle="elin", language="sv")
    sandbox.add_person(network="x", name="Kari Nordmann", handle="kari", language="nb")
    written: dict[str, str] = {}

    def write(name: str, author: str, text: str, **more: Any) -> None:
        tweet = {"network": "x", "kind": "tweet", "author": author, "text": text, **more}
        written[name] = sandbox.write(**tweet)["id"]

    write("fiber", "Elin Sjöberg", "@nordnett när kommer fiber till Luleå?")
    write("reply", "Kari Nordmann", "Lurer på det samme", parent_id=written["fiber"])
    write("link", "Kari Nordmann", "Nordnett nevnes her https://avis.example.com/sak")
    write("retweet", "Kari Nordmann", "RT fiber", extra={"retweeted": written["fiber"]})
    return written


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fiber", {"fiber", "retweet"}),
        ("FIBER -is:retweet", {"fiber"}),
        ("@nordnett", {"fiber", "reply"} - {"reply"}),
        ('"nevnes her"', {"link"}),
        ("from:kari", {"reply", "link", "retweet"}),
        ("to:elin", {"reply"}),
        ("lang:no", {"reply", "link", "retweet"}),
        ("is:reply", {"reply"}),
        ("has:links", {"link"}),
        ("url:avis.example.com", {"link"}),
        ("luleå OR samme", {"fiber", "reply"}),
        ("(luleå OR samme) from:kari", {"reply"}),
        ("-(luleå OR samme) -is:retweet", {"link"}),
    ],
)
def test_a_query_finds_what_it_says(x: tweepy.Client, posts: dict[str, str], query: str, expected: set[str]) -> None:
    found = {str(tweet.id) for tweet in x.search_recent_tweets(query).data or []}
    assert {name for name, id in posts.items() if id in found} == expected


def test_a_conversation_is_found_by_its_id(x: tweepy.Client, sandbox: Remote, posts: dict[str, str]) -> None:
    answer = x.create_tweet(text="I november.", in_reply_to_tweet_id=posts["reply"]).data["id"]
    found = x.search_recent_tweets(f"conversation_id:{posts['fiber']}").data
    assert [str(tweet.id) for tweet in found] == [answer, posts["reply"], posts["fiber"]]


def test_min_likes_counts_likes(x: tweepy.Client, posts: dict[str, str]) -> None:
    x.like(posts["link"])
    assert [str(tweet.id) for tweet in x.search_recent_tweets("min_likes:1").data] == [posts["link"]]


def test_pages_are_walked_with_next_token(x: tweepy.Client, sandbox: Remote) -> None:
    row = {"network": "x", "kind": "tweet", "author": "Tom Whitfield"}
    written = sandbox.write_many({**row, "text": f"storm {number}"} for number in range(25))
    found = tweepy.Paginator(x.search_recent_tweets, "storm", max_results=10).flatten()
    assert [str(tweet.id) for tweet in found] == [tweet["id"] for tweet in written][::-1]


def test_a_week_ago_is_the_wall(x: tweepy.Client, sandbox: Remote, posts: dict[str, str]) -> None:
    sandbox.freeze(sandbox.now() + 7 * DAY + 1)
    assert x.search_recent_tweets("fiber").data is None
    with pytest.raises(tweepy.BadRequest, match="since_id"):
        x.search_recent_tweets("fiber", since_id=posts["fiber"])


def test_ids_and_times_do_not_go_together(x: tweepy.Client, posts: dict[str, str]) -> None:
    with pytest.raises(tweepy.BadRequest, match="in conjunction with"):
        x.search_recent_tweets("fiber", since_id=posts["fiber"], end_time="2030-01-01T00:00:00Z")


@pytest.mark.parametrize("query", ["fiber (", "fiber )", "sentiment:bad", "OR", "a " * 300])
def test_a_query_the_network_would_not_read_is_a_400(x: tweepy.Client, query: str) -> None:
    with pytest.raises(tweepy.BadRequest):
        x.search_recent_tweets(query)


def test_ten_is_the_smallest_page(x: tweepy.Client) -> None:
    with pytest.raises(tweepy.BadRequest, match="between 10 and 100"):
        x.search_recent_tweets("fiber", max_results=5)


def test_our_own_answers_can_be_left_out(x: tweepy.Client, posts: dict[str, str]) -> None:
    x.create_tweet(text="Fiber kommer i november.", in_reply_to_tweet_id=posts["fiber"])
    found = x.search_recent_tweets(f"fiber -is:retweet -from:{demo.X_HANDLE}").data
    assert [str(tweet.id) for tweet in found] == [posts["fiber"]]
