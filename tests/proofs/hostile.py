"""Bodies that somebody has been at, through connectors and intake into the tables: no worker dies of one.

What cannot be read is kept once. What follows a bad entry comes in with the same page; what follows a bad page comes in
with the next, which is read from where the bad one left off.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as profile
from hypothesis import strategies as st

from connectors.answer import Unreadable, as_object
from connectors.base import ConnectorError, Malformed, Page, Window
from connectors.twitter import id_at
from inbox import tasks
from inbox.models import Channel, Message, Quarantined, RawEvent, Stream
from inbox.models.intake import commit_page, storable
from tests import make
from tests.connectors import stub
from tests.connectors.answers import FIXTURES, fixture
from tests.connectors.test_mutations import mutants

Figures = dict[str, object]
US = {
    "facebook": "5",
    "instagram": "17841400000000001",
    "twitter": "77",
    "mastodon": "nordnett@mastodon.example",
    "feed": "https://blog.example/feed",
}
PAGED = tuple(network for network in US if network != "feed")
BATCH = 200
# Most bodies are notifications: so they come, and a worker hears many of them in one go.
PAGES = ("entry", "entry", "page", "bytes")
KINDS = (*PAGES, "feed", *["notice"] * 5)
SOME, MOST_WAITING, AGAIN = 8, 300, 10
# What a worker may die of: everything but the connectors' own error, which it expects.
DEATHS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    AssertionError,
    DatabaseError,
)


@dataclass
class Tally:
    bodies: int = 0
    died: int = 0
    refused: int = 0
    quarantined: int = 0
    doubled: int = 0
    dropped: int = 0
    late: int = 0
    deaths: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.died or self.doubled or self.dropped or self.late)


@dataclass(frozen=True)
class Lane:
    """One stream of one network: a whole good body, where its entries stand, and an entry that nobody has seen yet."""

    network: str
    stream: str
    body: Any
    fresh: Callable[[int], Any]

    def around(self, entries: list[Any]) -> Any:
        return entries if isinstance(self.body, list) else {**self.body, "data": entries}

    @property
    def entries(self) -> list[Any]:
        found: list[Any] = self.body if isinstance(self.body, list) else self.body["data"]
        return found


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def lately() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def x_id(n: int) -> str:
    """An id as X gives it out now; each n has its own."""
    return str(id_at(lately()) + n)


def facebook_post(n: int) -> Any:
    people = {"from": {"id": "9", "name": "Elin"}, "to": {"data": [{"id": "5", "name": "Nordnett"}]}}
    return {
        "id": f"5_{10**9 + n}",
        "message": "Följer",
        "created_time": iso(lately()),
        "status_type": "wall_post",
        **people,
    }


def facebook_comment(n: int) -> Any:
    return {
        "id": f"70_{10**9 + n}",
        "message": "Följer",
        "created_time": iso(lately()),
        "from": {"id": "9", "name": "E"},
    }


def facebook_message(n: int) -> Any:
    people = {"from": {"id": "9", "name": "Elin"}, "to": {"data": [{"id": "5"}]}}
    return {"id": f"m_{n}", "message": "Följer", "created_time": iso(lately()), **people}


def facebook_rating(n: int) -> Any:
    story = {"open_graph_story": {"id": f"5_{2 * 10**9 + n}"}, "reviewer": {"id": "9", "name": "Elin"}}
    return {"created_time": iso(lately()), "review_text": "Följer", "recommendation_type": "positive", **story}


def instagram_comment(n: int) -> Any:
    person = {"id": "9", "username": "elin"}
    return {"id": str(179 * 10**14 + n), "text": "Följer", "timestamp": iso(lately()), "from": person}


def tweet(n: int) -> Any:
    return {"id": x_id(n), "text": "Följer @nordnett", "author_id": "9", "created_at": iso(lately())}


def direct_message(n: int) -> Any:
    about = {"dm_conversation_id": "9-77", "sender_id": "9", "event_type": "MessageCreate"}
    return {"id": x_id(n), "text": "Följer", "created_at": iso(lately()), **about}


def status(n: int) -> Any:
    account = {"id": "7", "acct": "elin@other.example", "username": "elin", "display_name": "Elin"}
    said = {"content": "<p>Följer</p>", "visibility": "public", "in_reply_to_id": None, "replies_count": 0}
    return {"id": str(10**17 + n), "created_at": iso(lately()), "account": account, **said}


def mention(n: int) -> Any:
    return {"id": str(10**18 + n), "type": "mention", "created_at": iso(lately()), "status": status(n)}


def page(*entries: Any) -> Any:
    return {"data": list(entries), "meta": {"result_count": len(entries)}}


def lanes() -> list[Lane]:
    return [
        Lane("facebook", "feed", fixture("facebook_feed.json"), facebook_post),
        Lane("facebook", "comments/5_70", fixture("facebook_comments.json"), facebook_comment),
        Lane("facebook", "conversation/t_1", page(facebook_message(1), facebook_message(2)), facebook_message),
        Lane("facebook", "ratings", page(facebook_rating(1), facebook_rating(2)), facebook_rating),
        Lane("instagram", "comments/18000000000000001", fixture("instagram_comments.json"), instagram_comment),
        Lane("twitter", "mentions", fixture("x_mentions.json"), tweet),
        Lane("twitter", "messages", page(direct_message(1), direct_message(2)), direct_message),
        Lane("mastodon", "mentions", [mention(1), mention(2)], mention),
    ]


class Town:
    """The channels, and a server that answers whatever a case says."""

    def __init__(self, server: stub.Stub) -> None:
        self.server = server
        self.channels = {network: make.channel(network, account_id=US[network], reach_days=3650) for network in US}
        self.connectors = {network: channel.connect() for network, channel in self.channels.items()}
        self.tally = Tally()
        self.notices = Notices(self)
        self.malformed: tuple[Malformed, ...] = ()
        self.fresh = 10

    def next_fresh(self) -> int:
        self.fresh += 1
        return self.fresh

    def read(self, network: str, stream: str, body: bytes, *, go_on: bool = False) -> None:
        """As a worker reads a stream: from its beginning, or an hour after it was read to its end."""
        self.tally.bodies += 1
        self.server.requests.clear()
        self.server.answer = stub.plain(body, headers={"Content-Type": "application/json"})
        channel, self.malformed = self.channels[network], ()
        if known := Stream.objects.filter(channel=channel, key=stream).first():
            known.keep(an_hour_later(known.window) if go_on else Window())
        with mock.patch("inbox.tasks.commit_page", self.commit), self.surviving(f"{network} {stream}", body):
            try:
                tasks.read_stream(channel, self.connectors[network], stream, 1, "")
            except ConnectorError as error:
                channel.record_error(error)
                self.tally.refused += 1

    def commit(self, channel: Channel, stream: Stream, page: Page) -> int | None:
        """The product's own; what its connector could not read is remembered."""
        self.malformed = page.malformed
        return commit_page(channel, stream, page)

    @contextmanager
    def surviving(self, what: str, body: bytes) -> Iterator[None]:
        try:
            yield
        except DEATHS as death:
            self.tally.died += 1
            self.tally.deaths.append(f"{what}: {death!r} from {body[:300]!r}")

    def one_bad_entry(self, lane: Lane, bad: Any) -> None:
        fresh = lane.fresh(self.next_fresh())
        whole = lane.around([copy.deepcopy(bad), *lane.entries[1:], fresh])
        body = json.dumps(whole).encode()
        before, refused = Quarantined.objects.count(), self.tally.refused
        self.read(lane.network, lane.stream, body)
        if self.tally.refused == refused:
            self.see_kept(lane, body, before)
        self.see_follower(lane, fresh)

    def one_bad_page(self, lane: Lane, body: bytes) -> None:
        self.read(lane.network, lane.stream, body)
        fresh = lane.fresh(self.next_fresh())
        self.read(lane.network, lane.stream, json.dumps(lane.around([fresh])).encode(), go_on=True)
        self.see_follower(lane, fresh)

    def see_kept(self, lane: Lane, body: bytes, before: int) -> None:
        """What the connector could not read is in the quarantine, and once, also when it comes again."""
        self.tally.dropped += dropped(self.channels[lane.network], self.malformed)
        after = Quarantined.objects.count()
        self.tally.quarantined += after - before
        if after > before:
            self.read(lane.network, lane.stream, body)
            self.tally.doubled += Quarantined.objects.count() - after

    def see_follower(self, lane: Lane, fresh: Any) -> None:
        raw = fresh.get("status", fresh)
        remote_id = str(raw.get("id") or raw["open_graph_story"]["id"])
        if not Message.objects.filter(network=lane.network, remote_id=remote_id).exists():
            self.tally.late += 1
            self.tally.deaths.append(f"late: {lane.network} {lane.stream}")


def an_hour_later(window: Window) -> Window:
    """What is known of a stream an hour after these pages were read, and its walk ended with them."""
    reached = window.newest_seen or window.complete_up_to
    return Window(reached and replace(reached, at=reached.at - timedelta(hours=1)))


def dropped(channel: Channel, malformed: Sequence[Malformed]) -> int:
    """How many of these are not in the quarantine."""
    digests = {digest(one) for one in malformed}
    kept = channel.quarantine.filter(digest__in=digests).count() if digests else 0
    return len(digests) - kept


def digest(bad: Malformed) -> str:
    raw = json.dumps(storable(bad.raw), sort_keys=True).encode()
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()


def facebook_notice(n: int) -> Any:
    value = {"item": "comment", "verb": "add", "comment_id": f"70_{3 * 10**9 + n}", "post_id": "5_70",
             "parent_id": "5_70", "from": {"id": "9", "name": "Elin"}, "created_time": 1795161600,
             "message": "Hej"}  # fmt: skip
    return {"id": "5", "time": 1795161600, "changes": [{"field": "feed", "value": value}]}


def twitter_notice(n: int) -> Any:
    tweet_id = str(3 * 10**18 + n)
    payload = {"id": tweet_id, "text": "@nordnett hej", "author_id": "9", "conversation_id": tweet_id}
    return {"event_uuid": tweet_id, "filter": {"user_id": US["twitter"]}, "event_type": "post.mention.create",
            "payload": payload}  # fmt: skip


@dataclass
class Notices:
    """Notifications that wait for a worker, who hears many at a time. followers: what must have come in by then."""

    town: Town
    told: list[tuple[str, bytes]] = field(default_factory=list)
    followers: list[str] = field(default_factory=list)
    facebooks = {"object": "page"}

    def tell(self, network: str, body: bytes) -> None:
        if RawEvent.keep(network, self.town.channels[network].pk, body):
            self.town.tally.bodies += 1
            self.told.append((network, body))

    def good(self) -> None:
        """One of each network that nobody has been at."""
        n = self.town.next_fresh()
        self.tell("facebook", json.dumps({**self.facebooks, "entry": [facebook_notice(n)]}).encode())
        self.tell("twitter", json.dumps({"data": twitter_notice(n)}).encode())
        self.followers += [f"70_{3 * 10**9 + n}", str(3 * 10**18 + n)]

    def batch(self, bad: Sequence[Any]) -> bytes:
        """Bad pieces and a good one after them in one body, as Facebook sends them."""
        n = self.town.next_fresh()
        self.followers.append(f"70_{3 * 10**9 + n}")
        return json.dumps({**self.facebooks, "entry": [*bad, facebook_notice(n)]}).encode()

    def hear(self) -> None:
        """As workers do; then some that could not be read come once more, when nobody knows of the first time."""
        before = Quarantined.objects.count()
        self.heard()
        after = Quarantined.objects.count()
        self.town.tally.quarantined += after - before
        unread = self.unread()
        RawEvent.objects.all().delete()
        for network, body in unread[:AGAIN]:
            self.tell(network, body)
        self.heard()
        self.town.tally.doubled += Quarantined.objects.count() - after
        self.see_followers()
        self.told.clear()

    def heard(self) -> None:
        with self.town.surviving("notices", b"".join(body for _network, body in self.told)):
            tasks.hear(0)
        waiting = RawEvent.objects.filter(read_at__isnull=True)
        self.town.tally.late += waiting.count()
        waiting.delete()

    def unread(self) -> list[tuple[str, bytes]]:
        """Those with something in them that cannot be read; that must be in the quarantine."""
        bad: dict[str, list[Malformed]] = {"facebook": [], "twitter": []}
        found = []
        for network, body in self.told:
            malformed = RawEvent(network=network, body=body, tries=0).notification().malformed
            bad[network] += malformed
            if malformed:
                found.append((network, body))
        self.town.tally.dropped += sum(dropped(self.town.channels[name], odd) for name, odd in bad.items())
        return found

    def see_followers(self) -> None:
        here = set(Message.objects.filter(remote_id__in=self.followers).values_list("remote_id", flat=True))
        self.town.tally.late += len(set(self.followers) - here)
        self.town.tally.deaths += [f"late: {one}" for one in self.followers if one not in here]
        self.followers.clear()


def bitten(draw: st.DataObject, body: bytes) -> bytes:
    """With a few bytes more or fewer somewhere."""
    at = draw.draw(st.integers(0, len(body)))
    return body[:at] + draw.draw(st.binary(max_size=6)) + body[at + draw.draw(st.integers(0, 40)) :]


def live(town: Town, times: int, number: int, only: str = "") -> None:
    """At least so many bodies, made by hypothesis: bad entries among good ones, bad pages, bitten bytes, notices.

    only: the pages of this network, and nothing else.
    """
    ways = [lane for lane in lanes() if only in ("", lane.network)]
    kinds = PAGES if only else KINDS
    blog = (FIXTURES / "blog.rss").read_bytes()

    def case(data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(ways))
        kind = data.draw(st.sampled_from(kinds))
        if kind == "entry":
            town.one_bad_entry(lane, data.draw(mutants(lane.entries[0])))
        elif kind == "page":
            town.one_bad_page(lane, json.dumps(data.draw(mutants(lane.body))).encode())
        elif kind == "bytes":
            town.one_bad_page(lane, bitten(data, json.dumps(lane.body).encode()))
        elif kind == "feed":
            town.read("feed", "entries", bitten(data, blog))
        else:
            told_badly(town.notices, data)

    batch = 0
    while town.tally.bodies < times:
        made = profile(
            max_examples=min(times - town.tally.bodies, BATCH), deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        seed(number + batch)(made(given(st.data())(case)))()
        town.notices.hear()
        batch += 1


def told_badly(notices: Notices, data: st.DataObject) -> None:
    """Some of what a worker hears in one go."""
    for _ in range(SOME):
        notices.tell("twitter", changed_in_bytes(data, {"data": data.draw(mutants(twitter_notice(1)))}))
        entry = [data.draw(mutants(facebook_notice(1)))]
        notices.tell("facebook", changed_in_bytes(data, {"object": "page", "entry": entry}))
    notices.tell("facebook", notices.batch([data.draw(mutants(facebook_notice(1))) for _ in range(2)]))
    notices.good()
    if len(notices.told) > MOST_WAITING:
        notices.hear()


def changed_in_bytes(data: st.DataObject, body: Any) -> bytes:
    raw = json.dumps(body).encode()
    return bitten(data, raw) if data.draw(st.integers(0, 9)) == 0 else raw


@contextmanager
def town() -> Iterator[Town]:
    with stub.listening(stub.plain(b"")) as server:
        before = settings.SAMTAL_SANDBOX_URL
        settings.SAMTAL_SANDBOX_URL = server.base
        try:
            yield Town(server)
        finally:
            settings.SAMTAL_SANDBOX_URL = before


def bodies(times: int, number: int, only: str = "") -> Figures:
    with town() as place:
        live(place, times, number, only)
        tally = place.tally
        return {**counts(tally), "messages": Message.objects.count(), "clean": tally.clean}


def at_the_first_bad_one(times: int, number: int) -> Figures:
    """The control: a reader that gives a page up at the first entry it cannot read."""
    with mock.patch("connectors.answer.sorted_out", hasty), town() as place:
        live(place, times, number)
        return {**counts(place.tally), "clean": place.tally.late > 0}


def hasty(items: Any, read: Callable[[Any], Any]) -> tuple[list[Any], list[Malformed]]:
    good = []
    for item in items:
        try:
            good.append(read(as_object(item, "the entry")))
        except Unreadable as error:
            return good, [Malformed(item, str(error))]
    return good, []


def counts(tally: Tally) -> Figures:
    shown = ("bodies", "died", "refused", "quarantined", "doubled", "dropped", "late")
    return {**{name: getattr(tally, name) for name in shown}, "first": tally.deaths[:3]}
