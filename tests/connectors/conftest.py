"""What the connectors' tests stand on: the sandbox, and the recordings where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.remote import Remote
from connectors.sandbox.server import running

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("SAMTAL_RECORDINGS", ROOT.parent / "shared" / "recordings"))


class Recordings:
    """Answers of the real networks, kept outside the repository."""

    def load(self, name: str) -> Any:
        return json.loads((RECORDINGS / name).read_text())

    def body(self, name: str) -> bytes:
        return (RECORDINGS / name).read_bytes()


@pytest.fixture
def recordings() -> Recordings:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not on this machine")
    return Recordings()


@pytest.fixture(scope="session")
def _sandbox_server() -> Iterator[str]:
    with running() as server:
        yield server.base


@pytest.fixture
def sandbox(_sandbox_server: str) -> Iterator[tuple[str, Remote]]:
    """(base address, control) of a sandbox as it starts: the company, its posts and its customers."""
    remote = Remote(_sandbox_server)
    remote.reset()
    try:
        yield _sandbox_server, remote
    finally:
        remote.close()
