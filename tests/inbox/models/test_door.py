"""Doors: what a network takes as an answer, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings

from connectors.base import Visibility
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Message, Person, Reply
from inbox.models.door import conversation_door, private_reply_door, takes_answers
from inbox.states import ReplyState, Waits
from tests import make

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MENTIONS_US = {"id": "1", "text": "@nordnett hej", "entities": {"mentions": [{"id": demo.X_USER_ID}]}}
MENTIONS_NOBODY = {"id": "1", "text": "nordnett är nere igen"}


def test_a_conversation_takes_answers_for_a_day_after_the_customers_last_word(facebook: Channel) -> None:
    last = make.private_thread(facebook).messages.get()
    door = conversation_door(last, facebook, last.created_at + 23 * HOUR)
    assert (door.until, door.shut) == (last.created_at + DAY, "")
    assert "within 24 hours" in conversation_door(last, facebook, last.created_at + DAY).shut


def test_a_public_message_takes_one_private_answer_within_seven_days(facebook: Channel, anna: Person) -> None:
    make.rulebook()
    message = make.message(facebook, "Kan ni hjälpa mig med fakturan?")
    door = private_reply_door(message, facebook, message.created_at + 6 * DAY)
    assert door is not None
    assert (door.until, door.shut) == (message.created_at + 7 * DAY, "")
    late = private_reply_door(message, facebook, message.created_at + 7 * DAY)
    assert late is not None
    assert "within 7 days" in late.shut
    reply = make.draft(message.thread, anna)
    assert reply.turn(Visibility.PRIVATE)
    reply.submit(by=anna, checked=True)
    used = private_reply_door(message, facebook, message.created_at + DAY)
    assert used is not None
    assert "has had its one private answer" in used.shut


def test_where_there_is_no_such_thing_none_is_offered(facebook: Channel, twitter: Channel) -> None:
    private = make.private_thread(facebook).messages.get()
    assert private_reply_door(private, facebook, private.created_at) is None
    post = make.message(twitter, "@nordnett hej", kind="mention")
    assert private_reply_door(post, twitter, post.created_at) is None


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        (MENTIONS_US, True),
        (MENTIONS_NOBODY, False),
        ({**MENTIONS_NOBODY, "entities": {"mentions": [{"id": "77"}]}}, False),
        ({**MENTIONS_NOBODY, "entities": {"user_mentions": [{"id_str": demo.X_USER_ID}]}}, True),
        ({**MENTIONS_NOBODY, "referenced_tweets": [{"type": "quoted", "id": "5"}]}, True),
        ({**MENTIONS_NOBODY, "referenced_posts": [{"type": "replied_to", "id": "5"}]}, False),
        ({}, True),
    ],
)
def test_on_x_only_what_calls_on_us_is_answered_through_the_api(
    raw: dict[str, object], taken: bool, twitter: Channel, settings: LazySettings
) -> None:
    message = make.message(twitter, "nordnett är nere igen", kind="mention", raw=raw)
    assert takes_answers(message, twitter) is taken
    settings.SAMTAL_X_SELF_SERVE = False
    assert takes_answers(message, twitter)


def test_a_post_that_does_not_call_on_us_waits_for_a_persons_hand(twitter: Channel, anna: Person) -> None:
    make.rulebook()
    make.clear(anna, twitter)
    message = make.message(twitter, "nordnett är nere igen", kind="mention", raw=MENTIONS_NOBODY)
    reply = make.queued(message.thread, anna)
    assert reply.by_hand
    assert (reply.state, reply.waits_for) == (ReplyState.QUEUED, Waits.HAND)
    tasks.send(reply.pk)
    reply.refresh_from_db()
    assert reply.waits_for == Waits.HAND


def test_a_private_answer_reaches_the_customer_and_nobody_else(
    street: Remote, facebook: Channel, anna: Person, settings: LazySettings
) -> None:
    settings.SAMTAL_UNDO_SECONDS = 0
    make.rulebook()
    post = next(one for one in street.truth("facebook") if one["kind"] == "post")
    said = {"text": "Vad hände med min faktura?", "author": "Elin Sjöberg"}
    made = street.write(network="facebook", kind="comment", parent_id=post["id"], **said)
    tasks.pull(facebook.pk)
    message = Message.objects.get(remote_id=made["id"])
    reply = make.draft(message.thread, anna)
    assert reply.turn(Visibility.PRIVATE)
    assert reply.submit(by=anna, checked=True) == ReplyState.QUEUED
    tasks.send(reply.pk)
    sent = Reply.objects.get(pk=reply.pk)
    assert sent.state == ReplyState.SENT
    [ours] = street.truth("facebook", via="api")
    assert (ours["kind"], ours["text"]) == ("private", sent.outgoing)
    message.refresh_from_db()
    assert message.settled == "answered"


def test_a_private_answer_without_the_networks_answer_is_found_there(
    street: Remote, facebook: Channel, anna: Person, settings: LazySettings
) -> None:
    settings.SAMTAL_UNDO_SECONDS = 0
    make.rulebook()
    post = next(one for one in street.truth("facebook") if one["kind"] == "post")
    said = {"text": "Vad hände med min faktura?", "author": "Elin Sjöberg"}
    made = street.write(network="facebook", kind="comment", parent_id=post["id"], **said)
    tasks.pull(facebook.pk)
    reply = make.draft(Message.objects.get(remote_id=made["id"]).thread, anna)
    reply.turn(Visibility.PRIVATE)
    reply.submit(by=anna, checked=True)
    street.fault("reset", path="/messages$", method="POST", effect=True, count=1)
    tasks.send(reply.pk)
    reply.refresh_from_db()
    assert reply.state == ReplyState.SENDING
    Reply.objects.update(not_before=make.after(-1))
    tasks.send(reply.pk)
    reply.refresh_from_db()
    assert reply.state == ReplyState.SENT
    assert len(street.truth("facebook", via="api")) == 1
