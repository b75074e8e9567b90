"""The state of the sandbox's networks and what can happen in it: people appear, write, edit, hide, delete."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from connectors.sandbox.clock import Clock
from connectors.sandbox.entries import (
    COLUMNS,
    FACEBOOK,
    INSTAGRAM,
    KINDS,
    MASTODON,
    SNOWFLAKES,
    Change,
    Entry,
    NewEntry,
    Person,
    Refusal,
    X,
)
from connectors.sandbox.store import Store
from connectors.sandbox.switches import SwitchBoard

# X ids carry their time: milliseconds since this moment, shifted past 22 bits that tell apart what shares one.
SNOWFLAKE_EPOCH = 1288834974657
HANDLE = re.compile(r"(?<![\w@/])@(\w{1,15})")
# A reader sees an edit and a deletion only when the network's read side has caught up with it.
SEEN = ", ".join(
    {
        "text": "CASE WHEN edit_visible_at > :now THEN earlier_text ELSE text END AS text",
        "edited_at": "CASE WHEN edit_visible_at > :now THEN NULL ELSE edited_at END AS edited_at",
    }.get(name, name)
    for name in COLUMNS
)
VISIBLE = "visible_at <= :now AND (delete_visible_at IS NULL OR delete_visible_at > :now)"


def snowflake(at: float, number: int, network: str = X) -> int:
    """Mastodon's are milliseconds since 1970, shifted past 16 bits."""
    if network == MASTODON:
        return int(at * 1000) << 16 | number & 0xFFFF
    return max(int(at * 1000) - SNOWFLAKE_EPOCH, 0) << 22 | number & 0x3FFFFF


def conversation_id(network: str, one: str, other: str) -> str:
    """X names a conversation by its two ids, Facebook by a number of its own."""
    low, high = sorted((one, other), key=lambda id: (len(id), id))
    return f"{low}-{high}" if network == X else f"t_{low}{high}"


class World:
    """Writes happen at once; reads through `seen` are as late as the network's read side."""

    def __init__(self, store: Store, clock: Clock, switches: SwitchBoard) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.listeners: list[Callable[[Change], None]] = []
        # Goes up with everything that happens, so that a page can ask whether it is still fresh.
        self.changes = 0
        self._people: dict[tuple[str, str], Person | None] = {}
        self._handles: dict[tuple[str, str], Person | None] = {}
        store.on_rollback.append(self.forget)

    # People

    def add_person(self, person: Person) -> Person:
        """Adds or replaces. Without an id the network gives one."""
        number = self.store.count("number")
        known = replace(
            person,
            id=person.id or self._person_id(person.network, number),
            handle=person.handle or _handle(person.name, number),
            created_at=person.created_at or self.clock.now(),
        )
        self.forget()
        names = Person.__dataclass_fields__
        self.store.run(
            f"INSERT OR REPLACE INTO person ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})",
            {name: getattr(known, name) for name in names},
        )
        return known

    def _person_id(self, network: str, number: int) -> str:
        if network in SNOWFLAKES:
            return str(snowflake(self.clock.now(), number, network))
        return str((17_841_400_000_000_000 if network == INSTAGRAM else 7_000_000_000) + number)

    def forget(self) -> None:
        """What is remembered of people may be out of date."""
        self._people.clear()
        self._handles.clear()

    def person(self, network: str, id: str) -> Person | None:
        """Remembered, since a page of a hundred entries asks for the same few people again and again."""
        key = (network, id)
        if key not in self._people:
            row = self.store.one("SELECT * FROM person WHERE network = ? AND id = ?", key)
            self._people[key] = Person.from_row(row) if row else None
        return self._people[key]

    def person_called(self, network: str, handle: str) -> Person | None:
        key = (network, handle.casefold())
        if key not in self._handles:
            sql = "SELECT * FROM person WHERE network = ? AND handle = ? COLLATE NOCASE LIMIT 1"
            row = self.store.one(sql, key)
            self._handles[key] = Person.from_row(row) if row else None
        return self._handles[key]

    def people(self, network: str, *, ours: bool) -> list[Person]:
        sql = "SELECT * FROM person WHERE network = ? AND ours = ? ORDER BY name, id"
        return [Person.from_row(row) for row in self.store.all(sql, (network, ours))]

    # Reading

    def seen(self, where: str, values: dict[str, object], tail: str = "") -> list[Entry]:
        """Entries as a reader sees them now. `where` and `tail` are SQL of ours, never of a caller outside."""
        sql = f"SELECT {SEEN} FROM entry WHERE {where} AND {VISIBLE} {tail}"
        return [Entry.from_row(row) for row in self.store.all(sql, {**values, "now": self.clock.now()})]

    def count(self, where: str, values: dict[str, object]) -> int:
        row = self.store.one(
            f"SELECT count(*) AS n FROM entry WHERE {where} AND {VISIBLE}", {**values, "now": self.clock.now()}
        )
        return int(row["n"]) if row else 0

    def entry(self, network: str, id: str) -> Entry | None:
        found = self.seen("network = :network AND id = :id", {"network": network, "id": id})
        return found[0] if found else None

    def standing(self, network: str, id: str) -> Entry | None:
        """The entry as the network's write side knows it, read lag or not; None when it is deleted."""
        row = self.store.one(
            f"SELECT {', '.join(COLUMNS)} FROM entry WHERE network = ? AND id = ? AND deleted_at IS NULL", (network, id)
        )
        return Entry.from_row(row) if row else None

    def last_seq(self) -> int:
        row = self.store.one("SELECT max(seq) AS seq FROM entry")
        return int(row["seq"] or 0) if row else 0

    def standing_many(self, where: str, values: dict[str, object], tail: str = "") -> list[Entry]:
        """As `seen`, but as the write side knows it: no read lag."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM entry WHERE {where} AND deleted_at IS NULL {tail}"
        return [Entry.from_row(row) for row in self.store.all(sql, values)]

    # Writing

    def write(self, new: NewEntry) -> Entry:
        return self.write_many([new])[0]

    def write_many(self, news: Sequence[NewEntry]) -> list[Entry]:
        """In one transaction, in order: a later one may answer an earlier one by its id. Raises Refusal."""
        first = self.store.count("number", len(news))
        with self.store.transaction():
            entries = [self._insert(new, number) for number, new in enumerate(news, first)]
        self._tell("add", entries)
        return entries

    def write_private(self, network: str, author_id: str, to_id: str, text: str, *, via: str) -> Entry:
        """A message in the one conversation that two accounts have."""
        extra = {"conversation": conversation_id(network, author_id, to_id), "to": to_id}
        return self.write(NewEntry(network, "private", author_id, text, via=via, extra=extra))

    def edit(self, entry: Entry, text: str) -> Entry:
        """The entry as it is now. On X an edited post is a new one, with an id of its own, that remembers the old."""
        edited = self._rewritten(entry, text) if entry.kind == "tweet" else self._reworded(entry, text)
        self._mention(edited)
        self._tell("edited", [edited])
        return edited

    def annotate(self, entry: Entry, **facts: object) -> None:
        """Keep something the network remembers about an entry."""
        self.store.run(
            "UPDATE entry SET extra = ? WHERE network = ? AND id = ?",
            (json.dumps({**entry.extra, **facts}), entry.network, entry.id),
        )

    def _reworded(self, entry: Entry, text: str) -> Entry:
        at = self.clock.now()
        self.store.run(
            "UPDATE entry SET earlier_text = text, text = :text, edited_at = :at, edit_visible_at = :visible"
            " WHERE network = :network AND id = :id",
            {"text": text, "at": at, "visible": at + self._lag(entry), "network": entry.network, "id": entry.id},
        )
        return replace(entry, text=text, edited_at=at)

    def _rewritten(self, entry: Entry, text: str) -> Entry:
        at, number = self.clock.now(), self.store.count("number")
        flake = snowflake(at, number)
        history = [*entry.extra.get("history", []), entry.id]
        edited = replace(
            entry, id=str(flake), position=flake, text=text, created_at=at, edited_at=at,
            extra={**entry.extra, "history": history},
        )  # fmt: skip
        with self.store.transaction():
            self._store_entry(edited, at + self._lag(entry))
            self.store.run(
                "UPDATE entry SET replaced_visible_at = ? WHERE network = ? AND id = ?",
                (at + self._lag(entry), entry.network, entry.id),
            )
        return edited

    def delete(self, entry: Entry) -> None:
        """On Facebook with everything beneath it; on X alone, in all its versions."""
        at = self.clock.now()
        doomed = "SELECT value FROM json_each(:ids)"
        if entry.network in (FACEBOOK, INSTAGRAM):
            doomed = (
                "WITH RECURSIVE below (id) AS (SELECT value FROM json_each(:ids) UNION SELECT e.id FROM entry e JOIN"
                " below b ON e.network = :network AND e.parent_id = b.id) SELECT id FROM below"
            )
        ids = json.dumps([entry.id, *entry.extra.get("history", [])])
        self.store.run(
            "UPDATE entry SET deleted_at = :at, delete_visible_at = :visible"
            f" WHERE network = :network AND deleted_at IS NULL AND id IN ({doomed})",
            {"at": at, "visible": at + self._lag(entry), "network": entry.network, "ids": ids},
        )
        self._tell("remove", [replace(entry, deleted_at=at)])

    def hide(self, entry: Entry, hidden: bool) -> None:
        self.store.run("UPDATE entry SET hidden = ? WHERE network = ? AND id = ?", (hidden, entry.network, entry.id))
        self._tell("hide" if hidden else "unhide", [replace(entry, hidden=hidden)])

    def like(self, entry: Entry, person_id: str, liked: bool = True) -> None:
        sql = "INSERT OR IGNORE INTO liked VALUES (?, ?, ?)"
        if not liked:
            sql = "DELETE FROM liked WHERE network = ? AND entry_id = ? AND person_id = ?"
        self.store.run(sql, (entry.network, entry.id, person_id))

    # The rest is how an entry gets its place

    def _insert(self, new: NewEntry, number: int) -> Entry:
        if new.kind not in KINDS.get(new.network, ()):
            raise Refusal(f"{new.network} has no {new.kind}")
        if not self.person(new.network, new.author_id):
            raise Refusal(f"nobody on {new.network} has the id {new.author_id}")
        created = self.clock.now() if new.created_at is None else new.created_at
        parent = self._parent(new)
        entry = self._placed(self._addressed(new, parent), parent, number, created)
        self._store_entry(entry, created + self._lag(entry) if new.visible_at is None else new.visible_at)
        self._mention(entry)
        return entry

    def reply_prefix(self, author_id: str, parent: Entry, excluded: Collection[str] = ()) -> str:
        """Whom X puts in front of a reply: the author of what it answers, then whom that one was talking to."""
        handles = HANDLE.findall(parent.text[: int(parent.extra.get("prefix", 0))])
        people = [self.person(X, parent.author_id), *(self.person_called(X, handle) for handle in handles)]
        named = dict.fromkeys(person.handle for person in people if person and person.id not in {author_id, *excluded})
        return "".join(f"@{handle} " for handle in named)

    def _addressed(self, new: NewEntry, parent: Entry | None) -> NewEntry:
        if new.kind != "tweet" or parent is None or "prefix" in new.extra:
            return new
        prefix = self.reply_prefix(new.author_id, parent)
        if new.text.casefold().startswith(prefix.casefold()):
            return new
        return replace(new, text=prefix + new.text, extra={**new.extra, "prefix": len(prefix)})

    def _placed(self, new: NewEntry, parent: Entry | None, number: int, created: float) -> Entry:
        flake = snowflake(created, number, new.network)
        id = new.id or self._id(new, parent, number, flake)
        return Entry(
            seq=0,
            network=new.network,
            id=id,
            kind=new.kind,
            author_id=new.author_id,
            text=new.text,
            created_at=created,
            position=int(id) if new.network in SNOWFLAKES and id.isdigit() else int(created * 1000),
            parent_id=parent.id if parent else None,
            root_id=parent.root_id if parent else str(new.extra.get("conversation", id)),
            wall_id=new.wall_id or (parent.wall_id if parent else None),
            via=new.via,
            edited_at=None,
            deleted_at=None,
            hidden=False,
            extra=new.extra,
        )

    def _parent(self, new: NewEntry) -> Entry | None:
        if new.parent_id is None:
            if new.kind == "comment":
                raise Refusal("a comment needs a parent_id")
            return None
        parent = self.standing(new.network, new.parent_id)
        if parent is None:
            raise Refusal(f"{new.parent_id} does not exist")
        if new.network == INSTAGRAM and parent.kind == "comment" and parent.parent_id != parent.root_id:
            # There is one level of answers: what answers an answer stands beside it.
            return self.standing(new.network, str(parent.parent_id)) or parent
        return parent

    def _id(self, new: NewEntry, parent: Entry | None, number: int, flake: int) -> str:
        if new.network in SNOWFLAKES:
            return str(flake)
        if new.network == INSTAGRAM:
            return str((17_900_000_000_000_000 if new.kind == "comment" else 18_000_000_000_000_000) + number)
        if new.kind == "private":
            return f"m_{flake:x}{number:x}"
        if new.kind == "comment" and parent:
            return f"{parent.root_id.rpartition('_')[2]}_{900_000_000_000 + number}"
        return f"{new.wall_id or new.author_id}_{500_000_000_000 + number}"

    def _store_entry(self, entry: Entry, visible_at: float) -> None:
        names = [name for name in COLUMNS if name != "seq"]
        values = {name: getattr(entry, name) for name in names}
        values |= {"extra": json.dumps(dict(entry.extra)), "visible_at": visible_at}
        taken = self.store.one("SELECT 1 FROM entry WHERE network = ? AND id = ?", (entry.network, entry.id))
        if taken:
            raise Refusal(f"{entry.id} exists already")
        self.store.run(
            f"INSERT INTO entry ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})", values
        )

    def _mention(self, entry: Entry) -> None:
        for person_id in self.mentioned(entry):
            self.store.run(
                "INSERT OR IGNORE INTO mention VALUES (?, ?, ?, ?)",
                (entry.network, person_id, entry.position, entry.id),
            )

    def mentioned(self, entry: Entry) -> Iterable[str]:
        """Ids of the people an entry names: by @handle, on Facebook by tags."""
        if entry.network == FACEBOOK:
            return [str(id) for id in entry.extra.get("tags", ())]
        if entry.kind == "private":
            return []
        people = (self.person_called(entry.network, handle) for handle in HANDLE.findall(entry.text))
        return [person.id for person in people if person]

    def _lag(self, entry: Entry) -> float:
        return self.switches.now.lag(entry.network)

    def _tell(self, verb: str, entries: Iterable[Entry]) -> None:
        self.changes += 1
        for entry in entries:
            for listener in self.listeners:
                listener(Change(verb, entry, self.clock.now()))


def _handle(name: str, number: int) -> str:
    """A handle for somebody who has none: letters of the name and a number, at most 15 characters as on X."""
    plain = re.sub(r"[^a-z]", "", name.lower().translate(str.maketrans("åäöæøé", "aaoaoe")))
    return f"{plain[:9] or 'user'}{number % 1_000_000}"
