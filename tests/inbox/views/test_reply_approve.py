"""Approving what the rules stop: a lead may, with a reason; a personal number in public nobody lets through."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inbox.models import Audit, Channel, Person, Reply, Stopped, Thread
from inbox.models.recheck import publish_rulebook
from inbox.states import ReplyState
from tests import make
from tests.inbox.browsing import HTMX, client, words


@pytest.fixture
def stopped(facebook: Channel, anna: Person, ada: Person) -> Reply:
    """Its writer has asked a lead to let through a word about a rumour, which today's rules stop."""
    strict = make.rulebook().draft_from()
    assert strict.rules.filter(code="rumours").update(effect="block")
    publish_rulebook(strict, by=ada)
    thread = make.thread(facebook)
    Thread.objects.filter(pk=thread.pk).update(topic="rumour")
    thread.refresh_from_db()
    reply = make.draft(thread, anna, make.CONFIRMS)
    with pytest.raises(Stopped):
        reply.submit(by=anna, checked=True)
    assert reply.submit(by=anna, ask=True) == ReplyState.HELD
    return reply


def path(reply: Reply) -> str:
    return reverse("reply_approve", args=[reply.pk])


def state(reply: Reply) -> str:
    return Reply.objects.get(pk=reply.pk).state


def test_a_lead_lets_it_through_with_a_reason_and_it_leaves(stopped: Reply, lea: Person) -> None:
    page = words(client(lea).get(reverse("board")))
    assert "Let it through" in page
    assert client(lea).post(path(stopped), {"despite": "avtalt med drift"}, headers=HTMX).status_code == 204
    reply = Reply.objects.get(pk=stopped.pk)
    assert (reply.state, reply.approved_by, reply.approved_despite) == (ReplyState.QUEUED, lea, "avtalt med drift")
    assert Audit.objects.get(verb="approved").data["despite"] == "avtalt med drift"
    assert reply.start(at=make.after()) is not None


def test_without_a_reason_it_stays(stopped: Reply, lea: Person) -> None:
    assert client(lea).post(path(stopped), headers=HTMX).status_code == 409
    assert state(stopped) == ReplyState.HELD


def test_a_mentor_does_not_let_it_through(stopped: Reply, facebook: Channel, anna: Person, bo: Person) -> None:
    make.clear(anna, facebook, "supervised", mentor=bo)
    with pytest.raises(Stopped):
        Reply.objects.get(pk=stopped.pk).approve(by=bo, despite="vil")
    assert state(stopped) == ReplyState.HELD


def test_a_personal_number_in_public_is_not_even_asked_about(facebook: Channel, anna: Person, lea: Person) -> None:
    make.rulebook()
    draft = make.draft(make.thread(facebook), anna, make.BLOCKED)
    with pytest.raises(Stopped):
        draft.submit(by=anna, ask=True)
    assert state(draft) == ReplyState.DRAFT


def test_nor_does_it_pass_where_it_is_held(facebook: Channel, anna: Person, lea: Person) -> None:
    make.rulebook()
    reply = make.held(make.thread(facebook), anna)
    outgoing = make.BLOCKED + reply.signature
    Reply.objects.filter(pk=reply.pk).update(text=make.BLOCKED, outgoing=outgoing)
    with pytest.raises(Stopped):
        Reply.objects.get(pk=reply.pk).approve(by=lea, despite="vil")
    with pytest.raises(Stopped):
        Reply.objects.get(pk=reply.pk).approve(by=lea, despite="vil")
    assert state(reply) == ReplyState.HELD


def test_a_changed_text_waits_for_its_writer_and_not_for_a_second_lead(
    facebook: Channel, anna: Person, lea: Person
) -> None:
    make.rulebook()
    thread = make.thread(facebook)
    thread.tag("rumour", by=lea)
    reply = make.held(thread, anna, make.CONFIRMS)
    change = reverse("reply_change", args=[reply.pk])
    assert client(lea).post(change, {"text": "Nei, vi stenger ikke i mars."}, headers=HTMX).status_code == 204
    assert client(lea).post(path(reply), headers=HTMX).status_code == 409
    shown = words(client(anna).get(reverse("thread", args=[thread.pk])))
    assert "Lea has changed this and approves it so." in shown
    confirm = reverse("reply_confirm", args=[reply.pk])
    assert client(lea).post(confirm, headers=HTMX).status_code == 404
    assert client(anna).post(confirm, headers=HTMX).status_code == 204
    assert state(reply) == ReplyState.QUEUED
