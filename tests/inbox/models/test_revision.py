"""An approver changes a held reply: whose it is then, who confirms, and what the record keeps."""

from __future__ import annotations

import pytest

from inbox.models import Audit, Channel, Person, Reply, Revision, Stopped, Thread
from inbox.models.revision import Piece, compared
from inbox.states import ReplyState
from tests import make

CONFIRMED = "Nei, vi stenger ikke i mars."


@pytest.fixture
def held(facebook: Channel, anna: Person) -> Reply:
    """In a thread about a rumour, so that a text that confirms needs a lead."""
    make.rulebook()
    thread = make.thread(facebook, "Stemmer det at dere stenger i mars?")
    Thread.objects.filter(pk=thread.pk).update(topic="rumour")
    thread.refresh_from_db()
    assert thread.claim(by=anna)
    return make.held(thread, anna, make.CONFIRMS)


def test_what_passes_by_itself_leaves_under_the_changers_name(facebook: Channel, anna: Person, lea: Person) -> None:
    make.rulebook()
    reply = make.held(make.thread(facebook), anna)
    text = f"{make.FINE} Ha det fint."
    assert Revision.make(reply, text, by=lea)
    reply.refresh_from_db()
    assert (reply.state, reply.written_by, reply.text, reply.approved_by) == (ReplyState.QUEUED, lea, text, None)
    assert reply.outgoing == text + facebook.signature_of(lea)
    reply.not_before = None
    assert Reply.objects.get(pk=reply.pk).start(at=make.after()) is not None


def test_else_its_writer_confirms_and_the_changer_has_approved(held: Reply, anna: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    held.refresh_from_db()
    assert (held.state, held.written_by, held.text) == (ReplyState.HELD, anna, CONFIRMED)
    assert list(Reply.objects.needs(anna)) == [held]
    assert revision.confirm(by=anna)
    held.refresh_from_db()
    assert (held.state, held.written_by, held.approved_by) == (ReplyState.QUEUED, anna, lea)
    assert Reply.objects.get(pk=held.pk).start(at=make.after()) is not None


def test_nobody_but_the_writer_confirms(held: Reply, bo: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    assert not revision.confirm(by=bo)
    assert not revision.confirm(by=lea)


def test_a_change_is_confirmed_once(held: Reply, anna: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    assert [revision.confirm(by=anna), revision.confirm(by=anna)] == [True, False]


def test_what_was_taken_back_cannot_be_confirmed(held: Reply, anna: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    held.refresh_from_db()
    assert held.return_to_draft("undone", by=anna)
    assert not revision.confirm(by=anna)
    assert Reply.objects.get(pk=held.pk).text == CONFIRMED


def test_a_text_that_the_rules_stop_is_not_taken(held: Reply, lea: Person) -> None:
    with pytest.raises(Stopped):
        Revision.make(held, make.BLOCKED, by=lea)
    assert Reply.objects.get(pk=held.pk).text == make.CONFIRMS
    assert not Revision.objects.exists()


def test_what_somebody_has_decided_is_not_changed(held: Reply, lea: Person) -> None:
    held.approve(by=lea)
    assert Revision.make(held, CONFIRMED, by=lea) is None


def test_a_rule_that_came_later_is_not_covered_by_the_change(held: Reply, anna: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    Thread.objects.filter(pk=held.thread_id).update(topic="financials")
    with pytest.raises(Stopped):
        revision.confirm(by=anna)
    assert Reply.objects.get(pk=held.pk).state == ReplyState.HELD


def test_the_record_names_the_change_and_keeps_the_old_words(held: Reply, anna: Person, lea: Person) -> None:
    revision = Revision.make(held, CONFIRMED, by=lea)
    assert revision is not None
    revision.confirm(by=anna)
    assert (revision.before, revision.after) == (make.CONFIRMS, CONFIRMED)
    verbs = list(Audit.objects.filter(reply_id=held.pk).order_by("pk").values_list("verb", "by__username"))
    assert verbs[-3:] == [("changed", "lea"), ("change_confirmed", "anna"), ("approved", "lea")]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("Vi ringer deg", "Vi ringer deg", [("same", "Vi ringer deg")]),
        ("Vi ringer i dag", "Vi ringer i morgen", [("same", "Vi ringer i "), ("out", "dag"), ("in", "morgen")]),
        ("", "Hei", [("in", "Hei")]),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert compared(before, after) == [Piece(what, text) for what, text in pieces]
