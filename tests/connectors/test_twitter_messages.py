from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from connectors.base import ConnectorError, ErrorKind, Kind, Mark, Outgoing, Visibility, Window
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from connectors.twitter import MESSAGE_PAUSE, Twitter
from tests.connectors.answers import LONG_AGO, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import TwitterWorld

PRIVATE = frozenset({Visibility.PRIVATE})
AT = "2026-11-22T10:00:00.000Z"


class Messages(TwitterWorld):
    def whisper(self, text: str, name: str = "Elin Sjöberg") -> dict[str, str]:
        person = next(one["id"] for one in self.remote.people("x") if one["name"] == name)
        body = {"network": "x", "author_id": person, "to_id": demo.X_USER_ID, "text": text}
        said: dict[str, str] = self.remote.call("POST", "private", body)
        return said

    def outgoing(self, said: dict[str, str], text: str = "Vi tittar på det.") -> Outgoing:
        return Outgoing(text, said["id"], said["root_id"], Visibility.PRIVATE, said["author_id"])


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> Messages:
    return Messages(*sandbox)


@pytest.fixture
def now(world: Messages) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(world.remote.now(), UTC)


def test_a_direct_message_comes_in_with_its_conversation(world: Messages) -> None:
    said = world.whisper("Pris & avtal: https://nordnett.example/a?b=1&c=2")
    reader = Reader(partial(world.connect, reads=PRIVATE))
    reader.poll()
    message = reader.messages[said["id"]]
    assert (message.kind, message.visibility) == (Kind.PRIVATE, Visibility.PRIVATE)
    assert message.text == "Pris & avtal: https://nordnett.example/a?b=1&c=2"
    assert message.root_remote_id == said["root_id"]
    assert message.author is not None
    assert (message.author.remote_id, message.author.name) == (said["author_id"], "Elin Sjöberg")


def test_they_are_not_asked_for_more_often_than_the_network_lets_us(world: Messages) -> None:
    world.whisper("Hej")
    reader = Reader(partial(world.connect, reads=PRIVATE))
    reader.poll()
    reader.poll()
    assert world.remote.count("GET /2/dm_events") == 1
    [window] = reader.windows.values()
    assert window.complete_up_to is not None
    reader.windows["messages"] = Window(Mark(window.complete_up_to.at - MESSAGE_PAUSE, window.complete_up_to.id))
    new = world.whisper("En till")["id"]
    reader.poll()
    assert new in reader.messages


def test_all_pages_are_read_once_and_then_only_what_is_new(world: Messages) -> None:
    world.remote.freeze()
    said = {world.whisper(f"Nr {n}")["id"] for n in range(110)}
    reader = Reader(partial(world.connect, reads=PRIVATE))
    reader.poll()
    assert set(reader.messages) == said
    world.remote.advance(600)
    world.whisper("Sist")
    page = world.connect(reads=PRIVATE).fetch_page(
        "messages",
        Window(Mark(datetime.now(UTC) - timedelta(hours=1), max(said, key=int))),
        since=LONG_AGO,
        known={},
    )
    assert "Sist" in [message.text for message in page.messages]
    assert page.wall is None
    world.remote.resume()


def test_an_answer_is_out_once_and_found_again(world: Messages, now: Callable[[], datetime]) -> None:
    outgoing, since = world.outgoing(world.whisper("Hej")), now()
    sent = world.connect().send(outgoing)
    assert [one["id"] for one in world.sent()] == [sent.remote_id]
    read = world.connect().read_back(outgoing, since=since)
    found = Twitter.find_own(outgoing, read, since=since, taken=())
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_an_answer_whose_answer_is_lost_may_be_out(world: Messages, now: Callable[[], datetime]) -> None:
    outgoing, since = world.outgoing(world.whisper("Hej")), now()
    world.remote.fault("reset", network="x", method="POST", effect=True, count=1)
    with pytest.raises(ConnectorError) as caught:
        world.connect(deadline=0.7).send(outgoing)
    assert caught.value.outcome_unknown
    assert Twitter.find_own(outgoing, world.connect().read_back(outgoing, since=since), since=since, taken=())


def test_what_is_sent_is_on_the_meter(world: Messages) -> None:
    connector = world.connect(reads=PRIVATE)
    connector.send(world.outgoing(world.whisper("Hej")))
    assert connector.take_spent()["dm_sent"] == 1
    connector.fetch_page("messages", Window(), since=LONG_AGO, known={})
    assert connector.take_spent()["dm"] == 2


def test_where_no_conversation_has_begun_nothing_is_sent(world: Messages) -> None:
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(Outgoing("Hej", "15", "x/../me", Visibility.PRIVATE))
    assert (caught.value.kind, world.sent()) == (ErrorKind.NOT_ALLOWED, [])


def test_a_plan_without_direct_messages_says_so(world: Messages) -> None:
    world.remote.token(world.token, scopes=["tweet.read", "users.read"])
    with pytest.raises(ConnectorError) as caught:
        world.connect(reads=PRIVATE).fetch_page("messages", Window(), since=LONG_AGO, known={})
    assert caught.value.kind is ErrorKind.PERMISSION
    assert "messages" in Twitter.optional


@pytest.mark.parametrize("odd", [{"dm_conversation_id": "a/b"}, {"dm_conversation_id": None}, {"id": "m_1"}])
def test_what_cannot_be_read_is_kept_for_later(odd: dict[str, object]) -> None:
    event = {"id": "1989", "text": "Hej", "dm_conversation_id": "1-2", "sender_id": "2", "created_at": AT}
    page = page_of(Twitter, {"data": [event, {**event, **odd}], "meta": {"result_count": 2}}, "1", "messages")
    assert (len(page.messages), len(page.malformed)) == (1, 1)


def test_listening_finds_what_does_not_name_us_without_what_is_only_passed_on(world: Messages) -> None:
    def say(text: str, **more: object) -> str:
        given = {"network": "x", "kind": "tweet", "author": "Elin Sjöberg", "text": text, **more}
        return str(world.remote.write(**given)["id"])

    found = say("Nordnett är nere i hela stan")
    say("RT Nordnett är nere", extra={"retweeted": found})
    say("Något helt annat")
    world.remote.write(network="x", kind="tweet", author_id=demo.X_USER_ID, text="Nordnett bygger ut")
    query = "nordnett OR nordnet"
    reader = Reader(partial(world.connect, searches=(query,)))
    assert f"search/{query}" in world.connect(searches=(query,)).streams()
    reader._walk(f"search/{query}")
    assert list(reader.messages) == [found]
    assert reader.messages[found].kind is Kind.MENTION


def test_a_search_for_one_language_finds_no_other(world: Messages) -> None:
    swedish, norwegian = [
        world.remote.write(network="x", kind="tweet", author=name, text=text)["id"]
        for name, text in (("Elin Sjöberg", "Nordnett ligger nere"), ("Kari Nordmann", "Nordnett ligger nede"))
    ]
    found: dict[str, set[str]] = {}
    for query in ("(nordnett OR nordnet) lang:sv", "(nordnett OR nordnet) lang:no"):
        reader = Reader(partial(world.connect, searches=(query,)))
        reader._walk(f"search/{query}")
        found[query[-2:]] = set(reader.messages)
    assert found == {"sv": {swedish}, "no": {norwegian}}


def test_a_retweet_is_nothing_to_answer_and_holds_up_nothing(world: Messages) -> None:
    asked = world.say("Är nätet nere?")
    passed_on = {"network": "x", "kind": "tweet", "author": "Oskar Lindqvist", "extra": {"retweeted": asked}}
    newest = world.remote.write(**passed_on, text="RT @nordnett Är nätet nere?")["id"]
    reader = Reader(world.connect)
    reader._walk("mentions")
    assert list(reader.messages) == [asked]
    known = reader.windows["mentions"].complete_up_to
    assert known is not None
    assert known.id == newest


def test_where_we_take_part_people_are_heard_also_when_they_do_not_name_us(world: Messages) -> None:
    root = world.say("När är felet avhjälpt?")
    world.remote.write(**world.answer(root, "I kväll.", author_id=world.our_id))
    quiet = {"network": "x", "kind": "tweet", "author": "Oskar Lindqvist", "text": "Tack för infon", "parent_id": root}
    heard = world.remote.write(**quiet, extra={"prefix": 0})["id"]
    reader = Reader(world.connect)
    reader.poll()
    assert reader.messages[heard].root_remote_id == root


def test_a_conversation_is_looked_at_again_by_the_hour_while_the_search_knows_it(world: Messages) -> None:
    root = world.say("När är felet avhjälpt?")
    connector = world.connect()
    stamp = datetime.fromtimestamp(world.remote.now(), UTC)
    known = {f"conversation/{root}": f"{stamp - timedelta(hours=1):%Y%m%d%H}", "conversation/1": "old"}
    page = connector.fetch_page("own", Window(), since=stamp - timedelta(days=1), known=known)
    assert [follow.stream for follow in page.follow] == [f"conversation/{root}"]
