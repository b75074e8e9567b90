"""Who may call X, how often, and what the answers look like on the wire."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Client = Callable[..., tweepy.Client]
SIGNED = {
    "consumer_key": demo.X_CONSUMER_KEY,
    "consumer_secret": demo.X_CONSUMER_SECRET,
    "access_token": demo.X_ACCESS_TOKEN,
    "access_token_secret": demo.X_ACCESS_SECRET,
}


def test_a_users_bearer_token_may_read_and_write(x_for: Client) -> None:
    x = x_for(bearer_token=demo.X_TOKEN)
    assert x.get_me(user_auth=False).data.username == "nordnett"
    assert x.create_tweet(text="Hej!", user_auth=False).data["text"] == "Hej!"


@pytest.mark.parametrize("broken", list(SIGNED))
def test_a_signature_with_one_wrong_part_is_401(x_for: Client, broken: str) -> None:
    with pytest.raises(tweepy.Unauthorized):
        x_for(**{**SIGNED, broken: "wrong"}).get_me()


def test_the_query_is_part_of_the_signature(x_for: Client, sandbox: Remote) -> None:
    x = x_for(**SIGNED)
    assert x.get_users_mentions(demo.X_USER_ID, tweet_fields=["created_at", "lang"], user_auth=True).data is None


def test_an_app_token_may_read_but_not_be_somebody(x_for: Client) -> None:
    x = x_for(bearer_token=demo.X_APP_TOKEN)
    assert x.get_users_mentions(demo.X_USER_ID).data is None
    for call in (lambda: x.get_me(user_auth=False), lambda: x.create_tweet(text="Hej", user_auth=False)):
        with pytest.raises(tweepy.Forbidden) as refused:
            call()
        assert refused.value.response.json()["type"].endswith("/unsupported-authentication")


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_dead_token_is_401(x_for: Client, sandbox: Remote, state: str) -> None:
    sandbox.token(demo.X_TOKEN, state=state)
    with pytest.raises(tweepy.Unauthorized):
        x_for(bearer_token=demo.X_TOKEN).get_me(user_auth=False)


def test_a_missing_scope_is_403(x_for: Client, sandbox: Remote) -> None:
    sandbox.token(demo.X_TOKEN, scopes=["users.read", "tweet.read"])
    x = x_for(bearer_token=demo.X_TOKEN)
    x.get_me(user_auth=False)
    with pytest.raises(tweepy.Forbidden, match=r"tweet\.write"):
        x.create_tweet(text="Hej", user_auth=False)


def test_the_limits_count_down_to_429_and_open_again(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.turn(rate_scale=0.02)  # two posts in 15 minutes
    sandbox.freeze()
    seen = []
    x.session.hooks["response"].append(lambda answer, **_: seen.append(answer.headers["x-rate-limit-remaining"]))
    x.create_tweet(text="ett")
    x.create_tweet(text="två")
    with pytest.raises(tweepy.TooManyRequests) as refused:
        x.create_tweet(text="tre")
    assert seen == ["1", "0", "0"]
    assert refused.value.reset_time == int(sandbox.now() + 900)
    sandbox.advance(901)
    x.create_tweet(text="tre")


def test_each_route_has_its_own_limit(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.turn(rate_scale=1)
    headers = x.request("GET", f"/2/users/{demo.X_USER_ID}/mentions", user_auth=True).headers
    assert headers["x-rate-limit-limit"] == "300"
    assert x.request("GET", f"/2/users/{demo.X_USER_ID}/mentions").headers["x-rate-limit-limit"] == "450"
    assert x.request("GET", "/2/users/me", user_auth=True).headers["x-rate-limit-limit"] == "75"


def test_no_token_is_401_and_an_unknown_path_404(base: str, sandbox: Remote) -> None:
    assert requests.get(f"{base}/2/users/me", timeout=5).status_code == 401
    assert requests.get(f"{base}/2/spaces/1", timeout=5).json()["status"] == 404


def test_a_body_that_is_no_json_is_400(base: str, sandbox: Remote) -> None:
    headers = {"authorization": f"Bearer {demo.X_TOKEN}"}
    assert requests.post(f"{base}/2/tweets", data=b"{", headers=headers, timeout=5).status_code == 400


def test_the_record_counts_calls_and_what_they_would_cost(x: tweepy.Client, sandbox: Remote, mention: Any) -> None:
    x.get_users_mentions(demo.X_USER_ID)
    x.get_users_mentions(demo.X_USER_ID)
    [row] = [row for row in sandbox.calls()["counts"] if row["route"] == "GET /2/users/{id}/mentions"]
    assert (row["calls"], row["resources"], row["status"]) == (2, 2, 200)
