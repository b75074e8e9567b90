from __future__ import annotations

import datetime
import errno
import gzip
import ipaddress
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors import http
from connectors.base import ConnectorError, ErrorKind, Options
from connectors.http import Adapter, Exchange, Redactor
from tests.connectors import stub

NETWORK = "https://network.example/"
TOKEN = "canary-token-123"
DEADLINE = 1.0
AT_MOST = 1.3


def client(base: str, **options: object) -> tuple[requests.Session, Adapter]:
    adapter = Adapter(
        "Network", Options(base_url=base, **{"deadline": DEADLINE, **options}), lambda answer: answer.body
    )
    return http.session(adapter, NETWORK), adapter


def ask(session: requests.Session, method: str = "GET", body: bytes | None = None) -> requests.Response:
    return session.request(method, f"{NETWORK}v1/me", params={"access_token": TOKEN}, data=body)


@contextmanager
def seconds_at_most(limit: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began <= limit


# One deadline for everything


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stub.silent, id="silence"),
        pytest.param(stub.dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"), id="slow headers"),
        pytest.param(stub.dripping(stub.head(length=10_000)), id="slow body"),
        pytest.param(
            stub.dripping(stub.head(headers={"Transfer-Encoding": "chunked"}), b"1\r\n \r\n"), id="slow chunks"
        ),
    ],
)
def test_a_call_ends_at_its_deadline_however_slowly_the_answer_drips(answer: stub.Answer) -> None:
    with stub.listening(answer) as server, seconds_at_most(AT_MOST), pytest.raises(ConnectorError) as caught:
        ask(client(server.base)[0])
    assert (caught.value.kind, caught.value.code) == (ErrorKind.UNAVAILABLE, "timeout")


def test_the_deadline_holds_while_a_large_request_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        session, _ = client(f"http://127.0.0.1:{door.getsockname()[1]}")
        with seconds_at_most(AT_MOST), pytest.raises(ConnectorError) as caught:
            ask(session, "POST", b"x" * 8_000_000)
    assert caught.value.outcome_unknown


def test_the_deadline_holds_while_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: over.wait(10))
    with seconds_at_most(AT_MOST), pytest.raises(ConnectorError) as caught:
        ask(client("http://localhost:9")[0], "POST")
    over.set()
    assert not caught.value.outcome_unknown


def test_the_deadline_counts_anew_for_each_call() -> None:
    with stub.listening(stub.plain(b"{}")) as server:
        session, _ = client(server.base, deadline=0.5)
        threading.Event().wait(0.6)
        assert ask(session).content == b"{}"


# What is known of a write that failed


def test_a_refused_connection_is_certainly_not_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        base = f"http://127.0.0.1:{door.getsockname()[1]}"
    with pytest.raises(ConnectorError) as caught:
        ask(client(base)[0], "POST", b"text")
    assert (caught.value.code, caught.value.outcome_unknown) == ("unreachable", False)


def test_a_connection_that_is_reset_while_it_is_made_is_certainly_not_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def reset(*args: object) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "reset")

    monkeypatch.setattr(http, "_connect", reset)
    with pytest.raises(ConnectorError) as caught:
        ask(client("http://127.0.0.1:1")[0], "POST", b"text")
    assert (caught.value.code, caught.value.outcome_unknown) == ("unreachable", False)


@pytest.mark.parametrize(("method", "unknown"), [("POST", True), ("DELETE", True), ("GET", False)])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stub.reset, id="reset"),
        pytest.param(stub.raw(b""), id="nothing"),
        pytest.param(stub.raw(b"HTTP/1.1 2"), id="half a status"),
        pytest.param(stub.raw(stub.head(length=100) + b'{"id": '), id="half a body"),
        pytest.param(stub.raw(stub.head(headers={"Transfer-Encoding": "chunked"}) + b"5\r\n{}"), id="half a chunk"),
        pytest.param(stub.raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n"), id="not HTTP"),
        pytest.param(stub.plain(b"no gzip", headers={"Content-Encoding": "gzip"}), id="broken compression"),
    ],
)
def test_after_the_first_byte_a_broken_write_may_be_out(answer: stub.Answer, method: str, unknown: bool) -> None:
    with stub.listening(answer) as server, pytest.raises(ConnectorError) as caught:
        ask(client(server.base)[0], method, b"text")
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert caught.value.outcome_unknown is unknown


def test_a_call_that_has_become_too_old_leaves_nothing() -> None:
    with stub.listening(stub.plain(b"{}")) as server:
        with pytest.raises(ConnectorError) as caught:
            ask(client(server.base, start_by=time.monotonic() - 0.001)[0], "POST", b"text")
        assert server.requests == []
    assert (caught.value.code, caught.value.outcome_unknown, caught.value.permanent) == ("too_late", False, False)


def test_a_call_in_time_leaves() -> None:
    with stub.listening(stub.plain(b"{}")) as server:
        ask(client(server.base, start_by=time.monotonic() + 60)[0], "POST", b"text")
        assert len(server.requests) == 1


def test_time_lost_in_connecting_counts_as_age(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def slow(*args: object, **kwargs: object) -> object:
        threading.Event().wait(0.3)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with stub.listening(stub.plain(b"{}")) as server:
        with pytest.raises(ConnectorError, match="too old"):
            ask(client(server.base, start_by=time.monotonic() + 0.1)[0], "POST", b"text")
        assert server.requests == []


def test_reads_share_a_connection_and_a_write_opens_its_own() -> None:
    with stub.listening(stub.plain(b"{}")) as server:
        session, _ = client(server.base)
        ask(session)
        ask(session)
        assert server.connections == 1
        ask(session, "POST", b"text")
        assert server.connections == 2


# What an answer may do to us


def test_an_endless_answer_is_cut_off() -> None:
    endless = stub.dripping(
        stub.head(headers={"Transfer-Encoding": "chunked"}), b"100000\r\n" + b"x" * 0x100000 + b"\r\n", 0
    )
    with stub.listening(endless) as server, pytest.raises(ConnectorError, match="more than") as caught:
        ask(client(server.base, deadline=10)[0], "POST")
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.MALFORMED, True)


def test_a_compressed_bomb_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    answer = stub.plain(bomb, headers={"Content-Encoding": "gzip"})
    with stub.listening(answer) as server, pytest.raises(ConnectorError, match="more than"):
        ask(client(server.base, deadline=10)[0])


def test_a_compressed_answer_is_unpacked() -> None:
    with stub.listening(stub.plain(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})) as server:
        assert ask(client(server.base)[0]).json() == {"a": 1}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with stub.listening(stub.plain(b"{}")) as elsewhere:
        answer = stub.plain(b"", status, {"Location": f"{elsewhere.base}/steal"})
        with stub.listening(answer) as server:
            session, adapter = client(server.base)
            ask(session, "POST", b"text")
        assert elsewhere.requests == []
    assert adapter.last is not None
    assert (adapter.last.status, adapter.last.headers["location"]) == (status, f"{elsewhere.base}/steal")


def test_the_answer_is_there_for_the_caller_with_status_and_headers() -> None:
    with stub.listening(
        stub.jsonly({"a": 1}, 201, {"X-App-Usage": "{}", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"})
    ) as server:
        session, adapter = client(server.base)
        ask(session)
    answered = adapter.last
    assert answered is not None
    assert (answered.status, answered.headers["x-app-usage"], answered.body) == (201, "{}", b'{"a": 1}')
    assert answered.at == datetime.datetime(2026, 11, 22, 10, tzinfo=datetime.UTC)


def test_a_failed_call_leaves_no_answer_of_an_earlier_one() -> None:
    with stub.listening(stub.plain(b"{}")) as server:
        session, adapter = client(server.base)
        ask(session)
        server.answer = stub.reset
        with pytest.raises(ConnectorError):
            ask(session)
    assert adapter.last is None


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 10:00:00 GMT", "\x00"])
def test_an_unreadable_date_is_now(date: str) -> None:
    now = datetime.datetime.now(datetime.UTC)
    assert abs(Exchange("GET", 200, {"date": date}, b"").at - now) < datetime.timedelta(seconds=5)


# Where a token may go


@pytest.mark.parametrize(
    "base",
    [
        "http://network.example", "https://network.example", "http://10.0.0.1:80", "http://169.254.169.254",
        "//127.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1@evil.example", "http://user:pw@127.0.0.1", "http://[::1",
        "127.0.0.1:80", "http://localhost.evil.example", "http://", "nonsense",
    ],
)  # fmt: skip
def test_a_stand_in_anywhere_but_on_loopback_is_refused(base: str) -> None:
    with pytest.raises(ConnectorError, match="loopback") as caught:
        client(base)
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.INVALID, True)


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:8090", "http://127.1.2.3", "http://localhost:8090/", "http://[::1]:8090", ""]
)
def test_loopback_and_the_network_itself_are_taken(base: str) -> None:
    client(base)


def test_the_session_reaches_its_network_and_nothing_else() -> None:
    session, _ = client("")
    for address in ("https://other.example/", "http://network.example/", "http://127.0.0.1/"):
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get(address)


def test_proxies_and_netrc_of_the_environment_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine network.example login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with stub.listening(stub.plain(b"{}")) as server:
        assert ask(client(server.base)[0]).content == b"{}"
        assert b"authorization" not in server.requests[0].lower()


# TLS, which is how the real networks are reached


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Certificate and key of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    both = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem)
    (tmp_path / "stub.pem").write_bytes(both)
    return tmp_path / "stub.pem"


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("answer", [stub.silent, stub.dripping(stub.head(length=10_000))], ids=["silence", "slow body"])
def test_the_deadline_holds_over_tls(certificate: Path, answer: stub.Answer) -> None:
    with stub.listening(answer, server_side(certificate)) as server:
        session, _ = client(server.base)
        session.verify = str(certificate)
        with seconds_at_most(AT_MOST), pytest.raises(ConnectorError) as caught:
            ask(session, "POST", b"text")
        assert len(server.requests) == 1
    assert (caught.value.code, caught.value.outcome_unknown) == ("timeout", True)


def test_the_deadline_holds_in_a_tls_handshake_that_nobody_answers() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        seconds_at_most(AT_MOST),
        pytest.raises(ConnectorError) as caught,
    ):
        ask(client(f"https://127.0.0.1:{door.getsockname()[1]}")[0], "POST", b"text")
    assert (caught.value.code, caught.value.outcome_unknown) == ("timeout", False)


def test_an_answer_over_tls_is_read(certificate: Path) -> None:
    with stub.listening(stub.plain(b"{}"), server_side(certificate)) as server:
        session, _ = client(server.base)
        session.verify = str(certificate)
        assert [ask(session).content, ask(session).content] == [b"{}", b"{}"]
        assert server.connections == 1


def test_a_stranger_with_a_certificate_of_their_own_gets_nothing(certificate: Path) -> None:
    with stub.listening(stub.plain(b"{}"), server_side(certificate)) as server:
        with pytest.raises(ConnectorError) as caught:
            ask(client(server.base)[0], "POST", b"text")
        assert server.requests == []
    assert (caught.value.code, caught.value.outcome_unknown) == ("unreachable", False)


# Secrets


@pytest.mark.parametrize("answer", [stub.reset, stub.silent, stub.raw(b"nonsense")])
def test_no_token_hangs_on_an_error_in_any_way(answer: stub.Answer) -> None:
    with stub.listening(answer) as server, pytest.raises(ConnectorError) as caught:
        http.without_a_trace(lambda: ask(client(server.base, deadline=0.2)[0]))
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert TOKEN not in "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert all("site-packages" not in frame.f_code.co_filename for frame in frames)
    assert all(TOKEN not in repr(frame.f_locals) for frame in frames if frame.f_code.co_filename == http.__file__)


def test_no_token_gets_into_a_log_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    # A header without a colon makes urllib3 warn, with the whole address.
    broken = stub.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon here\r\n\r\n{}")
    with stub.listening(broken) as server:
        ask(client(server.base)[0])
    assert "Failed to parse headers" in caplog.text
    assert TOKEN not in caplog.text


def test_secrets_are_taken_out_of_texts_plain_and_as_in_an_address() -> None:
    hide = Redactor(["app|secret", "canary-token-123", "", "x"])
    assert hide("at app%7Csecret, app|secret and canary-token-123 by x") == "at ********, ******** and ******** by x"


def test_a_networks_own_words_fit_into_one_line_of_a_log() -> None:
    hide = Redactor(["canary-token"])
    assert hide.quoted("bad\r\nX-Forged: canary-token\x1b[31m\x00 ok") == "bad X-Forged: ******** [31m ok"
    assert len(hide.quoted("a" * 5000)) == 300
