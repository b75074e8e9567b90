from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import (
    Attachment,
    Author,
    ConnectorError,
    Credentials,
    ErrorKind,
    Kind,
    Mark,
    Options,
    Outgoing,
    Page,
    Secret,
    Visibility,
    Window,
)
from connectors.sandbox.remote import Remote
from connectors.twitter import Twitter, id_at, time_of
from tests.connectors import stub
from tests.connectors.answers import LONG_AGO, TOKEN, answered, fixture, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import TwitterWorld

US = "77"
DEEP, DIRECT, EDITED, FOREIGN, LONG, ORPHAN = (
    f"2000000000000000{n}" for n in ("900", "300", "240", "220", "210", "200")
)


def renamed(value: Any) -> Any:
    """The same answer in the names of OpenAPI 2.167."""
    text = json.dumps(value)
    for old, new in (("edit_history_tweet_ids", "edit_history_post_ids"), ("referenced_tweets", "referenced_posts"),
                     ("note_tweet", "note_post"), ('"tweets"', '"posts"')):  # fmt: skip
        text = text.replace(old, new)
    return json.loads(text)


def mentions(body: object = None, window: Window | None = None, **headers: str) -> Page:
    return page_of(Twitter, fixture("x_mentions.json") if body is None else body, US, "mentions", window, **headers)


# Reading


@pytest.mark.parametrize("names", [lambda body: body, renamed], ids=["2.166", "2.167"])
def test_each_post_is_at_its_place(names: Any) -> None:
    page = mentions(names(fixture("x_mentions.json")))
    found = {m.remote_id: (m.root_remote_id, m.parent_remote_id, m.post_remote_id, m.kind) for m in page.messages}
    ours = "2000000000000000100"
    assert found == {
        # Under our own post each answer begins a thread; what is deeper belongs to the highest that is shown.
        DIRECT: (DIRECT, None, ours, Kind.COMMENT),
        DEEP: (DIRECT, DIRECT, ours, Kind.COMMENT),
        EDITED: (EDITED, None, "", Kind.MENTION),
        # Elsewhere the conversation is the thread.
        FOREIGN: ("2000000000000000050", "2000000000000000060", "", Kind.MENTION),
        LONG: (LONG, None, "", Kind.MENTION),
        ORPHAN: ("2000000000000000040", "2000000000000000041", "", Kind.MENTION),
    }
    assert page.malformed == ()


@pytest.mark.parametrize("names", [lambda body: body, renamed], ids=["2.166", "2.167"])
def test_texts_are_whole_and_as_their_authors_wrote_them(names: Any) -> None:
    texts = {message.remote_id: message.text for message in mentions(names(fixture("x_mentions.json"))).messages}
    assert texts[DIRECT] == "@nordnett Är det sant? https://example.com/a?x=1&copy=2 <3 &amp;"
    assert texts[LONG] == "En lång text som är avklippt här men inte här: https://example.com/långt & slut @nordnett"


def test_an_edited_post_is_the_same_message_with_a_later_time() -> None:
    edited = next(message for message in mentions().messages if message.remote_id == EDITED)
    assert edited.edited_at == time_of("2000000000000000250")
    assert (edited.text, edited.language) == ("@nordnett rättat", "")


def test_authors_come_with_the_expansions_and_without_them_by_id_alone() -> None:
    authors = {message.remote_id: message.author for message in mentions().messages}
    assert authors[EDITED] == Author("9001", "Elin S", "elin", 12, "https://x.com/elin")
    assert authors[DIRECT] == Author("9002", "Oskar L", "oskar", None, "https://x.com/oskar")
    assert authors[LONG] == Author("9009")


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("sv", "sv"),
        ("no", "nb"),
        ("da", "da"),
        ("und", ""),
        ("qme", ""),
        ("zxx-odd", ""),
        (None, ""),
        (5, ""),
        ("s" * 99, ""),
    ],
)
def test_languages_are_those_of_our_own_names_or_unknown(told: object, language: str) -> None:
    body = fixture("x_mentions.json")
    body["data"][0]["lang"] = told
    assert mentions(body).messages[0].language == language


@pytest.mark.parametrize("followers", [-1, 2**31, 1e9, "many", None, True])
def test_a_reach_that_cannot_be_one_is_unknown(followers: object) -> None:
    body = fixture("x_mentions.json")
    body["includes"]["users"][0]["public_metrics"]["followers_count"] = followers
    edited = next(message for message in mentions(body).messages if message.remote_id == EDITED)
    assert edited.author == Author("9001", "Elin S", "elin", None, "https://x.com/elin")


def test_pictures_are_attachments_with_their_alt_text() -> None:
    direct = next(message for message in mentions().messages if message.remote_id == DIRECT)
    assert direct.attachments == (Attachment("photo", "https://pbs.example/1.jpg", "En router"),)


def test_a_post_without_a_time_has_the_one_of_its_id() -> None:
    orphan = next(message for message in mentions().messages if message.remote_id == ORPHAN)
    assert orphan.created_at == time_of(ORPHAN)


def test_ids_are_times() -> None:
    assert time_of("0") == datetime(2010, 11, 4, 1, 42, 54, 657000, UTC)
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert time_of(str(id_at(at))) == at
    assert id_at(datetime(2001, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ("x", "not an object"),
        ({"text": "no id"}, "id"),
        ({"id": "abc", "text": "x"}, "id"),
        ({"id": "9" * 25, "text": "x"}, "id"),
        ({"id": "2000000000000000500", "text": ["x"]}, "text"),
    ],
)
def test_an_odd_post_is_kept_apart_and_the_others_come_in(odd: object, reason: str) -> None:
    body = fixture("x_mentions.json")
    body["data"].insert(2, odd)
    page = mentions(body)
    assert len(page.messages) == 6
    assert [bad.raw for bad in page.malformed] == [odd]
    assert reason in page.malformed[0].reason


def test_posts_that_answer_each_other_in_a_circle_are_read() -> None:
    body = fixture("x_mentions.json")
    body["includes"]["tweets"][0]["referenced_tweets"][0]["id"] = DEEP
    body["includes"]["tweets"].append(body["data"][0])
    assert len(mentions(body).messages) == 6


def test_the_budget_that_is_left_is_in_a_header() -> None:
    assert mentions(**{"x-rate-limit-remaining": "448"}).calls_left == 448
    assert mentions(**{"x-rate-limit-remaining": "many"}).calls_left is None
    assert mentions().calls_left is None


# Walking


def asked(server: stub.Stub) -> dict[str, str]:
    """The query of the latest request."""
    query = parse_qs(urlsplit(server.requests[-1].split()[1].decode()).query)
    return {name: values[0] for name, values in query.items()}


def walk(connector: Any, window: Window, since: datetime = LONG_AGO, stream: str = "mentions") -> Page:
    page: Page = connector.fetch_page(stream, window, since=since, known={})
    return page


def mark(id: str) -> Mark:
    return Mark(time_of(id), id)


def sheet(*ids: str, token: str | None = None) -> object:
    meta = {"result_count": len(ids), **({"next_token": token} if token else {})}
    return {"meta": meta, **({"data": [{"id": id, "text": "x", "author_id": "1"} for id in ids]} if ids else {})}


def test_a_first_walk_reaches_back_as_far_as_the_channel_says() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    with answered(Twitter, stub.jsonly(sheet()), US) as (connector, server):
        page = walk(connector, Window(), since)
        assert int(asked(server)["since_id"]) == id_at(since)
        assert "until_id" not in asked(server)
    assert page.window == Window()


def test_a_later_walk_begins_a_little_before_what_is_known() -> None:
    known = mark("2000000000000000500")
    with answered(Twitter, stub.jsonly(sheet()), US) as (connector, server):
        page = walk(connector, Window(complete_up_to=known))
        overlap = known.at - time_of(asked(server)["since_id"])
    assert timedelta(minutes=1) < overlap < timedelta(minutes=5)
    assert page.window.complete_up_to is not None
    assert page.window.complete_up_to.id == known.id


def test_what_cannot_come_in_late_any_more_is_not_paid_for_again() -> None:
    known = Mark(datetime.now(UTC) - timedelta(minutes=1), id_of(datetime.now(UTC) - timedelta(minutes=9)))
    with answered(Twitter, stub.jsonly(sheet()), US) as (connector, server):
        page = walk(connector, Window(complete_up_to=known))
        assert asked(server)["since_id"] == known.id
    assert page.window.complete_up_to is not None
    assert page.window.complete_up_to.at > known.at


def test_after_a_pause_a_walk_goes_down_to_what_is_known() -> None:
    known = Mark(datetime.now(UTC) - timedelta(hours=2), id_of(datetime.now(UTC) - timedelta(hours=3)))
    with answered(Twitter, stub.jsonly(sheet()), US) as (connector, server):
        walk(connector, Window(complete_up_to=known))
        assert int(asked(server)["since_id"]) == int(known.id) - 1


def test_an_id_that_x_has_not_given_out_yet_hides_nothing_of_what_comes() -> None:
    known = Mark(datetime.now(UTC) - timedelta(minutes=1), "9" * 19)
    with answered(Twitter, stub.jsonly(sheet()), US) as (connector, server):
        walk(connector, Window(complete_up_to=known))
        assert time_of(asked(server)["since_id"]) < known.at


def id_of(at: datetime) -> str:
    return str(id_at(at))


@pytest.mark.parametrize(("seen", "bottom", "walled"), [(798, "900", True), (798, "100", False), (20, "900", False)])
def test_a_walk_that_ends_above_what_is_known_has_met_the_wall(seen: int, bottom: str, walled: bool) -> None:
    known, top, low = ("2000000000000000" + number for number in ("100", "990", "950"))
    window = Window(mark(known), mark(top), mark(low), seen)
    with answered(Twitter, stub.jsonly(sheet(f"2000000000000000{bottom}")), US) as (connector, _):
        page = walk(connector, window)
    assert page.window.walk_to is None
    assert page.wall == (mark(f"2000000000000000{bottom}") if walled else None)


def test_an_open_walk_goes_on_below_where_it_has_come_to_and_closes_at_the_end() -> None:
    window = Window(complete_up_to=mark("2000000000000000100"))
    with answered(Twitter, stub.jsonly(sheet("2000000000000000900", "2000000000000000800", token="b")), US) as (one, _):
        window = walk(one, window).window
    assert window == Window(mark("2000000000000000100"), mark("2000000000000000900"), mark("2000000000000000800"), 2)
    with answered(Twitter, stub.jsonly(sheet("2000000000000000700")), US) as (two, server):
        window = walk(two, window).window
        assert asked(server)["until_id"] == "2000000000000000800"
        assert "pagination_token" not in asked(server)
    assert window == Window(mark("2000000000000000900"))


def test_an_empty_page_with_more_behind_it_is_walked_through() -> None:
    answers = iter([sheet(token="b"), sheet(token="c"), sheet("2000000000000000700", token="d")])
    with answered(Twitter, lambda *given: stub.jsonly(next(answers))(*given), US) as (connector, server):
        page = walk(connector, Window())
        assert asked(server)["pagination_token"] == "c"
    assert [message.remote_id for message in page.messages] == ["2000000000000000700"]
    assert page.window.walk_to == mark("2000000000000000700")


def test_a_walk_whose_posts_cannot_be_read_goes_on_all_the_same() -> None:
    body: Any = sheet("2000000000000000900", "2000000000000000800", token="b")
    for post in body["data"]:
        post["text"] = 5
    page = mentions(body)
    assert (len(page.malformed), page.messages) == (2, ())
    assert page.window.walk_to == mark("2000000000000000800")


def test_pages_that_lead_nowhere_are_left() -> None:
    with answered(Twitter, stub.jsonly(sheet(token="same")), US) as (connector, server):
        with pytest.raises(ConnectorError, match="lead nowhere"):
            walk(connector, Window())
        assert len(server.requests) == 2


@pytest.mark.parametrize("meta", [None, 5, [], {"next_token": 5}, {"next_token": ["b"]}])
def test_a_way_on_that_cannot_be_read_is_not_taken_for_the_end(meta: object) -> None:
    with pytest.raises(ConnectorError) as caught:
        mentions({"data": [], "meta": meta})
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(("asked_for", "given"), [(None, 100), (1, 5), (50, 50), (1000, 100)])
def test_pages_are_as_large_as_the_network_allows(asked_for: int | None, given: int) -> None:
    with answered(Twitter, stub.jsonly(sheet()), US, page_size=asked_for) as (connector, server):
        walk(connector, Window())
        assert asked(server)["max_results"] == str(given)


def test_a_conversation_is_searched_and_older_ones_from_where_the_search_begins() -> None:
    refusal = {"title": "Invalid Request", "detail": "…", "type": "https://api.x.com/2/problems/invalid-request"}
    answers = iter([stub.jsonly(refusal, 400), stub.jsonly(sheet("2000000000000000700"))])
    with answered(Twitter, lambda *given: next(answers)(*given), US) as (connector, server):
        page = walk(connector, Window(), stream="conversation/2000000000000000100")
        assert (asked(server)["query"], asked(server)["max_results"]) == ("conversation_id:2000000000000000100", "100")
        assert "since_id" not in asked(server)
        assert b"since_id" in server.requests[0]
    assert len(page.messages) == 1


def test_another_refusal_of_the_search_is_not_asked_twice() -> None:
    with answered(Twitter, stub.jsonly({"title": "x"}, 401), US) as (connector, server):
        with pytest.raises(ConnectorError):
            walk(connector, Window(), stream="conversation/1")
        assert len(server.requests) == 1


# On the sandbox


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> TwitterWorld:
    return TwitterWorld(*sandbox)


def test_the_new_names_of_the_network_change_nothing(world: TwitterWorld) -> None:
    root = world.say("Hej")
    deeper = world.remote.write(**world.answer(root, "Jag " + "också " * 60, author="Oskar Lindqvist"))["id"]
    shown = []
    for names in ("2.166", "2.167"):
        world.remote.turn(x_names=names)
        reader = Reader(world.connect)
        reader.poll()
        shown.append(reader.messages)
    assert shown[0] == shown[1]
    assert shown[0][deeper].parent_remote_id == root


def test_our_own_posts_are_context_and_our_answers_are_messages(world: TwitterWorld) -> None:
    question = world.say("Hej")
    answer = world.remote.write(**world.answer(question, "Svar", author_id=world.account_id))["id"]
    reader = Reader(world.connect)
    reader.poll()
    assert len(reader.posts) == 2
    assert set(reader.messages) == {question, answer}


def test_a_conversation_shows_who_did_not_mention_us(world: TwitterWorld) -> None:
    root = world.say("Hej")
    other = world.remote.write(network="x", kind="tweet", author="Oskar Lindqvist", text="Nej", parent_id=root)["id"]
    since = datetime.now(UTC) - timedelta(days=30)
    page = world.connect(page_size=5).fetch_page(f"conversation/{root}", Window(), since=since, known={})
    assert {message.remote_id: message.root_remote_id for message in page.messages}[other] == root


def test_two_people_under_our_post_are_two_threads(world: TwitterWorld) -> None:
    post = next(entry["id"] for entry in world.remote.truth("x") if entry["kind"] == "tweet")
    one = world.remote.write(**world.answer(post, "Ett", author="Elin Sjöberg"))["id"]
    two = world.remote.write(**world.answer(post, "Två", author="Oskar Lindqvist"))["id"]
    under_one = world.remote.write(**world.answer(one, "Ett till", author="Saga Norén"))["id"]
    reader = Reader(world.connect)
    reader.poll()
    assert {id: m.root_remote_id for id, m in reader.messages.items()} == {one: one, two: two, under_one: one}
    assert {m.post_remote_id for m in reader.messages.values()} == {post}


def test_a_reply_that_the_plan_does_not_allow_is_certainly_not_out(world: TwitterWorld) -> None:
    world.remote.turn(x_summoned_only=True)
    remote_id = world.remote.write(network="x", kind="tweet", author="Elin Sjöberg", text="Ingen nämnd")["id"]
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(world.reply_to(remote_id))
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.NOT_ALLOWED, False)


# The wire


def header(server: stub.Stub, name: str) -> str:
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith(f"{name}:"))


def signing(secrets: dict[str, str]) -> str:
    with stub.listening(stub.jsonly({"data": {"id": "77", "name": "N", "username": "n"}})) as server:
        given = {name: Secret(value) for name, value in secrets.items()}
        Twitter(Credentials(US, given), Options(base_url=server.base)).account()
        return header(server, "authorization")


OAUTH1 = {"consumer_key": "ck", "consumer_secret": "cs", "access_token": "at", "access_token_secret": "ats"}


def test_the_session_signs_by_what_secrets_there_are() -> None:
    assert signing({"oauth2_token": TOKEN}) == f"Bearer {TOKEN}"
    assert signing(OAUTH1).startswith("OAuth ")
    assert signing({**OAUTH1, "oauth2_token": TOKEN}) == f"Bearer {TOKEN}"


@pytest.mark.parametrize("missing", OAUTH1)
def test_half_a_set_of_keys_is_none(missing: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        signing({name: value for name, value in OAUTH1.items() if name != missing})
    assert caught.value.kind is ErrorKind.TOKEN


def test_a_reply_is_posted_as_the_network_wants_it() -> None:
    with answered(Twitter, stub.jsonly({"data": {"id": "2000000000000000950", "text": "x"}}, 201), US) as (
        connector,
        server,
    ):
        sent = connector.send(Outgoing("Hej å", "2000000000000000900"))
        body = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert body == {"text": "Hej å", "reply": {"in_reply_to_tweet_id": "2000000000000000900"}}
    assert sent.permalink == "https://x.com/i/status/2000000000000000950"
    assert sent.at == time_of("2000000000000000950")


@pytest.mark.parametrize("data", [{}, {"id": None}, {"id": "abc"}, [], "x", None])
def test_a_reply_whose_id_is_not_told_may_be_out(data: object) -> None:
    with (
        answered(Twitter, stub.jsonly({"data": data}, 201), US) as (connector, _),
        pytest.raises(ConnectorError) as caught,
    ):
        connector.send(Outgoing("Hej", "1"))
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.MALFORMED, True)


def test_private_replies_are_refused_until_they_can_be_sent() -> None:
    with answered(Twitter, stub.jsonly({}), US) as (connector, server), pytest.raises(ConnectorError) as caught:
        connector.send(Outgoing("Hej", "1", visibility=Visibility.PRIVATE))
    assert (caught.value.kind, caught.value.outcome_unknown, server.requests) == (ErrorKind.NOT_ALLOWED, False, [])
