from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from connectors import pictures
from connectors.base import Connector, ConnectorError, ErrorKind, Options
from connectors.facebook import Facebook
from connectors.feed import Feed
from connectors.mastodon import Mastodon
from connectors.pictures import LARGEST_SIDE, anew, fetch
from connectors.twitter import Twitter
from tests.connectors import stub


def png(width: int = 40, height: int = 20, mode: str = "RGB", kind: str = "PNG", **more: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, (width, height), "red").save(made, kind, **more)
    return made.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A few bytes that claim to be 3.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "PNG"), ("RGBA", "PNG"), ("P", "GIF"), ("RGB", "WEBP"), ("L", "JPEG")]
)
def test_what_people_send_becomes_a_jpeg_of_ours(mode: str, kind: str) -> None:
    made = anew(png(mode=mode if mode != "P" else "RGB", kind=kind))
    with Image.open(io.BytesIO(made.content)) as shown:
        assert (shown.format, shown.size, (made.width, made.height)) == ("JPEG", (40, 20), (40, 20))


def test_nothing_comes_along_but_what_can_be_seen() -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 59.3 N 18.1 E"
    body = png(kind="JPEG", exif=exif, comment=b"secret")
    assert b"59.3 N" in body
    made = anew(body + b"<script>alert(1)</script>")
    assert b"59.3 N" not in made.content
    assert b"secret" not in made.content
    assert b"script" not in made.content


def test_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = anew(png(40, 20, kind="JPEG", exif=exif))
    assert (made.width, made.height) == (20, 40)


def test_it_is_no_larger_than_we_show_it() -> None:
    made = anew(png(4000, 1000))
    assert (made.width, made.height) == (LARGEST_SIDE, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        png()[:40],
        b"%PDF-1.4",
        bomb(),
        b"\xff\xd8\xff",
    ],
    ids=["empty", "svg", "gif", "cut-head", "pdf", "bomb", "jpeg"],
)
def test_what_is_no_picture_is_refused_for_good(body: bytes) -> None:
    with pytest.raises(ConnectorError) as caught:
        anew(body)
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.MALFORMED, True)


def fetched(url: str, network: type[Connector], answer: stub.Answer) -> tuple[pictures.Picture | ConnectorError, int]:
    with stub.listening(answer) as server:
        try:
            return fetch(url, network, Options(base_url=server.base, deadline=2)), server.connections
        except ConnectorError as error:
            return error, server.connections


@pytest.mark.parametrize(
    ("network", "url"),
    [
        (Facebook, "https://scontent-arn2-1.xx.fbcdn.net/v/t39/1.jpg?oh=1"),
        (Twitter, "https://pbs.twimg.com/media/1.jpg"),
        (Mastodon, "https://files.any.example/1.png"),
        (Feed, "https://blog.example/1.png"),
    ],
)
def test_it_is_fetched_from_the_networks_servers(network: type[Connector], url: str) -> None:
    found, _ = fetched(url, network, stub.plain(png()))
    assert isinstance(found, pictures.Picture)


@pytest.mark.parametrize(
    ("network", "url"),
    [
        (Facebook, "https://evil.example/1.jpg"),
        (Facebook, "https://evilfbcdn.net/1.jpg"),
        (Facebook, "https://fbcdn.net.evil.example/1.jpg"),
        (Facebook, "http://scontent.fbcdn.net/1.jpg"),
        (Facebook, "https://user@scontent.fbcdn.net/1.jpg"),
        (Facebook, "https://scontent.fbcdn.net:8443/1.jpg"),
        (Twitter, "file:///etc/passwd"),
        (Mastodon, "https:///1.png"),
        (Mastodon, "https://[::1"),
    ],
)
def test_from_anywhere_else_nothing_is_asked_for(network: type[Connector], url: str) -> None:
    found, connections = fetched(url, network, stub.plain(png()))
    assert isinstance(found, ConnectorError)
    assert (found.permanent, connections) == (True, 0)


def test_a_server_of_our_own_network_is_not_reached() -> None:
    with pytest.raises(ConnectorError) as caught:
        fetch("https://127.0.0.1/1.png", Mastodon, Options(deadline=2))
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize(
    ("answer", "kind", "permanent"),
    [
        (stub.plain(b"", 404), ErrorKind.GONE, True),
        (stub.plain(b"", 403), ErrorKind.GONE, True),
        (stub.plain(b"", 503), ErrorKind.UNAVAILABLE, False),
        (stub.plain(b"", 302, {"Location": "https://10.0.0.1/"}), ErrorKind.MALFORMED, False),
        (stub.dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), ErrorKind.UNAVAILABLE, False),
    ],
    ids=["gone", "forbidden", "trouble", "elsewhere", "endless"],
)
def test_trouble_says_whether_to_try_again(answer: stub.Answer, kind: ErrorKind, permanent: bool) -> None:
    found, _ = fetched("https://pbs.twimg.com/media/1.jpg", Twitter, answer)
    assert isinstance(found, ConnectorError)
    assert (found.kind, found.permanent) == (kind, permanent)


def test_more_than_we_take_is_refused() -> None:
    found, _ = fetched("https://pbs.twimg.com/media/1.jpg", Twitter, stub.plain(b"x" * (8 * 1024 * 1024 + 1)))
    assert isinstance(found, ConnectorError)
    assert found.kind is ErrorKind.MALFORMED
