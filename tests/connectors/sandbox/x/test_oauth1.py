"""Signatures made by oauthlib, which tweepy signs with, and checked by our own reading of RFC 5849."""

from urllib.parse import urlsplit

import pytest
from oauthlib.oauth1 import Client

from connectors.sandbox.x.oauth1 import header_params, verified

SECRETS = ("consumer&secret", "token/secret=")


def header(url: str, method: str = "GET", body: str | None = None) -> str:
    client = Client("key", SECRETS[0], "token", SECRETS[1])
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    _, signed, _ = client.sign(url, method, body=body, headers=headers)
    return str(signed["Authorization"])


@pytest.mark.parametrize(
    "path",
    [
        "/2/users/me",
        "/2/tweets?ids=1%2C2&tweet.fields=created_at%2Clang",
        "/2/tweets/search/recent?query=%22g%C3%A5r%20ner%22%20%2B%20%28a%20OR%20b%29%20~x&empty=",
        "/2/tweets?b=2&a=2&a=1&c=%26%3D",
    ],
)
def test_a_signature_covers_method_path_and_every_parameter(path: str) -> None:
    parts, oauth = urlsplit(path), header_params(header(f"https://api.twitter.com{path}"))
    assert verified("GET", parts.path, parts.query, oauth, SECRETS)
    assert not verified("POST", parts.path, parts.query, oauth, SECRETS)
    assert not verified("GET", parts.path + "x", parts.query, oauth, SECRETS)
    assert not verified("GET", parts.path, parts.query + "&d=4", oauth, SECRETS)
    assert not verified("GET", parts.path, parts.query, oauth, ("consumer&secret", "other"))


def test_a_form_is_signed_with_its_fields() -> None:
    oauth = header_params(header("https://api.twitter.com/oauth/token", "POST", "status=hej+d%C3%A5"))
    assert verified("POST", "/oauth/token", "", oauth, SECRETS, "status=hej+d%C3%A5")
    assert not verified("POST", "/oauth/token", "", oauth, SECRETS, "status=hej")


def test_a_header_without_a_signature_is_never_right() -> None:
    assert not verified("GET", "/2/users/me", "", {"oauth_token": "token"}, SECRETS)
