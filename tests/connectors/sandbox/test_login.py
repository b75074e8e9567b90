"""Connecting by OAuth: Facebook Login with facebook-sdk, OAuth 2.0 with PKCE with tweepy."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import facebook
import pytest
import requests
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from tests.connectors.sandbox.conftest import Redirect

BACK = "http://127.0.0.1:8080/channels/connected"
X_BACK = "https://127.0.0.1:8080/channels/connected"
XScopes = ["tweet.read", "tweet.write", "users.read", "offline.access"]


def agree(base: str, path: str, query: dict[str, str], *, leaving_out: str = "", allow: bool = True) -> str:
    """Press the button of the consent page; the address it leads back to."""
    address = f"{base}{path}?{urlencode(query)}"
    page = requests.get(address, timeout=5)
    assert page.status_code == 200
    scopes = [scope for scope in re.findall(r'value="([\w.]+)" id=', page.text) if scope != leaving_out]
    form = [("scope", scope) for scope in scopes] + ([("allow", "1")] if allow else [])
    return requests.post(address, data=form, allow_redirects=False, timeout=5).headers["location"]


def facebook_code(base: str, **more: Any) -> str:
    query = {"client_id": demo.APP_ID, "redirect_uri": BACK, "state": "s1"}
    back = agree(base, "/v23.0/dialog/oauth", query, **more)
    assert parse_qs(urlsplit(back).query)["state"] == ["s1"]
    return parse_qs(urlsplit(back).query)["code"][0]


def test_facebook_login_leads_to_a_page_token_that_works(
    base: str, graph: facebook.GraphAPI, graph_for: Callable[..., facebook.GraphAPI]
) -> None:
    token = graph.get_access_token_from_code(facebook_code(base), BACK, demo.APP_ID, demo.APP_SECRET)
    assert token["expires_in"] == 60 * 86400
    [page] = graph_for(token["access_token"]).get_connections("me", "accounts")["data"]
    assert page["access_token"] != demo.PAGE_TOKEN
    assert graph_for(page["access_token"]).get_object("me")["id"] == demo.PAGE_ID


def test_a_code_is_good_once_and_for_its_own_address(base: str, graph: facebook.GraphAPI) -> None:
    code = facebook_code(base)
    graph.get_access_token_from_code(code, BACK, demo.APP_ID, demo.APP_SECRET)
    with pytest.raises(facebook.GraphAPIError, match="has been used"):
        graph.get_access_token_from_code(code, BACK, demo.APP_ID, demo.APP_SECRET)
    with pytest.raises(facebook.GraphAPIError, match="redirect_uri"):
        graph.get_access_token_from_code(facebook_code(base), BACK + "/x", demo.APP_ID, demo.APP_SECRET)


def test_a_code_is_too_old_after_ten_minutes(base: str, graph: facebook.GraphAPI, sandbox: Remote) -> None:
    code = facebook_code(base)
    sandbox.advance(601)
    with pytest.raises(facebook.GraphAPIError):
        graph.get_access_token_from_code(code, BACK, demo.APP_ID, demo.APP_SECRET)


def test_a_permission_left_out_is_missing_in_the_page_token(
    base: str, graph: facebook.GraphAPI, graph_for: Callable[..., facebook.GraphAPI], comment: Any
) -> None:
    code = facebook_code(base, leaving_out="pages_manage_engagement")
    token = graph.get_access_token_from_code(code, BACK, demo.APP_ID, demo.APP_SECRET)["access_token"]
    [page] = graph_for(token).get_connections("me", "accounts")["data"]
    with pytest.raises(facebook.GraphAPIError, match="pages_manage_engagement"):
        graph_for(page["access_token"]).put_comment(comment["id"], "Hej!")


def test_a_token_can_be_made_to_last(graph_for: Callable[..., facebook.GraphAPI]) -> None:
    graph = graph_for(demo.FACEBOOK_USER_TOKEN)
    longer = graph.extend_access_token(demo.APP_ID, demo.APP_SECRET)["access_token"]
    assert graph_for(longer).get_object("me")["name"] == "Ada Admin"


def test_the_apps_own_token_comes_by_its_secret(graph: facebook.GraphAPI) -> None:
    assert graph.get_app_access_token(demo.APP_ID, demo.APP_SECRET) == f"{demo.APP_ID}|{demo.APP_SECRET}"
    with pytest.raises(facebook.GraphAPIError, match="client secret"):
        graph.get_app_access_token(demo.APP_ID, "wrong")


def test_who_says_no_comes_back_with_access_denied(base: str, sandbox: Remote) -> None:
    query = {"client_id": demo.APP_ID, "redirect_uri": BACK, "state": "s1"}
    back = agree(base, "/dialog/oauth", query, allow=False)
    assert parse_qs(urlsplit(back).query) == {"error": ["access_denied"], "state": ["s1"]}


@pytest.mark.parametrize("wrong", [{"client_id": "1"}, {"redirect_uri": "https://example.com/"}])
def test_an_unknown_app_or_a_far_address_gets_no_page(base: str, sandbox: Remote, wrong: dict[str, str]) -> None:
    query = {"client_id": demo.APP_ID, "redirect_uri": BACK, **wrong}
    assert requests.get(f"{base}/dialog/oauth?{urlencode(query)}", timeout=5).status_code == 400


@pytest.fixture
def handler(base: str, sandbox: Remote) -> tweepy.OAuth2UserHandler:
    handler = tweepy.OAuth2UserHandler(
        client_id=demo.X_CLIENT_ID, redirect_uri=X_BACK, scope=XScopes, client_secret=demo.X_CLIENT_SECRET
    )
    handler.mount("https://api.twitter.com/", Redirect(base))
    return handler


def x_back(base: str, handler: tweepy.OAuth2UserHandler) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(handler.get_authorization_url()).query).items()}
    return agree(base, "/i/oauth2/authorize", query)


def test_xs_login_with_pkce_leads_to_a_token_that_works_for_two_hours(
    base: str, handler: tweepy.OAuth2UserHandler, x_for: Callable[..., tweepy.Client], sandbox: Remote
) -> None:
    token = handler.fetch_token(x_back(base, handler))
    x = x_for(bearer_token=token["access_token"])
    assert x.get_me(user_auth=False).data.username == "nordnett"
    sandbox.advance(7201)
    with pytest.raises(tweepy.Unauthorized):
        x.get_me(user_auth=False)


def test_a_refresh_token_is_good_once(base: str, handler: tweepy.OAuth2UserHandler) -> None:
    token = handler.fetch_token(x_back(base, handler))

    def refresh() -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": demo.X_CLIENT_ID}
        return requests.post(f"{base}/2/oauth2/token", data=form, timeout=5)

    first, second = refresh(), refresh()
    assert first.json()["refresh_token"] != token["refresh_token"]
    assert (second.status_code, second.json()["error"]) == (400, "invalid_request")


def test_a_code_without_its_verifier_is_refused(base: str, handler: tweepy.OAuth2UserHandler) -> None:
    code = parse_qs(urlsplit(x_back(base, handler)).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": X_BACK, "client_id": demo.X_CLIENT_ID}
    answer = requests.post(f"{base}/2/oauth2/token", data={**form, "code_verifier": "guess"}, timeout=5)
    assert answer.status_code == 400


def test_a_revoked_token_is_dead(
    base: str, handler: tweepy.OAuth2UserHandler, x_for: Callable[..., tweepy.Client]
) -> None:
    token = handler.fetch_token(x_back(base, handler))["access_token"]
    form = {"token": token, "client_id": demo.X_CLIENT_ID}
    assert requests.post(f"{base}/2/oauth2/revoke", data=form, timeout=5).json() == {"revoked": True}
    with pytest.raises(tweepy.Unauthorized):
        x_for(bearer_token=token).get_me(user_auth=False)


def test_a_refresh_token_opens_nothing_by_itself(
    base: str, handler: tweepy.OAuth2UserHandler, x_for: Callable[..., tweepy.Client]
) -> None:
    token = handler.fetch_token(x_back(base, handler))["refresh_token"]
    with pytest.raises(tweepy.Unauthorized):
        x_for(bearer_token=token).get_me(user_auth=False)
