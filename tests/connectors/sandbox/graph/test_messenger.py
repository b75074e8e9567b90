"""Messenger through the unchanged facebook-sdk: conversations, and the windows in which a page may write."""

import json
from collections.abc import Callable
from typing import Any

import facebook
import pytest

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
DAY = 86400.0
Letter = Callable[[str], Json]


@pytest.fixture
def elin(sandbox: Remote) -> Json:
    return sandbox.add_person(network="facebook", name="Elin Sjöberg")


@pytest.fixture
def letter(sandbox: Remote, elin: Json) -> Letter:
    """Elin writes to the page."""

    def write(text: str) -> Json:
        return sandbox.call(
            "POST", "private", {"network": "facebook", "author_id": elin["id"], "to_id": demo.PAGE_ID, "text": text}
        )

    return write


def send(graph: facebook.GraphAPI, recipient: Json, text: str = "Hej!", **more: str) -> Json:
    """As a caller of facebook-sdk has to: what is nested goes as JSON text."""
    message = json.dumps({"text": text})
    return graph.put_object("me", "messages", recipient=json.dumps(recipient), message=message, **more)


def test_conversations_come_newest_first_with_their_messages(
    graph: facebook.GraphAPI, sandbox: Remote, letter: Letter, elin: Json
) -> None:
    first = letter("Hej, är ni där?")
    letter("Hallå?")
    fields = "id,snippet,message_count,participants,messages.limit(1){message,from,to,created_time}"
    [thread] = graph.get_connections("me", "conversations", fields=fields)["data"]
    assert (thread["id"], thread["snippet"], thread["message_count"]) == (first["root_id"], "Hallå?", 2)
    assert {one["id"] for one in thread["participants"]["data"]} == {elin["id"], demo.PAGE_ID}
    [newest] = thread["messages"]["data"]
    assert (newest["message"], newest["from"]["id"]) == ("Hallå?", elin["id"])


def test_a_message_has_the_recorded_shape(graph: facebook.GraphAPI, letter: Letter, recorded: Any) -> None:
    real = next(iter(recorded("facebook/messages_info.json").values()))
    found = graph.get_object(letter("Hej!")["id"], fields="id,created_time,from,to,message,tags")
    assert real.keys() - {"attachments"} <= found.keys()
    assert found["from"].keys() == real["from"].keys()
    assert found["to"]["data"][0].keys() == real["to"]["data"][0].keys()


def test_an_answer_within_a_day_is_sent_and_the_truth(
    graph: facebook.GraphAPI, sandbox: Remote, letter: Letter, elin: Json
) -> None:
    thread = letter("Hej!")["root_id"]
    answer = send(graph, {"id": elin["id"]}, "Hej Elin!", messaging_type="RESPONSE")
    assert answer["recipient_id"] == elin["id"]
    [told] = sandbox.truth("facebook", via="api")
    assert (told["id"], told["kind"], told["root_id"], told["text"]) == (
        answer["message_id"], "private", thread, "Hej Elin!",
    )  # fmt: skip
    assert len(graph.get_connections(thread, "messages")["data"]) == 2


def test_after_24_hours_only_the_human_agents_tag_opens_and_after_seven_days_nothing(
    graph: facebook.GraphAPI, sandbox: Remote, letter: Letter, elin: Json
) -> None:
    sandbox.freeze()
    letter("Hej!")
    sandbox.advance(DAY + 1)
    with pytest.raises(facebook.GraphAPIError, match="outside of allowed window") as refused:
        send(graph, {"id": elin["id"]})
    assert refused.value.code == 10
    send(graph, {"id": elin["id"]}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")
    sandbox.advance(6 * DAY)
    with pytest.raises(facebook.GraphAPIError, match="outside of allowed window"):
        send(graph, {"id": elin["id"]}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")


def test_nobody_who_has_not_written_can_be_written_to(graph: facebook.GraphAPI, elin: Json) -> None:
    with pytest.raises(facebook.GraphAPIError, match="No matching user"):
        send(graph, {"id": elin["id"]})


def test_a_comment_gets_one_private_reply(graph: facebook.GraphAPI, sandbox: Remote, comment: Json) -> None:
    send(graph, {"comment_id": comment["id"]}, "Hej Elin, kan du skicka ditt nummer här?")
    found = graph.get_object(comment["id"], fields="can_reply_privately,private_reply_conversation")
    assert found["can_reply_privately"] is False
    [thread] = graph.get_connections("me", "conversations")["data"]
    assert found["private_reply_conversation"]["id"] == thread["id"]
    with pytest.raises(facebook.GraphAPIError) as refused:
        send(graph, {"comment_id": comment["id"]})
    assert refused.value.code == 10900


def test_a_private_reply_opens_no_window_until_the_person_answers(
    graph: facebook.GraphAPI, letter: Letter, comment: Json
) -> None:
    author = {"id": comment["author_id"]}
    send(graph, {"comment_id": comment["id"]})
    with pytest.raises(facebook.GraphAPIError):
        send(graph, author)
    letter("Tack!")
    send(graph, author)


def test_after_seven_days_a_comment_cannot_be_answered_privately(
    graph: facebook.GraphAPI, sandbox: Remote, comment: Json
) -> None:
    sandbox.advance(7 * DAY + 1)
    assert graph.get_object(comment["id"], fields="can_reply_privately")["can_reply_privately"] is False
    with pytest.raises(facebook.GraphAPIError, match="outside of allowed window"):
        send(graph, {"comment_id": comment["id"]})


def test_our_own_comment_cannot_be_answered_privately(graph: facebook.GraphAPI, comment: Json) -> None:
    own = graph.put_comment(comment["id"], "I november.")["id"]
    with pytest.raises(facebook.GraphAPIError) as refused:
        send(graph, {"comment_id": own})
    assert refused.value.code == 10903


def test_without_the_permission_there_are_no_conversations(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    sandbox.token(demo.PAGE_TOKEN, scopes=["pages_read_engagement"])
    with pytest.raises(facebook.GraphAPIError, match="pages_messaging"):
        graph.get_connections("me", "conversations")


def test_the_page_says_which_webhook_fields_it_sends(graph: facebook.GraphAPI) -> None:
    graph.put_object("me", "subscribed_apps", subscribed_fields="feed,messages")
    [app] = graph.get_connections("me", "subscribed_apps")["data"]
    assert app["subscribed_fields"] == ["feed", "messages"]
    with pytest.raises(facebook.GraphAPIError, match="must be one of"):
        graph.put_object("me", "subscribed_apps", subscribed_fields="weather")
    graph.request("v23.0/me/subscribed_apps", method="DELETE")
    assert graph.get_connections("me", "subscribed_apps")["data"] == []
