"""Claims: one person has a thread, for as long as they show it, and everybody else is told who."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection

from connectors.base import Sent
from inbox.models import Audit, Channel, CloseReason, Level, Note, Person, Reply, Taken, Thread
from inbox.models.thread import DANGER_FIRST, due
from inbox.states import ReplyState, Settled, ThreadState
from tests import make

LEASE = timedelta(seconds=180)
PEOPLE, THREADS = 20, 200


@pytest.fixture
def thread(facebook: Channel) -> Thread:
    return make.thread(facebook)


class TestClaim:
    def test_the_second_of_two_does_not_get_it(self, thread: Thread, anna: Person, bo: Person) -> None:
        assert thread.claim(by=anna)
        assert not thread.claim(by=bo)
        thread.refresh_from_db()
        assert thread.holder() == anna
        assert Audit.objects.filter(verb="claimed", thread_id=thread.pk).get().by == anna

    def test_taking_it_again_renews_the_lease(self, thread: Thread, anna: Person) -> None:
        assert thread.claim(by=anna, at=make.NOON)
        assert thread.claim(by=anna, at=make.NOON + timedelta(minutes=1))
        thread.refresh_from_db()
        assert thread.lease_until == make.NOON + timedelta(minutes=1) + LEASE

    def test_a_lease_that_has_ended_lets_the_next_person_in(self, thread: Thread, anna: Person, bo: Person) -> None:
        assert thread.claim(by=anna, at=make.NOON)
        assert not thread.claim(by=bo, at=make.NOON + LEASE - timedelta(seconds=1))
        assert not thread.claim(by=bo, at=make.NOON + LEASE), "it still holds in its last moment"
        assert thread.claim(by=bo, at=make.NOON + LEASE + timedelta(milliseconds=1))

    def test_a_lease_is_renewed_only_for_who_still_has_it(self, facebook: Channel, anna: Person, bo: Person) -> None:
        kept, lost = make.threads(facebook, 2)
        assert kept.claim(by=anna, at=make.NOON)
        assert lost.claim(by=bo, at=make.NOON)
        later = make.NOON + timedelta(minutes=2)
        assert Thread.objects.all().renew_leases([(kept.pk, anna.pk), (lost.pk, anna.pk)], at=later) == 1
        kept.refresh_from_db()
        lost.refresh_from_db()
        assert (kept.lease_until, lost.lease_until) == (later + LEASE, make.NOON + LEASE)

    def test_put_back_it_is_free_at_once(self, thread: Thread, anna: Person, bo: Person) -> None:
        thread.claim(by=anna)
        assert not thread.release(by=bo), "it is not his to put back"
        assert thread.release(by=anna)
        assert thread.claim(by=bo)

    @pytest.mark.parametrize("stage", [make.held, make.queued, make.sending, make.uncertain])
    def test_it_is_not_free_while_somebodys_words_are_under_way(
        self, stage: object, thread: Thread, anna: Person, bo: Person
    ) -> None:
        """Also when the lease has long ended: two answers would be the result."""
        assert callable(stage)
        stage(thread, anna)
        thread.release(by=anna)
        assert not thread.claim(by=bo, at=make.after(3600))
        assert thread not in Thread.objects.queue(bo, make.after(3600))
        thread.refresh_from_db()
        assert thread.holder() == anna


class TestAssign:
    def test_an_assignment_does_not_expire(self, thread: Thread, anna: Person, bo: Person, lea: Person) -> None:
        thread.assign(to=anna, by=lea)
        assert not thread.claim(by=bo, at=make.NOON + timedelta(days=30))
        assert thread not in Thread.objects.queue(bo, make.NOON + timedelta(days=30))
        assert thread.claim(by=anna)

    def test_it_ends_the_claim_of_who_had_it(self, thread: Thread, anna: Person, bo: Person, lea: Person) -> None:
        thread.claim(by=bo)
        thread.assign(to=anna, by=lea)
        thread.refresh_from_db()
        assert (thread.claimed_by, thread.holder()) == (None, anna)

    @pytest.mark.parametrize("stage", [make.held, make.queued])
    def test_words_of_who_had_it_come_back_as_a_draft(
        self, stage: object, thread: Thread, anna: Person, bo: Person, lea: Person
    ) -> None:
        assert callable(stage)
        reply: Reply = stage(thread, bo)
        thread.assign(to=anna, by=lea)
        reply.refresh_from_db()
        assert (reply.state, reply.reason, reply.text) == (ReplyState.DRAFT, "assigned", make.FINE)
        assert thread.claim(by=anna)


class TestTakeOver:
    def test_it_is_the_new_persons_and_on_the_record(self, thread: Thread, anna: Person, bo: Person) -> None:
        thread.claim(by=anna)
        assert thread.take_over(by=bo, reason="Anna is at lunch")
        thread.refresh_from_db()
        assert thread.holder() == bo
        record = Audit.objects.get(verb="taken_over")
        assert (record.by, record.data) == (bo, {"reason": "Anna is at lunch", "previous": anna.pk})

    @pytest.mark.parametrize("stage", [make.held, make.queued])
    def test_what_had_not_left_comes_back_as_a_draft_first(
        self, stage: object, thread: Thread, anna: Person, bo: Person
    ) -> None:
        assert callable(stage)
        reply: Reply = stage(thread, anna)
        assert thread.take_over(by=bo, reason="Anna is at lunch")
        reply.refresh_from_db()
        assert (reply.state, reply.reason, reply.text) == (ReplyState.DRAFT, "taken_over", make.FINE)
        assert reply.start(at=make.after()) is None
        assert make.queued(thread, bo).state == ReplyState.QUEUED

    def test_what_is_just_leaving_cannot_be_taken_over(self, thread: Thread, anna: Person, bo: Person) -> None:
        reply = make.sending(thread, anna)
        assert not thread.take_over(by=bo, reason="Anna is at lunch")
        reply.refresh_from_db()
        thread.refresh_from_db()
        assert (reply.state, thread.claimed_by) == (ReplyState.SENDING, anna)

    def test_it_ends_an_assignment(self, thread: Thread, anna: Person, bo: Person, lea: Person) -> None:
        thread.assign(to=anna, by=lea)
        assert thread.take_over(by=bo, reason="Anna is ill")
        thread.refresh_from_db()
        assert (thread.assigned_to, thread.holder()) == (None, bo)


class TestQueue:
    def test_next_is_what_is_due_first(self, facebook: Channel, anna: Person) -> None:
        made = make.threads(facebook, 5)
        Thread.objects.filter(pk=made[3].pk).update(due_at=make.NOON - timedelta(days=1))
        taken = [Thread.objects.next_for(anna) for _ in range(6)]
        assert taken == [made[3], made[0], made[1], made[2], made[4], None]

    def test_danger_comes_before_everything_else(self, facebook: Channel, anna: Person) -> None:
        old = make.thread(facebook, "Hvor er fakturaen min?", created_at=make.NOON - timedelta(days=300))
        danger = make.thread(facebook, "Jag får ingen luft och 112 går inte att ringa")
        assert danger.danger
        assert list(Thread.objects.queue(anna)) == [danger, old]

    def test_it_offers_nothing_where_a_lead_has_not_let_the_person_answer(
        self, facebook: Channel, ext: Person, anna: Person
    ) -> None:
        make.threads(facebook, 1)
        anna.clearances.update(level=Level.NONE)
        assert Thread.objects.next_for(anna) is None
        assert Thread.objects.next_for(ext) is None

    def test_what_was_put_off_comes_back_when_its_time_comes(
        self, thread: Thread, anna: Person, facebook: Channel
    ) -> None:
        thread.put_off(make.NOON, by=anna)
        assert thread not in Thread.objects.queue(anna, make.NOON - timedelta(seconds=1))
        assert thread in Thread.objects.queue(anna, make.NOON)

    def test_a_word_of_the_customer_ends_later(self, thread: Thread, anna: Person, facebook: Channel) -> None:
        thread.put_off(make.after(86_400), by=anna)
        make.message(facebook, "Er det noen der?", root_remote_id=thread.root_remote_id)
        assert thread in Thread.objects.queue(anna)

    @pytest.mark.django_db(transaction=True)
    def test_twenty_people_who_press_next_never_get_the_same_thread(self, facebook: Channel) -> None:
        people = [make.person(f"next{number}") for number in range(PEOPLE)]
        for person in people:
            make.clear(person, facebook)
        made = make.threads(facebook, THREADS)
        start = threading.Barrier(PEOPLE)

        def take_all(person: Person) -> list[Thread]:
            start.wait(60)
            taken = []
            while thread := Thread.objects.next_for(person):
                taken.append(thread)
                connection.close()  # as after every request: twenty people share ten connections
            connection.close()
            return taken

        with ThreadPoolExecutor(PEOPLE) as pool:
            taken = list(pool.map(take_all, people))
        together = [thread.pk for mine in taken for thread in mine]
        assert sorted(together) == sorted(thread.pk for thread in made), "one was given twice, or to nobody"
        for mine in taken:
            assert [thread.due_at for thread in mine] == sorted(thread.due_at for thread in mine)
        assert sum(bool(mine) for mine in taken) > PEOPLE / 2, "they did not run beside each other"


class TestDue:
    def test_danger_moves_it_ten_years_ahead(self) -> None:
        at, reason = due(make.NOON, 60, danger=True, reach=None)
        assert (at, reason) == (make.NOON + timedelta(minutes=60) - DANGER_FIRST, "danger")

    def test_many_readers_move_a_companys_thread_half_an_hour_ahead(self, settings: LazySettings) -> None:
        assert due(make.NOON, 60, danger=False, reach=10_000) == (make.NOON + timedelta(minutes=30), "reach")
        assert due(make.NOON, 60, danger=False, reach=9_999)[1] == "waiting"
        settings.SAMTAL_PROFILE = "public_body"
        assert due(make.NOON, 60, danger=False, reach=10_000)[1] == "waiting"

    def test_a_promise_lowers_it_to_the_promised_time(self, thread: Thread, anna: Person) -> None:
        thread.follow_ups.create(kind="promise", text="Ring", owner=anna, due_at=make.NOON - timedelta(days=1))
        thread.settle()
        thread.refresh_from_db()
        assert (thread.due_at, thread.due_reason) == (make.NOON - timedelta(days=1), "promise")


class TestStates:
    def test_a_bystanders_question_stays_open_when_the_author_is_answered(
        self, thread: Thread, anna: Person, facebook: Channel
    ) -> None:
        other = make.message(
            facebook, "Samma här!", root_remote_id=thread.root_remote_id, author=make.remote_author("ole", "Ole")
        )
        first = thread.messages.exclude(pk=other.pk).get()
        reply = Reply.draft(thread, by=anna, answers=first)
        reply.saw(other.pk)
        reply.save_text(make.FINE)
        reply.submit(by=anna)
        assert reply.start(at=make.after())
        reply.finish_sent(Sent("1_2"))
        thread.refresh_from_db()
        other.refresh_from_db()
        first.refresh_from_db()
        assert (first.settled, other.settled, thread.state) == (Settled.ANSWERED, Settled.NO, ThreadState.OPEN)

    def test_all_answered_it_waits_with_a_date_three_working_days_ahead(self, thread: Thread, anna: Person) -> None:
        make.sending(thread, anna).finish_sent(Sent("1_2"))
        thread.refresh_from_db()
        assert thread.state == ThreadState.WAITING
        assert thread.look_again_on == thread.look_again_date()
        assert (thread.claimed_by, thread.assigned_to) == (None, None)

    @pytest.mark.parametrize(
        ("today", "days", "then"),
        [
            (date(2026, 11, 23), 3, date(2026, 11, 26)),  # Monday → Thursday
            (date(2026, 11, 26), 3, date(2026, 12, 1)),  # Thursday → Tuesday
            (date(2026, 11, 28), 1, date(2026, 11, 30)),  # Saturday → Monday
            (date(2026, 11, 27), 5, date(2026, 12, 4)),
        ],
    )
    def test_a_look_again_date_counts_working_days(
        self, today: date, days: int, then: date, thread: Thread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("django.utils.timezone.localdate", lambda: today)
        thread.channel.look_again_days = days
        assert thread.look_again_date() == then

    def test_what_a_colleague_has_is_not_closed_over_their_head(self, thread: Thread, anna: Person, bo: Person) -> None:
        thread.claim(by=anna)
        for act in (
            lambda: thread.set_aside(CloseReason.SPAM, by=bo),
            lambda: thread.close(CloseReason.SOLVED, by=bo),
            lambda: thread.put_off(make.after(3600), by=bo),
        ):
            with pytest.raises(Taken) as caught:
                act()
            assert caught.value.by == anna
        thread.refresh_from_db()
        assert (thread.state, thread.later_until, thread.holder()) == (ThreadState.OPEN, None, anna)

    def test_what_is_not_open_cannot_be_set_aside(self, thread: Thread, anna: Person) -> None:
        assert thread.close(CloseReason.SOLVED, by=anna)
        assert not thread.set_aside(CloseReason.SPAM, by=anna)
        assert not thread.close(CloseReason.SOLVED, by=anna)

    def test_what_is_open_cannot_be_opened_again(self, thread: Thread, anna: Person) -> None:
        assert not thread.reopen(by=anna)


class TestTopics:
    def test_a_tag_gates_and_a_refused_suggestion_does_not(self, thread: Thread, anna: Person) -> None:
        Thread.objects.filter(pk=thread.pk).update(topic_suggested="rumour")
        thread.refresh_from_db()
        assert thread.topic_in_force == "rumour"
        thread.refuse_topic("rumour", by=anna)
        thread.refresh_from_db()
        assert thread.topic_in_force == ""
        thread.tag("financials", by=anna)
        thread.refresh_from_db()
        assert (thread.topic_in_force, thread.topic_by) == ("financials", anna)
        thread.refuse_topic("financials", by=anna)
        thread.refresh_from_db()
        assert (thread.topic, thread.topics_refused) == ("", ["financials", "rumour"])


def test_a_note_is_kept_beside_the_thread_and_tells_the_screens(thread: Thread, anna: Person) -> None:
    before = Thread.objects.get(pk=thread.pk).version
    Note.write(thread, "Ringde kunden.", by=anna)
    thread.refresh_from_db()
    assert thread.notes.get().text == "Ringde kunden."
    assert thread.version > before
