"""The sandbox has no sign-in, so other web pages must not reach its buttons through somebody's browser."""

from typing import Any

import pytest
import requests

from connectors.sandbox.remote import Remote

BUTTONS = [
    ("POST", "/control/reset"),
    ("POST", "/control/entries"),
    ("DELETE", "/control/faults"),
    ("POST", "/control/do/reset"),
    ("POST", "/street/who"),
    ("POST", "/street/write"),
    ("POST", "/dialog/oauth"),
]


@pytest.mark.parametrize(("method", "path"), BUTTONS)
@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"host": "evil.example:8090"}]
)
def test_a_request_from_another_site_is_refused(
    base: str, sandbox: Remote, method: str, path: str, headers: dict[str, str]
) -> None:
    before = sandbox.truth(who="all")
    assert requests.request(method, f"{base}{path}", headers=headers, timeout=5).status_code == 403
    assert sandbox.truth(who="all") == before


@pytest.mark.parametrize("path", ["/", "/street", "/control"])
def test_pages_allow_nothing_from_elsewhere_and_nothing_inline(base: str, sandbox: Remote, path: str) -> None:
    answer = requests.get(f"{base}{path}", timeout=5)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert all(part.startswith(' src="/static/') for part in answer.text.split("<script")[1:])


def test_what_a_customer_writes_stays_text(base: str, sandbox: Remote, post: Any) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    sandbox.write(network="facebook", kind="comment", author=hostile[:30], text=hostile, parent_id=post["id"])
    page = requests.get(f"{base}/street", timeout=5).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
