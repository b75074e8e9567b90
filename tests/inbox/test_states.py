"""The tables of states: every state but the last has an exit, and every exit is reached through a verb."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.base import ConnectorError, ErrorKind, Sent
from inbox.models import Audit, CloseReason, Message, Person, Reply, Thread
from inbox.models.correction import give_up
from inbox.models.intake import remove
from inbox.models.recheck import recheck
from inbox.states import GATED, REPLY_EXITS, THREAD_EXITS, UNDER_WAY, ReplyState, ThreadState
from tests import make

pytestmark = pytest.mark.django_db


def test_both_tables_name_every_state() -> None:
    assert set(THREAD_EXITS) == set(ThreadState)
    assert set(REPLY_EXITS) == set(ReplyState)


def test_every_state_but_a_removed_reply_has_an_exit() -> None:
    assert not [state for state, exits in THREAD_EXITS.items() if not exits]
    assert [state for state, exits in REPLY_EXITS.items() if not exits] == [ReplyState.REMOVED]


def test_from_every_state_a_reply_can_still_come_to_rest() -> None:
    """No circle without a way out: sent or draft can be reached from wherever a reply is."""
    for state in set(ReplyState) - {ReplyState.REMOVED}:
        seen, ahead = {state}, [state]
        while ahead:
            ahead = [each for here in ahead for each in REPLY_EXITS[here] if each not in seen]
            seen |= set(ahead)
        assert seen & {ReplyState.SENT, ReplyState.DRAFT, ReplyState.REMOVED}, state


def test_what_is_under_way_is_neither_at_rest_nor_free() -> None:
    assert set(UNDER_WAY) == (set(GATED) - {ReplyState.SENT}) | {ReplyState.HELD}


# --- replies: how each state is reached, and the verb of each exit ----------------------------------------------------

Verb = Callable[[Reply, Person], object]


def failed(thread: Thread, by: Person) -> Reply:
    reply = make.sending(thread, by)
    reply.finish_error(ConnectorError("gone", kind=ErrorKind.GONE, permanent=True))
    return reply


def sent(thread: Thread, by: Person) -> Reply:
    reply = make.sending(thread, by)
    reply.finish_sent(Sent("1_2", at=make.NOON))
    return reply


REACHED: dict[ReplyState, Callable[[Thread, Person], Reply]] = {
    ReplyState.DRAFT: make.draft,
    ReplyState.HELD: make.held,
    ReplyState.QUEUED: make.queued,
    ReplyState.SENDING: make.sending,
    ReplyState.UNCERTAIN: make.uncertain,
    ReplyState.FAILED: failed,
    ReplyState.SENT: sent,
}


def rules_change(reply: Reply, _lea: Person) -> None:
    """The thread is tagged after the reply was queued, and its text now wants an approval."""
    Thread.objects.filter(pk=reply.thread_id).update(topic="rumour")
    assert recheck() == 1


def found_nowhere(reply: Reply, _lea: Person) -> None:
    reply.not_found(caught_up=False)
    reply.refresh_from_db()
    reply.not_found(caught_up=False)


def too_many(reply: Reply, _lea: Person) -> None:
    reply.finish_error(ConnectorError("slow down", kind=ErrorKind.RATE, retry_after=60))


def stopped_before_its_second_sending(reply: Reply, lea: Person) -> None:
    """It waits for its second sending, and nothing proves that the first is not out."""
    reply.attempts.create(number=reply.attempt + 1, started_at=make.NOON, outcome="not_found")
    assert not reply.undo(by=reply.written_by)
    reply.return_to_draft("taken_over", by=lea)


def removed_there(reply: Reply, _lea: Person) -> None:
    remove(reply.channel, "1_2", at=make.NOON)


def given_up(reply: Reply, _lea: Person) -> None:
    earlier = sent(make.thread(reply.channel), reply.written_by)
    Reply.objects.filter(pk=reply.pk).update(corrects=earlier)
    reply.refresh_from_db()
    assert give_up(reply, by=reply.written_by)


VERBS: dict[tuple[ReplyState, ReplyState], Verb] = {
    (ReplyState.DRAFT, ReplyState.HELD): lambda reply, _: reply.submit(by=reply.written_by, ask=True),
    (ReplyState.DRAFT, ReplyState.QUEUED): lambda reply, _: reply.submit(by=reply.written_by),
    (ReplyState.DRAFT, ReplyState.REMOVED): given_up,
    (ReplyState.HELD, ReplyState.QUEUED): lambda reply, lea: reply.approve(by=lea),
    (ReplyState.HELD, ReplyState.DRAFT): lambda reply, lea: reply.send_back(by=lea, reason="Shorter"),
    (ReplyState.QUEUED, ReplyState.DRAFT): lambda reply, _: reply.undo(by=reply.written_by),
    (ReplyState.QUEUED, ReplyState.HELD): rules_change,
    (ReplyState.QUEUED, ReplyState.UNCERTAIN): stopped_before_its_second_sending,
    (ReplyState.QUEUED, ReplyState.SENDING): lambda reply, _: reply.start(at=make.after()),
    (ReplyState.SENDING, ReplyState.SENT): lambda reply, _: reply.finish_sent(Sent("1_3")),
    (ReplyState.SENDING, ReplyState.FAILED): lambda reply, _: reply.fail("gone", "It is gone."),
    (ReplyState.SENDING, ReplyState.QUEUED): too_many,
    (ReplyState.SENDING, ReplyState.UNCERTAIN): found_nowhere,
    (ReplyState.UNCERTAIN, ReplyState.SENT): lambda reply, _: reply.is_out(by=reply.written_by),
    (ReplyState.UNCERTAIN, ReplyState.QUEUED): lambda reply, _: reply.send_again(by=reply.written_by),
    (ReplyState.FAILED, ReplyState.DRAFT): lambda reply, _: reply.edit_again(by=reply.written_by),
    (ReplyState.SENT, ReplyState.REMOVED): removed_there,
}
EXITS = [(before, after) for before, exits in REPLY_EXITS.items() for after in sorted(exits)]


def test_each_exit_of_a_reply_has_its_verb_here() -> None:
    assert sorted(VERBS) == sorted(EXITS)


@pytest.mark.parametrize(("before", "after"), EXITS)
def test_a_verb_takes_a_reply_through_each_exit(
    before: ReplyState, after: ReplyState, anna: Person, lea: Person
) -> None:
    thread = make.thread(anna.clearances.get().channel)
    # Fine where nothing is tagged, and held beside a rumour.
    text = make.CONFIRMS if after == ReplyState.HELD and before == ReplyState.QUEUED else make.FINE
    reply = REACHED[before](thread, anna) if text == make.FINE else make.queued(thread, anna, text)
    assert reply.state == before
    records = Audit.objects.count()
    VERBS[before, after](reply, lea)
    reply.refresh_from_db()
    assert reply.state == after
    assert Audit.objects.count() > records, "the record says nothing of it"


@pytest.mark.parametrize("before", REACHED)
def test_move_refuses_every_way_that_is_not_in_the_table(before: ReplyState, anna: Person) -> None:
    reply = REACHED[before](make.thread(anna.clearances.get().channel), anna)
    for after in set(ReplyState) - REPLY_EXITS[before]:
        with pytest.raises(ValueError, match=f"from {before} to {after}"):
            reply.move(after)
    reply.refresh_from_db()
    assert reply.state == before


def test_a_move_from_a_state_that_has_passed_changes_nothing(anna: Person) -> None:
    """Two workers hold the same row; the second one's UPDATE finds no row."""
    reply = make.queued(make.thread(anna.clearances.get().channel), anna)
    late = Reply.objects.get(pk=reply.pk)
    assert reply.undo(by=anna)
    assert not late.move(ReplyState.SENDING)
    reply.refresh_from_db()
    assert reply.state == ReplyState.DRAFT


# --- threads ----------------------------------------------------------------------------------------------------------


def answer(thread: Thread, by: Person) -> None:
    make.sending(thread, by).finish_sent(Sent("1_2", at=make.NOON))


def write_again(thread: Thread, _by: Person) -> None:
    make.message(thread.channel, "Men det virker fortsatt ikke, hva gjør jeg nå?", root_remote_id=thread.root_remote_id)


def answered_in_the_app(thread: Thread, _by: Person) -> None:
    Message.objects.filter(thread=thread).update(settled="elsewhere")
    thread.settle()


THREAD_VERBS: dict[tuple[ThreadState, ThreadState], list[Callable[[Thread, Person], object]]] = {
    (ThreadState.OPEN, ThreadState.WAITING): [answer, answered_in_the_app],
    (ThreadState.OPEN, ThreadState.CLOSED): [lambda thread, by: thread.close(CloseReason.SOLVED, by=by)],
    (ThreadState.OPEN, ThreadState.SET_ASIDE): [lambda thread, by: thread.set_aside(CloseReason.SPAM, by=by)],
    (ThreadState.WAITING, ThreadState.OPEN): [write_again, lambda thread, by: thread.reopen(by=by)],
    (ThreadState.WAITING, ThreadState.CLOSED): [lambda thread, by: thread.close(CloseReason.SILENT, by=by)],
    (ThreadState.CLOSED, ThreadState.OPEN): [write_again, lambda thread, by: thread.reopen(by=by)],
    (ThreadState.SET_ASIDE, ThreadState.OPEN): [write_again, lambda thread, by: thread.reopen(by=by)],
}
THREAD_REACHED: dict[ThreadState, Callable[[Thread, Person], object]] = {
    ThreadState.OPEN: lambda thread, by: None,
    ThreadState.WAITING: answer,
    ThreadState.CLOSED: lambda thread, by: thread.close(CloseReason.SOLVED, by=by),
    ThreadState.SET_ASIDE: lambda thread, by: thread.set_aside(CloseReason.SPAM, by=by),
}


def test_each_exit_of_a_thread_has_its_verbs_here() -> None:
    exits = [(before, after) for before, exits in THREAD_EXITS.items() for after in sorted(exits)]
    assert sorted(THREAD_VERBS) == sorted(exits)


@pytest.mark.parametrize(
    ("before", "after", "verb"),
    [(*way, number) for way, verbs in THREAD_VERBS.items() for number in range(len(verbs))],
)
def test_a_verb_takes_a_thread_through_each_exit(
    before: ThreadState, after: ThreadState, verb: int, anna: Person
) -> None:
    thread = make.thread(anna.clearances.get().channel)
    THREAD_REACHED[before](thread, anna)
    thread.refresh_from_db()
    assert thread.state == before
    THREAD_VERBS[before, after][verb](thread, anna)
    thread.refresh_from_db()
    assert thread.state == after
