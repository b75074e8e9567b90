from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import (
    Attachment,
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
from connectors.facebook import Facebook
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from tests.connectors import stub
from tests.connectors.answers import LONG_AGO, TOKEN, answered, fixture, page_of
from tests.connectors.reading import Reader
from tests.connectors.worlds import FacebookWorld

US = "5"
POST = "5_70"


def comments(stream: str = f"comments/{POST}", body: object = None, window: Window | None = None) -> Page:
    return page_of(Facebook, fixture("facebook_comments.json") if body is None else body, US, stream, window)


def feed(body: object = None, **headers: str) -> Page:
    return page_of(Facebook, fixture("facebook_feed.json") if body is None else body, US, "feed", **headers)


# Comments


def test_a_comment_under_our_post_begins_a_thread_and_answers_stand_in_it() -> None:
    places = [(m.remote_id, m.parent_remote_id, m.root_remote_id, m.post_remote_id) for m in comments().messages]
    assert places == [
        ("70_1", None, "70_1", POST),
        ("70_2", "70_1", "70_1", POST),
        ("70_3", "70_2", "70_1", POST),
        ("70_4", None, "70_4", POST),
        ("70_5", "70_1", "70_1", POST),
        ("70_6", "70_1", "70_1", POST),
        ("70_7", None, "70_7", POST),
    ]


def test_comments_under_a_visitors_post_are_of_that_posts_thread() -> None:
    places = [(m.remote_id, m.parent_remote_id, m.root_remote_id) for m in comments(f"visitor/{POST}").messages]
    assert places[:3] == [("70_1", POST, POST), ("70_2", "70_1", POST), ("70_3", "70_2", POST)]


def test_an_author_whom_the_network_does_not_name_is_unknown() -> None:
    authors = [message.author.remote_id if message.author else None for message in comments().messages]
    assert authors == ["9001", "9002", None, "9003", None, "5", "9003"]


def test_hidden_comments_and_those_without_words_come_in_with_what_they_have() -> None:
    by_id = {message.remote_id: message for message in comments().messages}
    assert [message.remote_id for message in by_id.values() if message.hidden] == ["70_2"]
    assert (by_id["70_4"].text, by_id["70_4"].attachments) == (
        "",
        (Attachment("photo", "https://scontent.example/p.jpg"),),
    )
    assert by_id["70_7"].attachments == (Attachment("sticker", "https://scontent.example/s.png"),)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (7, "not an object"),
        ({"message": "nowhere", "created_time": "2026-11-20T08:00:00+0000"}, "id"),
        ({"id": "70_8", "message": "never"}, "created_time"),
        ({"id": "70_8", "message": {"a": 1}, "created_time": "2026-11-20T08:00:00+0000"}, "message"),
        ({"id": "70_8/../me", "message": "x", "created_time": "2026-11-20T08:00:00+0000"}, "id"),
        ({"id": "70_8", "parent": {"id": []}, "created_time": "2026-11-20T08:00:00+0000"}, "parent"),
    ],
)
def test_an_odd_comment_is_kept_apart_and_the_others_come_in(odd: object, reason: str) -> None:
    body = fixture("facebook_comments.json")
    body["data"].insert(2, odd)
    page = comments(body=body)
    assert len(page.messages) == 7
    assert [bad.raw for bad in page.malformed] == [odd]
    assert reason in page.malformed[0].reason


def test_a_network_with_a_second_that_never_ends_is_not_followed_for_ever() -> None:
    same = {"id": "70_1", "message": "x", "created_time": "2026-11-20T08:00:00+0000"}
    body = {"data": [same], "paging": {"next": "https://graph.facebook.com/v26.0/5_70/comments?after=same"}}
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    with pytest.raises(ConnectorError, match="lead nowhere"):
        comments(body=body, window=Window(complete_up_to=Mark(at)))


def test_a_page_that_ends_within_a_second_does_not_claim_that_second() -> None:
    body = fixture("facebook_comments.json")
    body["paging"]["next"] = "https://graph.facebook.com/v26.0/5_70/comments?after=Qg"
    window = comments(body=body).window
    assert window.complete_up_to is not None
    assert window.complete_up_to.at < datetime(2026, 11, 20, 8, 4, tzinfo=UTC)
    assert window.walk_to == window.complete_up_to


@pytest.mark.parametrize(
    "paging", [5, {"next": 5}, {"next": "https://graph.facebook.com/"}, {"next": "http://[::1"}, {"next": "https://x/?access_token=t"}]
)  # fmt: skip
def test_a_way_on_that_cannot_be_read_is_not_taken_for_the_end(paging: object) -> None:
    with pytest.raises(ConnectorError) as caught:
        comments(body={"data": [], "paging": paging})
    assert caught.value.kind is ErrorKind.MALFORMED


def test_only_the_cursor_of_a_next_address_is_followed() -> None:
    """Its host, path, token and everything else are not for it to choose."""
    body = {"data": [], "paging": {"next": "https://evil.example/v1/other?after=A&fields=secret&access_token=stolen"}}
    answers = iter([stub.jsonly(body), stub.jsonly({"data": []})])
    with answered(Facebook, lambda *given: next(answers)(*given), US) as (connector, server):
        connector.fetch_page(f"comments/{POST}", Window(), since=LONG_AGO, known={})
        first, second = (request.split(b"\r\n")[0].decode() for request in server.requests)
    assert second.split()[1] == first.split()[1].replace("&access_token", "&after=A&access_token")


# The feed


def test_our_posts_are_context_and_visitors_posts_are_messages() -> None:
    page = feed()
    assert [(post.remote_id, post.text, post.comment_count) for post in page.posts] == [
        ("5_72", "Höststorm i Norrbotten", 7),
        ("5_71", "Nordnett uppdaterade sin profilbild.", None),
    ]
    assert [(message.remote_id, message.kind, message.root_remote_id) for message in page.messages] == [
        ("5_74", Kind.POST, "5_74"),
        ("5_73", Kind.POST, "5_73"),
        ("5_70", Kind.POST, "5_70"),
    ]
    assert [message.author.name if message.author else None for message in page.messages] == ["Elin S", None, "Saga N"]


def test_only_addresses_of_the_web_get_behind_a_link() -> None:
    body = fixture("facebook_comments.json")
    comment = body["data"][3]
    comment["permalink_url"] = "javascript:alert(1)"
    comment["attachment"] = {"type": "share", "url": "data:text/html,x", "media": {"image": {"src": "file:///x"}}}
    message = comments(body=body).messages[3]
    assert (message.permalink, message.attachments) == ("", (Attachment("link"),))


def test_an_album_is_what_is_in_it() -> None:
    visitor = feed().messages[-1]
    assert visitor.hidden
    assert visitor.attachments == (
        Attachment("photo", "https://scontent.example/1.jpg", "En mast"),
        Attachment("video", "https://video.example/2.mp4"),
    )


def test_only_streams_with_something_new_are_followed() -> None:
    follow = {one.stream: one.state for one in feed().follow}
    assert list(follow) == ["visitor/5_74", "comments/5_72", "comments/5_71", "visitor/5_70"]
    with answered(Facebook, stub.jsonly(fixture("facebook_feed.json")), US) as (connector, _):
        page = connector.fetch_page("feed", Window(), since=LONG_AGO, known={**follow, "comments/5_72": "6:earlier"})
    assert [one.stream for one in page.follow] == ["comments/5_72"]


def test_a_post_with_young_comments_is_looked_at_again_until_it_has_settled() -> None:
    """The count may be ahead of the list of comments that it counts."""
    states = {}
    for date in ("Fri, 20 Nov 2026 08:06:00 GMT", "Fri, 20 Nov 2026 08:07:10 GMT", "Fri, 20 Nov 2026 08:30:00 GMT",
                 "Sat, 21 Nov 2026 10:00:00 GMT"):  # fmt: skip
        states[date] = {one.stream: one.state for one in feed(date=date).follow}["comments/5_72"]
    first, second, third, last = states.values()
    assert len({first, second, third}) == 3
    assert third == last


def test_no_token_is_kept_with_a_post() -> None:
    body = fixture("facebook_feed.json")
    body["data"].append({**body["data"][2], "id": "5_69", "from": {"id": "9", "name": "Ola"}})
    page = feed(body)
    assert TOKEN not in repr([message.raw for message in page.messages])
    assert "access_token=********" in repr(page.messages[-1].raw)


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({}, None),
        ({"X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":25}'}, 72),
        (
            {
                "X-App-Usage": '{"call_count":1}',
                "X-Business-Use-Case-Usage": '{"5":[{"type":"pages","call_count":97}]}',
            },
            3,
        ),
        ({"X-Page-Usage": '{"call_count":150}'}, 0),
        ({"X-App-Usage": "nonsense"}, None),
        ({"X-App-Usage": '{"call_count":"many"}'}, None),
    ],
)
def test_the_tightest_budget_is_what_is_left(headers: dict[str, str], left: int | None) -> None:
    assert feed(**headers).calls_left == left


# Walking, on the sandbox


@pytest.fixture
def world(sandbox: tuple[str, Remote]) -> FacebookWorld:
    return FacebookWorld(*sandbox)


def posts(world: FacebookWorld, times: list[float], **author: Any) -> set[str]:
    written = [
        {"network": "facebook", "kind": "post", "text": f"Nr {n}", "created_at": at, **author}
        for n, at in enumerate(times)
    ]
    return {entry["id"] for entry in world.remote.write_many(written)}


@pytest.mark.parametrize("paging", ["cursor", "time"])
def test_a_feed_of_many_posts_within_one_second_is_read_to_its_end(world: FacebookWorld, paging: str) -> None:
    world.remote.turn(feed_paging=paging)
    at = world.remote.now() // 1 - 3600
    ours = posts(world, [at - 9, *([at] * 17), at + 4], author_id=demo.PAGE_ID)
    visitors = posts(world, [at - 7, *([at + 1] * 13), at + 2], author="Elin Sjöberg")
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    assert ours <= set(reader.posts)
    assert set(reader.messages) == visitors


def test_comments_under_visitors_posts_are_read_into_their_threads(world: FacebookWorld) -> None:
    post = world.remote.write(network="facebook", kind="post", author="Elin Sjöberg", text="Besök")["id"]
    first = world.remote.write(**world.answer(post, "Ja", author="Oskar Lindqvist"))["id"]
    second = world.remote.write(**world.answer(first, "Nej", author="Amina Warsame"))["id"]
    reader = Reader(world.connect)
    reader.poll()
    assert {id: (m.root_remote_id, m.parent_remote_id) for id, m in reader.messages.items()} == {
        post: (post, None),
        first: (post, post),
        second: (post, first),
    }


def test_comments_at_every_depth_are_read(world: FacebookWorld) -> None:
    line = [world.post_id]
    for n in range(5):
        line.append(str(world.remote.write(**world.answer(line[-1], f"Djup {n}"))["id"]))
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    assert [reader.messages[id].parent_remote_id for id in line[1:]] == [None, *line[1:-1]]
    assert {reader.messages[id].root_remote_id for id in line[1:]} == {line[1]}


def test_a_quiet_post_costs_no_call(world: FacebookWorld) -> None:
    world.say("Hej", created_at=world.remote.now() - 3600)
    reader = Reader(world.connect)
    reader.poll()
    calls = world.remote.count("GET /{id}/comments")
    reader.poll()
    assert world.remote.count("GET /{id}/comments") == calls == 1


def test_a_post_deleted_after_the_feed_named_it_ends_its_stream_and_not_the_poll(world: FacebookWorld) -> None:
    world.say("Hej")
    here = Mark(datetime.now(UTC))
    window = Window(complete_up_to=here, newest_seen=here, walk_to=here)
    (follow,) = world.connect().fetch_page("feed", Window(), since=LONG_AGO, known={}).follow
    world.remote.delete({"network": "facebook", "id": world.post_id})
    page = world.connect().fetch_page(follow.stream, window, since=LONG_AGO, known={})
    assert page == Page((), Window(complete_up_to=here), gone=True)


def test_unnamed_visitors_are_unknown_and_our_own_posts_still_ours(world: FacebookWorld) -> None:
    world.remote.turn(facebook_from=False)
    visitor = world.remote.write(network="facebook", kind="post", author="Elin Sjöberg", text="Besök")["id"]
    comment = world.say("Hej")
    reader = Reader(world.connect)
    reader.poll()
    assert {id: message.author for id, message in reader.messages.items()} == {visitor: None, comment: None}
    assert world.post_id in reader.posts


def test_a_reply_to_a_visitors_post_is_found_again(world: FacebookWorld) -> None:
    post = str(world.remote.write(network="facebook", kind="post", author="Elin Sjöberg", text="Besök")["id"])
    outgoing, since = world.reply_to(post), datetime.fromtimestamp(world.remote.now(), UTC)
    sent = world.connect().send(outgoing)
    found = Facebook.find_own(outgoing, world.connect().read_back(outgoing, since=since), since=since, taken=())
    assert found is not None
    assert (found.remote_id, found.parent_remote_id, found.root_remote_id) == (sent.remote_id, post, post)


def test_the_read_back_sees_whose_comments_are_newer(world: FacebookWorld) -> None:
    outgoing, since = world.reply_to(world.say("Hej")), datetime.fromtimestamp(world.remote.now(), UTC)
    newer = world.remote.now() + 30
    world.remote.freeze()
    world.remote.advance(60)
    world.remote.write(**world.answer(outgoing.answers_remote_id, "Hallå?", created_at=newer))
    read = world.connect().read_back(outgoing, since=since)
    world.remote.resume()
    assert read.own == ()
    assert read.newest_at is not None
    assert read.newest_at > since + timedelta(seconds=25)


# The wire


def sent_to(server: stub.Stub) -> tuple[str, dict[str, list[str]], dict[str, list[str]]]:
    """(path, query, form) of the first request."""
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    address = urlsplit(head.split()[1].decode())
    return address.path, parse_qs(address.query), parse_qs(body.decode())


@pytest.mark.parametrize(("version", "path"), [("", "/v26.0/me"), ("23.0", "/v23.0/me"), ("v9.0", "/v9.0/me")])
def test_the_version_is_a_setting(version: str, path: str) -> None:
    with answered(Facebook, stub.jsonly({"id": "5", "name": "N"}), US, api_version=version) as (connector, server):
        connector.account()
        assert sent_to(server)[0] == path


@pytest.mark.parametrize("version", ["23", "23.0/../x", "latest", "v", "230.0"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(ConnectorError, match="version looks like") as caught:
        Facebook(Credentials(US), Options(api_version=version))
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.INVALID, True)


def test_calls_carry_the_proof_that_they_come_from_the_app() -> None:
    secrets = {"access_token": Secret(TOKEN), "app_secret": Secret("app-secret-9")}
    proof = hmac.new(b"app-secret-9", TOKEN.encode(), hashlib.sha256).hexdigest()
    with stub.listening(stub.jsonly({"id": "70_9", "name": "N"})) as server:
        connector = Facebook(Credentials(US, secrets), Options(base_url=server.base))
        connector.account()
        assert sent_to(server)[1]["appsecret_proof"] == [proof]
        server.requests.clear()
        connector.send(Outgoing("Hej å", "70_1"))
        path, query, form = sent_to(server)
    assert (path, query) == ("/v26.0/70_1/comments", {})
    assert form["appsecret_proof"] == [proof]
    assert (form["message"], form["access_token"]) == (["Hej å"], [TOKEN])


def test_without_an_app_secret_there_is_no_proof() -> None:
    with answered(Facebook, stub.jsonly({"id": "5", "name": "N"}), US) as (connector, server):
        connector.account()
        assert "appsecret_proof" not in sent_to(server)[1]


@pytest.mark.parametrize("body", [{"success": True}, {"id": None}, {"id": {"a": 1}}, {"id": "a b"}])
def test_a_reply_whose_id_is_not_told_may_be_out(body: object) -> None:
    with answered(Facebook, stub.jsonly(body), US) as (connector, _), pytest.raises(ConnectorError) as caught:
        connector.send(Outgoing("Hej", "70_1"))
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.MALFORMED, True)


# Posts that tag us, and recommendations


def elin(world: FacebookWorld) -> str:
    return next(str(one["id"]) for one in world.remote.people("facebook") if one["name"] == "Elin Sjöberg")


def test_a_post_elsewhere_that_tags_us_is_a_mention_and_what_is_said_under_it_belongs_to_it(
    world: FacebookWorld,
) -> None:
    person = elin(world)
    post = {
        "network": "facebook",
        "kind": "post",
        "wall_id": person,
        "author_id": person,
        "extra": {"tags": [world.account_id]},
    }
    tagged = world.remote.write(text="Nordnett, när?", **post)["id"]
    under = world.remote.write(**world.answer(tagged, "Undrar jag med", author="Oskar Lindqvist"))["id"]
    reader = Reader(world.connect)
    reader.poll()
    assert (reader.messages[tagged].kind, reader.messages[tagged].root_remote_id) == (Kind.MENTION, tagged)
    assert (reader.messages[under].root_remote_id, reader.messages[under].parent_remote_id) == (tagged, tagged)


@pytest.mark.parametrize("text", ["Alltid snabb hjälp", ""])
def test_a_recommendation_is_answered_by_its_story(world: FacebookWorld, text: str) -> None:
    given = {"network": "facebook", "kind": "rating", "text": text, "extra": {"recommendation_type": "negative"}}
    rating = world.remote.write(author="Elin Sjöberg", **given)["id"]
    reader = Reader(world.connect)
    reader.poll()
    message = reader.messages[rating]
    assert (message.kind, message.text, message.raw["recommendation_type"]) == (Kind.RECOMMENDATION, text, "negative")
    assert message.author is not None
    assert message.author.name == "Elin Sjöberg"
    sent = world.connect().send(world.reply_to(rating))
    later = Reader(world.connect)
    later.poll()
    assert later.messages[sent.remote_id].root_remote_id == rating


def test_a_recommendation_without_a_story_is_kept_for_later() -> None:
    body = {"data": [{"created_time": "2026-11-22T10:00:00+0000", "recommendation_type": "positive"}]}
    page = page_of(Facebook, body, US, "ratings")
    assert (page.messages, len(page.malformed)) == ((), 1)


def test_private_streams_are_read_where_private_words_are(world: FacebookWorld) -> None:
    assert world.connect().streams() == ("feed", "tagged", "ratings")
    assert world.connect(reads=frozenset({Visibility.PRIVATE})).streams() == ("conversations",)
    assert world.connect(reads=frozenset(Visibility)).streams() == ("feed", "tagged", "ratings", "conversations")
