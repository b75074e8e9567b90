"""The only HTTP of the connectors: one adapter under every SDK's session that owns time, size, host and errors.

The SDKs know requests, so that is where we stand: an HTTPAdapter mounted for the network's own address and nothing
else. It sends to the network, or to a stand-in on loopback; ends every call at one total deadline; lets nothing leave
that has become too old; and raises ConnectorError itself, so that no exception of requests, whose text carries the URL
with its token, ever exists outside this file.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from connectors.answer import Unreadable
from connectors.base import ConnectorError, ErrorKind, Options

MAX_ANSWER = 8 * 1024 * 1024  # bytes, after decompression
CHUNK = 64 * 1024
SAFE_METHODS = ("GET", "HEAD")
SHOWN = 300  # characters of a network's own words in an error text

T = TypeVar("T")
# What the C library says about a name: family, type, protocol, canonical name, address.
AddressInfo: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call that was answered: what was asked and what came back, before anyone has believed a word of it."""

    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def writes(self) -> bool:
        return self.method not in SAFE_METHODS

    @property
    def at(self) -> datetime:
        """The network's own time, from its Date header; ours where it sends none."""
        try:
            at = parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, IndexError, TypeError):
            return datetime.now(UTC)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


# Reads an answer: the bytes the SDK may see. Raises ConnectorError for everything that is not a success.
Judge: TypeAlias = Callable[[Exchange], bytes]


class TooLate(Exception):
    """The call was due to begin earlier; nothing of it has left."""


class Call:
    """One call: when it must have begun, when it must be over, where it may go, and whether a byte of it has left."""

    def __init__(self, deadline: float, start_by: float | None, may_reach: Callable[[str], bool]) -> None:
        self.over_at = time.monotonic() + deadline
        self.start_by = start_by
        self.may_reach = may_reach
        self.departed = False

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.over_at

    def left(self) -> float:
        """Seconds left; TimeoutError where there are none."""
        left = self.over_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's time is over")
        return left

    def depart(self) -> None:
        """The next thing that happens is that a byte of the request leaves. TooLate if it should have left before."""
        if self.start_by is not None and not self.departed and time.monotonic() > self.start_by:
            raise TooLate
        self.departed = True


# The connections are made by urllib3, deep below us: this is how they find the call that they serve.
_CALL: ContextVar[Call] = ContextVar("call")


class _TimedReader(io.RawIOBase):
    """Reads from a socket; each read gets only what is left of the call's time, so that drops of bytes add up."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_CALL.get().left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """A connected socket, plain or TLS, that knows the call's deadline: its own timeout would begin anew each read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock))

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_CALL.get().left())
        self._sock.sendall(data)


class _TimedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port, self.socket_options or ())

    def connect(self) -> None:
        super().connect()
        self.sock = _TimedSocket(self.sock)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _CALL.get().depart()
        super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        """urllib3 passes over a reset while it connects or sends, and then looks for the answer on no socket at all."""
        if self.sock is None:
            raise ConnectionResetError("the connection was reset before anything was sent")
        return super().getresponse()


class _TimedTLSConnection(_TimedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def is_public(address: str) -> bool:
    """Whether an address is out on the internet: not ours, not our network's, not a cloud's, in no disguise."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inside or found in _NAT64:
            return False
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def anywhere(address: str) -> bool:
    """For networks of a fixed name, whose certificate says who they are."""
    return True


def _connect(host: str, port: int, options: Iterable[tuple[Any, ...]]) -> socket.socket:
    """A connection to the first address that takes one, all of them together within the call's time.

    What is checked is the very address that is connected to, so a name that changes its answer gains nothing.
    """
    failure: OSError = OSError("the name has no address that may be reached")
    for family, kind, protocol, _, address in _addresses(host, port):
        if not _CALL.get().may_reach(address[0]):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(_CALL.get().left())
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        else:
            # The TLS handshake that may follow counts its timeout once, for the whole of it.
            sock.settimeout(_CALL.get().left())
            return sock
    raise failure


def _addresses(host: str, port: int) -> Sequence[AddressInfo]:
    """The addresses of a name. A look-up cannot be interrupted, so it runs beside us and is left behind when late."""
    answer: queue.SimpleQueue[Sequence[AddressInfo] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            answer.put(error)
        except UnicodeError:
            answer.put(OSError("not a host name"))

    threading.Thread(target=look_up, name=f"look-up-{port}", daemon=True).start()
    try:
        found = answer.get(timeout=_CALL.get().left())
    except queue.Empty:
        raise TimeoutError("the look-up of the name took too long") from None
    if isinstance(found, OSError):
        raise found
    return found


class Adapter(HTTPAdapter):
    """Carries one SDK's calls to one network, or to the stand-in that options.base_url names.

    judge reads each answer, and its errors are what callers see. may_reach tells which addresses are let through; of a
    stand-in only those on loopback are. `last` is the answer to the latest call, for its rate headers. Not thread-safe,
    like the session it is mounted on.
    """

    def __init__(
        self, network: str, options: Options, judge: Judge, may_reach: Callable[[str], bool] = anywhere
    ) -> None:
        self.network = network
        self.options = options
        self.judge = judge
        self.base = _stand_in(options.base_url)
        self.may_reach = is_loopback if self.base else may_reach
        self.last: Exchange | None = None
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises ConnectorError, and nothing else, for whatever goes wrong between us and a readable success."""
        self.last = None
        call = Call(self.options.deadline, self.options.start_by, self.may_reach)
        token = _CALL.set(call)
        try:
            response = self._exchange(request, call, verify=kwargs.get("verify", True))
        finally:
            _CALL.reset(token)
        return response

    @property
    def answered_at(self) -> datetime | None:
        """When the latest answer came, by the network's own clock where it tells; None before there is one."""
        return self.last.at if self.last else None

    def believe(self, read: Callable[[object, str], T], value: object, what: str) -> T:
        """What an answer must have to be of use. Where a write lacks it, something may have happened all the same."""
        try:
            return read(value, what)
        except Unreadable as error:
            problem = f"{self.network}'s answer cannot be used: {error}"
        unknown = bool(self.last and self.last.writes)
        raise ConnectorError(problem, kind=ErrorKind.MALFORMED, outcome_unknown=unknown)

    def _exchange(self, request: requests.PreparedRequest, call: Call, verify: Any) -> requests.Response:
        method = request.method or "GET"
        self._redirect(request)
        if method not in SAFE_METHODS:
            # A kept connection may be closed under us while we write, and then nobody knows: a write opens its own.
            self.poolmanager.clear()
        try:
            response = super().send(request, stream=True, timeout=self.options.deadline, verify=verify)
            body = _read(response)
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, TooLate) as error:
            problem = self._problem(error, call, method)
        else:
            return self._judged(response, method, body)
        # Raised out here, so that the exception does not carry the other one, with its URL, as its context.
        raise problem

    def _redirect(self, request: requests.PreparedRequest) -> None:
        if self.base:
            parts = urlsplit(request.url or "")
            request.url = urlunsplit((*self.base, parts.path, parts.query, ""))

    def _judged(self, response: requests.Response, method: str, body: bytes | None) -> requests.Response:
        if body is None:
            raise ConnectorError(
                f"{self.network} sent an answer of more than {MAX_ANSWER} bytes",
                kind=ErrorKind.MALFORMED,
                outcome_unknown=method not in SAFE_METHODS,
                status=response.status_code,
            )
        self.last = Exchange(method, response.status_code, dict(response.headers.lower_items()), body)
        return _as_read(response, self.judge(self.last))

    def _problem(self, error: Exception, call: Call, method: str) -> ConnectorError:
        if isinstance(error, TooLate):
            text, code = "was not sent: it had become too old before it could leave", "too_late"
        elif call.over:
            text, code = f"did not answer within {self.options.deadline:g} seconds", "timeout"
        elif call.departed:
            text, code = "broke off before the answer was complete", "broken_off"
        else:
            text, code = "could not be reached", "unreachable"
        unknown = call.departed and method not in SAFE_METHODS
        subject = "The call" if code == "too_late" else self.network
        return ConnectorError(f"{subject} {text}", kind=ErrorKind.UNAVAILABLE, outcome_unknown=unknown, code=code)


def _as_read(response: requests.Response, body: bytes) -> requests.Response:
    """What the SDK gets to see: the judged body, and no header that it or requests could act upon (Location)."""
    shown = requests.Response()
    shown.status_code, shown.reason = response.status_code, response.reason
    shown.url, shown.request = response.url, response.request
    shown.headers["content-type"] = "application/json; charset=utf-8"  # facebook-sdk will not read without one
    shown.encoding = "utf-8"
    shown.raw = io.BytesIO(body)
    return shown


def _stand_in(base_url: str) -> tuple[str, str] | None:
    """(scheme, host and port) of a stand-in, None for the network itself. No other machine gets tokens in its place."""
    if not base_url:
        return None
    try:
        parts = urlsplit(base_url)
        loopback = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = False
    if not loopback or parts.scheme not in ("http", "https") or parts.username:
        raise ConnectorError(
            "base_url must be a loopback address such as http://127.0.0.1:8090", kind=ErrorKind.INVALID, permanent=True
        )
    return parts.scheme, parts.netloc


def _read(response: requests.Response) -> bytes | None:
    """The whole body, unpacked; None if it is larger than we take. Unpacking goes piece by piece, against bombs."""
    body = bytearray()
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > MAX_ANSWER:
                return None
    finally:
        response.close()
    return bytes(body)


def session(adapter: Adapter, *prefixes: str) -> requests.Session:
    """A session that reaches what begins with a prefix through the adapter, and nothing else at all.

    The environment's proxies and netrc are left out: either could take a token to where it does not belong.
    """
    made = requests.Session()
    made.trust_env = False
    made.adapters.clear()
    for prefix in prefixes:
        made.mount(prefix, adapter)
    return made


def without_a_trace(call: Callable[[], T]) -> T:
    """A call through an SDK. Its error comes out without its way through the SDK, whose variables hold the token."""
    try:
        return call()
    except ConnectorError as error:
        problem = error
    raise problem.with_traceback(None)


class Redactor:
    """Takes secret values out of texts, plain or as they look in a URL."""

    def __init__(self, secrets: Iterable[str]) -> None:
        long_enough = {secret for secret in secrets if len(secret) >= 6}
        self._forms = sorted(long_enough | {quote(secret, safe="") for secret in long_enough}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, "********")
        return text

    def quoted(self, text: str) -> str:
        """A network's own words, fit for an error text: no secret, one line, no control characters, not endless."""
        line = " ".join("".join(char if char.isprintable() else " " for char in self(text)).split())
        return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


class _NoTokens(logging.Filter):
    """At DEBUG the libraries print headers, signatures and URLs with tokens, and urllib3 does so in a warning too."""

    _QUERY = re.compile(r"\?\S+")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = self._QUERY.sub("?…", record.getMessage()), ()
        return True


_NO_TOKENS = _NoTokens()
# A filter works on its own logger only, not on those below it, so each is named.
for _name in (
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth1.rfc5849.signature",
    "requests_oauthlib.oauth1_auth",
    "tweepy.client",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
):
    logging.getLogger(_name).addFilter(_NO_TOKENS)
