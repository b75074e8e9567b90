"""Time and lag: what a reader sees, and what is the truth."""

from typing import Any

import facebook
import pytest
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote, RemoteRefusal

Json = dict[str, Any]


def messages(graph: facebook.GraphAPI, post: Json) -> list[str]:
    return [found["message"] for found in graph.get_connections(post["id"], "comments", filter="stream")["data"]]


def test_with_lag_a_write_is_true_at_once_and_seen_later(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    sandbox.freeze()
    sandbox.turn(facebook_lag=30)
    answer = graph.put_comment(comment["id"], "I november.")
    assert [entry["id"] for entry in sandbox.truth("facebook", via="api")] == [answer["id"]]
    assert graph.get_connections(comment["id"], "comments")["data"] == []
    with pytest.raises(facebook.GraphAPIError, match="does not exist"):
        graph.get_object(answer["id"])
    sandbox.advance(31)
    assert graph.get_connections(comment["id"], "comments")["data"][0]["id"] == answer["id"]


def test_edits_and_deletions_lag_as_well(graph: facebook.GraphAPI, sandbox: Remote, post: Json, comment: Json) -> None:
    sandbox.freeze()
    sandbox.turn(facebook_lag=30)
    sandbox.edit(comment, "När i november?")
    assert messages(graph, post) == ["När då?"]
    sandbox.advance(31)
    assert messages(graph, post) == ["När i november?"]
    sandbox.delete(comment)
    assert messages(graph, post) == ["När i november?"]
    sandbox.advance(31)
    assert messages(graph, post) == []


def test_each_network_has_its_own_lag(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.freeze()
    sandbox.turn(facebook_lag=30)
    x.create_tweet(text="Hej!")
    assert len(x.get_users_tweets(demo.X_USER_ID).data) == 1


def test_a_later_answer_may_be_seen_before_an_earlier_one(
    graph: facebook.GraphAPI, sandbox: Remote, post: Json
) -> None:
    now = sandbox.freeze()
    row = {"network": "facebook", "kind": "comment", "author": "Saga Norén", "parent_id": post["id"]}
    sandbox.write(**row, text="ett", created_at=now - 20, visible_at=now + 60)
    sandbox.write(**row, text="två", created_at=now - 10)
    assert messages(graph, post) == ["två"]
    sandbox.advance(61)
    assert messages(graph, post) == ["ett", "två"]


def test_times_and_ids_can_be_given(graph: facebook.GraphAPI, sandbox: Remote, post: Json) -> None:
    row = {"network": "facebook", "kind": "comment", "author": "Saga Norén", "parent_id": post["id"], "text": "då"}
    sandbox.write(**row, id="1_2", created_at="2026-01-02T03:04:05Z")
    assert graph.get_object("1_2")["created_time"] == "2026-01-02T03:04:05+0000"
    with pytest.raises(RemoteRefusal, match="exists already"):
        sandbox.write(**row, id="1_2")


def test_an_edited_tweet_is_a_new_one_that_remembers_the_old(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    reply = x.create_tweet(text="I november.", in_reply_to_tweet_id=mention["id"]).data["id"]
    edited = sandbox.edit(mention, "@nordnett når kommer fiber?")
    assert edited["id"] != mention["id"]
    [found] = x.get_users_mentions(demo.X_USER_ID, tweet_fields="conversation_id").data
    assert (str(found.id), found.text) == (edited["id"], "@nordnett når kommer fiber?")
    assert found.data["edit_history_tweet_ids"] == [mention["id"], edited["id"]]
    assert found.data["conversation_id"] == mention["id"]
    assert x.get_tweet(mention["id"]).data.text.endswith("tv?")
    parent = x.get_tweet(reply, tweet_fields="referenced_tweets").data.referenced_tweets[0]
    assert str(parent.id) == mention["id"]


def test_deleting_an_edited_tweet_takes_all_its_versions(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    sandbox.delete(sandbox.edit(mention, "@nordnett glöm det"))
    assert x.get_users_mentions(demo.X_USER_ID).data is None
    assert x.get_tweet(mention["id"]).data is None


def test_ten_thousand_entries_are_written_in_one_call(sandbox: Remote, post: Json) -> None:
    row = {"network": "facebook", "kind": "comment", "author": "Elin Sjöberg", "parent_id": post["id"]}
    sandbox.write_many({**row, "text": f"nr {number}"} for number in range(10_000))
    assert len(sandbox.truth("facebook", who="others")) == 10_000


def test_one_that_cannot_be_written_takes_none_of_its_batch_along(sandbox: Remote, post: Json) -> None:
    row = {"network": "facebook", "kind": "comment", "author": "Elin Sjöberg", "text": "hej"}
    with pytest.raises(RemoteRefusal, match="does not exist"):
        sandbox.write_many([{**row, "parent_id": post["id"]}, {**row, "parent_id": "1_2"}])
    assert sandbox.truth("facebook", who="others") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"network": "myspace", "kind": "post", "author": "Tom"},
        {"network": "x", "kind": "comment", "author": "Tom"},
        {"network": "facebook", "kind": "comment", "author": "Tom"},
        {"network": "x", "kind": "tweet"},
        {"network": "x", "kind": "tweet", "author_id": "404"},
        {"network": "x", "kind": "tweet", "author": "Tom", "mood": "bad"},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(sandbox: Remote, wrong: Json) -> None:
    with pytest.raises(RemoteRefusal):
        sandbox.write(**wrong)


def test_a_reset_forgets_everything_and_keeps_the_company(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    sandbox.turn(facebook_lag=9)
    sandbox.fault("reset")
    sandbox.freeze(1)
    sandbox.reset(people=False)
    assert sandbox.truth(who="all") == []
    assert sandbox.now() > 1_000_000_000
    assert graph.get_object("me")["name"] == "Nordnett"


def test_the_demo_begins_with_customers_in_four_languages_and_something_to_write_under(sandbox: Remote) -> None:
    sandbox.reset(people=True)
    for network in ("facebook", "x"):
        assert {person["language"] for person in sandbox.people(network)} >= {"sv", "nb", "da", "en"}
        assert sandbox.truth(network)
