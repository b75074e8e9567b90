"""Correcting a sent reply on the page: the composer opens with it, and what it said before stands beneath."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inbox.models import Channel, Person, Reply
from inbox.states import ReplyState
from tests import make
from tests.inbox.browsing import HTMX, client, words

BETTER = "Vi hjälper dig gärna vidare här, skriv när det passar dig."


@pytest.fixture
def sent(facebook: Channel, anna: Person) -> Reply:
    make.rulebook()
    reply = make.sending(make.thread(facebook), anna)
    assert reply.finish_sent(make.sent("10_77"))
    return reply


def path(reply: Reply, route: str = "reply_correct") -> str:
    return reverse(route, args=[reply.pk])


def page(person: Person, reply: Reply) -> str:
    return words(client(person).get(reverse("thread", args=[reply.thread_id])))


def test_the_composer_opens_with_the_text_and_says_what_it_is(sent: Reply, anna: Person) -> None:
    assert "Correct …" in page(anna, sent)
    assert client(anna).post(path(sent), headers=HTMX).status_code == 204
    shown = page(anna, sent)
    assert "You correct what was sent" in shown
    assert shown.count(make.FINE) >= 3, "in the thread, in the note and in the field"


def test_it_goes_the_way_of_every_reply_and_the_thread_shows_what_it_said_before(sent: Reply, anna: Person) -> None:
    client(anna).post(path(sent))
    send = reverse("reply_send", args=[sent.thread_id])
    client(anna).post(send, {"text": BETTER, "seen": "999", "checked": "on"})
    going = Reply.objects.get(corrects=sent)
    assert going.state == ReplyState.QUEUED
    assert "Correction" in page(anna, sent)
    assert going.start(at=make.after())
    assert going.finish_sent(make.sent("10_77"))
    shown = page(anna, sent)
    assert BETTER in shown
    assert "Corrected by Anna" in shown
    assert "taken out:" in shown


def test_left_as_it_was_the_note_is_gone(sent: Reply, anna: Person) -> None:
    client(anna).post(path(sent))
    draft = Reply.objects.get(corrects=sent)
    assert client(anna).post(path(draft, "reply_keep"), headers=HTMX).status_code == 204
    assert "You correct what was sent" not in page(anna, sent)
    assert client(anna).post(path(draft, "reply_keep"), headers=HTMX).status_code == 409


def test_a_lead_who_approves_sees_what_it_corrects(sent: Reply, anna: Person, lea: Person) -> None:
    client(anna).post(path(sent))
    client(anna).post(reverse("reply_send", args=[sent.thread_id]), {"text": BETTER, "seen": "999", "ask": "on"})
    assert Reply.objects.get(corrects=sent).state == ReplyState.HELD
    assert "It corrects what was sent" in words(client(lea).get(reverse("board")))


def test_a_colleague_cannot(sent: Reply, bo: Person) -> None:
    assert "Correct …" not in page(bo, sent)
    assert client(bo).post(path(sent)).status_code == 404


def test_a_lead_corrects_under_their_own_name(sent: Reply, anna: Person, lea: Person) -> None:
    assert "Correct …" in page(lea, sent)
    assert client(lea).post(path(sent), headers=HTMX).status_code == 204
    begun = Reply.objects.get(corrects=sent)
    assert (begun.written_by, begun.text, begun.outgoing) == (lea, sent.text, f"{sent.text} /Lea")
    assert client(anna).post(path(sent), headers=HTMX).status_code == 409, "one correction at a time"


def test_what_has_not_left_is_not_corrected(facebook: Channel, anna: Person) -> None:
    reply = make.queued(make.thread(facebook), anna)
    assert client(anna).post(path(reply), headers=HTMX).status_code == 409


@pytest.mark.parametrize("route", ["reply_correct", "reply_keep"])
def test_a_get_corrects_nothing(route: str, sent: Reply, anna: Person) -> None:
    assert client(anna).get(path(sent, route)).status_code == 405
