"""The test-suite's ground: a real PostgreSQL and Valkey for the run, and the people every test knows."""

from __future__ import annotations

import os

os.environ.setdefault("SAMTAL_ENV", "test")

from config.embedded import ensure_servers

_servers = ensure_servers()
os.environ["DATABASE_URL"] = _servers.database_url
os.environ["REDIS_URL"] = _servers.redis_url
# Named here and not in pyproject.toml: pytest-django would read the settings before this file has set the addresses.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from collections.abc import Iterator  # noqa: E402

import pytest  # noqa: E402
from django.db import connection  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402

from tests.browser import harness  # noqa: E402


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests empty tables, which the record refuses: its trigger sleeps but for the test that proves it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inbox_audit DISABLE TRIGGER audit_not_truncated")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of tests, and no longer: while Playwright is open this thread counts as a running event
    loop, in which neither a second Playwright nor Django's own async_to_sync works.
    """
    with harness.chromium() as chromium:
        yield chromium
