from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import http
from connectors.base import (
    Attachment,
    ConnectorError,
    Credentials,
    ErrorKind,
    Kind,
    Mark,
    Options,
    Outgoing,
    Page,
    Window,
)
from connectors.feed import Feed
from tests.connectors import stub
from tests.connectors.answers import FIXTURES

ADDRESS = "https://blogg.example/feed"
RSS = (FIXTURES / "blog.rss").read_bytes()
ATOM = (FIXTURES / "forum.atom").read_bytes()
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
DATE = "Sat, 21 Nov 2026 10:00:00 GMT"


@contextmanager
def feed(answer: stub.Answer, address: str = ADDRESS) -> Iterator[tuple[Feed, stub.Stub]]:
    with stub.listening(answer) as server:
        yield Feed(Credentials(address), Options(base_url=server.base, deadline=5)), server


def xml(body: bytes, status: int = 200, **headers: str) -> stub.Answer:
    return stub.plain(body, status, {"Content-Type": "application/xml", "Date": DATE, **headers})


def page(body: bytes = RSS, stream: str = "entries", window: Window | None = None, **known: str) -> Page:
    with feed(xml(body)) as (connector, _):
        return connector.fetch_page(stream, window or Window(), since=SINCE, known=known)


def test_entries_come_in_as_text_with_what_belongs_to_them() -> None:
    first, second = page().messages
    assert first.text == "Nordnett & fibern <3\n\nDet här är inte bra.\nRad två"
    assert (first.kind, first.root_remote_id, first.parent_remote_id) == (Kind.POST, first.remote_id, None)
    assert first.author is not None
    assert first.author.name == "Elin S"
    assert first.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert first.permalink == "https://blogg.example/2026/fibern"
    assert first.attachments == (Attachment("photo", "https://blogg.example/mast.jpg"),)
    assert (second.text, second.author, second.permalink) == ("Utan id och tid", None, "")
    assert second.created_at == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_an_entry_without_anything_to_know_it_by_is_kept_apart() -> None:
    malformed = page().malformed
    assert [bad.reason for bad in malformed] == ["neither id nor link nor title"]


def test_an_entry_keeps_its_id_whatever_else_changes_and_shares_it_with_no_other_site() -> None:
    ids = [message.remote_id for message in page().messages]
    again = [message.remote_id for message in page(RSS.replace(b"fibern", b"kabeln")).messages]
    assert ids[0] == again[0]
    with feed(xml(RSS), "https://annan.example/feed") as (connector, _):
        others = connector.fetch_page("entries", Window(), since=SINCE, known={}).messages
    assert {message.remote_id for message in others}.isdisjoint(ids)


def test_the_comments_of_an_entry_are_followed_when_there_are_more_of_them() -> None:
    first = page()
    (follow,) = first.follow
    assert follow.stream == f"comments/{first.messages[0].remote_id}/https://blogg.example/2026/fibern/feed"
    assert page(**{follow.stream: follow.state}).follow == ()
    assert page(**{follow.stream: "1"}).follow == (follow,)


def test_comments_stand_under_their_entry() -> None:
    (message,) = page(ATOM, "comments/abc123/https://forum.example/feed").messages
    assert (message.kind, message.root_remote_id, message.parent_remote_id) == (Kind.COMMENT, "abc123", "abc123")
    assert message.text == "Håller med & mer"
    assert message.created_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_an_unchanged_feed_costs_a_304() -> None:
    with feed(xml(RSS, ETag='W/"5f"')) as (connector, server):
        window = connector.fetch_page("entries", Window(), since=SINCE, known={}).window
        assert window == Window(complete_up_to=Mark(datetime(2026, 11, 21, 10, tzinfo=UTC), 'W/"5f"'))
        server.answer = xml(b"", 304)
        again = connector.fetch_page("entries", window, since=SINCE, known={})
        assert b'if-none-match: w/"5f"' in server.requests[1].lower()
    assert again == Page((), window)


def test_the_account_is_the_feed_with_its_title() -> None:
    with feed(xml(RSS)) as (connector, _):
        account = connector.account()
    assert (account.remote_id, account.name, account.url) == (ADDRESS, "Bredbandsbloggen", "https://blogg.example/")


def test_nothing_can_be_sent() -> None:
    with feed(xml(RSS)) as (connector, server):
        with pytest.raises(ConnectorError) as caught:
            connector.send(Outgoing("Hej", "1"))
        assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.NOT_ALLOWED, False)
        assert connector.read_back(Outgoing("Hej", "1"), since=SINCE).own == ()
        assert server.requests == []
    assert not Feed.capabilities.can_reply


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ErrorKind.PERMISSION), (403, ErrorKind.PERMISSION), (404, ErrorKind.GONE), (410, ErrorKind.GONE),
     (429, ErrorKind.RATE), (500, ErrorKind.UNAVAILABLE), (503, ErrorKind.UNAVAILABLE), (418, ErrorKind.MALFORMED)],
)  # fmt: skip
def test_a_site_in_trouble_is_a_connector_error(status: int, kind: ErrorKind) -> None:
    with feed(xml(b"<html>sorry</html>", status)) as (connector, _), pytest.raises(ConnectorError) as caught:
        connector.fetch_page("entries", Window(), since=SINCE, known={})
    assert caught.value.kind is kind


@pytest.mark.parametrize("body", [b"", b"nonsense", b"<html><p>no feed</p></html>", b'{"items": []}', b"\x00\xff"])
def test_what_is_no_feed_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ConnectorError, match="no feed"):
        page(body)


def test_a_broken_feed_gives_what_can_be_read_of_it() -> None:
    assert page(RSS[: RSS.index(b"<item>", 900)]).messages[0].text.startswith("Nordnett & fibern")


@pytest.mark.parametrize("stream", ["", "entries/", "comments/", "comments/a", "comments//https://x.example/"])
def test_a_stream_that_does_not_exist_is_refused(stream: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        page(stream=stream)
    assert caught.value.kind is ErrorKind.INVALID


# Where a feed may lead


def test_redirects_are_followed_a_few_times() -> None:
    hops = iter(
        [
            stub.plain(b"", 301, {"Location": "/new"}),
            stub.plain(b"", 307, {"Location": "//blogg.example/newer"}),
            xml(RSS),
        ]
    )
    with feed(lambda *given: next(hops)(*given)) as (connector, server):
        assert connector.fetch_page("entries", Window(), since=SINCE, known={}).messages
        assert [request.split()[1] for request in server.requests] == [b"/feed", b"/new", b"/newer"]


@pytest.mark.parametrize("location", ["/feed", "/other", ""])
def test_redirects_in_a_circle_end(location: str) -> None:
    with feed(stub.plain(b"", 302, {"Location": location})) as (connector, server):
        with pytest.raises(ConnectorError, match="circles"):
            connector.fetch_page("entries", Window(), since=SINCE, known={})
        assert len(server.requests) == 4


ELSEWHERE = ("file:///etc/passwd", "ftp://x.example/", "gopher://x.example:70/", "http://u:p@x.example/", "http://[::1")


@pytest.mark.parametrize("location", ELSEWHERE)
def test_a_redirect_to_something_else_than_the_web_is_refused(location: str) -> None:
    with feed(stub.plain(b"", 302, {"Location": location})) as (connector, server):
        with pytest.raises(ConnectorError):
            connector.fetch_page("entries", Window(), since=SINCE, known={})
        assert len(server.requests) == 1


OURS = (
    *("127.0.0.1", "localhost", "127.1", "127.127.127.127", "0.0.0.0", "0", "2130706433", "0x7f000001", "017700000001"),
    *(
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
    ),
)


@pytest.mark.parametrize("host", OURS)
def test_no_address_of_our_own_machine_is_reached_in_any_writing(host: str) -> None:
    with stub.listening(xml(RSS)) as server:
        port = server.base.rpartition(":")[2]
        connector = Feed(Credentials(f"http://{host}:{port}/feed"), Options(deadline=5))
        with pytest.raises(ConnectorError):
            connector.fetch_page("entries", Window(), since=SINCE, known={})
        assert (server.connections, server.requests) == (0, [])


PRIVATE = (
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
    *("192.0.2.1", "2001:db8::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
    *("::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are(address: str) -> None:
    assert http.is_public(address)


def test_a_public_site_cannot_send_us_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """One loopback address stands for the internet here, another for our own network."""
    monkeypatch.setattr(http, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("connectors.feed.is_public", lambda address: address == "127.0.0.1")
    with stub.listening(xml(RSS)) as site, socket.create_server(("127.0.0.2", 0)) as inside:
        inside.settimeout(0.2)
        site.answer = stub.plain(b"", 302, {"Location": f"http://127.0.0.2:{inside.getsockname()[1]}/"})
        connector = Feed(Credentials(f"{site.base}/feed"), Options(deadline=5))
        with pytest.raises(ConnectorError):
            connector.fetch_page("entries", Window(), since=SINCE, known={})
        assert len(site.requests) == 1
        with pytest.raises(TimeoutError):
            inside.accept()


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was looked at is the one that is connected to: there is no second look-up."""
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: next(answers))
    with pytest.raises(ConnectorError, match="could not be reached"):
        Feed(Credentials("http://rebinding.example/feed"), Options(deadline=5)).account()


# Whatever somebody puts into a feed


ODD = (
    *(
        b"<![foo",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b"<!--",
        b"]]>",
        b"&#0;",
        b"&#xD800;",
        b"<" * 90,
        b"<a>" * 90,
    ),
)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(RSS)), dropped=st.integers(0, 60), put=st.binary(max_size=12) | st.sampled_from(ODD))
def test_mutated_feeds_are_read_or_refused(
    connected: tuple[Feed, stub.Stub], at: int, dropped: int, put: bytes
) -> None:
    connector, server = connected
    server.answer = xml(RSS[:at] + put + RSS[at + dropped :])
    try:
        found = connector.fetch_page("entries", Window(), since=SINCE, known={})
    except ConnectorError:
        return
    for message in found.messages:
        assert "\x00" not in message.text
        message.text.encode()


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[Feed, stub.Stub]]:
    with feed(xml(b"")) as made:
        yield made
