"""python -m connectors.sandbox --port 8090 --data DIR: run the sandbox, on loopback only."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from pathlib import Path

import uvicorn

from connectors.sandbox import app
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.wire import Protocol


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if not is_loopback(options.host):
        print(f"The sandbox has no real secrets: it listens on loopback only, not on {options.host}.", file=sys.stderr)
        return 2
    sandbox = Sandbox(options.data)
    try:
        uvicorn.Server(config(sandbox, options.host, options.port)).run()
    finally:
        sandbox.close()
    return 0


def config(sandbox: Sandbox, host: str, port: int) -> uvicorn.Config:
    """No access log: the Graph API carries its tokens in the address."""
    return uvicorn.Config(
        app.make(sandbox),
        host=host,
        port=port,
        http=Protocol,
        access_log=False,
        log_level="warning",
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--data", type=Path, required=True, help="directory of the state, made when missing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
