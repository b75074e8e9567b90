"""What the street shows: conversations under their posts, newest first, as the networks' write side knows them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from connectors.sandbox.entries import FACEBOOK, INSTAGRAM, Entry, Person, X
from connectors.sandbox.world import World, conversation_id

POSTS = 12
THREADS = 10


@dataclass(slots=True)
class Strand:
    """An entry and what stands beneath it. earlier: how many further strands beneath it are not shown."""

    entry: Entry
    author: Person
    strands: list[Strand] = field(default_factory=list)
    earlier: int = 0


class Reading:
    """One look at the networks for one person (None: nobody yet)."""

    def __init__(self, world: World, name: str | None) -> None:
        self._world = world
        self._people: dict[tuple[str, str], Person] = {}
        self.accounts = {
            network: account(world, network, name) if name else None for network in (FACEBOOK, INSTAGRAM, X)
        }

    def wall(self, *, threads: int = THREADS) -> list[Strand]:
        """The page's posts and its visitors', the one with the newest comment first."""
        posts = self._world.standing_many(
            "network = 'facebook' AND kind = 'post' AND wall_id = :page",
            {"page": company(self._world, FACEBOOK).id, "posts": POSTS},
            "ORDER BY max(position, coalesce((SELECT max(b.position) FROM entry b WHERE b.network = 'facebook'"
            " AND b.root_id = entry.id AND b.deleted_at IS NULL), 0)) DESC LIMIT :posts",
        )
        return [self._strand(post, threads=threads) for post in posts]

    def pictures(self, *, threads: int = THREADS) -> list[Strand]:
        """Our media, the newest first."""
        media = self._world.standing_many(
            "network = 'instagram' AND kind = 'media' AND author_id = :us",
            {"us": company(self._world, INSTAGRAM).id, "posts": POSTS},
            "ORDER BY position DESC LIMIT :posts",
        )
        return [self._strand(one, threads=threads) for one in media]

    def around(self, *, threads: int = THREADS) -> list[Strand]:
        """Our tweets and those that name us, each with the whole conversation it began."""
        ours = company(self._world, X)
        roots = self._world.standing_many(
            "network = 'x' AND kind = 'tweet' AND parent_id IS NULL AND replaced_visible_at IS NULL"
            " AND (author_id = :us OR EXISTS (SELECT 1 FROM mention m WHERE m.network = 'x' AND m.person_id = :us"
            " AND m.position = entry.position AND m.entry_id = entry.id))",
            {"us": ours.id, "posts": POSTS * 2},
            "ORDER BY position DESC LIMIT :posts",
        )
        return [self._strand(root, threads=threads) for root in roots]

    def one(self, network: str, id: str) -> Strand | None:
        entry = self._world.standing(network, id)
        return self._strand(entry, threads=1000) if entry else None

    def letters(self, network: str) -> list[Strand]:
        """The private conversation of this person with the company, oldest first."""
        person = self.accounts[network]
        if person is None:
            return []
        id = conversation_id(network, person.id, company(self._world, network).id)
        found = self._world.standing_many(
            "network = :network AND kind = 'private' AND root_id = :id", {"network": network, "id": id},
            "ORDER BY position, seq",
        )  # fmt: skip
        return [Strand(entry, self._person(entry)) for entry in found]

    def may_see(self, entry: Entry) -> bool:
        """What the company has hidden is still there for its author."""
        account = self.accounts[entry.network]
        return not entry.hidden or (account is not None and account.id == entry.author_id)

    def _strand(self, root: Entry, *, threads: int) -> Strand:
        beneath = self._beneath(root)
        strand = self._grown(root, beneath)
        strand.earlier = max(len(strand.strands) - threads, 0)
        strand.strands = strand.strands[strand.earlier :]
        return strand

    def _beneath(self, root: Entry) -> dict[str, list[Entry]]:
        found = self._world.standing_many(
            "network = :network AND root_id = :root AND kind IN ('comment', 'tweet') AND id <> :id AND"
            " replaced_visible_at IS NULL",
            {"network": root.network, "root": root.root_id, "id": root.id},
            "ORDER BY position DESC, seq DESC LIMIT 400",
        )
        newest = {old: entry.id for entry in [root, *found] for old in entry.extra.get("history", [])}
        children = defaultdict(list)
        for entry in reversed(found):
            if self.may_see(entry):
                children[newest.get(str(entry.parent_id), str(entry.parent_id))].append(entry)
        return children

    def _grown(self, entry: Entry, beneath: dict[str, list[Entry]]) -> Strand:
        strands = [self._grown(child, beneath) for child in beneath.get(entry.id, [])]
        return Strand(entry, self._person(entry), strands)

    def _person(self, entry: Entry) -> Person:
        key = (entry.network, entry.author_id)
        if key not in self._people:
            self._people[key] = self._world.person(*key) or Person(*key, name=entry.author_id)
        return self._people[key]


def company(world: World, network: str) -> Person:
    return world.people(network, ours=True)[0]


def account(world: World, network: str, name: str) -> Person | None:
    """The account a person of the street has on a network."""
    row = world.store.one("SELECT * FROM person WHERE network = ? AND name = ? AND NOT ours", (network, name))
    return Person.from_row(row) if row else None


def names(world: World, language: str) -> list[str]:
    """Everybody who could be chosen, who speaks this language first: they have accounts on both networks."""
    rows = world.store.all(
        "SELECT DISTINCT f.name, f.language FROM person f JOIN person x ON x.network = 'x' AND x.name = f.name"
        " WHERE f.network = 'facebook' AND NOT f.ours AND NOT x.ours ORDER BY f.language <> ?, f.name LIMIT 200",
        (language,),
    )
    return [row["name"] for row in rows]
