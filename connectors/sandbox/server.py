"""Runs a sandbox: for good (__main__), or in a thread beside a test."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from connectors.sandbox.app import make
from connectors.sandbox.entries import Refusal
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.wire import Protocol


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that listens. base: "http://127.0.0.1:port"."""

    base: str
    port: int


def config(sandbox: Sandbox, host: str, port: int) -> uvicorn.Config:
    """No access log, since the Graph API carries its tokens in the address; the wire writes the Date of our clock.

    Raises Refusal for a host that others could reach.
    """
    if not is_loopback(host):
        raise Refusal(f"The sandbox has no real secrets: it listens on loopback only, not on {host}.")
    return uvicorn.Config(
        make(sandbox),
        host=host,
        port=port,
        http=Protocol,
        access_log=False,
        log_level="warning",
        date_header=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def running(data: Path | None = None) -> Iterator[Running]:
    """A sandbox of one's own on a free port, its state in `data` or in memory, gone at the end of the block."""
    sandbox = Sandbox(data)
    server = _Server(config(sandbox, "127.0.0.1", 0))
    thread = threading.Thread(target=server.run, name="sandbox", daemon=True)
    thread.start()
    try:
        server.up.wait(10)
        yield Running(f"http://127.0.0.1:{server.port}", server.port)
    finally:
        server.should_exit = True
        thread.join(10)
        sandbox.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self.port = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.up.set()
