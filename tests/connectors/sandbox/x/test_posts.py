"""Writing to X through the unchanged tweepy, and what the truth says afterwards."""

from typing import Any

import pytest
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
DAY = 86400.0


def test_a_reply_is_the_truth_without_the_names_x_puts_in_front(
    x: tweepy.Client, sandbox: Remote, mention: Json
) -> None:
    answer = x.create_tweet(text="Hej Ole & co! I november.", in_reply_to_tweet_id=mention["id"]).data
    [told] = sandbox.truth("x", via="api")
    assert (told["id"], told["parent_id"], told["text"]) == (answer["id"], mention["id"], "Hej Ole & co! I november.")
    assert answer["text"].startswith("@oleh")
    assert "&amp;" in answer["text"]


def test_the_same_text_again_is_refused_until_a_day_has_passed(
    x: tweepy.Client, sandbox: Remote, mention: Json
) -> None:
    sandbox.freeze()
    x.create_tweet(text="Hej!", in_reply_to_tweet_id=mention["id"])
    with pytest.raises(tweepy.Forbidden) as refused:
        x.create_tweet(text="Hej!", in_reply_to_tweet_id=mention["id"])
    assert refused.value.response.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    sandbox.advance(DAY + 1)
    x.create_tweet(text="Hej!", in_reply_to_tweet_id=mention["id"])


def test_what_was_deleted_may_be_said_again(x: tweepy.Client, mention: Json) -> None:
    first = x.create_tweet(text="Hej!", in_reply_to_tweet_id=mention["id"]).data["id"]
    assert x.delete_tweet(first).data == {"deleted": True}
    x.create_tweet(text="Hej!", in_reply_to_tweet_id=mention["id"])


def test_280_weighted_characters_are_taken_and_one_more_is_not(x: tweepy.Client) -> None:
    url = "https://example.com/" + "a" * 100
    x.create_tweet(text="å" * (280 - 24) + f" {url}")
    x.create_tweet(text="👨‍👩‍👧" * 140)
    with pytest.raises(tweepy.Forbidden, match="too long"):
        x.create_tweet(text="å" * (281 - 24) + f" {url}")


def test_only_who_mentions_us_can_be_answered_where_the_plan_says_so(
    x: tweepy.Client, sandbox: Remote, mention: Json
) -> None:
    sandbox.turn(x_summoned_only=True)
    found = sandbox.write(network="x", kind="tweet", author="Elin Sjöberg", text="Nordnett är nere igen")
    with pytest.raises(tweepy.Forbidden, match="not been mentioned"):
        x.create_tweet(text="Hej Elin!", in_reply_to_tweet_id=found["id"])
    x.create_tweet(text="Hej Ole!", in_reply_to_tweet_id=mention["id"])


def test_nobody_answers_what_is_deleted(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    sandbox.delete(mention)
    with pytest.raises(tweepy.Forbidden, match="deleted or not visible"):
        x.create_tweet(text="Hej?", in_reply_to_tweet_id=mention["id"])


def test_only_our_own_can_be_deleted_and_only_once(x: tweepy.Client, mention: Json) -> None:
    with pytest.raises(tweepy.Forbidden):
        x.delete_tweet(mention["id"])
    own = x.create_tweet(text="Hej!").data["id"]
    x.delete_tweet(own)
    with pytest.raises(tweepy.NotFound):
        x.delete_tweet(own)


def test_replies_are_hidden_only_in_conversations_we_began(x: tweepy.Client, sandbox: Remote, mention: Json) -> None:
    own = sandbox.write(network="x", kind="tweet", author_id=demo.X_USER_ID, text="Nyhet!")
    reply = sandbox.write(network="x", kind="tweet", author="Tom Whitfield", text="Buy coins", parent_id=own["id"])
    assert x.hide_reply(reply["id"]).data == {"hidden": True}
    [told] = [entry for entry in sandbox.truth("x", who="others") if entry["id"] == reply["id"]]
    assert told["hidden"]
    elsewhere = sandbox.write(network="x", kind="tweet", author="Elin Sjöberg", text="Va?", parent_id=mention["id"])
    with pytest.raises(tweepy.Forbidden):
        x.hide_reply(elsewhere["id"])


def test_likes_are_counted(x: tweepy.Client, mention: Json) -> None:
    assert x.like(mention["id"]).data == {"liked": True}
    assert x.get_tweet(mention["id"], tweet_fields="public_metrics").data.public_metrics["like_count"] == 1
    x.unlike(mention["id"])
    assert x.get_tweet(mention["id"], tweet_fields="public_metrics").data.public_metrics["like_count"] == 0


def test_an_unknown_part_of_the_body_is_a_400(x: tweepy.Client) -> None:
    with pytest.raises(tweepy.BadRequest):
        x.request("POST", "/2/tweets", json={"text": "Hej", "idempotency_key": "1"}, user_auth=True)


def test_addresses_are_shortened_and_the_long_ones_stand_in_entities(x: tweepy.Client, sandbox: Remote) -> None:
    tweet = sandbox.write(
        network="x", kind="tweet", author="Elin Sjöberg", text="@nordnett se https://example.com/sida?a=1&b=2 #fiber"
    )
    found = x.get_tweet(tweet["id"], tweet_fields="entities").data
    [url] = found.entities["urls"]
    assert found.text[url["start"] : url["end"]] == url["url"]
    assert url["url"].startswith("https://t.co/")
    assert url["expanded_url"] == "https://example.com/sida?a=1&b=2"
    assert [one["tag"] for one in found.entities["hashtags"]] == ["fiber"]
    assert [one["id"] for one in found.entities["mentions"]] == [demo.X_USER_ID]


def test_a_long_post_is_cut_and_whole_in_its_note(x: tweepy.Client, sandbox: Remote) -> None:
    whole = "@nordnett " + "Det här är en lång historia. " * 30
    tweet = sandbox.write(network="x", kind="tweet", author="Elin Sjöberg", text=whole.strip())
    found = x.get_tweet(tweet["id"], tweet_fields="note_tweet").data
    assert len(found.text) <= 290
    assert found.text[:200] == whole[:200]
    assert "… https://t.co/" in found.text
    assert found.data["note_tweet"]["text"] == whole.strip()
