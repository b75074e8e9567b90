"""Real servers, a fresh database and Django set up: what a proof stands on when it is run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# It starts the servers, names them in the environment and sets Django up, as for the tests.
import tests.conftest  # noqa: F401  isort: skip

from django.db import connection


@contextmanager
def fresh_database() -> Iterator[None]:
    """An empty database with every table, gone at the end of the block."""
    named = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own wrapper has it
        connection.creation.destroy_test_db(str(named), verbosity=0)


def rows() -> dict[str, int]:
    """How many rows each table of ours has, in one query."""
    tables = [name for name in connection.introspection.table_names() if name.startswith(("inbox_", "policies_"))]
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {table: count - before[table] for table, count in after.items() if count != before[table]}
