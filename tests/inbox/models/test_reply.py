"""The outbox up to the call: what may be queued, who approves, what stops a reply when its time comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.base import ConnectorError, ErrorKind
from connectors.sandbox import demo
from inbox import tasks
from inbox.models import (
    Audit,
    Brake,
    Channel,
    ChannelState,
    FollowUp,
    FollowUpState,
    Level,
    Message,
    Person,
    Reply,
    Role,
    RuleBreak,
    Stopped,
    Taken,
    Thread,
)
from inbox.models.intake import remove, store
from inbox.models.recheck import publish_rulebook, recheck, start_situation
from inbox.states import ReplyState, Waits
from policies.matchers import MATCHERS
from policies.models import Rulebook, Situation
from policies.rulebook import Rule
from policies.verdict import Context, Effect, Finding, Turn
from tests import make

OLE = make.remote_author("ole", "Ole Håkonsen")
US = make.remote_author(demo.PAGE_ID, "Nordnett")
SHOUTED = "HALLÅ DU MÅSTE LÄSA VAD VI SKRIVER NU!!!"


@pytest.fixture
def thread(facebook: Channel) -> Thread:
    return make.thread(facebook)


@pytest.fixture
def rumour(thread: Thread, lea: Person) -> Thread:
    thread.tag("rumour", by=lea)
    thread.refresh_from_db()
    return thread


def said(error: pytest.ExceptionInfo[Stopped]) -> str:
    return error.value.reason


def again(reply: Reply) -> Reply:
    return Reply.objects.get(pk=reply.pk)


# --- submitting -------------------------------------------------------------------------------------------------------


class TestSubmit:
    def test_what_the_rules_let_go_is_queued_behind_its_undo_window(self, thread: Thread, anna: Person) -> None:
        reply = make.draft(thread, anna)
        assert reply.submit(by=anna, at=make.NOON) == ReplyState.QUEUED
        assert (reply.waits_for, reply.not_before) == (Waits.UNDO, make.NOON + anna.undo_window)
        assert reply.effect == Effect.SEND
        assert Audit.objects.get(verb="queued").data["rulebook"] == reply.rulebook_version

    def test_a_person_may_lengthen_the_undo_window_but_not_shorten_it(self, thread: Thread, anna: Person) -> None:
        anna.undo_seconds = 0
        assert anna.undo_window == timedelta(seconds=20)
        anna.undo_seconds = 60
        assert anna.undo_window == timedelta(seconds=60)

    def test_a_warning_is_confirmed_first(self, thread: Thread, anna: Person) -> None:
        reply = make.draft(thread, anna, SHOUTED)
        with pytest.raises(Stopped) as stopped:
            reply.submit(by=anna)
        assert stopped.value.verdict is not None
        assert stopped.value.verdict.effect == Effect.WARN
        assert reply.submit(by=anna, checked=True) == ReplyState.QUEUED

    @pytest.mark.parametrize("how", [{}, {"checked": True}, {"ask": True}, {"checked": True, "ask": True}])
    def test_what_must_be_changed_goes_nowhere_however_it_is_asked_for(
        self, how: dict[str, bool], thread: Thread, anna: Person
    ) -> None:
        reply = make.draft(thread, anna, make.BLOCKED)
        with pytest.raises(Stopped) as stopped:
            reply.submit(by=anna, **how)
        assert said(stopped) == "blocked"
        assert again(reply).state == ReplyState.DRAFT
        assert again(reply).text == make.BLOCKED

    def test_what_needs_an_approval_is_held_where_it_is_asked_for(self, rumour: Thread, anna: Person) -> None:
        reply = make.draft(rumour, anna, make.CONFIRMS)
        with pytest.raises(Stopped):
            reply.submit(by=anna)
        assert reply.submit(by=anna, ask=True) == ReplyState.HELD
        assert reply in Reply.objects.held()

    def test_anybody_may_ask_for_a_second_look(self, thread: Thread, anna: Person) -> None:
        assert make.draft(thread, anna).submit(by=anna, ask=True) == ReplyState.HELD

    def test_a_colleague_who_has_the_thread_is_named(self, thread: Thread, anna: Person, bo: Person) -> None:
        reply = make.draft(thread, anna)
        thread.claim(by=bo)
        with pytest.raises(Taken) as taken:
            reply.submit(by=anna)
        assert taken.value.by == bo
        assert again(reply).state == ReplyState.DRAFT

    @pytest.mark.parametrize("text", ["", " ", "\n\t"])
    def test_a_signature_alone_is_no_answer(self, text: str, thread: Thread, anna: Person) -> None:
        draft = make.draft(thread, anna, text)
        with pytest.raises(Stopped, check=lambda stopped: stopped.reason == "empty"):
            draft.submit(by=anna)
        assert again(draft).state == ReplyState.DRAFT

    def test_it_cannot_be_submitted_twice(self, thread: Thread, anna: Person) -> None:
        reply = make.draft(thread, anna)
        reply.submit(by=anna)
        with pytest.raises(Stopped):
            reply.submit(by=anna)
        assert Reply.objects.count() == 1

    def test_a_newer_word_of_the_customer_stops_it_and_keeps_its_text(self, thread: Thread, anna: Person) -> None:
        reply = make.draft(thread, anna)
        make.message(thread.channel, "Det ordnet seg!", root_remote_id=thread.root_remote_id)
        with pytest.raises(Stopped) as stopped:
            reply.submit(by=anna)
        assert said(stopped) == "newer"
        assert again(reply).text == make.FINE

    def test_a_rule_that_breaks_down_holds_the_reply(
        self, thread: Thread, anna: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(draft: str, turns: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
            raise RecursionError

        monkeypatch.setitem(MATCHERS, "privacy", break_down)
        reply = make.draft(thread, anna)
        with pytest.raises(Stopped) as stopped:
            reply.submit(by=anna)
        assert stopped.value.verdict is not None
        assert (stopped.value.verdict.effect, list(stopped.value.verdict.failed)) == (Effect.HOLD, ["privacy"])
        assert reply.submit(by=anna, ask=True) == ReplyState.HELD

    def test_a_lead_may_switch_a_broken_rule_off_for_four_hours(
        self, thread: Thread, anna: Person, lea: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(*_: object) -> list[Finding]:
            raise ValueError

        monkeypatch.setitem(MATCHERS, "privacy", break_down)
        off = RuleBreak.switch_off("privacy", by=lea, reason="It is broken", at=make.NOON)
        off.refresh_from_db()
        reply = make.draft(thread, anna)
        assert reply.check_text(make.NOON + timedelta(hours=4, seconds=-1)).effect == Effect.SEND
        assert reply.check_text(off.until).effect == Effect.HOLD
        assert Audit.objects.filter(verb="rule_switched_off", by=lea).exists()

    def test_a_changed_text_has_no_verdict(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        assert reply.undo(by=anna)
        reply.save_text("Något annat.")
        assert (again(reply).effect, again(reply).digest) == ("", None)

    def test_what_is_no_draft_any_more_cannot_be_changed(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        assert not reply.save_text("Något annat.")
        assert again(reply).text == make.FINE


class TestSupervision:
    @pytest.fixture
    def learner(self, facebook: Channel, bo: Person) -> Person:
        learner = make.person("lisa")
        make.clear(learner, facebook, Level.SUPERVISED, mentor=bo)
        return learner

    def test_every_reply_of_a_supervised_person_is_held(self, thread: Thread, learner: Person) -> None:
        reply = make.draft(thread, learner)
        with pytest.raises(Stopped) as stopped:
            reply.submit(by=learner)
        assert stopped.value.verdict is not None
        assert [violation.rule for violation in stopped.value.verdict.violations] == ["supervision"]
        assert reply.submit(by=learner, ask=True) == ReplyState.HELD

    def test_the_named_mentor_approves_and_a_colleague_does_not(
        self, thread: Thread, learner: Person, bo: Person, anna: Person, lea: Person
    ) -> None:
        reply = make.held(thread, learner)
        may = {person: again(reply).may_be_approved_by(person) for person in (bo, anna, lea, learner)}
        assert may == {bo: True, anna: False, lea: True, learner: False}
        assert reply.approve(by=bo)
        assert again(reply).start(at=make.after()) is not None, "what the mentor accepted stops nothing any more"

    def test_the_mentor_does_not_approve_what_the_rules_hold_as_well(
        self, rumour: Thread, learner: Person, bo: Person, lea: Person
    ) -> None:
        reply = make.held(rumour, learner, make.CONFIRMS)
        assert not reply.may_be_approved_by(bo)
        assert reply.may_be_approved_by(lea)


# --- undo -------------------------------------------------------------------------------------------------------------


class TestUndo:
    def test_taken_back_it_never_leaves(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        assert reply.undo(by=anna)
        assert again(reply).start(at=make.after(3600)) is None
        assert (again(reply).state, again(reply).reason, again(reply).text) == (ReplyState.DRAFT, "undone", make.FINE)

    def test_what_is_on_its_way_cannot_be_taken_back(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        shown = again(reply)
        assert reply.start(at=make.after())
        assert not shown.undo(by=anna)
        assert again(reply).state == ReplyState.SENDING

    def test_of_undo_and_start_exactly_one_wins(self, thread: Thread, anna: Person) -> None:
        for undo_first in (True, False):
            reply = make.queued(thread, anna)
            one, other = again(reply), again(reply)
            results = [one.undo(by=anna), bool(other.start(at=make.after()))]
            assert results == [True, False]
            if not undo_first:
                continue
            reply = make.queued(thread, anna)
            one, other = again(reply), again(reply)
            assert [bool(other.start(at=make.after())), one.undo(by=anna)] == [True, False]
            reply = again(reply)
            reply.finish_sent(make.sent("1_2"))
            make.message(thread.channel, "Og en ting til", root_remote_id=thread.root_remote_id)


# --- approval ---------------------------------------------------------------------------------------------------------


class TestApprove:
    def test_a_lead_lets_it_go_with_a_new_undo_window(self, rumour: Thread, anna: Person, lea: Person) -> None:
        reply, now = make.held(rumour, anna, make.CONFIRMS), make.after(0)
        assert reply.approve(by=lea, at=now)
        assert (reply.state, reply.not_before) == (ReplyState.QUEUED, now + anna.undo_window)
        assert (reply.approved_by, reply.approved_alone, reply.approved_digest) == (lea, False, reply.digest)
        assert reply.accepted
        assert reply.start(at=make.after(3600)) is not None

    def test_its_writer_does_not(self, rumour: Thread, lea: Person) -> None:
        make.person("lars", Role.LEAD)
        reply = make.held(rumour, lea, make.CONFIRMS)
        for alone in (False, True):
            with pytest.raises(Stopped):
                reply.approve(by=lea, alone=alone)
        assert again(reply).state == ReplyState.HELD

    def test_a_lead_who_is_alone_on_duty_does_and_it_is_recorded(self, rumour: Thread, lea: Person) -> None:
        make.person("lars", Role.LEAD, on_duty=False)
        reply = make.held(rumour, lea, make.CONFIRMS)
        with pytest.raises(Stopped):
            reply.approve(by=lea)
        assert reply.approve(by=lea, alone=True)
        assert again(reply).approved_alone
        assert Audit.objects.get(verb="approved").data["alone"] is True

    def test_a_colleague_is_never_recorded_as_alone(self, rumour: Thread, anna: Person, lea: Person) -> None:
        reply = make.held(rumour, anna, make.CONFIRMS)
        assert reply.approve(by=lea, alone=True)
        assert not again(reply).approved_alone

    def test_two_leads_approve_it_once(self, rumour: Thread, anna: Person, lea: Person) -> None:
        reply = make.held(rumour, anna, make.CONFIRMS)
        late = again(reply)
        assert reply.approve(by=lea)
        assert not late.approve(by=lea)
        assert Audit.objects.filter(verb="approved").count() == 1

    def test_sent_back_it_is_a_draft_with_a_word_why(self, rumour: Thread, anna: Person, lea: Person) -> None:
        reply = make.held(rumour, anna, make.CONFIRMS)
        assert reply.send_back(by=lea, reason="Kortare, tack")
        reply = again(reply)
        assert (reply.state, reply.reason, reply.reason_text) == (ReplyState.DRAFT, "sent_back", "Kortare, tack")
        assert reply.text == make.CONFIRMS
        assert reply in Reply.objects.needs(anna)

    def test_what_the_lead_was_not_shown_is_not_accepted(self, thread: Thread, anna: Person, lea: Person) -> None:
        """Held for a second look; meanwhile the thread was tagged, and now it says something about a rumour."""
        reply = make.held(thread, anna, make.CONFIRMS)
        thread.tag("rumour", by=lea)
        reply = again(reply)
        with pytest.raises(Stopped) as stopped:
            reply.approve(by=lea)
        assert stopped.value.verdict is not None
        assert again(reply).state == ReplyState.HELD
        assert again(reply).verdict["effect"] == "hold", "the row shows it now"
        assert again(reply).approve(by=lea)

    def test_what_must_be_changed_cannot_be_approved(self, thread: Thread, anna: Person, lea: Person) -> None:
        reply = make.held(thread, anna)
        Reply.objects.filter(pk=reply.pk).update(text=make.BLOCKED, outgoing=make.BLOCKED + reply.signature)
        for _twice in range(2):
            with pytest.raises(Stopped) as stopped:
                again(reply).approve(by=lea)
            assert said(stopped) == "blocked"
        assert again(reply).state == ReplyState.HELD


class TestRecheck:
    """What waits is looked at again when the rules change, and once more when its time comes."""

    @pytest.fixture
    def book(self, db: None) -> Rulebook:
        return make.rulebook()

    def approved(self, thread: Thread, by: Person, lead: Person) -> Reply:
        reply = make.held(thread, by, make.CONFIRMS)
        assert reply.approve(by=lead)
        return reply

    def test_an_approval_is_carried_over_to_a_new_rulebook_and_the_record_names_both(
        self, book: Rulebook, rumour: Thread, anna: Person, lea: Person, ada: Person
    ) -> None:
        reply = self.approved(rumour, anna, lea)
        assert reply.rulebook_version == 1
        publish_rulebook(book.draft_from(), by=ada)
        reply = again(reply)
        assert (reply.state, reply.rulebook_version) == (ReplyState.QUEUED, 2)
        assert reply.digest == reply.approved_digest
        assert reply.approved_by == lea
        assert Audit.objects.get(verb="approval_carried_over").data == {"rulebook": 1, "now": 2}
        assert reply.start(at=make.after())

    def test_a_finding_nobody_accepted_voids_the_approval(
        self, book: Rulebook, rumour: Thread, anna: Person, lea: Person, ada: Person
    ) -> None:
        reply = self.approved(rumour, anna, lea)
        draft = book.draft_from()
        draft.rules.filter(code="facts").update(matcher="phrases", effect="hold", terms=["stenger"])
        publish_rulebook(draft, by=ada)
        reply = again(reply)
        assert (reply.state, reply.reason) == (ReplyState.HELD, "needs_approval")
        assert (reply.approved_by, reply.approved_digest, reply.accepted) == (None, None, [])

    def test_an_outage_stops_what_waits_and_does_not_point_to_customer_service(
        self, thread: Thread, anna: Person, lea: Person
    ) -> None:
        reply = make.queued(thread, anna)
        start_situation(outage(), by=lea)
        reply = again(reply)
        assert (reply.state, reply.reason) == (ReplyState.DRAFT, "blocked")
        assert reply.start(at=make.after()) is None

    def test_rules_that_changed_without_a_recheck_are_met_when_it_starts(
        self, thread: Thread, anna: Person, lea: Person
    ) -> None:
        reply = make.queued(thread, anna, make.CONFIRMS)
        thread.tag("rumour", by=lea)
        assert again(reply).start(at=make.after()) is None
        assert again(reply).state == ReplyState.HELD

    def test_what_still_stands_is_left_alone(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        assert recheck() == 0
        assert again(reply).state == ReplyState.QUEUED


def outage() -> Situation:
    return Situation(
        kind="outage",
        title="Strømbrudd",
        starts_at=make.after(-60),
        terms=["nettet nede"],
        targets=[{"kind": "phone", "text": "20 20 20", "language": "", "hours": []}],
    )


# --- the guards when its time comes -----------------------------------------------------------------------------------


def writes_more(reply: Reply, _: Person) -> None:
    make.message(reply.channel, "Glem det, det virker igjen", root_remote_id=reply.thread.root_remote_id)


def edits(reply: Reply, _: Person) -> None:
    assert reply.answers
    store(reply.channel, [make.remote("Noe helt annet", remote_id=reply.answers.remote_id)])


def deletes(reply: Reply, _: Person) -> None:
    assert reply.answers
    remove(reply.channel, reply.answers.remote_id)


def colleague_takes(reply: Reply, bo: Person) -> None:
    Thread.objects.filter(pk=reply.thread_id).update(
        claimed_by=bo, claimed_at=make.after(0), lease_until=make.after(600)
    )


def is_given_to_another(reply: Reply, bo: Person) -> None:
    Thread.objects.filter(pk=reply.thread_id).update(assigned_to=bo)


def answered_in_the_app(reply: Reply, _: Person) -> None:
    """Under the thread's root, as Facebook puts it, although it answers a later message of the same person."""
    root = reply.thread.messages.get(remote_id=reply.thread.root_remote_id)
    store(reply.channel, [make.remote("Den kommer i dag.", author=US, root_remote_id=root.remote_id,
                                      parent_remote_id=root.remote_id)])  # fmt: skip


def locked_out(reply: Reply, _: Person) -> None:
    Person.objects.filter(pk=reply.written_by_id).update(is_active=False)


def loses_clearance(reply: Reply, _: Person) -> None:
    reply.written_by.clearances.update(level=Level.NONE)


GUARDS: dict[str, tuple[Callable[[Reply, Person], None], str]] = {
    "the customer has written": (writes_more, "newer"),
    "the customer has edited": (edits, "edited"),
    "the customer has deleted": (deletes, "vanished"),
    "a colleague has taken it": (colleague_takes, "taken"),
    "it was given to a colleague": (is_given_to_another, "taken"),
    "one of us has answered in the app": (answered_in_the_app, "answered"),
    "the writer is locked out": (locked_out, "locked_out"),
    "the writer may not answer any more": (loses_clearance, "locked_out"),
}


class TestGuards:
    @pytest.mark.parametrize("guard", GUARDS)
    def test_a_guard_stops_it_and_keeps_its_text(self, guard: str, thread: Thread, anna: Person, bo: Person) -> None:
        happens, reason = GUARDS[guard]
        make.message(thread.channel, "Hallo?", root_remote_id=thread.root_remote_id)
        reply = make.queued(thread, anna)
        happens(reply, bo)
        assert again(reply).start(at=make.after()) is None
        reply = again(reply)
        assert (reply.state, reply.reason, reply.text) == (ReplyState.DRAFT, reason, make.FINE)
        assert not reply.attempts.exists()
        assert Audit.objects.filter(verb="returned", reply_id=reply.pk).get().data["reason"] == reason

    def test_what_a_bystander_writes_stops_nothing(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        make.message(thread.channel, "Her også!", root_remote_id=thread.root_remote_id, author=OLE)
        assert again(reply).start(at=make.after()) is not None

    def test_our_answer_to_a_bystander_stops_nothing(self, thread: Thread, anna: Person) -> None:
        other = make.message(thread.channel, "Her også!", root_remote_id=thread.root_remote_id, author=OLE)
        reply = Reply.draft(thread, by=anna, answers=thread.messages.exclude(pk=other.pk).get())
        reply.saw(other.pk)
        reply.save_text(make.FINE)
        reply.submit(by=anna)
        store(thread.channel, [make.remote("Vi ser på det, Ole.", author=US, root_remote_id=thread.root_remote_id,
                                           parent_remote_id=other.remote_id)])  # fmt: skip
        assert again(reply).start(at=make.after()) is not None

    def test_what_was_hidden_or_renamed_stops_nothing(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        message = thread.messages.get()
        told = make.remote(message.text, remote_id=message.remote_id, author=make.remote_author("kari", "Kari N."))
        store(thread.channel, [replace(told, hidden=True)])
        assert again(reply).start(at=make.after()) is not None

    def test_a_lease_that_has_ended_stops_nothing(self, thread: Thread, anna: Person, bo: Person) -> None:
        """The question is whether somebody else has it, not whether the writer's tab is still open."""
        reply = make.queued(thread, anna)
        Thread.objects.update(claimed_by=bo, claimed_at=make.after(-600), lease_until=make.after(-1))
        assert again(reply).start(at=make.after()) is not None


class TestWaiting:
    def parked(self, reply: Reply) -> str:
        assert again(reply).start(at=make.after()) is None
        assert again(reply).state == ReplyState.QUEUED
        return again(reply).waits_for

    @pytest.mark.parametrize("scope", ["everything", "channel", "person"])
    def test_behind_a_brake_it_waits(self, scope: str, thread: Thread, anna: Person, lea: Person) -> None:
        reply = make.queued(thread, anna)
        brake = Brake.pull(
            by=lea,
            channel=thread.channel if scope == "channel" else None,
            person=anna if scope == "person" else None,
        )
        assert self.parked(reply) == Waits.BRAKE
        assert reply in brake.waiting

    def test_a_brake_on_others_stops_nothing(self, thread: Thread, anna: Person, bo: Person, lea: Person) -> None:
        reply = make.queued(thread, anna)
        Brake.pull(by=lea, person=bo)
        Brake.pull(by=lea, channel=make.channel("twitter"))
        assert again(reply).start(at=make.after()) is not None

    def test_a_lifted_brake_lets_nothing_go_that_it_has_stopped(
        self, thread: Thread, anna: Person, lea: Person
    ) -> None:
        """A lead looks at what waits, and releases it or sends it back."""
        reply = make.queued(thread, anna)
        brake = Brake.pull(by=lea)
        assert self.parked(reply) == Waits.BRAKE
        assert brake.lift(by=lea, reason="All clear")
        assert again(reply).start(at=make.after(120)) is None
        assert again(reply).release(by=lea, at=make.after())
        assert again(reply).start(at=make.after()) is None, "a new undo window"
        assert again(reply).start(at=make.after(90)) is not None

    def test_a_brake_pulled_twice_is_one_and_is_lifted_once(self, lea: Person) -> None:
        assert Brake.pull(by=lea) == Brake.pull(by=lea)
        brake = Brake.objects.get()
        assert brake.lift(by=lea, reason="All clear")
        assert not brake.lift(by=lea, reason="Again")

    def test_on_a_paused_channel_it_waits(self, thread: Thread, anna: Person, ada: Person) -> None:
        reply = make.queued(thread, anna)
        thread.channel.pause(by=ada)
        assert self.parked(reply) == Waits.PAUSED
        thread.channel.resume(by=ada)
        assert again(reply).start(at=make.after(120)) is not None

    def test_on_a_channel_that_needs_a_person_it_waits(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        Channel.objects.update(state=ChannelState.ATTENTION)
        assert self.parked(reply) == Waits.TOKEN

    def test_in_a_closed_window_of_the_network_it_waits_for_its_end(self, thread: Thread, anna: Person) -> None:
        reply = make.queued(thread, anna)
        until = make.after(1000)
        Channel.objects.update(closed_until=until)
        assert self.parked(reply) == Waits.RATE
        assert again(reply).not_before == until
        assert again(reply).start(at=until + timedelta(seconds=1)) is not None

    def test_behind_an_earlier_one_of_the_thread_it_waits_its_turn(self, thread: Thread, anna: Person) -> None:
        first, second = make.queued(thread, anna), make.queued(thread, anna, "Och en sak till, du hör av oss.")
        assert self.parked(second) == Waits.ORDER
        assert again(first).start(at=make.after())
        assert again(second).start(at=make.after(120)) is None
        again(first).finish_sent(make.sent("1_2"))
        assert again(second).start(at=make.after(150)) is not None

    @pytest.mark.parametrize("end", ["failed", "uncertain"])
    def test_behind_one_that_did_not_leave_it_comes_back(self, end: str, thread: Thread, anna: Person) -> None:
        first, second = make.queued(thread, anna), make.queued(thread, anna, "Och en sak till, du hör av oss.")
        first = again(first)
        assert first.start(at=make.after())
        first.fail("gone", "") if end == "failed" else first.doubt()
        assert again(second).start(at=make.after()) is None
        assert (again(second).state, again(second).reason) == (ReplyState.DRAFT, "earlier")


# --- what became of it ------------------------------------------------------------------------------------------------


def failure(kind: ErrorKind, **facts: object) -> ConnectorError:
    return ConnectorError("It did not work.", kind=kind, **facts)  # type: ignore[arg-type]


class TestTurns:
    """Many are due at once: in which order workers are woken for them."""

    def due(self, most: int = 50) -> list[int]:
        return list(Reply.objects.due(make.after()).in_turn().values_list("pk", flat=True)[:most])

    def test_a_crowded_channel_does_not_keep_a_quiet_one_waiting(
        self, facebook: Channel, twitter: Channel, anna: Person
    ) -> None:
        crowd = make.outbox(facebook, anna, 500)
        few = make.outbox(twitter, anna, 2)
        assert self.due(most=6) == [crowd[0], few[0], crowd[1], few[1], crowd[2], crowd[3]]

    def test_a_thread_in_danger_comes_before_everything_of_every_channel(
        self, facebook: Channel, twitter: Channel, anna: Person
    ) -> None:
        crowd, few = make.outbox(facebook, anna, 5), make.outbox(twitter, anna, 2)
        Thread.objects.filter(replies__in=crowd[-2:]).update(danger=True)
        assert self.due() == [crowd[3], crowd[4], few[0], few[1], crowd[0], crowd[1], crowd[2]]

    def test_what_is_urgent_and_cannot_leave_stands_in_nobodys_way(
        self, facebook: Channel, twitter: Channel, anna: Person
    ) -> None:
        parked, few = make.outbox(facebook, anna, 3), make.outbox(twitter, anna, 2)
        Thread.objects.filter(replies__in=parked).update(danger=True)
        Reply.objects.filter(pk__in=parked).update(waits_for=Waits.TOKEN)
        assert self.due() == [parked[0], few[0], parked[1], few[1], parked[2]]

    def test_within_a_channel_the_longest_due_comes_first(self, facebook: Channel, anna: Person) -> None:
        first, second = make.outbox(facebook, anna, 2)
        Reply.objects.filter(pk=first).update(not_before=make.after(1))
        assert self.due() == [second, first]

    def test_the_sweep_and_beat_wake_workers_in_this_order(
        self, facebook: Channel, twitter: Channel, anna: Person
    ) -> None:
        crowd, few = make.outbox(facebook, anna, 8), make.outbox(twitter, anna, 2)
        Thread.objects.filter(replies=crowd[-1]).update(danger=True)
        woken = [pk for task, pk in tasks.due(5) if task == "send"]
        assert woken == [crowd[7], few[0], crowd[0], few[1], crowd[1]]

    def test_it_is_one_query(self, facebook: Channel, anna: Person) -> None:
        crowd = make.outbox(facebook, anna, 3)
        with CaptureQueriesContext(connection) as asked:
            assert len(Reply.objects.due().in_turn()) == len(crowd)
        assert len(asked) == 1


class TestOutcome:
    @pytest.mark.parametrize(
        "kind", [kind for kind in ErrorKind if kind not in (ErrorKind.TOKEN, ErrorKind.RATE, ErrorKind.UNAVAILABLE)]
    )
    def test_a_refusal_is_certain_so_it_has_failed(self, kind: ErrorKind, thread: Thread, anna: Person) -> None:
        reply = make.sending(thread, anna)
        reply = again(reply)
        reply.finish_error(failure(kind, permanent=True))
        reply = again(reply)
        assert (reply.state, reply.text, make.attempts(reply)) == (ReplyState.FAILED, make.FINE, ["refused"])
        assert reply.get_reason_display()
        assert reply in Reply.objects.needs(anna)

    @pytest.mark.parametrize("kind", ErrorKind)
    def test_an_unknown_outcome_is_never_a_failure(self, kind: ErrorKind, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        reply.finish_error(failure(kind, outcome_unknown=True))
        outcome = "twin" if kind == ErrorKind.DUPLICATE else "unknown"
        assert (again(reply).state, make.attempts(reply)) == (ReplyState.SENDING, [outcome])

    def test_no_byte_has_left_so_it_goes_again_with_all_guards(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        reply.finish_error(failure(ErrorKind.UNAVAILABLE), at=make.after())
        assert (again(reply).state, make.attempts(reply)) == (ReplyState.QUEUED, ["not_started"])
        writes_more(reply, anna)
        assert again(reply).start(at=make.after(120)) is None
        assert again(reply).reason == "newer"

    def test_attempts_are_numbered_and_kept(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        for number in (1, 2, 3):
            assert reply.attempt == number
            reply.finish_error(failure(ErrorKind.UNAVAILABLE), at=make.after())
            reply = again(reply)
            assert reply.start(at=make.after(200))
        assert make.attempts(reply) == ["not_started"] * 3 + [""]

    def test_it_is_not_read_back_before_the_quiet_time_is_over(self, thread: Thread, anna: Person) -> None:
        reply = again(make.queued(thread, anna))
        started = make.after()
        assert reply.start(at=started)
        quiet = thread.channel.quiet_time
        assert not reply.take_read_back(at=started + quiet - timedelta(seconds=1))
        assert reply.take_read_back(at=started + quiet)
        assert not reply.take_read_back(at=started + quiet), "another worker has it"

    def test_two_empty_reads_leave_it_to_a_person(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        reply.not_found(caught_up=False)
        assert (again(reply).state, again(reply).reads) == (ReplyState.SENDING, 1)
        again(reply).not_found(caught_up=False)
        assert (again(reply).state, again(reply).reason) == (ReplyState.UNCERTAIN, "unread")

    def test_not_found_by_a_read_that_has_caught_up_it_goes_again_twice_at_most(
        self, thread: Thread, anna: Person
    ) -> None:
        reply = again(make.sending(thread, anna))
        for sending in (1, 2):
            reply.not_found(caught_up=True)
            assert again(reply).state == ReplyState.QUEUED
            reply = again(reply)
            assert reply.start(at=make.after(200 * sending))
            reply = again(reply)
        reply.not_found(caught_up=True)
        again(reply).not_found(caught_up=True)
        assert again(reply).state == ReplyState.UNCERTAIN

    def sent_on(self, channel: Channel, by: Person) -> Reply:
        make.clear(by, channel)
        return make.sending(make.thread(channel), by)

    def refuse_as_twin(self, reply: Reply) -> Reply:
        """Refused because the same text stands there, and not found as ours by two reads."""
        again(reply).finish_error(failure(ErrorKind.DUPLICATE, outcome_unknown=True))
        for _read in (1, 2):
            again(reply).not_found(caught_up=False)
        return again(reply)

    def test_a_twin_of_another_reply_has_failed_and_says_what_to_do(self, twitter: Channel, anna: Person) -> None:
        reply = self.refuse_as_twin(self.sent_on(twitter, anna))
        assert (reply.state, reply.reason, reply.resent) == (ReplyState.FAILED, "twin", 0)
        assert reply.edit_again(by=anna), "so that some words can be changed"

    def test_a_twin_may_be_an_earlier_sending_of_ours_that_nobody_has_seen(
        self, twitter: Channel, anna: Person
    ) -> None:
        reply = self.sent_on(twitter, anna)
        again(reply).not_found(caught_up=False)
        assert again(reply).start(at=make.after(200))
        assert self.refuse_as_twin(reply).state == ReplyState.UNCERTAIN

    def test_a_person_who_has_looked_is_not_asked_again_and_again(self, twitter: Channel, anna: Person) -> None:
        reply = self.sent_on(twitter, anna)
        again(reply).doubt()
        assert again(reply).send_again(by=anna, at=make.after())
        assert again(reply).start(at=make.after(200))
        assert self.refuse_as_twin(reply).state == ReplyState.FAILED

    def test_a_network_that_could_not_be_read_decides_nothing(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        for _again in range(5):
            reply.read_back_later(failure(ErrorKind.UNAVAILABLE))
        assert (again(reply).state, again(reply).reads) == (ReplyState.SENDING, 0)

    def test_a_person_says_that_it_is_out(self, thread: Thread, anna: Person) -> None:
        reply = make.uncertain(thread, anna)
        assert reply.is_out(by=anna)
        assert not again(reply).is_out(by=anna)
        assert again(reply).state == ReplyState.SENT
        record = Audit.objects.get(verb="sent")
        assert (record.by, record.data["how"]) == (anna, "person")
        thread.refresh_from_db()
        assert thread.state == "waiting"

    def test_a_person_says_that_it_is_to_be_sent_again(self, thread: Thread, anna: Person) -> None:
        reply = make.uncertain(thread, anna)
        assert reply.send_again(by=anna, at=make.after())
        assert not reply.send_again(by=anna)
        assert (again(reply).state, again(reply).waits_for) == (ReplyState.QUEUED, Waits.UNDO)
        writes_more(reply, anna)
        assert again(reply).start(at=make.after(200)) is None, "all guards run again"

    def test_a_failed_one_can_be_written_again(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        reply.fail("invalid", "Too long")
        assert again(reply).edit_again(by=anna)
        assert not again(reply).edit_again(by=anna)
        assert (again(reply).state, again(reply).text) == (ReplyState.DRAFT, make.FINE)


class TestSent:
    def test_a_promise_that_left_is_a_proposed_follow_up_with_its_day(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna, make.PROMISES))
        assert not FollowUp.objects.exists(), "what has not left is not promised"
        reply.finish_sent(make.sent("1_2"))
        promise = FollowUp.objects.get()
        assert (promise.state, promise.owner, promise.thread) == (FollowUpState.PROPOSED, anna, thread)
        days = (promise.due_at.date() - make.after(0).date()).days
        assert 0 <= days <= 2, promise.due_at

    def test_it_is_linked_to_its_message_in_the_thread(self, thread: Thread, anna: Person) -> None:
        reply = again(make.sending(thread, anna))
        reply.finish_sent(make.sent("1_2"))
        message = Message.objects.get(reply=reply)
        assert (message.is_ours, message.text, message.parent) == (True, reply.outgoing, reply.answers)
        assert again(reply).permalink == "https://example.test/1_2"

    def test_the_thread_waits_and_remembers_who_answered(self, thread: Thread, anna: Person) -> None:
        again(make.sending(thread, anna)).finish_sent(make.sent("1_2"))
        thread.refresh_from_db()
        assert (thread.state, thread.last_answered_by) == ("waiting", anna)

    def test_two_answers_of_the_network_link_it_once(self, thread: Thread, anna: Person) -> None:
        reply = make.sending(thread, anna)
        one, other = again(reply), again(reply)
        assert one.finish_sent(make.sent("1_2"))
        assert not other.finish_sent(make.sent("1_3"))
        assert again(reply).remote_id == "1_2"
        assert Message.objects.filter(is_ours=True).count() == 1


class TestLockOut:
    def test_nothing_of_theirs_leaves_and_their_threads_are_free(
        self, facebook: Channel, anna: Person, bo: Person, lea: Person
    ) -> None:
        queued, held = make.queued(make.thread(facebook), anna), make.held(make.thread(facebook), anna)
        given = make.thread(facebook)
        given.assign(to=anna, by=lea)
        anna.lock_out(by=lea, reason="Lost phone")
        for reply in (queued, held):
            assert (again(reply).state, again(reply).reason) == (ReplyState.DRAFT, "locked_out")
        assert Thread.objects.queue(bo).count() == 3
        assert Audit.objects.filter(verb="locked_out", by=lea).get().data["reason"] == "Lost phone"
