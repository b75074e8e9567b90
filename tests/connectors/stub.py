"""A tiny server that answers as a test says, byte for byte: for what no well-behaved server can be made to do."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

# Gets the connection after the request has been read, and an event that is set when the test is over.
Answer = Callable[[socket.socket, threading.Event], None]


@dataclass
class Stub:
    """base: its address. answer: what it does with each request. requests: what it was sent, as bytes."""

    base: str
    answer: Answer
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@contextmanager
def listening(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        scheme = "https" if tls else "http"
        stub = Stub(f"{scheme}://127.0.0.1:{door.getsockname()[1]}", answer)
        threading.Thread(target=_accept, args=(door, stub, over, tls), daemon=True).start()
        try:
            yield stub
        finally:
            over.set()


def _accept(door: socket.socket, stub: Stub, over: threading.Event, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = door.accept()
        except OSError:
            return
        stub.connections += 1
        threading.Thread(target=_serve, args=(connection, stub, over, tls), daemon=True).start()


def _serve(connection: socket.socket, stub: Stub, over: threading.Event, tls: ssl.SSLContext | None) -> None:
    try:
        with tls.wrap_socket(connection, server_side=True) if tls else connection as opened:
            while request := _request(opened):
                stub.requests.append(request)
                stub.answer(opened, over)
    except OSError:
        pass  # the client has gone, which is what many of these tests are about


def _request(connection: socket.socket) -> bytes:
    """One request with its body, b"" when the client has closed."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = connection.recv(65536)
        if not piece:
            return b""
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def head(status: int = 200, headers: Mapping[str, str] | None = None, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def raw(data: bytes) -> Answer:
    """These bytes and then the end."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def plain(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A whole answer; the connection stays open for the next request."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head(status, headers, len(body)) + body)

    return answer


def jsonly(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return plain(json.dumps(body).encode(), status, {"Content-Type": "application/json", **(headers or {})})


def dripping(begin: bytes, drop: bytes = b" ", every: float = 0.05) -> Answer:
    """`begin` at once, and then a drop now and again, for ever."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begin)
        while not over.wait(every):
            connection.sendall(drop)

    return answer


def silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def reset(connection: socket.socket, over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()
