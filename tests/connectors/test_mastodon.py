from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import (
    Attachment,
    ConnectorError,
    Credentials,
    ErrorKind,
    Kind,
    Options,
    Outgoing,
    Secret,
    Visibility,
    Window,
)
from connectors.mastodon import Mastodon
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from tests.connectors import stub
from tests.connectors.answers import LONG_AGO, answered, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import MastodonWorld

US = "nordnett@mastodon.example"
AT = "2026-11-22T10:00:00.000Z"


def status(number: int, content: str = "<p>Hej</p>", **more: Any) -> dict[str, Any]:
    account = {"id": "7", "acct": "elin@other.example", "username": "elin", "display_name": "Elin"}
    return {"id": str(number), "created_at": AT, "content": content, "visibility": "public", "account": account, **more}


def mention(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number + 1000), "type": "mention", "created_at": AT, "status": status(number, **more)}


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> MastodonWorld:
    return MastodonWorld(*sandbox)


# Reading


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>Hej</p><p>Hallå<br />där</p>", "Hej\n\nHallå\ndär"),
        (
            '<p><span class="h-card"><a href="https://x.example/@us">@<span>us</span></a></span> A &amp; B</p>',
            "@us A & B",
        ),
        (
            '<p><a href="https://nordnett.example/hjelp/side?a=1&amp;b=2"><span class="invisible">https://</span>'
            '<span class="ellipsis">nordnett.example/hjelp/side?a=1</span><span class="invisible">&amp;b=2</span>'
            "</a></p>",
            "https://nordnett.example/hjelp/side?a=1&b=2",
        ),
        ("no markup", "no markup"),
        ("", ""),
    ],
)
def test_a_status_is_read_as_it_was_written(content: str, text: str) -> None:
    [message] = page_of(Mastodon, [mention(1, content=content)], US, "mentions").messages
    assert message.text == text


def test_a_warning_stands_before_what_it_warns_of() -> None:
    [message] = page_of(Mastodon, [mention(1, spoiler_text="Långt")], US, "mentions").messages
    assert message.text == "Långt\n\nHej"


def test_people_are_known_by_name_and_instance_wherever_they_are_from() -> None:
    here = {"id": "8", "acct": "bo", "display_name": "", "username": "bo"}
    page = page_of(Mastodon, [mention(1), mention(2, account=here)], US, "mentions")
    found = [(m.author.remote_id, m.author.handle, m.author.name) for m in page.messages if m.author]
    assert found == [("elin@other.example", "elin@other.example", "Elin"), ("bo@mastodon.example", "bo", "bo")]


def test_pictures_come_with_their_description() -> None:
    media = [{"type": "image", "url": "https://files.example/1.png", "description": "En router"}, {"type": "odd"}]
    [message] = page_of(Mastodon, [mention(1, media_attachments=media)], US, "mentions").messages
    assert message.attachments == (Attachment("photo", "https://files.example/1.png", "En router"), Attachment("file"))


def test_what_is_no_mention_is_passed_over_and_costs_nothing() -> None:
    follow = {"id": "1009", "type": "follow", "created_at": AT, "account": {}}
    page = page_of(Mastodon, [follow, mention(1)], US, "mentions")
    assert [message.remote_id for message in page.messages] == ["1"]
    assert page.malformed == ()


def test_a_reply_under_somebody_elses_status_belongs_to_the_whole_conversation(world: MastodonWorld) -> None:
    """Nobody named us at its beginning, so no list shows it: what stands above is asked for."""
    first = world.remote.write(network="mastodon", kind="status", author="Oskar Lindqvist", text="Nätet är nere igen")
    ours = world.say("vet ni något?", parent_id=first["id"])
    reader = Reader(world.connect)
    reader.poll()
    message = reader.messages[ours]
    assert (message.root_remote_id, message.parent_remote_id, message.kind) == (first["id"], first["id"], Kind.MENTION)


@pytest.mark.parametrize(
    "conversation",
    [stub.jsonly([mention(1)]), stub.jsonly({"error": "Odd"}, 422), stub.plain(b"", 503), stub.reset],
    ids=["another list", "refused", "out of order", "reset"],
)
def test_a_conversation_that_cannot_be_told_of_costs_no_other_status(conversation: stub.Answer) -> None:
    """The follower came in late when what stands above one status could not be had, and never if it could never be."""
    listed = [mention(1, in_reply_to_id="5"), mention(2, in_reply_to_id="6"), mention(3)]
    with answered(Mastodon, stub.jsonly(listed), US) as (connector, server):
        server.answer = by_address(server, {b"/context": conversation}, otherwise=stub.jsonly(listed))
        page = connector.fetch_page("mentions", Window(), since=LONG_AGO, known={})
    found = [(one.remote_id, one.root_remote_id, one.parent_remote_id) for one in page.messages]
    assert found == [("1", "1", "5"), ("2", "2", "6"), ("3", "3", None)]
    assert page.malformed == ()


def test_an_instance_that_tells_of_no_conversation_is_not_asked_for_all_of_them() -> None:
    listed = [mention(number, in_reply_to_id="50") for number in range(1, 9)]
    with answered(Mastodon, stub.jsonly(listed), US) as (connector, server):
        server.answer = by_address(server, {b"/context": stub.plain(b"", 503)}, otherwise=stub.jsonly(listed))
        page = connector.fetch_page("mentions", Window(), since=LONG_AGO, known={})
        asked = [request for request in server.requests if b"/context" in request]
    assert (len(page.messages), len(asked)) == (8, 2)


def test_a_token_that_may_not_read_conversations_is_told() -> None:
    """That is no odd status: a person must connect the channel again."""
    refused = stub.jsonly({"error": "This action is outside the authorized scopes"}, 403)
    listed = [mention(1, in_reply_to_id="5")]
    with answered(Mastodon, stub.jsonly(listed), US) as (connector, server):
        server.answer = by_address(server, {b"/context": refused}, otherwise=stub.jsonly(listed))
        with pytest.raises(ConnectorError) as caught:
            connector.fetch_page("mentions", Window(), since=LONG_AGO, known={})
    assert caught.value.kind is ErrorKind.PERMISSION


def by_address(server: stub.Stub, answers: Mapping[bytes, stub.Answer], otherwise: stub.Answer) -> stub.Answer:
    """An answer for each address that has one of these in it."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        address = server.requests[-1].split(b" ")[1]
        found = (answers[part] for part in answers if part in address)
        next(found, otherwise)(connection, over)

    return answer


def test_under_our_own_status_each_answer_begins_a_thread(world: MastodonWorld) -> None:
    post = world.remote.write(network="mastodon", kind="status", author_id=world.our_id, text="Vi bygger ut i höst.")
    first, second = (world.say(text, parent_id=post["id"]) for text in ("När?", "Var?"))
    deeper = world.say("Undrar jag med", parent_id=first)
    reader = Reader(world.connect)
    reader.poll()
    roots = {id: reader.messages[id].root_remote_id for id in (first, second, deeper)}
    assert roots == {first: first, second: second, deeper: first}
    assert {reader.messages[id].post_remote_id for id in (first, second, deeper)} == {post["id"]}
    assert reader.posts[post["id"]].text == "Vi bygger ut i höst."


def test_answers_under_our_own_status_are_found_without_naming_us(world: MastodonWorld) -> None:
    post = world.remote.write(network="mastodon", kind="status", author_id=world.our_id, text="Vi bygger ut i höst.")
    quiet = world.remote.write(
        network="mastodon", kind="status", author="Elin Sjöberg", text="Äntligen!", parent_id=post["id"]
    )
    reader = Reader(world.connect)
    reader.poll()
    assert reader.messages[quiet["id"]].post_remote_id == post["id"]


def test_what_is_meant_for_us_alone_is_private_and_goes_by_the_person(world: MastodonWorld) -> None:
    asked = world.say("mitt kundnummer är 17", extra={"visibility": "direct"})
    reader = Reader(world.connect)
    reader.poll()
    message = reader.messages[asked]
    assert message.author is not None
    assert (message.visibility, message.kind) == (Visibility.PRIVATE, Kind.PRIVATE)
    assert message.root_remote_id == message.author.remote_id


def test_a_list_that_goes_in_circles_is_not_walked_for_ever() -> None:
    """An instance that ignores max_id shows the same page again."""
    with answered(Mastodon, stub.jsonly([mention(1)]), US) as (connector, _):
        page = connector.fetch_page("mentions", Window(), since=LONG_AGO, known={})
        with pytest.raises(ConnectorError) as caught:
            connector.fetch_page("mentions", page.window, since=LONG_AGO, known={})
    assert caught.value.kind is ErrorKind.MALFORMED


# Answering


def test_who_is_answered_is_named_in_front_and_found_again_without(world: MastodonWorld) -> None:
    asked = world.say("Hej")
    since = datetime.fromtimestamp(world.remote.now(), UTC)
    outgoing = Outgoing("Hej! Vi tittar.", asked, recipient_handle="elinsjobe1", key="1-1")
    sent = world.connect().send(outgoing)
    [told] = world.sent()
    assert (told["text"], told["parent_id"]) == ("@elinsjobe1 Hej! Vi tittar.", asked)
    found = Mastodon.find_own(outgoing, world.connect().read_back(outgoing, since=since), since=since, taken=())
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_the_same_reply_twice_within_the_hour_is_out_once(world: MastodonWorld) -> None:
    outgoing = Outgoing("Hej! Vi tittar.", world.say("Hej"), key="1-1")
    first, second = (world.connect().send(outgoing) for _ in range(2))
    assert first.remote_id == second.remote_id
    assert len(world.sent()) == 1


def test_an_answer_to_a_private_word_is_private(world: MastodonWorld) -> None:
    asked = world.say("mitt kundnummer är 17", extra={"visibility": "direct"})
    outgoing = Outgoing("Tack!", asked, visibility=Visibility.PRIVATE, recipient_handle="elin")
    world.connect().send(outgoing)
    reader = Reader(world.connect)
    reader.poll()
    [ours] = [m for m in reader.messages.values() if m.author and m.author.remote_id == world.account_id]
    assert (ours.visibility, ours.parent_remote_id) == (Visibility.PRIVATE, asked)


def test_a_private_answer_that_names_nobody_is_refused_before_it_leaves(world: MastodonWorld) -> None:
    outgoing = Outgoing("Tack!", world.say("Hej"), visibility=Visibility.PRIVATE)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert (caught.value.kind, world.sent()) == (ErrorKind.INVALID, [])


@pytest.mark.parametrize(
    ("text", "length"), [("Hej", 3), ("https://example.com/" + "x" * 90, 23), ("@elin@other.example hej", 9)]
)
def test_length_counts_as_the_network_does(text: str, length: int) -> None:
    assert Mastodon.length(text) == length


# Trust


def test_a_token_that_is_the_name_of_a_file_stays_a_token(tmp_path: Path) -> None:
    """The library opens such a file and believes the address of an instance in it."""
    trap = tmp_path / "token"
    trap.write_text("stolen\nhttps://evil.example\n")
    with stub.listening(stub.jsonly([])) as server:
        credentials = Credentials(US, {"access_token": Secret(str(trap))})
        connector = Mastodon(credentials, Options(base_url=server.base, deadline=5))
        connector.fetch_page("mentions", Window(), since=LONG_AGO, known={})
    assert f"Authorization: Bearer {trap}".encode() in server.requests[0]


@pytest.mark.parametrize("account", ["", "nordnett", "@nordnett@x.example", "n@localhost", "n@x.example/..", "n@1"])
def test_what_is_no_account_is_refused(account: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        Mastodon(Credentials(account, {"access_token": Secret(demo.MASTODON_TOKEN)}))
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.INVALID, True)


def test_an_instance_on_our_own_network_is_not_reached() -> None:
    connector = Mastodon(Credentials("n@127.0.0.1.nip.example", {"access_token": Secret("0123456789")}))
    assert not connector._http.may_reach("127.0.0.1")
    assert not connector._http.may_reach("10.0.0.7")
