"""Continuing in private, the window on the screen, and what is said before one writes."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from inbox.clock import read_clock
from inbox.models import Channel, Message, Person, Reply
from tests import make
from tests.inbox.browsing import HTMX, client, words


def page(person: Person, message: Message) -> str:
    return words(client(person).get(reverse("thread", args=[message.thread_id])))


def turn(person: Person, message: Message, to: str, text: str = "Hej!") -> int:
    path = reverse("reply_turn", args=[message.thread_id])
    return client(person).post(path, {to: "1", "text": text}, headers=HTMX).status_code


def test_a_public_question_is_continued_in_private_and_back(facebook: Channel, anna: Person) -> None:
    message = make.message(facebook, "Vad hände med min faktura?", created_at=read_clock())
    assert "Continue in private once, until" in page(anna, message)
    assert turn(anna, message, "private") == 204
    draft = Reply.objects.get()
    assert (draft.visibility, draft.text) == ("private", "Hej!")
    assert "Goes to the customer alone." in page(anna, message)
    assert turn(anna, message, "public") == 204
    draft.refresh_from_db()
    assert draft.visibility == "public"


def test_after_seven_days_it_is_said_that_the_time_is_over(facebook: Channel, anna: Person) -> None:
    message = make.message(facebook, "Vad hände?", created_at=read_clock() - timedelta(days=8))
    assert "A private answer is taken within 7 days. That time is over." in page(anna, message)
    assert turn(anna, message, "private") == 409
    assert Reply.objects.get().visibility == "public"


def test_a_conversation_counts_down(facebook: Channel, anna: Person) -> None:
    message = make.private_thread(facebook, created_at=read_clock() - timedelta(hours=20)).messages.get()
    assert "Answers are taken until" in page(anna, message)
    Message.objects.update(created_at=read_clock() - timedelta(hours=25))
    assert "Facebook takes an answer within 24 hours of the customer's last message." in page(anna, message)


def test_who_may_not_answer_turns_nothing(facebook: Channel, anna: Person) -> None:
    message = make.message(facebook, "Vad hände?", created_at=read_clock())
    make.clear(anna, facebook, "none")
    assert turn(anna, message, "private") == 403


def test_a_network_without_private_answers_says_so(twitter: Channel, anna: Person) -> None:
    make.clear(anna, twitter)
    message = make.message(twitter, "@nordnett hej", kind="mention", created_at=read_clock())
    assert "Continue in private" not in page(anna, message)
    assert turn(anna, message, "private") == 409


def test_a_post_that_does_not_mention_us_is_said_before_writing(twitter: Channel, anna: Person) -> None:
    make.clear(anna, twitter)
    raw = {"id": "1", "text": "nordnett är nere"}
    message = make.message(twitter, "nordnett är nere", kind="mention", raw=raw, permalink="https://x.com/i/status/1")
    shown = page(anna, message)
    assert "This post does not mention us, and X lets us answer such a post only on X itself." in shown
    assert "Open on X" in shown
    assert "Write it there" in shown
