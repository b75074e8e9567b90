"""A connector before a server that gives one answer: for reading what is in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.base import Connector, Credentials, Options, Page, Secret, Window
from tests.connectors import stub

FIXTURES = Path(__file__).parent / "fixtures"
TOKEN = "canary-token-123"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SECRETS = {"access_token": TOKEN, "oauth2_token": TOKEN}


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


@contextmanager
def answered(
    kind: type[Connector], answer: stub.Answer, account_id: str, **options: Any
) -> Iterator[tuple[Connector, stub.Stub]]:
    with stub.listening(answer) as server:
        secrets = {name: Secret(value) for name, value in SECRETS.items()}
        yield kind(Credentials(account_id, secrets), Options(base_url=server.base, deadline=5, **options)), server


def page_of(
    kind: type[Connector], body: object, account_id: str, stream: str, window: Window | None = None, **headers: str
) -> Page:
    """The page a connector makes of one answer."""
    with answered(kind, stub.jsonly(body, headers=headers), account_id) as (connector, _):
        return connector.fetch_page(stream, window or Window(), since=LONG_AGO, known={})
