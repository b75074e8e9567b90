from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import Attachment, Connector, ConnectorError, ErrorKind, Kind, Outgoing, Visibility
from connectors.facebook import Facebook
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from tests.connectors import stub
from tests.connectors.answers import answered, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import FacebookWorld

US = "5"
PRIVATE = frozenset({Visibility.PRIVATE})
AT = "2026-11-22T10:00:00+0000"


class Messenger(FacebookWorld):
    def person(self, name: str = "Elin Sjöberg") -> str:
        return next(str(one["id"]) for one in self.remote.people("facebook") if one["name"] == name)

    def whisper(self, text: str, name: str = "Elin Sjöberg") -> str:
        body = {"network": "facebook", "author_id": self.person(name), "to_id": demo.PAGE_ID, "text": text}
        return str(self.remote.call("POST", "private", body)["id"])

    def reader(self, **options: Any) -> Reader:
        return Reader(partial(self.connect, reads=PRIVATE, **options))

    def outgoing(self, answers: str, text: str = "Vi tittar på det.") -> Outgoing:
        person = self.person()
        return Outgoing(text, answers, person, visibility=Visibility.PRIVATE, recipient_id=person)


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> Messenger:
    return Messenger(*sandbox)


@pytest.fixture
def now(world: Messenger) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(world.remote.now(), UTC)


def test_a_private_word_comes_in_under_the_person_who_wrote_it(world: Messenger) -> None:
    said = world.whisper("Mitt kundnummer är 17")
    reader = world.reader()
    reader.poll()
    message = reader.messages[said]
    assert (message.kind, message.visibility, message.text) == (
        Kind.PRIVATE, Visibility.PRIVATE, "Mitt kundnummer är 17",
    )  # fmt: skip
    assert message.root_remote_id == world.person()
    assert message.author is not None
    assert (message.author.remote_id, message.author.name) == (world.person(), "Elin Sjöberg")


def test_conversations_are_read_over_many_pages_and_only_again_where_something_is_new(world: Messenger) -> None:
    world.remote.freeze()
    said = {world.whisper(f"Fråga {n}", name) for name in ("Elin Sjöberg", "Oskar Lindqvist", "Saga Norén")
            for n in range(4)}  # fmt: skip
    world.remote.advance(600)
    reader = world.reader(page_size=2)
    reader.poll()
    assert set(reader.messages) == said
    assert len(reader.poll()) == 1, "a look at the list of conversations, and no more"
    new = world.whisper("En till", "Saga Norén")
    pages = reader.poll()
    assert new in reader.messages
    people = {message.root_remote_id for page in pages for message in page.messages}
    assert people == {world.person("Saga Norén")}
    world.remote.resume()


def test_an_answer_in_a_conversation_is_out_once_and_found_again(world: Messenger, now: Callable[[], datetime]) -> None:
    outgoing, since = world.outgoing(world.whisper("Hej")), now()
    connector = world.connect(reads=PRIVATE)
    sent = connector.send(outgoing)
    assert [one["id"] for one in world.sent()] == [sent.remote_id]
    read = connector.read_back(outgoing, since=since)
    found = Facebook.find_own(outgoing, read, since=since, taken=())
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_what_was_said_to_somebody_else_is_not_mistaken_for_it(world: Messenger, now: Callable[[], datetime]) -> None:
    asked, since = world.whisper("Hej"), now()
    world.whisper("Hallå", "Oskar Lindqvist")
    other = world.person("Oskar Lindqvist")
    world.connect().send(Outgoing("Vi tittar på det.", "m_1", other, Visibility.PRIVATE, other))
    outgoing = world.outgoing(asked)
    read = world.connect().read_back(outgoing, since=since)
    assert Facebook.find_own(outgoing, read, since=since, taken=()) is None


def test_a_private_answer_whose_answer_is_lost_may_be_out(world: Messenger, now: Callable[[], datetime]) -> None:
    outgoing, since = world.outgoing(world.whisper("Hej")), now()
    world.remote.fault("reset", network="facebook", method="POST", effect=True, count=1)
    with pytest.raises(ConnectorError) as caught:
        world.connect(deadline=0.7).send(outgoing)
    assert caught.value.outcome_unknown
    assert Facebook.find_own(outgoing, world.connect().read_back(outgoing, since=since), since=since, taken=())


def test_after_a_day_the_network_takes_no_answer_and_it_is_certain(world: Messenger) -> None:
    outgoing = world.outgoing(world.whisper("Hej"))
    world.remote.freeze()
    world.remote.advance(25 * 3600)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.NOT_ALLOWED, False)
    world.remote.resume()


def test_one_private_word_to_a_comments_author_and_no_second(world: Messenger) -> None:
    outgoing = Outgoing("Vi skriver här.", world.say("Hej"), visibility=Visibility.PRIVATE, recipient_id="1")
    sent = world.connect().send(outgoing)
    assert world.sent()[0]["id"] == sent.remote_id
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert caught.value.kind is ErrorKind.NOT_ALLOWED


@pytest.mark.parametrize(
    ("answers", "recipient"),
    [("m_1", {"id": "9"}), ("70_1", {"comment_id": "70_1"}), ("5_70", {"post_id": "5_70"})],
)
def test_whom_it_goes_to_follows_from_what_it_answers(answers: str, recipient: object) -> None:
    with answered(Facebook, stub.jsonly({"message_id": "m_2"}), US) as (connector, server):
        connector.send(Outgoing("Hej", answers, "9", Visibility.PRIVATE, "9"))
    form = parse_qs(server.requests[0].decode().split("\r\n\r\n")[1])
    assert json.loads(form["recipient"][0]) == recipient


def test_nobody_to_write_to_is_refused_before_it_leaves() -> None:
    with answered(Facebook, stub.jsonly({}), US) as (connector, server), pytest.raises(ConnectorError) as caught:
        connector.send(Outgoing("Hej", "m_1", visibility=Visibility.PRIVATE))
    assert (caught.value.kind, server.requests) == (ErrorKind.INVALID, [])


def test_pictures_stickers_and_links_come_along() -> None:
    message = {
        "id": "m_1", "created_time": AT, "from": {"id": "9"}, "to": {"data": [{"id": US}]},
        "sticker": "https://scontent.example/s.png",
        "attachments": {"data": [{"name": "a.jpg", "image_data": {"url": "https://scontent.example/a.jpg"}},
                                 {"name": "b.pdf", "file_url": "https://cdn.example/b.pdf"}]},
        "shares": {"data": [{"link": "https://nordnett.example", "name": "Nordnett"}]},
    }  # fmt: skip
    [read] = page_of(Facebook, {"data": [message]}, US, "conversation/t_1").messages
    assert read.attachments == (
        Attachment("sticker", "https://scontent.example/s.png"),
        Attachment("photo", "https://scontent.example/a.jpg", "a.jpg"),
        Attachment("file", "https://cdn.example/b.pdf", "b.pdf"),
        Attachment("link", "https://nordnett.example", "Nordnett"),
    )
    assert read.text == ""


def test_without_anybody_but_us_it_is_kept_for_later() -> None:
    message = {"id": "m_1", "created_time": AT, "from": {"id": US}, "message": "Hej"}
    page = page_of(Facebook, {"data": [message]}, US, "conversation/t_1")
    assert (page.messages, len(page.malformed)) == ((), 1)


def test_a_page_without_the_right_says_so(world: Messenger) -> None:
    world.remote.token(world.token, scopes=["pages_read_engagement"])
    connector: Connector = world.connect(reads=PRIVATE)
    with pytest.raises(ConnectorError) as caught:
        world.reader().poll()
    assert caught.value.kind is ErrorKind.PERMISSION
    assert "conversations" in connector.optional
