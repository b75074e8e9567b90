"""What was really written, whatever a reader of the networks can see: the tests compare databases with this."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import COLUMNS, Entry, Refusal
from connectors.sandbox.sandbox import Sandbox

WHO = {"ours": "p.ours", "others": "NOT p.ours", "all": "1"}


def truth(
    sandbox: Sandbox, network: str | None, who: str = "ours", via: str | None = None, since: int = 0
) -> list[dict[str, Any]]:
    """In the order of writing, what came after the entry with the seq `since`.

    `text` is what the author typed, without the names X puts in front of a reply.
    """
    if who not in WHO:
        raise Refusal("who is ours, others or all")
    columns = ", ".join(f"e.{name}" for name in COLUMNS)
    rows = sandbox.store.all(
        f"SELECT {columns} FROM entry e JOIN person p ON p.network = e.network AND p.id = e.author_id"
        f" WHERE {WHO[who]} AND (:network IS NULL OR e.network = :network) AND (:via IS NULL OR e.via = :via)"
        " AND e.seq > :since ORDER BY e.seq",
        {"network": network, "via": via, "since": since},
    )
    counted = sandbox.store.all("SELECT network, entry_id, count(*) AS number FROM liked GROUP BY network, entry_id")
    likes = {(row["network"], row["entry_id"]): row["number"] for row in counted}
    entries = [Entry.from_row(row) for row in rows]
    return [{**_told(entry), "likes": likes.get((entry.network, entry.id), 0)} for entry in entries]


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "network": entry.network,
        "id": entry.id,
        "kind": entry.kind,
        "author_id": entry.author_id,
        "parent_id": entry.parent_id,
        "root_id": entry.root_id,
        "text": entry.own_text,
        "via": entry.via,
        "created_at": entry.created_at,
        "at": iso(entry.created_at),
        "edited_at": entry.edited_at,
        "deleted_at": entry.deleted_at,
        "history": entry.extra.get("history", []),
        "hidden": entry.hidden,
    }
