"""Answers that somebody has been at: out of them come pages or a ConnectorError, and never anything else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Connector, ConnectorError, Credentials, Options, Outgoing, Page, Secret, Window
from connectors.facebook import Facebook
from connectors.instagram import Instagram
from connectors.twitter import Twitter
from tests.connectors import stub
from tests.connectors.answers import LONG_AGO, SECRETS, TOKEN, fixture

US = {Facebook: "5", Instagram: "17841400000000001", Twitter: "77"}
PAGES: list[tuple[type[Connector], str, Any]] = [
    (Facebook, "feed", fixture("facebook_feed.json")),
    (Facebook, "comments/5_70", fixture("facebook_comments.json")),
    (Facebook, "visitor/5_70", fixture("facebook_comments.json")),
    (Instagram, "comments/18000000000000001", fixture("instagram_comments.json")),
    (Twitter, "mentions", fixture("x_mentions.json")),
    (Twitter, "own", fixture("x_mentions.json")),
]
ODD_ONES: list[Any] = [
    *(
        "",
        "\x00",
        "\ud800",
        "../me",
        "1?x=1",
        TOKEN,
        "9" * 5000,
        "2026-13-01",
        "9999-12-31T23:59:59-2300",
        "2099-01-01T00:00:00Z",
        "9" * 19,
        "replied_to",
    ),
    *(
        "http://[::1",
        "https://graph.facebook.com/?after=x",
        -1,
        0,
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        None,
        True,
    ),
    *(
        [],
        {},
        [None],
        [[]],
        [{}],
        {"": ""},
        {"id": "1"},
        {"id": None},
        {"id": {"id": []}},
        {"data": 5},
        {"data": [None, 1]},
    ),
    *(
        {"error": {"code": 190}},
        {"error": {"code": None}},
        {"message": 5},
        {"next": "x"},
        {"summary": {"total_count": "x"}},
    ),
]
ODD = st.sampled_from(ODD_ONES) | st.text(max_size=8) | st.integers()
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], change: str, odd: Any) -> Any:
    """The value with what is at `path` replaced, dropped or doubled."""
    if not path:
        return odd
    made = copy.deepcopy(value)
    inside = made
    for key in path[:-1]:
        inside = inside[key]
    if change == "replace":
        inside[path[-1]] = odd
    elif change == "drop":
        del inside[path[-1]]
    elif isinstance(inside, list):
        inside.append(inside[path[-1]])
    return made


@st.composite
def mutants(draw: st.DrawFn, body: Any) -> Any:
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(body))))
        body = changed(body, path, draw(st.sampled_from(["replace", "replace", "drop", "double"])), draw(ODD))
    return body


@pytest.fixture(scope="module")
def server() -> Iterator[stub.Stub]:
    with stub.listening(stub.plain(b"")) as server:
        yield server


def read(server: stub.Stub, kind: type[Connector], stream: str, body: bytes) -> Page | None:
    """What a connector makes of a body; None for a ConnectorError, which is looked at for the token."""
    server.answer = stub.plain(body, headers={"Content-Type": "application/json"})
    secrets = {name: Secret(value) for name, value in SECRETS.items()}
    connector = kind(Credentials(US[kind], secrets), Options(base_url=server.base, deadline=10))
    try:
        return connector.fetch_page(stream, Window(), since=LONG_AGO, known={})
    except ConnectorError as error:
        assert TOKEN not in f"{error!r}{vars(error)}"  # noqa: PT017  (most mutants raise nothing)
        return None


def storable(page: Page) -> bool:
    """PostgreSQL takes neither NUL nor halves of a character, in text or in JSON, and JSON knows no NaN."""
    kept = [(message.raw, message.text, message.remote_id, str(message.author)) for message in page.messages]
    text = json.dumps([kept, [bad.raw for bad in page.malformed]], allow_nan=False, ensure_ascii=False, default=str)
    return "\\u0000" not in text and bool(text.encode()) and TOKEN not in text


@pytest.mark.parametrize(("kind", "stream", "body"), PAGES, ids=lambda value: value if isinstance(value, str) else "")
@MANY
@given(data=st.data())
def test_mutated_pages_are_read_or_refused(
    server: stub.Stub, kind: type[Connector], stream: str, body: Any, data: st.DataObject
) -> None:
    mutant = data.draw(mutants(body))
    page = read(server, kind, stream, json.dumps(mutant).encode())
    assert page is None or storable(page)


@pytest.mark.parametrize(("kind", "stream", "body"), PAGES, ids=lambda value: value if isinstance(value, str) else "")
@MANY
@given(data=st.data())
def test_one_mutated_entry_costs_no_other(
    server: stub.Stub, kind: type[Connector], stream: str, body: Any, data: st.DataObject
) -> None:
    """Whatever becomes of the first entry, the others come in, and the first is kept one way or the other."""
    mutant = copy.deepcopy(body)
    mutant["data"][0] = data.draw(mutants(body["data"][0]))
    plain, page = (read(server, kind, stream, json.dumps(one).encode()) for one in (body, mutant))
    assert page is not None
    assert plain is not None
    others = {one.remote_id for one in (*plain.messages, *plain.posts)} - {ids(body["data"][0])}
    assert others - {ids(mutant["data"][0])} <= {one.remote_id for one in (*page.messages, *page.posts)}
    assert len(page.malformed) <= 1
    assert len({*page.messages, *page.posts}) + len(page.malformed) >= len(others)


def ids(entry: Any) -> str:
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


@pytest.mark.parametrize(("kind", "stream", "body"), PAGES, ids=lambda value: value if isinstance(value, str) else "")
@MANY
@given(data=st.data())
def test_bytes_that_somebody_has_been_at_are_read_or_refused(
    server: stub.Stub, kind: type[Connector], stream: str, body: Any, data: st.DataObject
) -> None:
    whole = json.dumps(body).encode()
    at = data.draw(st.integers(0, len(whole)))
    mutant = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 40)) :]
    page = read(server, kind, stream, mutant)
    assert page is None or storable(page)


@pytest.mark.parametrize("kind", [Facebook, Twitter])
@MANY
@given(body=ODD | st.fixed_dictionaries({"id": ODD}) | st.fixed_dictionaries({"data": ODD}))
def test_odd_answers_to_a_reply_say_that_it_may_be_out(server: stub.Stub, kind: type[Connector], body: Any) -> None:
    server.answer = stub.jsonly(body)
    secrets = {name: Secret(value) for name, value in SECRETS.items()}
    connector = kind(Credentials(US[kind], secrets), Options(base_url=server.base, deadline=10))
    try:
        assert connector.send(Outgoing("Hej", "1")).remote_id
    except ConnectorError as error:
        certain = isinstance(body, dict) and bool(body.get("error") or body.get("errors"))
        assert error.outcome_unknown or certain  # noqa: PT017  (an odd answer may still be a good one)


def notification(about: str, *entries: Any) -> Any:
    return {"object": about, "entry": list(entries)}


def changes(field: str, **value: Any) -> Any:
    return {"id": "5", "time": 1795161600, "changes": [{"field": field, "value": value}]}


ELIN = {"id": "9", "name": "Elin", "username": "elin"}
SAID = {"mid": "m_1", "text": "Hej", "attachments": []}
PRIVATE = {"sender": {"id": 9}, "recipient": {"id": 5}, "timestamp": 1795161600250, "message": SAID}
ON_FACEBOOK = {"item": "comment", "verb": "add", "comment_id": "70_1", "post_id": "5_70", "parent_id": "70_2"}
NOTIFICATIONS: list[tuple[type[Connector], Any]] = [
    (
        Facebook,
        notification(
            "page",
            changes("feed", **ON_FACEBOOK, **{"from": ELIN}, created_time=1795161600, message="Hej"),
            {"id": 5, "time": 1795161600000, "messaging": [PRIVATE]},
        ),
    ),
    (
        Instagram,
        notification(
            "instagram",
            changes("comments", id="179", text="Hej", **{"from": ELIN}, media={"id": "180"}, parent_id="178"),
            changes("mentions", media_id="181", comment_id="182"),
        ),
    ),
]


@pytest.mark.parametrize(("kind", "body"), NOTIFICATIONS, ids=lambda value: getattr(value, "network", ""))
@MANY
@given(data=st.data())
def test_mutated_notifications_are_read_or_refused(kind: type[Connector], body: Any, data: st.DataObject) -> None:
    try:
        found = kind.parse_webhook(json.dumps(data.draw(mutants(body))).encode())
    except ConnectorError:
        return
    json.dumps([bad.raw for bad in found.malformed], allow_nan=False)
