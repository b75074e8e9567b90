"""What every network's connector must do, whatever its network is like: the same tests for each, on the sandbox."""

from __future__ import annotations

import logging
import time
import traceback
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

import connectors
from connectors.base import ConnectorError, ErrorKind, Kind, RemoteMessage, Visibility, Window
from connectors.sandbox.faults import KINDS
from connectors.sandbox.remote import Remote
from tests.connectors.reading import Reader
from tests.connectors.worlds import WORLDS, FacebookWorld, MastodonWorld, TwitterWorld, World

TEXTS = (
    "Hej! När är felet i Luleå avhjälpt?",
    "a & b &amp; c < d > e \"f\" 'g'",
    "Læs på https://example.com/a?b=1&copy=2#c og https://nordnett.example/hjælp nu",
    "👩‍👩‍👧‍👦 ❤️ 🇸🇪 👍🏽 é é",
    "rad ett\nrad två\n\n  rad fyra",
    "Öl @nordnett #fiber 100 % <script>alert(1)</script> ‮omvänt‬",
)


def of_those(which: Callable[[type[World]], bool]) -> pytest.MarkDecorator:
    """Only the worlds that the test has something to say of."""
    chosen = [world for world in WORLDS if which(world)]
    return pytest.mark.parametrize("world", chosen, ids=lambda world: world.__name__, indirect=True)


@pytest.fixture(params=WORLDS, ids=lambda world: world.__name__)
def world(request: pytest.FixtureRequest, sandbox: tuple[str, Remote]) -> World:
    made: World = request.param(*sandbox)
    return made


@pytest.fixture
def now(world: World) -> Callable[[], datetime]:
    """The sandbox's clock."""
    return lambda: datetime.fromtimestamp(world.remote.now(), UTC)


def test_every_network_in_the_registry_is_under_the_contract() -> None:
    """A feed, which nobody can answer on, has tests of its own."""
    answering = {one for one in connectors.REGISTRY.values() if one.capabilities.can_reply}
    assert {world.connector for world in WORLDS} == answering


def test_a_network_is_known_by_its_key_and_its_name(world: World) -> None:
    assert connectors.get(world.connector.network) is world.connector
    assert (world.connector.network, world.connector.label) in connectors.choices()


# Who we are


def test_the_account_is_the_one_the_token_speaks_as(world: World) -> None:
    account = world.connect().account()
    assert (account.remote_id, account.name) == (world.account_id, "Nordnett")


def test_without_a_token_nothing_is_asked(world: World) -> None:
    world.secrets = {}
    before = world.remote.calls()["counts"]
    with pytest.raises(ConnectorError) as caught:
        world.connect().account()
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.TOKEN, True)
    assert world.remote.calls()["counts"] == before


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_a_dead_token_is_told_apart_from_a_dead_network(world: World, state: str) -> None:
    world.remote.token(world.token, state=state)
    connector = world.connect()
    for call in (connector.account, lambda: connector.send(world.reply_to("1"))):
        with pytest.raises(ConnectorError) as caught:
            call()
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.TOKEN, True)
        assert not caught.value.outcome_unknown


# Reading


@pytest.mark.parametrize("text", TEXTS)
def test_a_message_comes_in_as_its_author_wrote_it(world: World, text: str, now: Callable[[], datetime]) -> None:
    began = now()
    remote_id = world.say(text)
    reader = Reader(world.connect)
    reader.poll()
    message = reader.messages[remote_id]
    assert unicodedata.normalize("NFC", message.text).endswith(unicodedata.normalize("NFC", text))
    assert message.author is not None
    assert (world.name_of(message.author), message.visibility) == ("Elin Sjöberg", Visibility.PUBLIC)
    assert (message.root_remote_id, message.parent_remote_id) == (remote_id, None)
    assert began - timedelta(seconds=2) <= message.created_at <= now()
    assert message.created_at.tzinfo is UTC
    assert message.permalink.startswith("https://")
    assert message.raw


def test_an_answer_belongs_to_the_thread_and_to_what_it_answers(world: World) -> None:
    root = world.say("Hej")
    first = world.remote.write(**world.answer(root, "Jag också", author="Oskar Lindqvist"))["id"]
    second = world.remote.write(**world.answer(first, "Och jag", author="Amina Warsame"))["id"]
    reader = Reader(world.connect)
    reader.poll()
    above = root if world.one_level else first
    assert [reader.messages[id].parent_remote_id for id in (root, first, second)] == [None, root, above]
    assert {reader.messages[id].root_remote_id for id in (root, first, second)} == {root}


def test_what_we_wrote_ourselves_is_known_by_its_author(world: World) -> None:
    question = world.say("Hej")
    ours = world.remote.write(**world.answer(question, "Hej! Vi hör av oss.", author_id=world.our_id))["id"]
    reader = Reader(world.connect)
    reader.poll()
    message = reader.messages[ours]
    assert message.author is not None
    assert (message.author.remote_id, message.parent_remote_id) == (world.account_id, question)
    assert message.kind is Kind.COMMENT


def test_everything_is_read_in_pages_of_five_by_workers_that_remember_nothing(world: World) -> None:
    start = world.remote.now() - 3600
    written = [world.question(f"Fråga {n}", created_at=start + n // 2 * 7) for n in range(43)]
    ids = {entry["id"] for entry in world.remote.write_many(written)}
    reader = Reader(lambda: world.connect(page_size=5))
    pages = reader.poll()
    assert set(reader.messages) == ids
    assert len(pages) > 8


def test_hundreds_within_one_second_are_all_read(world: World) -> None:
    at = world.remote.now() // 1 - 600
    times = [at - 3, *([at] * 61), at + 1, *([at + 2] * 33), at + 9]
    ids = {
        entry["id"]
        for entry in world.remote.write_many(world.question(f"Nr {n}", created_at=at) for n, at in enumerate(times))
    }
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    assert set(reader.messages) == ids


def test_no_page_carries_an_id_twice(world: World) -> None:
    world.remote.turn(overlap=2, shuffle=True)
    world.remote.write_many(world.question(f"Nr {n}") for n in range(23))
    reader = Reader(lambda: world.connect(page_size=5))
    for page in reader.poll():
        ids = [message.remote_id for message in page.messages]
        assert len(ids) == len(set(ids))


def test_pages_that_overlap_and_are_shuffled_lose_nothing(world: World) -> None:
    world.remote.turn(overlap=2, shuffle=True)
    start = world.remote.now() - 3600
    written = [world.question(f"Fråga {n}", created_at=start + n * 5) for n in range(31)]
    ids = {entry["id"] for entry in world.remote.write_many(written)}
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    assert set(reader.messages) == ids


def test_what_is_written_during_a_walk_is_there_after_the_next(world: World) -> None:
    start = world.remote.now() - 600
    world.remote.write_many(world.question(f"Fråga {n}", created_at=start + n) for n in range(20))
    arrived: list[str] = []
    reader = Reader(lambda: world.connect(page_size=5))
    reader.meanwhile = lambda: arrived.append(world.say(f"Mitt i {len(arrived)}"))
    reader.poll()
    reader.meanwhile = lambda: None
    reader.poll()
    assert len(arrived) > 3
    assert set(arrived) <= set(reader.messages)


def test_what_is_deleted_during_a_walk_costs_no_other_message(world: World) -> None:
    start = world.remote.now() - 600
    entries = world.remote.write_many(world.question(f"Fråga {n}", created_at=start + n) for n in range(20))
    doomed = iter(entries[::3])

    def delete_one() -> None:
        entry = next(doomed, None)
        if entry:
            world.remote.delete(entry)

    reader = Reader(lambda: world.connect(page_size=5))
    reader.meanwhile = delete_one
    reader.poll()
    kept = {entry["id"] for n, entry in enumerate(entries) if n % 3}
    assert kept <= set(reader.messages)


def test_what_the_network_shows_late_is_found_by_the_overlap(world: World) -> None:
    at = world.remote.now()
    late = world.say("Sen", created_at=at - 40, visible_at=at + 50)
    world.say("I tid", created_at=at - 5)
    reader = Reader(world.connect)
    reader.poll()
    assert late not in reader.messages
    world.remote.freeze()
    world.remote.advance(60)
    world.say("Ny", created_at=at + 55)
    reader.poll()
    assert late in reader.messages
    world.remote.resume()


def test_a_second_poll_reads_little_and_nothing_new(world: World) -> None:
    start = world.remote.now() - 86_400
    world.remote.write_many(world.question(f"Fråga {n}", created_at=start + n * 100) for n in range(40))
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    before = dict(reader.messages)
    again = reader.poll()
    assert reader.messages == before
    assert sum(len(page.messages) for page in again) <= 5


def test_complete_up_to_never_goes_back_and_ends_at_the_newest(world: World) -> None:
    start = world.remote.now() - 3600
    world.remote.write_many(world.question(f"Fråga {n}", created_at=start + n * 60) for n in range(30))
    reader = Reader(lambda: world.connect(page_size=5))
    for _ in range(2):
        reader.poll()
    for stream, window in reader.windows.items():
        assert (window.newest_seen, window.walk_to) == (None, None), stream
    newest = max(message.created_at for message in reader.messages.values())
    assert newest <= max(window.complete_up_to.at for window in reader.windows.values() if window.complete_up_to)


def test_an_open_walk_does_not_claim_what_it_has_not_read(world: World) -> None:
    start = world.remote.now() - 3600
    entries = world.remote.write_many(world.question(f"Fråga {n}", created_at=start + n * 60) for n in range(30))
    times = {entry["id"]: datetime.fromtimestamp(start + n * 60, UTC) for n, entry in enumerate(entries)}
    reader = Reader(lambda: world.connect(page_size=5))
    stream = reader.connect().streams()[0]
    for follow in reader.page(stream).follow:
        stream = follow.stream
    for _ in range(3):
        window = reader.page(stream).window
        done = window.complete_up_to.at.replace(microsecond=0) if window.complete_up_to else None
        missing = [at for id, at in times.items() if done and at < done and id not in reader.messages]
        assert missing == []


def test_the_reach_is_kept(world: World) -> None:
    at = world.remote.now()
    old = world.say("Gammal", created_at=at - 40 * 86_400)
    new = world.say("Ny")
    reader = Reader(world.connect)
    reader.poll()
    assert (old in reader.messages, new in reader.messages) == (False, True)


def test_a_stream_that_does_not_exist_is_refused(world: World) -> None:
    for stream in ("", "nonsense", "comments/", "comments/../me", "conversation/1?x=2", "visitor/a b"):
        with pytest.raises(ConnectorError) as caught:
            world.connect().fetch_page(stream, Window(), since=datetime.now(UTC), known={})
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.INVALID, True)


# Sending and reading back


@pytest.mark.parametrize("text", TEXTS)
def test_a_reply_is_out_once_and_found_again(world: World, text: str, now: Callable[[], datetime]) -> None:
    outgoing, since = world.reply_to(world.say("Hej"), text), now()
    sent = world.connect().send(outgoing)
    assert [entry["id"] for entry in world.sent()] == [sent.remote_id]
    read = world.connect().read_back(outgoing, since=since)
    found = world.connector.find_own(outgoing, read, since=since, taken=())
    assert found is not None
    assert found.remote_id == sent.remote_id
    assert sent.at is None or abs(sent.at - found.created_at) < timedelta(seconds=2)
    assert read.newest_at is not None
    assert read.newest_at >= since - timedelta(seconds=2)


def test_a_reply_to_a_reply_is_found_again(world: World, now: Callable[[], datetime]) -> None:
    root = world.say("Hej")
    deeper = world.remote.write(**world.answer(root, "Jag också", author="Oskar Lindqvist"))["id"]
    outgoing = world.reply_to(deeper)
    outgoing = type(outgoing)(outgoing.text, answers_remote_id=deeper, root_remote_id=root)
    since = now()
    sent = world.connect().send(outgoing)
    found = world.connector.find_own(outgoing, world.connect().read_back(outgoing, since=since), since=since, taken=())
    assert found is not None
    assert (found.remote_id, found.parent_remote_id) == (sent.remote_id, root if world.one_level else deeper)


def test_a_reply_of_someone_else_of_ours_is_not_mistaken_for_it(world: World, now: Callable[[], datetime]) -> None:
    """Other texts, other parents, older ones and those that belong to another reply."""
    question, other = world.say("Hej"), world.say("Hallå")
    outgoing, since = world.reply_to(question, "Tack! Vi återkommer i dag."), now()
    world.remote.write(**world.answer(question, "Tack! Vi återkommer i morgon.", author_id=world.our_id))
    world.remote.write(**world.answer(other, outgoing.text, author_id=world.our_id))
    world.remote.write(**world.answer(question, outgoing.text, author="Oskar Lindqvist"))
    old = world.remote.now() - 3600
    world.remote.write(**world.answer(question, outgoing.text, author_id=world.our_id, created_at=old))
    taken = world.remote.write(**world.answer(question, outgoing.text, author_id=world.our_id))["id"]
    read = world.connect().read_back(outgoing, since=since)
    prefix_free = {world.connector.normalise(message.text) for message in read.own}
    assert world.connector.normalise(outgoing.text) in prefix_free
    assert world.connector.find_own(outgoing, read, since=since, taken={taken}) is None
    found = world.connector.find_own(outgoing, read, since=since, taken=())
    assert found is not None
    assert found.remote_id == taken


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "effect": True},
        {"kind": "hang", "effect": True, "seconds": 5},
        {"kind": "late_answer", "seconds": 5},
        {"kind": "truncated"},
        {"kind": "truncated", "keep_length": True},
        {"kind": "slow_body", "bytes_per_second": 2},
        *({"kind": "status", "effect": True, "status": 502, "body": body} for body in ("html", "json", "text", "none")),
        {"kind": "status", "effect": True, "status": 500, "body": "empty"},
        {"kind": "body", "effect": True, "status": 200, "text": "<html>busy</html>", "content_type": "text/html"},
        {"kind": "body", "effect": True, "status": 200, "text": "{}"},
        {"kind": "body", "effect": True, "status": 200, "text": "[1]"},
        {"kind": "body", "effect": True, "status": 200, "text": "true", "content_type": None},
        {"kind": "redirect", "effect": True},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_a_write_whose_answer_is_lost_may_be_out_and_is_found(
    world: World, fault: dict[str, object], now: Callable[[], datetime]
) -> None:
    outgoing, since = world.reply_to(world.say("Hej")), now()
    world.remote.fault(**fault, network=world.network, method="POST", count=1)
    with pytest.raises(ConnectorError) as caught:
        world.connect(deadline=0.7).send(outgoing)
    assert caught.value.outcome_unknown
    assert not caught.value.permanent
    assert len(world.sent()) == 1
    read = world.connect().read_back(outgoing, since=since)
    found = world.connector.find_own(outgoing, read, since=since, taken=())
    assert found is not None
    assert found.remote_id == world.sent()[0]["id"]


@of_those(lambda world: world.refuses_twins)
def test_a_duplicate_refusal_is_not_a_failure(world: World) -> None:
    outgoing = world.reply_to(world.say("Hej"))
    world.remote.fault("duplicate", network=world.network, method="POST", count=1)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.DUPLICATE, True)
    assert not caught.value.permanent


@of_those(lambda world: world.connector.capabilities.refuses_duplicates)
def test_a_network_that_declares_it_refuses_the_same_text_again(world: World) -> None:
    outgoing = world.reply_to(world.say("Hej"))
    world.connect().send(outgoing)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert caught.value.kind is ErrorKind.DUPLICATE
    assert len(world.sent()) == 1


def test_a_reply_to_what_is_gone_is_certainly_not_out(world: World) -> None:
    remote_id = world.say("Ångrar mig")
    world.remote.delete({"network": world.network, "id": remote_id})
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(world.reply_to(remote_id))
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.GONE, True)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("text", ["", " \n", "\ud800", "a\x00b"])
def test_a_text_that_cannot_be_sent_is_refused_before_it_leaves(world: World, text: str) -> None:
    outgoing = world.reply_to(world.say("Hej"), text)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert (caught.value.kind, caught.value.permanent, caught.value.outcome_unknown) == (ErrorKind.INVALID, True, False)
    assert world.sent() == []


@pytest.mark.parametrize("remote_id", ["", "../me", "1/likes", "1?x=1", "1 2", "1\r\nX: y", "..", "å"])
def test_an_id_that_is_none_never_gets_into_an_address(world: World, remote_id: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(world.reply_to(remote_id))
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.INVALID, False)


def test_a_send_that_has_become_too_old_is_not_out(world: World) -> None:
    outgoing = world.reply_to(world.say("Hej"))
    with pytest.raises(ConnectorError) as caught:
        world.connect(start_by=time.monotonic() - 1).send(outgoing)
    assert (caught.value.outcome_unknown, caught.value.permanent) == (False, False)
    assert world.sent() == []


# Trouble


@pytest.mark.parametrize(("reset", "expected"), [(120, 120), (None, 900), ("soon", 900), (-4000, 900)])
def test_a_rate_limit_says_when_to_come_again(world: World, reset: object, expected: float) -> None:
    world.remote.fault("rate_limit", network=world.network, path=world.read_path, reset=reset)
    with pytest.raises(ConnectorError) as caught:
        world.connect().fetch_page(
            world.connect().streams()[0], Window(), since=datetime.now(UTC) - timedelta(days=1), known={}
        )
    assert (caught.value.kind, caught.value.permanent) == (ErrorKind.RATE, False)
    rounded = world.rounds_to if reset == expected else 0
    assert caught.value.retry_after == pytest.approx(expected + rounded, abs=3)


def test_a_rate_limit_on_a_write_is_certain(world: World) -> None:
    outgoing = world.reply_to(world.say("Hej"))
    world.remote.fault("rate_limit", network=world.network, method="POST", reset=60)
    with pytest.raises(ConnectorError) as caught:
        world.connect().send(outgoing)
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.RATE, False)
    assert world.sent() == []


def test_the_budget_that_is_left_is_told(world: World) -> None:
    left = [world.connect().fetch_page(stream, Window(), since=datetime.now(UTC), known={}).calls_left
            for stream in world.connect().streams()]  # fmt: skip
    assert all(isinstance(calls, int) and calls >= 0 for calls in left)


STRIKES = [
    *({"kind": kind, "seconds": 3} for kind in sorted(set(KINDS) - {"between", "body", "late_effect"})),
    *({"kind": "status", "status": status, "body": body} for status in (400, 401, 403, 404, 409, 418, 429, 500, 503)
      for body in ("html", "json", "text", "none", "empty")),
    *({"kind": "body", "status": status, "text": text, "content_type": content_type} for status in (200, 400)
      for content_type in ("application/json", "text/javascript", None)
      for text in ("", "null", "[]", "0", '"x"', "{", '{"error": null}', '{"errors": null}', '{"error": "x"}',
                   '{"data": null}', '{"data": {}}', '{"data": [], "paging": 1}', '{"data": [], "meta": 1}', "[" * 9000,
                   '{"data": [], "paging": {"next": "http://[::1"}}', '{"meta": {"next_token": 5}}',
                   '{"data": [], "meta": {"next_token": "again"}}',
                   '{"data": [], "paging": {"next": "https://graph.facebook.com/x?after=again"}}')),
]  # fmt: skip


def refused(call: Callable[[], object]) -> ConnectorError | None:
    """The error of a call. Whatever else it raises comes through, and is what these tests are there to find."""
    try:
        call()
    except ConnectorError as error:
        return error
    return None


@pytest.mark.parametrize("strike", STRIKES, ids=lambda strike: "-".join(str(value)[:40] for value in strike.values()))
# Instagram's answers are judged by what judges Facebook's; its own reading of odd ones is in test_mutations.
@pytest.mark.parametrize("world", [FacebookWorld, TwitterWorld, MastodonWorld], indirect=True)
def test_whatever_goes_wrong_is_a_connector_error_without_a_token(
    world: World, strike: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outgoing = world.reply_to(world.say("Hej"))
    world.remote.fault(**strike, network=world.network)
    connector = world.connect(deadline=0.4)
    since = datetime.now(UTC) - timedelta(days=1)
    calls: list[Callable[[], object]] = [
        connector.account,
        partial(connector.send, outgoing),
        partial(connector.read_back, outgoing, since=since),
        *(partial(connector.fetch_page, stream, Window(), since=since, known={}) for stream in connector.streams()),
    ]
    errors = [error for call in calls if (error := refused(call))]
    told = caplog.text + "".join("".join(traceback.format_exception(error)) + repr(vars(error)) for error in errors)
    assert not [secret for secret in world.secrets.values() if secret in told]
    assert {(error.__cause__, error.__context__) for error in errors} <= {(None, None)}


def test_what_a_message_keeps_raw_holds_no_token(world: World) -> None:
    question = world.say(f"Jag hittade {world.token}, är den er?")
    world.remote.write(**world.answer(question, "Jag också", author="Oskar Lindqvist"))
    reader = Reader(lambda: world.connect(page_size=5))
    reader.poll()
    kept = repr([(message, message.raw) for message in reader.messages.values()])
    assert not [secret for secret in world.secrets.values() if secret in kept]


def test_nothing_of_a_connector_shows_its_secrets(world: World) -> None:
    connector = world.connect()
    shown = repr(connector) + repr(connector.credentials) + str(dict(connector.credentials.secrets))
    assert not [secret for secret in world.secrets.values() if secret in shown]


# Text


def test_length_counts_plain_latin_one_by_one(world: World) -> None:
    assert world.connector.length("Hej på dig, ærlig talt") == 22


@pytest.mark.parametrize("text", TEXTS)
def test_normalising_is_done_once_and_for_all(world: World, text: str) -> None:
    once = world.connector.normalise(text)
    assert world.connector.normalise(once) == once
    assert world.connector.same_text(text, f"  {unicodedata.normalize('NFD', text)} ")


def test_a_message_is_what_it_is(world: World) -> None:
    world.say("Hej")
    reader = Reader(world.connect)
    reader.poll()
    message: RemoteMessage = next(iter(reader.messages.values()))
    with pytest.raises(AttributeError):
        message.text = "annat"  # type: ignore[misc]


# Doing something to a message


def told(world: World, remote_id: str) -> dict[str, object]:
    """One message as the network itself knows it."""
    return next(one for one in world.remote.truth(world.network, who="all") if one["id"] == remote_id)


def test_a_message_is_hidden_and_shown_again_as_often_as_one_likes(world: World) -> None:
    remote_id = world.remote.write(**world.under_ours("Skitföretag!"))["id"]
    connector = world.connect()
    if not world.connector.capabilities.hides:
        with pytest.raises(ConnectorError) as caught:
            connector.hide(remote_id)
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.NOT_ALLOWED, True)
        return
    for _ in range(2):
        connector.hide(remote_id)
    assert told(world, remote_id)["hidden"] is True
    connector.unhide(remote_id)
    assert told(world, remote_id)["hidden"] is False


def test_our_own_message_is_deleted_and_a_second_time_it_is_gone(world: World) -> None:
    sent = world.connect().send(world.reply_to(world.say("Hej")))
    world.connect().delete(sent.remote_id)
    assert told(world, sent.remote_id)["deleted_at"]
    with pytest.raises(ConnectorError) as caught:
        world.connect().delete(sent.remote_id)
    assert (caught.value.kind, caught.value.outcome_unknown) == (ErrorKind.GONE, False)


def test_a_customers_message_is_deleted_where_the_network_lets_us(world: World) -> None:
    remote_id = world.remote.write(**world.under_ours("Skitföretag!"))["id"]
    if world.connector.capabilities.can_delete_others:
        world.connect().delete(remote_id)
    else:
        with pytest.raises(ConnectorError) as caught:
            world.connect().delete(remote_id)
        assert caught.value.permanent
    assert bool(told(world, remote_id)["deleted_at"]) is world.connector.capabilities.can_delete_others


def test_a_message_is_liked_where_the_network_lets_us(world: World) -> None:
    remote_id = world.remote.write(**world.under_ours("Tack för hjälpen!"))["id"]
    if world.connector.capabilities.can_like:
        world.connect().like(remote_id)
        assert told(world, remote_id)["likes"] == 1
    else:
        with pytest.raises(ConnectorError) as caught:
            world.connect().like(remote_id)
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.NOT_ALLOWED, True)


def test_our_own_message_gets_another_text_where_the_network_lets_us(world: World) -> None:
    sent = world.connect().send(world.reply_to(world.say("Hej"), "Vi öppnar kl 9."))
    if not world.connector.capabilities.can_edit:
        with pytest.raises(ConnectorError) as caught:
            world.connect().edit(sent.remote_id, "Vi öppnar kl 10.")
        assert (caught.value.kind, caught.value.permanent) == (ErrorKind.NOT_ALLOWED, True)
        return
    for _ in range(2):
        world.connect().edit(sent.remote_id, "Vi öppnar kl 10.")
    assert told(world, sent.remote_id)["text"] == "Vi öppnar kl 10."
    assert [entry["id"] for entry in world.sent()] == [sent.remote_id], "the same message, not a second one"


@of_those(lambda world: bool(world.connector.capabilities.hides))
@pytest.mark.parametrize("effect", [True, False], ids=["done", "not-done"])
def test_of_a_hiding_without_an_answer_nobody_says_that_it_failed(world: World, effect: bool) -> None:
    remote_id = world.remote.write(**world.under_ours("Skitföretag!"))["id"]
    world.remote.fault("reset", network=world.network, path=world.hide_path, effect=effect)
    with pytest.raises(ConnectorError) as caught:
        world.connect().hide(remote_id)
    assert told(world, remote_id)["hidden"] is effect
    assert caught.value.outcome_unknown
    world.remote.clear_faults()
    world.connect().hide(remote_id)
    assert told(world, remote_id)["hidden"] is True


# --- looking messages up ----------------------------------------------------------------------------------------------


def test_a_look_tells_what_stands_and_what_is_gone(world: World) -> None:
    stays, goes = world.say("Jag är kvar."), world.say("Jag försvinner.")
    world.remote.delete({"network": world.network, "id": goes})
    look = world.connect().look([stays, goes])
    assert [(message.remote_id, message.text) for message in look.found] == [
        (stays, world.question("Jag är kvar.")["text"])
    ]
    assert look.gone == (goes,)
    assert look.read_at is not None


def test_a_look_at_what_is_all_gone_says_so(world: World) -> None:
    ids = [world.say(f"Fråga {number}") for number in range(5)]
    for one in ids:
        world.remote.delete({"network": world.network, "id": one})
    look = world.connect().look(ids)
    assert (look.found, set(look.gone)) == ((), set(ids))


def test_a_look_with_a_bad_token_calls_nothing_gone(world: World) -> None:
    stays = world.say("Jag är kvar.")
    world.remote.token(world.token, state="revoked")
    with pytest.raises(ConnectorError) as raised:
        world.connect().look([stays])
    assert raised.value.kind == ErrorKind.TOKEN


def test_a_look_that_the_network_breaks_off_calls_nothing_gone(world: World) -> None:
    stays = world.say("Jag är kvar.")
    world.remote.fault("status", network=world.network, status=503, count=1)
    with pytest.raises(ConnectorError) as raised:
        world.connect().look([stays])
    assert raised.value.kind == ErrorKind.UNAVAILABLE
