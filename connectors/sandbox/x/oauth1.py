"""OAuth 1.0a signatures (RFC 5849), checked over the address the client meant: https://api.twitter.com."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, unquote

HOST = "https://api.twitter.com"


def header_params(header: str) -> dict[str, str]:
    """The parts of `OAuth oauth_token="…", …`."""
    pairs = (part.strip().partition("=") for part in header.removeprefix("OAuth ").split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs if name}


def signature(method: str, path: str, params: Iterable[tuple[str, str]], secrets: tuple[str, str]) -> str:
    """HMAC-SHA1 over the base string, keyed with the consumer's and the token's secret."""
    encoded = sorted((_quote(name), _quote(value)) for name, value in params)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    base = "&".join([method.upper(), _quote(HOST + path), _quote(joined)])
    key = "&".join(_quote(secret) for secret in secrets)
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def verified(
    method: str, path: str, query: str, oauth: Mapping[str, str], secrets: tuple[str, str], form: str = ""
) -> bool:
    """Only a form body is signed; the JSON of the v2 API is not."""
    params = parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
    params += [(name, value) for name, value in oauth.items() if name not in ("oauth_signature", "realm")]
    expected = signature(method, path, params, secrets)
    return hmac.compare_digest(expected, oauth.get("oauth_signature", ""))


def _quote(text: str) -> str:
    return quote(text, safe="-._~")
