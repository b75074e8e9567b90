from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Attachment, Author, ConnectorError, ErrorKind, Kind, Mark, Outgoing, Visibility, Window
from connectors.instagram import Instagram
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from tests.connectors import stub
from tests.connectors.answers import LONG_AGO, answered, fixture, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import InstagramWorld

US = demo.INSTAGRAM_USER_ID
MEDIA = "18000000000000001"
ELIN = "Elin Sjöberg"


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> InstagramWorld:
    return InstagramWorld(*sandbox)


def media(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "timestamp": "2026-11-20T08:00:00+0000", "comments_count": 2, **more}


# Reading


def test_comments_and_their_answers_are_one_conversation_each() -> None:
    messages = page_of(Instagram, fixture("instagram_comments.json"), US, f"comments/{MEDIA}").messages
    found = {message.remote_id[-1]: message for message in messages}
    assert {name: one.root_remote_id[-1] for name, one in found.items()} == dict(zip("31420", "31110", strict=True))
    assert {one.post_remote_id for one in messages} == {MEDIA}
    assert {one.permalink for one in messages} == {"https://www.instagram.com/p/Cx1/"}
    assert (found["1"].parent_remote_id, found["2"].parent_remote_id) == (None, "17900000000000001")
    assert (found["2"].hidden, found["1"].hidden) == (True, False)


def test_people_are_known_by_what_the_network_tells_of_them() -> None:
    messages = page_of(Instagram, fixture("instagram_comments.json"), US, f"comments/{MEDIA}").messages
    authors = {message.remote_id[-1]: message.author for message in messages}
    assert authors["1"] == Author("9001", handle="elin_s", url="https://www.instagram.com/elin_s/")
    assert authors["4"] is not None
    assert authors["4"].remote_id == US, "of our own words the network tells the account, whatever else it calls us"
    assert authors["0"] is None


def test_media_without_a_word_are_context_all_the_same() -> None:
    body = {"data": [media(1), media(2, caption="Hej", permalink="https://www.instagram.com/p/a/")]}
    page = page_of(Instagram, body, US, "media")
    assert [(post.text, post.permalink) for post in page.posts] == [("", ""), ("Hej", "https://www.instagram.com/p/a/")]
    assert [follow.stream for follow in page.follow] == ["comments/1", "comments/2"]


def test_media_that_nobody_has_commented_on_are_not_followed() -> None:
    body = {"data": [media(1, comments_count=0), media(2, comments_count=None)]}
    assert [follow.stream for follow in page_of(Instagram, body, US, "media").follow] == ["comments/2"]


def test_an_answer_to_an_old_comment_is_found_however_many_came_after_it(world: InstagramWorld) -> None:
    begin = world.remote.now() - 86_400
    old = world.say("Gammal", created_at=begin)
    world.remote.write_many(world.question(f"Nr {number}", created_at=begin + 600 * number) for number in range(1, 40))
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    late = world.remote.write(**world.answer(old, "Jag undrar än", author="Oskar Lindqvist"))["id"]
    pages = reader.poll()
    assert late in reader.messages
    assert sum(len(page.messages) for page in pages) <= 2, "and what the overlap brings"


def test_more_answers_than_come_with_a_comment_are_asked_for(world: InstagramWorld) -> None:
    root = world.say("Hej")
    answers = [world.answer(root, f"Svar {number}", author="Oskar Lindqvist") for number in range(63)]
    ids = {entry["id"] for entry in world.remote.write_many(answers)}
    reader = Reader(world.connect)
    reader.poll()
    assert ids <= set(reader.messages)
    assert {reader.messages[id].parent_remote_id for id in ids} == {root}


def test_a_long_walk_finds_its_place_in_few_calls(world: InstagramWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.instagram.GROWS_FROM", 50)
    begin = world.remote.now() - 86_400
    world.remote.write_many(world.question(f"Nr {number}", created_at=begin + number) for number in range(300))
    reader = Reader(lambda: world.connect(page_size=10))
    reader.poll()
    assert len(reader.messages) == 300
    assert world.remote.count("GET /{id}/comments") < 120, "thirty pages; from the top each time it would be 465"


@pytest.mark.parametrize(
    ("minutes", "again"), [((0, 0), False), ((0, 3), True), ((0, 5), True), ((6, 7), False), ((6, 65), True)]
)
def test_comments_are_read_again_until_they_have_settled_and_then_once_an_hour(
    world: InstagramWorld, minutes: tuple[int, int], again: bool
) -> None:
    """The number may be ahead of the list; and one may go while another one comes."""
    world.remote.freeze(1_795_161_600)
    world.remote.write(network="instagram", kind="media", author_id=US, text="Ny", id="18000000000099999")
    world.remote.write(**world.answer("18000000000099999", "Hej"))
    known: dict[str, str] = {}
    for minute in (0, *minutes):
        world.remote.freeze(1_795_161_600 + 60 * minute)
        page = world.connect().fetch_page("media", Window(), since=LONG_AGO, known=known)
        follow = {one.stream: one.state for one in page.follow if "99999" in one.stream}
        known |= follow
    assert bool(follow) is again


def test_a_post_of_more_comments_than_a_walk_bears_ends_at_a_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.instagram.DEEPEST", 1)
    body = {**fixture("instagram_comments.json"), "paging": {"next": "https://graph.facebook.com/x?after=more"}}
    page = page_of(Instagram, body, US, f"comments/{MEDIA}")
    bottom = Mark(datetime(2026, 11, 20, 7, tzinfo=UTC))
    assert (page.wall, page.window.walk_to) == (bottom, None)
    known = Window(complete_up_to=Mark(bottom.at + timedelta(hours=1)))
    assert page_of(Instagram, body, US, f"comments/{MEDIA}", known).wall is None, "what is below was read before"


# Mentions


def mentioned(name: str, **fields: Any) -> stub.Answer:
    """Our account, with what is said about us as one of its fields."""
    return stub.jsonly({name: fields, "id": US})


def test_a_caption_is_looked_up_with_its_picture() -> None:
    told = {"id": "181", "caption": "Hos nordnett", "timestamp": "2026-11-20T08:00:00+0000", "username": "elin",
            "media_type": "VIDEO", "media_url": "https://scontent.cdninstagram.com/1.mp4",
            "permalink": "https://www.instagram.com/p/b/"}  # fmt: skip
    with answered(Instagram, mentioned("mentioned_media", **told), US) as (connector, _):
        [message] = connector.look(["181_0"]).found
    assert (message.remote_id, message.root_remote_id, message.kind) == ("181_0", "181_0", Kind.MENTION)
    assert (message.text, message.post_remote_id, message.permalink) == ("Hos nordnett", "", told["permalink"])
    assert message.author == Author("@elin", handle="elin", url="https://www.instagram.com/elin/")
    assert message.attachments == (Attachment("video", "https://scontent.cdninstagram.com/1.mp4"),)


def test_a_mention_on_our_own_media_is_left_to_the_way_comments_come() -> None:
    told = {"id": "182", "text": "nordnett?", "timestamp": "2026-11-20T08:00:00+0000", "media": {"owner": {"id": US}}}
    with answered(Instagram, mentioned("mentioned_comment", **told), US) as (connector, _):
        look = connector.look(["181_182"])
    assert (look.found, look.gone) == ((), ())


def test_fields_that_the_documentation_does_not_promise_may_be_refused() -> None:
    told = {"id": "182", "text": "nordnett?", "timestamp": "2026-11-20T08:00:00+0000", "username": "elin"}
    answers = iter([True, False])
    error = {"message": "(#100) Tried accessing nonexisting field (permalink)", "type": "OAuthException", "code": 100}

    def answer(connection: Any, over: Any) -> None:
        body: Any = {"error": error} if next(answers) else {"mentioned_comment": told, "id": US}
        stub.jsonly(body)(connection, over)

    with answered(Instagram, answer, US) as (connector, server):
        [message] = connector.look(["181_182"]).found
    assert message.text == "nordnett?"
    assert [b"permalink" in request.split(b"\r\n")[0] for request in server.requests] == [True, False]


# Writing


def test_a_mention_is_answered_by_both_its_ids() -> None:
    with answered(Instagram, stub.jsonly({"id": "184"}), US) as (connector, server):
        for answers in ("181_0", "181_182"):
            assert connector.send(Outgoing("Hej!", answers)).remote_id == "184"
    caption, comment = (request.split(b"\r\n\r\n")[1].decode() for request in server.requests)
    assert all(b"/mentions" in request.split(b"\r\n")[0] for request in server.requests)
    assert ("media_id=181" in caption, "comment_id" in caption) == (True, False)
    assert ("media_id=181" in comment, "comment_id=182" in comment) == (True, True)


def test_what_stands_with_others_is_not_ours_to_hide_or_delete(world: InstagramWorld) -> None:
    before = world.remote.calls()["counts"]
    for deed in (world.connect().hide, world.connect().unhide, world.connect().delete):
        with pytest.raises(ConnectorError) as caught:
            deed("181_182")
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.NOT_ALLOWED, True)
    assert world.remote.calls()["counts"] == before


def test_a_hidden_comment_takes_no_answer_and_that_is_certain(world: InstagramWorld) -> None:
    remote_id = world.say("Hej")
    world.connect().hide(remote_id)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(world.reply_to(remote_id))
    assert (caught.value.kind, caught.value.permanent, caught.value.outcome_unknown) == (ErrorKind.INVALID, True, False)


def test_nothing_private_is_sent() -> None:
    with answered(Instagram, stub.jsonly({}), US) as (connector, server):
        with pytest.raises(ConnectorError) as caught:
            connector.send(Outgoing("Hej", "179", visibility=Visibility.PRIVATE))
        assert server.requests == []
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.NOT_ALLOWED, True)


# Looking up and who we are


def test_media_and_comments_are_told_apart_by_what_they_have(world: InstagramWorld) -> None:
    kept, gone = world.say("Kvar"), world.say("Borta")
    world.remote.delete({"network": "instagram", "id": gone})
    look = world.connect().look([kept, world.media_id, gone])
    assert [message.remote_id for message in look.found] == [kept]
    assert [post.remote_id for post in look.posts] == [world.media_id]
    assert look.gone == (gone,)


def test_a_page_without_an_account_is_no_way_in(world: InstagramWorld) -> None:
    world.remote.token(demo.PAGE_TOKEN, scopes=["pages_show_list"])
    with pytest.raises(ConnectorError, match="no professional account") as caught:
        world.connect().account()
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.TOKEN, True)


def test_older_media_have_their_turn_and_mentions_have_none(world: InstagramWorld) -> None:
    [post] = page_of(Instagram, {"data": [media(1)]}, US, "media").posts
    turn = Instagram.turn(post, account_id=US)
    assert turn is not None
    assert (turn.stream, turn.at, turn.polled_until) == ("comments/1", post.created_at, None)
    world.say("Hej")
    reader = Reader(world.connect)
    reader.poll()
    assert {Instagram.turn(message, account_id=US) for message in reader.messages.values()} == {None}


@pytest.mark.parametrize("stream", ["media", f"comments/{MEDIA}"])
def test_what_was_quarantined_is_read_again(stream: str) -> None:
    with answered(Instagram, stub.jsonly({}), US) as (connector, _):
        raw = media(1) if stream == "media" else fixture("instagram_comments.json")["data"][1]
        page = connector.read_again(stream, raw)
        assert (len(page.posts), len(page.messages)) == ((1, 0) if stream == "media" else (0, 3))
        assert connector.read_again(stream, {"id": "1"}).malformed
        assert connector.read_again("elsewhere", raw).malformed
