"""python -m connectors.sandbox --port 8090 --data DIR: run the sandbox, on loopback only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uvicorn

from connectors.sandbox.entries import Refusal
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import config


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sandbox = Sandbox(options.data)
    try:
        uvicorn.Server(config(sandbox, options.host, options.port)).run()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    finally:
        sandbox.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--data", type=Path, required=True, help="directory of the state, made when missing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
