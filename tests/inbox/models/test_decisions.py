"""What leads decide about held replies and wrong stops becomes labelled cases for training."""

import pytest

from inbox.models import Channel, Person, Reply, Thread
from inbox.models.decisions import decided
from inbox.models.rules import WrongStop
from inbox.states import ReplyState
from policies.training import corpus
from tests import make

ASKED = "Stämmer det att ni lägger ner butiken i Luleå?"
SAID = "Ja, det stämmer, den stänger i mars."


@pytest.fixture
def rumour(facebook: Channel, lea: Person) -> Thread:
    thread = make.thread(facebook, ASKED)
    thread.tag("rumour", by=lea)
    thread.refresh_from_db()
    return thread


def held(thread: Thread, by: Person) -> Reply:
    make.rulebook()
    reply = make.draft(thread, by, SAID)
    assert reply.submit(by=by, ask=True) == ReplyState.HELD
    return reply


def test_a_hold_that_was_sent_back_is_a_breach(rumour: Thread, anna: Person, lea: Person) -> None:
    assert held(rumour, anna).send_back(by=lea, reason="Säg inget om butiken.")
    (case,) = decided()
    assert case.draft == SAID
    assert "rumours" in case.violations
    assert [(turn.sender, turn.text) for turn in case.thread] == [("customer", ASKED)]
    assert (case.context.topic, case.situation) == ("rumour", f"thread-{rumour.pk}")


def test_a_hold_that_a_lead_let_go_is_none(rumour: Thread, anna: Person, lea: Person) -> None:
    assert held(rumour, anna).approve(by=lea)
    (case,) = decided()
    assert "rumours" not in case.violations


def test_a_reply_that_waits_or_was_changed_teaches_nothing(rumour: Thread, anna: Person, lea: Person) -> None:
    reply = held(rumour, anna)
    assert not list(decided())
    reply.send_back(by=lea, reason="Skriv om.")
    reply.refresh_from_db()
    reply.save_text("Det kommenterar vi inte.")
    assert not list(decided())


@pytest.mark.parametrize(("was_wrong", "broken"), [(True, False), (False, True)])
def test_an_answered_wrong_stop_says_whether_the_rule_was_broken(
    rumour: Thread, anna: Person, lea: Person, was_wrong: bool, broken: bool
) -> None:
    report = WrongStop.report(held(rumour, anna), "rumours", SAID, by=anna)
    assert not list(decided())
    report.decide(by=lea, was_wrong=was_wrong, answer="Tack.")
    (case,) = decided()
    assert ("rumours" in case.violations) is broken


def test_training_is_handed_the_decisions(rumour: Thread, anna: Person, lea: Person) -> None:
    assert corpus.decisions() == {}
    assert held(rumour, anna).approve(by=lea)
    assert [case.draft for case in corpus.decisions()["decisions"]] == [SAID]
