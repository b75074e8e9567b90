"""Intake against the bare limit: a page as tweepy gives it, to rows and threads, ÷ multi-row INSERTs of the same rows.

python -m bench.intake [--pages 30] [--size 100]: the last line is JSON {"figures": [{"name", "ours", "limit", "ratio",
"must", "ok"}]}; ours and limit are posts a second, in one run on one database.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from tests.proofs.ground import fresh_database

from django.db import connection, transaction  # isort: skip

from connectors.base import Mark, Page, Window
from connectors.sandbox import demo
from connectors.twitter import id_at
from inbox.ahead import read_ahead
from inbox.models import Author, Channel, Message, Sighting, Stream, Thread
from inbox.models.intake import commit_page
from tests import make

MUST = 0.4
WORDS = "når kommer fiberen til oss i gata her oppe vi har ventet i hele vår og ingen svarer oss på mail".split()  # noqa: SIM905


def tweets(first: int, size: int) -> list[dict[str, object]]:
    """A page of mentions in X's own shape, each by somebody else and each a thread of its own."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    made = []
    for number in range(first, first + size):
        tweet_id = str(id_at(start + timedelta(seconds=number)))
        text = f"@nordnett {' '.join(WORDS[number % 7 : number % 7 + 12])} {number}"
        made.append({"id": tweet_id, "text": text, "author_id": str(10_000 + number), "conversation_id": tweet_id,
                     "created_at": f"{start + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S.000Z}", "lang": "no",
                     "edit_history_tweet_ids": [tweet_id]})  # fmt: skip
    return made


def page(channel: Channel, stream: Stream, items: Sequence[dict[str, object]]) -> Page:
    """As fetch_page makes it of what tweepy returns."""
    connector = channel.connect()
    found = [message for raw in items for message in connector.read_again("mentions", raw).messages]
    newest = found[-1]
    return Page(tuple(found), Window(complete_up_to=Mark(newest.created_at, newest.remote_id)))


def ours(channel: Channel, stream: Stream, items: Sequence[dict[str, object]]) -> None:
    commit_page(channel, stream, page(channel, stream, json.loads(json.dumps(items))))


def limit(rows: dict[str, tuple[str, list[tuple[object, ...]]]]) -> None:
    """The same rows, by one multi-row INSERT a table, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, values) in rows.items():
            places = f"({', '.join(['%s'] * len(values[0]))})"
            sql = f"INSERT INTO {table} ({columns}) VALUES {', '.join([places] * len(values))}"
            cursor.execute(sql, [value for row in values for value in row])


def taken_out(
    models: Sequence[type[Author | Thread | Message | Sighting]],
) -> dict[str, tuple[str, list[tuple[object, ...]]]]:
    """What intake has just written, as plain rows, and out of the tables again."""
    rows: dict[str, tuple[str, list[tuple[object, ...]]]] = {}
    with connection.cursor() as cursor:
        for model in models:
            columns = [field.column for field in model._meta.concrete_fields]
            cast = [f"{name}::text" if json_column(model, name) else name for name in columns]
            cursor.execute(f"SELECT {', '.join(cast)} FROM {model._meta.db_table} ORDER BY id")
            rows[model._meta.db_table] = (", ".join(columns), cursor.fetchall())
        cursor.execute("TRUNCATE inbox_sighting, inbox_message, inbox_thread, inbox_author CASCADE")
    return rows


def json_column(model: type[Author | Thread | Message | Sighting], name: str) -> bool:
    return any(
        field.column == name and field.get_internal_type() == "JSONField" for field in model._meta.concrete_fields
    )


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(pages: int, size: int) -> dict[str, object]:
    """Each page once through intake and once as bare rows, in turn; the median of each."""
    read_ahead()  # as a worker does before its first task
    channel = make.channel("twitter", account_id=demo.X_USER_ID)
    stream = Stream.objects.create(channel=channel, key="mentions")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inbox_audit DISABLE TRIGGER audit_not_truncated")
    times: dict[str, list[float]] = {"ours": [], "limit": []}
    for number in range(pages + 1):
        items = tweets(number * size, size)
        taken = seconds(lambda items=items: ours(channel, stream, items))  # type: ignore[misc]
        rows = taken_out((Author, Thread, Message, Sighting))
        bare = seconds(lambda rows=rows: limit(rows))  # type: ignore[misc]
        taken_out((Author, Thread, Message, Sighting))
        stream.refresh_from_db()
        if number:
            times["ours"].append(taken)
            times["limit"].append(bare)
    speed = {name: size / statistics.median(found) for name, found in times.items()}
    ratio = round(speed["ours"] / speed["limit"], 2)
    return {"name": f"intake, page of {size} posts → rows ÷ multi-row INSERT", "ours": round(speed["ours"]),
            "limit": round(speed["limit"]), "ratio": ratio, "must": f">= {MUST}", "ok": ratio >= MUST}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--size", type=int, default=100)
    options = parser.parse_args(arguments)
    with fresh_database():
        figure = measure(options.pages, options.size)
    print(json.dumps({"figures": [figure]}), flush=True)
    return 0 if figure["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
