"""A reply that was stopped: one click shows what is new."""

from __future__ import annotations

from django.urls import reverse

from inbox.models import Channel, Message, Person, Reply
from inbox.states import ReplyState
from tests import make
from tests.inbox.browsing import client


def page(thread_id: int, anna: Person) -> str:
    return client(anna).get(reverse("thread", args=[thread_id])).content.decode()


def test_the_customers_newer_words_are_one_click_away(facebook: Channel, anna: Person) -> None:
    make.rulebook()
    thread = make.thread(facebook)
    reply = make.queued(thread, anna)
    newer = make.message(facebook, "Og i dag?", root_remote_id=thread.root_remote_id)
    assert reply.start(at=make.after()) is None
    assert Reply.objects.get(pk=reply.pk).state == ReplyState.DRAFT
    shown = page(thread.pk, anna)
    assert f'href="#message-{newer.pk}"' in shown
    assert f'id="message-{newer.pk}"' in shown


def test_a_changed_question_is_shown(facebook: Channel, anna: Person) -> None:
    make.rulebook()
    thread = make.thread(facebook)
    reply = make.queued(thread, anna)
    Message.objects.filter(pk=reply.answers_id).update(edited_at=make.after())
    assert reply.start(at=make.after()) is None
    assert f'href="#message-{reply.answers_id}"' in page(thread.pk, anna)


def test_what_was_undone_has_nothing_new(facebook: Channel, anna: Person) -> None:
    make.rulebook()
    thread = make.thread(facebook)
    assert make.queued(thread, anna).undo(by=anna)
    assert 'href="#message-' not in page(thread.pk, anna)
