"""The SQLite file behind the sandbox. What is committed survives kill -9: the operating system has it by then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person (
    network TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, handle TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '', followers INTEGER NOT NULL DEFAULT 0, ours INTEGER NOT NULL DEFAULT 0,
    protected INTEGER NOT NULL DEFAULT 0, long_posts INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL,
    PRIMARY KEY (network, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_handle ON person (network, handle COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
    author_id TEXT NOT NULL, text TEXT NOT NULL, created_at REAL NOT NULL, position INTEGER NOT NULL,
    parent_id TEXT, root_id TEXT NOT NULL, wall_id TEXT, via TEXT NOT NULL, visible_at REAL NOT NULL,
    earlier_text TEXT, edited_at REAL, edit_visible_at REAL, deleted_at REAL, delete_visible_at REAL,
    replaced_visible_at REAL, hidden INTEGER NOT NULL DEFAULT 0, extra TEXT NOT NULL DEFAULT '{}',
    UNIQUE (network, id));
CREATE INDEX IF NOT EXISTS entry_parent ON entry (network, parent_id, position);
CREATE INDEX IF NOT EXISTS entry_root ON entry (network, root_id, position);
CREATE INDEX IF NOT EXISTS entry_wall ON entry (network, wall_id, kind, position);
CREATE INDEX IF NOT EXISTS entry_author ON entry (network, author_id, position);
CREATE INDEX IF NOT EXISTS entry_position ON entry (network, kind, position);
CREATE TABLE IF NOT EXISTS mention (
    network TEXT NOT NULL, person_id TEXT NOT NULL, position INTEGER NOT NULL, entry_id TEXT NOT NULL,
    PRIMARY KEY (network, person_id, position, entry_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS liked (
    network TEXT NOT NULL, entry_id TEXT NOT NULL, person_id TEXT NOT NULL,
    PRIMARY KEY (network, entry_id, person_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    value TEXT PRIMARY KEY, network TEXT NOT NULL, kind TEXT NOT NULL, owner_id TEXT NOT NULL,
    secret TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'valid', scopes TEXT NOT NULL DEFAULT '',
    expires_at REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, left INTEGER, fired INTEGER
    NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS call_count (
    network TEXT NOT NULL, route TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL DEFAULT '',
    calls INTEGER NOT NULL, resources INTEGER NOT NULL, early INTEGER NOT NULL,
    PRIMARY KEY (network, route, status, fault)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, network TEXT NOT NULL, route TEXT NOT NULL,
    path TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL, early INTEGER NOT NULL,
    resources INTEGER NOT NULL, ms REAL NOT NULL);
CREATE TABLE IF NOT EXISTS allowance (
    network TEXT NOT NULL, bucket TEXT NOT NULL, resets_at REAL NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (network, bucket)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscription (id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription_id INTEGER NOT NULL, event TEXT NOT NULL, due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'due', status INTEGER);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
"""

Row = sqlite3.Row
Values = Mapping[str, Any] | Sequence[Any]


class Store:
    """One connection for one process; every call is short, so the event loop runs them itself."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # Whoever remembers what the tables hold forgets it here: what was undone may have been remembered already.
        self.on_rollback: list[Callable[[], None]] = []
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def all(self, sql: str, values: Values = ()) -> list[Row]:
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, values: Values = ()) -> Row | None:
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def run(self, sql: str, values: Values = ()) -> int:
        """Rows changed."""
        return self._db.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Values]) -> None:
        self._db.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction it simply takes part in that one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            for forget in self.on_rollback:
                forget()
            raise
        self._db.execute("COMMIT")

    def get(self, name: str, default: Any) -> Any:
        row = self.one("SELECT value FROM kept WHERE name = ?", (name,))
        return default if row is None else json.loads(row["value"])

    def put(self, name: str, value: Any) -> None:
        self.run(
            "INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def count(self, name: str, by: int = 1) -> int:
        """The first of the next `by` numbers of a counter; never the same twice, also after a restart."""
        with self.transaction():
            last = int(self.get(name, 0))
            self.put(name, last + by)
        return last + 1

    def empty(self) -> None:
        with self.transaction():
            tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            for table in tables:
                self.run(f'DELETE FROM "{table["name"]}"')
