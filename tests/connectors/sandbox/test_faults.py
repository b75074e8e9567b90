"""Trouble on purpose, met by the two unchanged SDKs."""

import time
from collections.abc import Callable
from typing import Any

import facebook
import pytest
import requests
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote, RemoteRefusal

Json = dict[str, Any]
GraphFor = Callable[..., facebook.GraphAPI]


@pytest.mark.parametrize("code", [4, 17, 32, 613])
def test_a_throttled_graph_call_says_so_and_how_long(
    graph: facebook.GraphAPI, sandbox: Remote, base: str, code: int
) -> None:
    sandbox.fault("rate_limit", code=code, reset=120, count=1)
    answer = requests.get(f"{base}/v23.0/me?access_token={demo.PAGE_TOKEN}", timeout=5)
    assert answer.json()["error"]["code"] == code
    assert '"estimated_time_to_regain_access": 2' in answer.headers["x-business-use-case-usage"]


def test_a_429_with_reset_closes_the_window_for_all_who_meet_it(x: tweepy.Client, sandbox: Remote) -> None:
    """A call inside the closed window is counted as too early."""
    sandbox.freeze()
    sandbox.fault("rate_limit", path="/mentions$", reset=60, count=1)
    for _ in range(2):
        with pytest.raises(tweepy.TooManyRequests) as refused:
            x.get_users_mentions(demo.X_USER_ID)
        assert refused.value.reset_time == pytest.approx(sandbox.now() + 60, abs=1)
    x.get_users_tweets(demo.X_USER_ID)
    sandbox.advance(61)
    x.get_users_mentions(demo.X_USER_ID)
    early = {row["status"]: row["early"] for row in sandbox.calls()["counts"] if row["route"].endswith("/mentions")}
    assert early == {200: 0, 429: 1}


@pytest.mark.parametrize(("reset", "header"), [(None, None), ("soon", "soon"), (-60, -60)])
def test_a_429_may_lack_its_reset_or_lie_about_it(base: str, sandbox: Remote, reset: object, header: object) -> None:
    now = sandbox.freeze()
    sandbox.fault("rate_limit", reset=reset, count=1)
    answer = requests.get(f"{base}/2/users/me", timeout=5)
    expected = str(int(now + header) + 1) if isinstance(header, int) else header
    assert answer.status_code == 429
    assert answer.headers.get("x-rate-limit-reset") == expected


@pytest.mark.parametrize("code", [1, 2])
def test_codes_1_and_2_are_http_500_and_transient(base: str, sandbox: Remote, code: int) -> None:
    sandbox.fault("graph_error", code=code, count=1)
    answer = requests.get(f"{base}/v23.0/me?access_token={demo.PAGE_TOKEN}", timeout=5)
    assert answer.status_code == 500
    assert (answer.json()["error"]["code"], answer.json()["error"]["is_transient"]) == (code, True)


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json; charset=utf-8"),
        ("text", "text/plain"),
        ("none", None),
    ],
)
def test_an_outage_comes_in_every_dress(base: str, sandbox: Remote, status: int, body: str, kind: str | None) -> None:
    sandbox.fault("status", status=status, body=body, count=1)
    answer = requests.get(f"{base}/2/users/me", timeout=5)
    assert (answer.status_code, answer.headers.get("content-type")) == (status, kind)
    assert answer.content


def test_a_truncated_answer_is_json_that_ends_early(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    sandbox.fault("truncated", count=2)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        graph.get_object("me")


def test_a_truncated_answer_can_also_break_its_promise_of_length(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    sandbox.fault("truncated", keep_length=True, count=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        graph.get_object("me")


def test_a_hang_ends_without_an_answer_and_nothing_was_done(
    graph_for: GraphFor, sandbox: Remote, comment: Json
) -> None:
    sandbox.fault("hang", method="POST", seconds=0.3, count=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        graph_for(timeout=0.1).put_comment(comment["id"], "Hej!")
    assert sandbox.truth("facebook", via="api") == []


def test_a_reset_breaks_the_connection(graph: facebook.GraphAPI, sandbox: Remote, comment: Json) -> None:
    sandbox.fault("reset", method="POST", count=1)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        graph.put_comment(comment["id"], "Hej!")
    assert sandbox.truth("facebook", via="api") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset"},
        {"kind": "hang", "seconds": 0.1},
        {"kind": "graph_error", "code": 2},
        {"kind": "status", "body": "html"},
        {"kind": "rate_limit"},
        {"kind": "duplicate"},
    ],
)
def test_accepted_but_the_answer_is_lost_whatever_comes_instead(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json, fault: Json
) -> None:
    """The write has happened: this is what makes a blind second try a double."""
    sandbox.fault(**fault, method="POST", effect=True, count=1)
    with pytest.raises((facebook.GraphAPIError, requests.exceptions.RequestException)):
        graph.put_comment(comment["id"], "Hej!")
    assert [entry["text"] for entry in sandbox.truth("facebook", via="api")] == ["Hej!"]


def test_a_late_effect_happens_although_the_client_has_gone(
    graph_for: GraphFor, sandbox: Remote, comment: Json
) -> None:
    """Nothing is there when the client gives up; it appears afterwards."""
    sandbox.fault("late_effect", method="POST", seconds=0.4, count=1)
    graph = graph_for(timeout=0.1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        graph.put_comment(comment["id"], "Hej!")
    assert sandbox.truth("facebook", via="api") == []
    sandbox.fault("late_answer", path="/me$", seconds=0.5, count=1)
    graph_for().get_object("me")  # as long as this takes
    assert len(sandbox.truth("facebook", via="api")) == 1


def test_a_late_answer_has_done_its_work_at_once(graph_for: GraphFor, sandbox: Remote, comment: Json) -> None:
    sandbox.fault("late_answer", method="POST", seconds=0.3, count=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        graph_for(timeout=0.1).put_comment(comment["id"], "Hej!")
    assert len(sandbox.truth("facebook", via="api")) == 1


def test_a_slow_body_defeats_a_timeout_between_bytes(graph_for: GraphFor, sandbox: Remote) -> None:
    """Each read is quick; only the whole is slow."""
    sandbox.fault("slow_body", bytes_per_second=100, count=1)
    began = time.monotonic()
    graph_for(timeout=0.3).get_object("me")
    assert time.monotonic() - began > 0.35


def test_a_duplicate_refusal_is_506_and_403(graph: facebook.GraphAPI, x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.fault("duplicate", method="POST")
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.put_object("me", "feed", message="Hej!")
    assert refused.value.code == 506
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        x.create_tweet(text="Hej!")


def test_a_redirect_leads_where_it_says(base: str, sandbox: Remote) -> None:
    sandbox.fault("redirect", location="http://127.0.0.1:9/", count=1)
    answer = requests.get(f"{base}/2/users/me", timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:9/")


def test_any_body_can_be_answered(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.fault("body", status=200, text="[1, 2]", count=1)
    with pytest.raises(AttributeError):
        x.get_me()


def test_a_fault_meets_only_what_it_names(graph: facebook.GraphAPI, x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.fault("status", network="x", method="GET", path=r"/mentions$")
    graph.get_object("me")
    x.get_me()
    with pytest.raises(tweepy.TwitterServerError):
        x.get_users_mentions(demo.X_USER_ID)


def test_a_count_runs_out_and_a_skip_lets_the_first_pass(x: tweepy.Client, sandbox: Remote) -> None:
    sandbox.fault("status", skip=1, count=2)
    outcomes = [status(x) for _ in range(4)]
    assert outcomes == [200, 503, 503, 200]


def status(x: tweepy.Client) -> int:
    try:
        return int(x.request("GET", "/2/users/me", user_auth=True).status_code)
    except tweepy.HTTPException as error:
        return int(error.response.status_code)


def test_a_share_strikes_the_same_calls_in_every_run(x: tweepy.Client, sandbox: Remote) -> None:
    runs = []
    for _ in range(2):
        sandbox.clear_faults()
        sandbox.fault("status", probability=0.3, seed=11)
        runs.append([status(x) for _ in range(40)])
    assert runs[0] == runs[1]
    assert 4 <= runs[0].count(503) <= 20


def test_what_is_no_fault_is_refused_with_a_sentence(sandbox: Remote) -> None:
    for wrong in ({"kind": "earthquake"}, {"kind": "status", "body": "xml"}, {"kind": "hang", "path": "("}):
        with pytest.raises(RemoteRefusal):
            sandbox.call("POST", "faults", wrong)
    assert sandbox.call("GET", "faults")["faults"] == []


def test_the_control_api_is_never_struck(sandbox: Remote) -> None:
    sandbox.fault("reset")
    assert sandbox.truth() == []
