"""Direct messages through the unchanged tweepy."""

from collections.abc import Callable
from typing import Any

import pytest
import tweepy

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
DAY = 86400.0
Letter = Callable[[str], Json]


@pytest.fixture
def ole(sandbox: Remote) -> Json:
    return sandbox.add_person(network="x", name="Ole Håkonsen", id="750362064426721281")


@pytest.fixture
def letter(sandbox: Remote, ole: Json) -> Letter:
    def write(text: str) -> Json:
        return sandbox.call(
            "POST", "private", {"network": "x", "author_id": ole["id"], "to_id": demo.X_USER_ID, "text": text}
        )

    return write


def test_events_come_newest_first_with_three_fields(x: tweepy.Client, letter: Letter, recorded: Any) -> None:
    real = recorded("x/test_manage_and_lookup_direct_messages__04.json")["json"]
    letter("Hei & hallo")
    letter("Er dere der?")
    answer = x.request("GET", "/2/dm_events", user_auth=True).json()
    assert [event["text"] for event in answer["data"]] == ["Er dere der?", "Hei &amp; hallo"]
    assert answer["data"][0].keys() == real["data"][0].keys()
    assert answer["meta"].keys() <= real["meta"].keys()


def test_fields_and_the_sender_come_when_asked_for(x: tweepy.Client, letter: Letter, ole: Json) -> None:
    letter("Hei!")
    response = x.get_direct_message_events(
        participant_id=ole["id"], dm_event_fields=["created_at", "sender_id", "dm_conversation_id"],
        expansions=["sender_id"],
    )  # fmt: skip
    [event] = response.data
    assert (str(event.sender_id), event.dm_conversation_id) == (ole["id"], f"{demo.X_USER_ID}-{ole['id']}")
    assert response.includes["users"][0].name == "Ole Håkonsen"


def test_a_message_is_sent_in_the_one_conversation_of_two(
    x: tweepy.Client, sandbox: Remote, letter: Letter, ole: Json, recorded: Any
) -> None:
    real = recorded("x/test_manage_and_lookup_direct_messages__00.json")["json"]["data"]
    thread = letter("Hei!")["root_id"]
    to_person = x.create_direct_message(participant_id=ole["id"], text="Hei Ole!").data
    to_thread = x.create_direct_message(dm_conversation_id=thread, text="Er du der?").data
    assert to_person.keys() == real.keys()
    assert to_person["dm_conversation_id"] == to_thread["dm_conversation_id"] == thread
    assert [entry["text"] for entry in sandbox.truth("x", via="api")] == ["Hei Ole!", "Er du der?"]


def test_thirty_days_are_the_wall(x: tweepy.Client, sandbox: Remote, letter: Letter) -> None:
    letter("Hei!")
    sandbox.advance(30 * DAY + 1)
    assert x.get_direct_message_events().data is None


def test_pages_are_walked_to_the_end(x: tweepy.Client, letter: Letter) -> None:
    ids = [letter(f"nr {number}")["id"] for number in range(5)]
    found = tweepy.Paginator(x.get_direct_message_events, max_results=2).flatten()
    assert [str(event.id) for event in found] == ids[::-1]


def test_another_twos_conversation_is_none_of_ours(x: tweepy.Client, sandbox: Remote) -> None:
    with pytest.raises(tweepy.Forbidden):
        x.get_direct_message_events(dm_conversation_id="1-2")


def test_an_app_token_reads_no_messages(x: tweepy.Client) -> None:
    with pytest.raises(tweepy.Forbidden):
        x.get_direct_message_events(user_auth=False)
