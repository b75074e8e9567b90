"""Tokens, errors, headers and usage of the Graph API."""

import hmac
import json
from collections.abc import Callable
from typing import Any

import facebook
import pytest
import requests

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("state", "code", "subcode"), [("expired", 190, 463), ("password_changed", 190, 460), ("no_role", 190, 492)]
)
def test_a_stale_token_says_why(graph: facebook.GraphAPI, sandbox: Remote, state: str, code: int, subcode: int) -> None:
    sandbox.token(demo.PAGE_TOKEN, state=state)
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.get_object("me")
    assert (refused.value.code, refused.value.result["error"]["error_subcode"]) == (code, subcode)
    sandbox.token(demo.PAGE_TOKEN, state="valid")
    assert graph.get_object("me")["id"] == demo.PAGE_ID


def test_a_token_expires_when_the_clock_gets_there(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    sandbox.token(demo.PAGE_TOKEN, expires_at=sandbox.freeze() + 60)
    graph.get_object("me")
    sandbox.advance(61)
    with pytest.raises(facebook.GraphAPIError, match="Session has expired"):
        graph.get_object("me")


def test_a_missing_permission_is_10_for_reading_and_200_for_writing(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    sandbox.token(demo.PAGE_TOKEN, state="missing_permission")
    for call, code in ((lambda: graph.get_connections("me", "feed"), 10), (lambda: graph.put_like(comment["id"]), 200)):
        with pytest.raises(facebook.GraphAPIError) as refused:
            call()
        assert refused.value.code == code


def test_a_users_token_finds_nothing_on_a_page_edge_as_recorded(
    graph_for: Callable[..., facebook.GraphAPI], recorded: Any
) -> None:
    real = recorded("facebook/error_data.json")["error"]
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph_for(demo.FACEBOOK_USER_TOKEN).get_connections(demo.PAGE_ID, "feed")
    ours = refused.value.result["error"]
    assert ours.keys() == real.keys()
    assert (ours["code"], ours["type"]) == (real["code"], real["type"])
    assert ours["message"][:100] == real["message"][:100]


def test_a_users_token_lists_its_pages_with_their_tokens(graph_for: Callable[..., facebook.GraphAPI]) -> None:
    [page] = graph_for(demo.FACEBOOK_USER_TOKEN).get_connections("me", "accounts")["data"]
    assert (page["id"], page["access_token"]) == (demo.PAGE_ID, demo.PAGE_TOKEN)


def test_a_token_can_be_looked_into_as_recorded(graph: facebook.GraphAPI, recorded: Any) -> None:
    real = recorded("facebook/token_info.json")["data"]
    ours = graph.debug_access_token(demo.PAGE_TOKEN, demo.APP_ID, demo.APP_SECRET)["data"]
    assert real.keys() <= ours.keys()
    assert (ours["type"], ours["is_valid"], ours["profile_id"]) == ("PAGE", True, demo.PAGE_ID)


def test_the_wire_looks_like_the_networks(base: str, sandbox: Remote, comment: Json) -> None:
    """Escaped slashes and letters, the headers of real answers, and an unversioned path."""
    query = {"access_token": demo.PAGE_TOKEN, "fields": "message,permalink_url"}
    answer = requests.get(f"{base}/{comment['id']}", params=query, timeout=5)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert rb"N\u00e4r d\u00e5?" in answer.content
    assert rb"https:\/\/www.facebook.com\/" in answer.content
    assert {"etag", "facebook-api-version", "x-fb-trace-id", "x-app-usage", "date"} <= {
        k.lower() for k in answer.headers
    }


def test_an_error_is_http_400_and_names_itself_in_a_header(base: str, sandbox: Remote) -> None:
    answer = requests.get(f"{base}/v23.0/1_2?access_token={demo.PAGE_TOKEN}", timeout=5)
    assert answer.status_code == 400
    assert answer.headers["www-authenticate"].startswith('OAuth "Facebook Platform" "invalid_request"')
    assert answer.json()["error"]["fbtrace_id"]


def test_usage_climbs_to_a_hundred_and_then_refuses_until_the_hour_is_over(
    base: str, graph: facebook.GraphAPI, sandbox: Remote
) -> None:
    shares: list[int] = []

    def note(response: requests.Response, **_: Any) -> None:
        if "x-business-use-case-usage" in response.headers:
            [usage] = json.loads(response.headers["x-business-use-case-usage"])[demo.PAGE_ID]
            shares.append(usage["call_count"])

    graph.session.hooks["response"].append(note)
    sandbox.freeze()
    sandbox.turn(rate_scale=0.001)  # four calls an hour
    for _ in range(4):
        graph.get_object("me")
    assert shares == [25, 50, 75, 100]
    with pytest.raises(facebook.GraphAPIError) as refused:
        graph.get_object("me")
    assert refused.value.code == 32
    sandbox.advance(3601)
    graph.get_object("me")


def test_a_proof_of_the_apps_secret_must_fit_the_token(base: str, sandbox: Remote) -> None:
    proof = hmac.new(demo.APP_SECRET.encode(), demo.PAGE_TOKEN.encode(), "sha256").hexdigest()
    for given, status in ((proof, 200), ("0" * 64, 400)):
        query = {"access_token": demo.PAGE_TOKEN, "appsecret_proof": given}
        assert requests.get(f"{base}/v23.0/me", params=query, timeout=5).status_code == status
