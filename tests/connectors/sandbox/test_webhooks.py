"""Notifications of both networks, received by a real HTTP server."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote, RemoteRefusal

Json = dict[str, Any]


class Receiver(ThreadingHTTPServer):
    """Keeps what it is told, and answers as a webhook of ours would."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.refusals = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def events(self) -> list[Json]:
        """Facebook's entries or X's data, in the order of arrival."""
        found = []
        for body, _ in self.got:
            notification = json.loads(body)
            found += notification["entry"] if "entry" in notification else [notification["data"]]
        return found


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(query)
        answer = query["hub.challenge"][0] if "hub.challenge" in query else json.dumps(
            {"response_token": signed(query["crc_token"][0].encode(), demo.X_CONSUMER_SECRET)}
        )  # fmt: skip
        self._answer(200, answer.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.refusals:
            self.server.refusals -= 1
            self._answer(500, b"")
            return
        self.server.got.append((body, {name.lower(): value for name, value in self.headers.items()}))
        self._answer(200, b"ok")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the test's screen."""


def signed(raw: bytes, secret: str) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


@pytest.fixture
def receiver(sandbox: Remote) -> Iterator[Receiver]:
    with Receiver() as receiver:
        Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield receiver
        sandbox.unsubscribe()
        receiver.shutdown()


def comments(sandbox: Remote, post: Json, count: int) -> list[Json]:
    row = {"network": "facebook", "kind": "comment", "author": "Elin Sjöberg", "parent_id": post["id"]}
    return sandbox.write_many({**row, "text": f"nr {number}"} for number in range(count))


def test_the_address_is_verified_with_facebooks_challenge(sandbox: Remote, receiver: Receiver) -> None:
    assert sandbox.subscribe("facebook", receiver.url)["verified"] is True
    [asked] = receiver.asked
    assert asked["hub.mode"] == ["subscribe"]
    assert asked["hub.verify_token"] == [demo.VERIFY_TOKEN]


def test_xs_crc_wants_the_signed_token(sandbox: Remote, receiver: Receiver) -> None:
    assert sandbox.subscribe("x", receiver.url)["verified"] is True
    assert sandbox.subscribe("x", receiver.url, secret="another")["verified"] is False


def test_nothing_leaves_the_machine(sandbox: Remote) -> None:
    with pytest.raises(RemoteRefusal, match="this machine only"):
        sandbox.subscribe("facebook", "http://192.0.2.1/hook")


def test_a_comment_is_told_signed_over_its_escaped_body(sandbox: Remote, receiver: Receiver, post: Json) -> None:
    sandbox.subscribe("facebook", receiver.url)
    row = {"network": "facebook", "kind": "comment", "author": "Elin Sjöberg", "text": "När / då?"}
    sandbox.write(**row, parent_id=post["id"])
    assert sandbox.flush() == 0
    [(body, headers)] = receiver.got
    digest = hmac.new(demo.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={digest}"
    assert rb"N\u00e4r \/ d\u00e5?" in body


def test_a_comments_life_is_told_in_the_recorded_shapes(
    sandbox: Remote, receiver: Receiver, post: Json, recorded: Any
) -> None:
    sandbox.subscribe("facebook", receiver.url)
    [comment] = comments(sandbox, post, 1)
    sandbox.edit(comment, "nr 0, rättad")
    sandbox.hide(comment)
    sandbox.delete(comment)
    sandbox.flush()
    told = [event["changes"][0]["value"] for event in receiver.events]
    assert [value["verb"] for value in told] == ["add", "edited", "hide", "remove"]
    real = {
        verb: recorded(f"facebook-webhooks/{name}.json")["entry"][0]["changes"][0]["value"]
        for verb, name in {"add": "feed-comment-add-211", "remove": "feed-comment-remove-25"}.items()
    }
    assert real["add"].keys() == told[0].keys()
    assert real["remove"].keys() == told[3].keys()
    assert (told[0]["post_id"], told[0]["parent_id"]) == (post["id"], post["id"])
    assert told[1]["message"] == "nr 0, rättad"


def test_a_reply_names_its_comment_as_parent(sandbox: Remote, receiver: Receiver, comment: Json) -> None:
    sandbox.subscribe("facebook", receiver.url)
    sandbox.write(network="facebook", kind="comment", author="Kari Nordmann", text="Enig", parent_id=comment["id"])
    sandbox.flush()
    value = receiver.events[0]["changes"][0]["value"]
    assert (value["parent_id"], value["post_id"]) == (comment["id"], comment["root_id"])


def test_visitors_posts_our_posts_tags_and_ratings_have_their_own_fields(sandbox: Remote, receiver: Receiver) -> None:
    person = sandbox.add_person(network="facebook", name="Poul Nygård")
    sandbox.subscribe("facebook", receiver.url)
    row = {"network": "facebook", "author_id": person["id"], "text": "Hej"}
    sandbox.write(**row, kind="post")
    sandbox.write(network="facebook", kind="post", author_id=demo.PAGE_ID, text="Nyhet")
    sandbox.write(**row, kind="post", wall_id=person["id"], extra={"tags": [demo.PAGE_ID]})
    sandbox.write(**row, kind="rating")
    sandbox.flush()
    told = [(event["changes"][0]["field"], event["changes"][0]["value"]["item"]) for event in receiver.events]
    assert told == [("feed", "post"), ("feed", "status"), ("mention", "post"), ("ratings", "rating")]
    assert {event["id"] for event in receiver.events} == {demo.PAGE_ID}


def test_messages_come_with_milliseconds_and_ours_as_echoes(sandbox: Remote, receiver: Receiver, recorded: Any) -> None:
    person = sandbox.add_person(network="facebook", name="Elin Sjöberg")
    sandbox.subscribe("facebook", receiver.url)
    for author, to in ((person["id"], demo.PAGE_ID), (demo.PAGE_ID, person["id"])):
        sandbox.call("POST", "private", {"network": "facebook", "author_id": author, "to_id": to, "text": "Hej"})
    sandbox.flush()
    theirs, ours = (event["messaging"][0] for event in receiver.events)
    real = recorded("facebook-webhooks/messaging-message-basic-echo.json")["entry"][0]["messaging"][0]
    assert real.keys() == ours.keys()
    assert len(str(ours["timestamp"])) == len(str(real["timestamp"]))
    assert "is_echo" not in theirs["message"]
    assert ours["message"]["is_echo"] is True


def test_only_subscribed_fields_are_told(sandbox: Remote, receiver: Receiver, post: Json, graph: Any) -> None:
    sandbox.subscribe("facebook", receiver.url)
    graph.put_object("me", "subscribed_apps", subscribed_fields="messages")
    comments(sandbox, post, 1)
    sandbox.flush()
    assert receiver.got == []


def test_lost_doubled_and_shuffled_are_told_that_way_the_same_in_every_run(
    sandbox: Remote, receiver: Receiver, post: Json
) -> None:
    rule = {"lost": 0.2, "doubled": 0.2, "shuffle": 0.3, "seed": 7}
    runs = []
    for _ in range(2):
        receiver.got.clear()
        sandbox.subscribe("facebook", receiver.url, **rule)
        written = [comment["text"] for comment in comments(sandbox, post, 60)]
        assert sandbox.flush() == 0
        runs.append([event["changes"][0]["value"]["message"] for event in receiver.events])
        sandbox.unsubscribe()
    told = runs[0]
    assert 5 <= 60 - len(set(told)) <= 20
    assert 4 <= len(told) - len(set(told)) <= 20
    assert list(dict.fromkeys(told)) != [text for text in written if text in told]
    assert sorted(runs[0]) == sorted(runs[1])


def test_forged_signatures_do_not_fit(sandbox: Remote, receiver: Receiver, post: Json) -> None:
    sandbox.subscribe("facebook", receiver.url, forged=1.0)
    comments(sandbox, post, 1)
    sandbox.flush()
    [(body, headers)] = receiver.got
    digest = hmac.new(demo.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] != f"sha256={digest}"


def test_batches_carry_many_events_in_one_body(sandbox: Remote, receiver: Receiver, post: Json) -> None:
    sandbox.subscribe("facebook", receiver.url, batch=25)
    comments(sandbox, post, 100)
    sandbox.flush()
    assert len(receiver.got) <= 6
    assert len(receiver.events) == 100


def test_what_is_not_answered_with_200_comes_again(sandbox: Remote, receiver: Receiver, post: Json) -> None:
    sandbox.subscribe("facebook", receiver.url)
    receiver.refusals = 1
    comments(sandbox, post, 1)
    assert sandbox.flush() == 0
    assert len(receiver.got) == 1


def test_after_its_tries_a_notification_is_given_up(sandbox: Remote, receiver: Receiver, post: Json) -> None:
    sandbox.subscribe("facebook", receiver.url, tries=1)
    receiver.refusals = 1
    comments(sandbox, post, 1)
    sandbox.flush()
    [told] = sandbox.call("GET", "subscriptions")["subscriptions"]
    assert (told["deliveries"]["failed"], told["deliveries"]["sent"]) == (1, 0)


def test_instagram_tells_new_comments_whole_and_of_mentions_the_ids(sandbox: Remote, receiver: Receiver) -> None:
    said = {"network": "instagram", "author": "Elin Sjöberg"}
    us = demo.INSTAGRAM_USER_ID
    subscribed = sandbox.subscribe("instagram", receiver.url, batch=9)
    assert subscribed["verified"]
    ours = sandbox.write(network="instagram", kind="media", author_id=us, text="Ny mast")
    first = sandbox.write(**said, kind="comment", text="När då?", parent_id=ours["id"])
    reply = sandbox.write(network="instagram", kind="comment", author_id=us, text="I mars", parent_id=first["id"])
    theirs = sandbox.write(**said, kind="media", text="Hemma hos @nordnett")
    named = sandbox.write(**said, kind="comment", text="@nordnett ser ni?", parent_id=theirs["id"])
    sandbox.write(**said, kind="comment", text="Fint", parent_id=theirs["id"])
    sandbox.edit(first, "När?")
    sandbox.hide(first)
    sandbox.delete(first)
    assert sandbox.flush() == 0
    assert {json.loads(body)["object"] for body, _ in receiver.got} == {"instagram"}
    told = [(one["changes"][0]["field"], one["changes"][0]["value"]) for one in receiver.events]
    assert [field for field, _ in told] == ["comments", "comments", "mentions", "mentions"]
    question, answer, caption, comment = (value for _, value in told)
    assert (question["id"], question["text"], question["media"]["id"]) == (first["id"], "När då?", ours["id"])
    assert (answer["id"], answer["parent_id"], answer["from"]["id"]) == (reply["id"], first["id"], us)
    assert (caption, comment) == (
        {"media_id": theirs["id"]},
        {"media_id": theirs["id"], "comment_id": named["id"]},
    )
    for body, headers in receiver.got:
        digest = hmac.new(demo.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={digest}"


def test_x_tells_mentions_and_our_own_posts_and_nothing_else(sandbox: Remote, receiver: Receiver) -> None:
    sandbox.subscribe("x", receiver.url)
    row = {"network": "x", "kind": "tweet"}
    mention = sandbox.write(**row, author="Ole Håkonsen", text="@nordnett hallå & hej")
    sandbox.write(**row, author_id=demo.X_USER_ID, text="Hej!")
    sandbox.write(**row, author="Ole Håkonsen", text="om något helt annat")
    sandbox.delete(mention)
    sandbox.flush()
    assert [event["event_type"] for event in receiver.events] == ["post.mention.create", "post.create", "post.delete"]
    first = receiver.events[0]
    assert first["payload"]["text"] == "@nordnett hallå &amp; hej"
    assert first["includes"]["users"][0]["name"] == "Ole Håkonsen"
    body, headers = receiver.got[0]
    assert headers["x-twitter-webhooks-signature"] == signed(body, demo.X_CONSUMER_SECRET)
