"""All clocks at once: the networks', PostgreSQL's and Python's in the connectors. Days pass, and nobody waits.

PostgreSQL finds a clock_timestamp() of ours before its own: what the program compares, it compares with that one. The
defaults of columns are bound to its own; nothing compares those across days.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any
from unittest import mock

from django.db import connection
from django.db.backends.signals import connection_created

from connectors.sandbox.remote import Remote

OURS = """
CREATE SCHEMA moved;
CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT pg_catalog.clock_timestamp() + pg_catalog.current_setting('samtal.ahead')::interval $$;
"""
FOUND_FIRST = 'SET search_path = moved, "$user", public, pg_catalog'


class Moved(datetime):
    """Python's clock in the connectors."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Moved:
        return super().now(tz) + cls.ahead


class Clocks:
    def __init__(self, remote: Remote) -> None:
        self.remote = remote

    def advance(self, seconds: float) -> None:
        self.remote.advance(seconds)
        Moved.ahead += timedelta(seconds=seconds)
        with connection.cursor() as cursor:
            put(cursor)


def put(cursor: Any) -> None:
    cursor.execute("SELECT set_config('samtal.ahead', %s, false)", [f"{Moved.ahead.total_seconds()} seconds"])


def heed(connection: Any, **_signal: object) -> None:
    """A new connection goes by our clock as well."""
    with connection.cursor() as cursor:
        put(cursor)
        cursor.execute(FOUND_FIRST)


@contextmanager
def clocks(remote: Remote) -> Iterator[Clocks]:
    """Clocks that can be moved; at the end all of them are the machine's again."""
    with connection.cursor() as cursor:
        cursor.execute(OURS)
    connection_created.connect(heed)
    heed(connection)
    try:
        with mock.patch("connectors.twitter.datetime", Moved):
            yield Clocks(remote)
    finally:
        Moved.ahead = timedelta()
        connection_created.disconnect(heed)
        # What these connections were told goes with them.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own wrapper has it
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA moved CASCADE")
