"""Corrections: another text for what we have sent, through the same gate, on the real sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction

from connectors.base import Visibility
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import moment
from inbox.models import Audit, Channel, Message, Person, Reason, Reply, Stopped, Thread
from inbox.models.correction import correct, give_up
from inbox.models.intake import remove
from inbox.states import ReplyState, Settled, ThreadState
from tests import make

BETTER = "Vi hjälper dig gärna vidare här, skriv när det passar dig."
SIGNED = f"{BETTER} /Anna"
EDIT_PATH = r"/\d+_\d+$"


@pytest.fixture
def sent(street: Remote, settings: LazySettings, facebook: Channel, anna: Person) -> Reply:
    """A comment of ours on the network and in the inbox."""
    settings.SAMTAL_UNDO_SECONDS = 0
    make.rulebook()
    post = next(one for one in street.truth("facebook") if one["kind"] == "post")
    street.write(network="facebook", kind="comment", parent_id=post["id"], text="Hvor er fakturaen?", author="Elin")
    tasks.pull(facebook.pk)
    reply = make.queued(Thread.objects.get(state="open"), anna)
    tasks.send(reply.pk)
    reply.refresh_from_db()
    assert reply.state == ReplyState.SENT
    return reply


def correction(reply: Reply, text: str = BETTER) -> Reply:
    draft = correct(reply, by=reply.written_by)
    assert draft is not None
    draft.save_text(text)
    return draft


def queued(reply: Reply, text: str = BETTER) -> Reply:
    draft = correction(reply, text)
    assert draft.submit(by=reply.written_by) == ReplyState.QUEUED
    return draft


def work(reply: Reply) -> Reply:
    """What a worker does when its time has come."""
    Reply.objects.filter(pk=reply.pk).update(not_before=moment())
    tasks.send(reply.pk)
    return Reply.objects.get(pk=reply.pk)


def there(street: Remote) -> list[dict[str, Any]]:
    return street.truth("facebook", via="api")


def test_it_stands_there_in_the_place_of_the_earlier_one(street: Remote, sent: Reply) -> None:
    done = work(queued(sent))
    assert [(one["id"], one["text"]) for one in there(street)] == [(sent.remote_id, SIGNED)]
    assert (done.state, done.remote_id, done.permalink) == (ReplyState.SENT, sent.remote_id, sent.permalink)
    assert make.attempts(done) == ["sent"]
    message = Message.objects.get(remote_id=sent.remote_id)
    assert (message.reply, message.text) == (done, SIGNED)


def test_the_earlier_text_and_the_record_are_kept(street: Remote, sent: Reply) -> None:
    done = work(queued(sent))
    earlier = Reply.objects.get(pk=sent.pk)
    assert (earlier.state, earlier.reason, earlier.text) == (ReplyState.REMOVED, Reason.CORRECTED, make.FINE)
    told = set(Audit.objects.filter(thread_id=sent.thread_id).values_list("reply_id", "verb"))
    ours = {(done.pk, verb) for verb in ("correction_begun", "queued", "sending", "sent")}
    assert ours | {(sent.pk, "corrected")} <= told


def test_what_was_answered_stays_answered_and_can_be_corrected_again(street: Remote, sent: Reply) -> None:
    done = work(queued(work(queued(sent)), make.FINE))
    question = Message.objects.get(is_ours=False)
    assert (question.settled, question.settled_by) == (Settled.ANSWERED, done)
    assert Thread.objects.get(pk=sent.thread_id).state == ThreadState.WAITING
    assert [one["text"] for one in there(street)] == [sent.outgoing]


def test_the_next_poll_finds_nothing_new_in_it(facebook: Channel, street: Remote, sent: Reply) -> None:
    done = work(queued(sent))
    Channel.objects.filter(pk=facebook.pk).update(pull_until=None, next_poll_at=moment())
    tasks.pull(facebook.pk)
    assert Message.objects.get(is_ours=True).reply == done
    assert Thread.objects.get().state == ThreadState.WAITING


def test_the_rules_read_the_new_text(sent: Reply, anna: Person) -> None:
    draft = correction(sent, make.BLOCKED)
    with pytest.raises(Stopped) as caught:
        draft.submit(by=anna)
    assert caught.value.reason == Reason.BLOCKED


def test_the_gate_in_the_database_holds_for_it_too(sent: Reply) -> None:
    going = queued(sent)
    other = {"text": make.BLOCKED, "outgoing": make.BLOCKED + going.signature}
    with pytest.raises(IntegrityError, match="reply_gate"), transaction.atomic():
        Reply.objects.filter(pk=going.pk).update(**other)


def test_held_for_approval_nothing_changes_there_until_it_is_given(
    street: Remote, sent: Reply, anna: Person, lea: Person
) -> None:
    draft = correction(sent)
    assert draft.submit(by=anna, ask=True) == ReplyState.HELD
    assert [one["text"] for one in there(street)] == [sent.outgoing]
    assert Reply.objects.get(pk=draft.pk).approve(by=lea)
    assert work(draft).state == ReplyState.SENT
    assert [one["text"] for one in there(street)] == [SIGNED]


def test_taken_back_within_the_undo_window_nothing_has_changed(street: Remote, sent: Reply, anna: Person) -> None:
    going = queued(sent)
    assert going.undo(by=anna)
    assert work(going).state == ReplyState.DRAFT
    assert [one["text"] for one in there(street)] == [sent.outgoing]


def test_given_up_the_earlier_one_stays_and_can_be_corrected_later(sent: Reply, anna: Person) -> None:
    draft = correction(sent)
    assert give_up(draft, by=anna)
    assert not give_up(draft, by=anna)
    assert Reply.objects.get(pk=sent.pk).state == ReplyState.SENT
    assert correction(sent).pk != draft.pk


def test_a_plain_draft_cannot_be_given_up_this_way(sent: Reply, anna: Person) -> None:
    assert not give_up(make.draft(sent.thread, anna), by=anna)


@pytest.mark.parametrize("effect", [True, False], ids=["done", "not-done"])
def test_without_an_answer_the_comment_itself_is_read(street: Remote, sent: Reply, effect: bool) -> None:
    street.fault("reset", method="POST", path=EDIT_PATH, effect=effect, count=1)
    going = work(queued(sent))
    assert (going.state, make.attempts(going)) == (ReplyState.SENDING, ["unknown"])
    going = work(going)
    assert going.state == (ReplyState.SENT if effect else ReplyState.QUEUED)
    going = going if effect else work(going)
    assert (going.state, going.remote_id) == (ReplyState.SENT, sent.remote_id)
    assert [(one["id"], one["text"]) for one in there(street)] == [(sent.remote_id, SIGNED)]


def test_a_person_says_that_it_is_out(sent: Reply, anna: Person) -> None:
    going = queued(sent)
    assert going.start(at=make.after())
    going.doubt()
    assert going.is_out(by=anna)
    assert Reply.objects.get(pk=going.pk).remote_id == sent.remote_id
    assert Reply.objects.get(pk=sent.pk).remote_id is None


def test_what_the_customer_writes_meanwhile_does_not_stop_it(street: Remote, sent: Reply) -> None:
    going = queued(sent)
    make.message(sent.channel, "Hallo?", root_remote_id=sent.thread.root_remote_id, author=make.remote_author("x", "E"))
    Message.objects.filter(text="Hallo?").update(author=Message.objects.exclude(author=None).earliest("pk").author)
    assert work(going).state == ReplyState.SENT


def test_withdrawn_meanwhile_it_is_a_draft_again(sent: Reply) -> None:
    going = queued(sent)
    remove(sent.channel, sent.remote_id or "", at=make.NOON)
    going = work(going)
    assert (going.state, going.reason) == (ReplyState.DRAFT, Reason.OVERTAKEN)


def test_changed_on_the_network_meanwhile_it_is_a_draft_again(street: Remote, sent: Reply) -> None:
    going = queued(sent)
    Message.objects.filter(reply=sent).update(text="Skrevet om i appen", edited_at=make.after())
    going = work(going)
    assert (going.state, going.reason) == (ReplyState.DRAFT, Reason.OVERTAKEN)
    assert [one["text"] for one in there(street)] == [sent.outgoing]


def test_an_earlier_failure_in_the_thread_does_not_stop_it(sent: Reply, bo: Person) -> None:
    failed = make.draft(sent.thread, bo)
    Reply.objects.filter(pk=failed.pk).update(state=ReplyState.FAILED)
    going = queued(sent)
    assert failed.pk < going.pk
    assert work(going).state == ReplyState.SENT


def test_one_at_a_time_in_the_database_too(sent: Reply, anna: Person, bo: Person) -> None:
    draft = correction(sent)
    assert correct(sent, by=anna) == draft
    assert correct(sent, by=bo) is None
    with pytest.raises(IntegrityError, match="one_correction_at_a_time"), transaction.atomic():
        Reply.objects.create(thread=sent.thread, channel=sent.channel, visibility="public", written_by=anna,
                             corrects=sent)  # fmt: skip


def test_answering_a_customer_does_not_write_into_the_correction(sent: Reply, anna: Person) -> None:
    draft = correction(sent)
    assert Reply.draft(sent.thread, by=anna) == draft
    assert Reply.draft(sent.thread, by=anna, answers=sent.answers) != draft


def test_a_correction_stays_where_it_stands(sent: Reply) -> None:
    assert not correction(sent).turn(Visibility.PRIVATE)


def test_where_the_network_changes_nothing_there_is_no_correction(twitter: Channel, anna: Person) -> None:
    make.clear(anna, twitter)
    reply = make.sending(make.thread(twitter), anna)
    reply.finish_sent(make.sent("1_2"))
    assert correct(reply, by=anna) is None


def test_what_has_not_left_is_not_corrected(facebook: Channel, anna: Person) -> None:
    assert correct(make.queued(make.thread(facebook), anna), by=anna) is None
