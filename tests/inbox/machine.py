"""Everything that can happen around a reply, in any order, and what must hold after every step.

The people are anna and bo (agents), lea (lead) and ada (admin); customers write, change and remove; bystanders join in;
workers start, call, finish, die and read back, each as a step of its own, so that anything can come between. What may
leave is judged a second time here, from the rows as they stand at that moment and not by the guards themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.base import Author as RemoteAuthor
from connectors.base import ConnectorError, Outgoing, Sent
from inbox import tasks
from inbox.clock import moment, read_clock
from inbox.models import Brake, Channel, Message, Person, Reason, Reply, Stopped, Taken, Thread
from inbox.models.check import check_reply, version_of
from inbox.models.intake import remove, store
from inbox.models.recheck import end_situation, publish_rulebook, recheck, start_situation
from inbox.states import REPLY_EXITS, ReplyState
from policies.models import Rulebook, Situation
from policies.verdict import Effect
from tests import make
from tests.inbox.wall import LOST, OK, REFUSED, Wall

TEXTS = (make.FINE, f"{make.FINE} Hör av dig igen.", make.CONFIRMS, make.BLOCKED, make.PROMISES)
THREADS, MOST_THREADS = 2, 4
QUIET = timedelta(minutes=5)
MOST_ROUNDS = 12
Pick = st.integers(min_value=0, max_value=50)
AT_REST = {ReplyState.DRAFT, ReplyState.SENT, ReplyState.REMOVED}


@dataclass
class Call:
    """A worker between two steps: it has started, or has called and not yet said what came of it."""

    reply: Reply
    outgoing: Outgoing
    came: Sent | ConnectorError | None = None


class Machine(RuleBasedStateMachine):
    """One run. Its rows are gone at the end: each run is one transaction that is rolled back.

    reached: how often all runs together came to something, so that nobody takes idle runs for a proof.
    """

    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        version_of.cache_clear()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.calls: list[Call] = []
        self.typed: dict[int, str] = {}
        self.undone: dict[int, int] = {}
        self.seen_posts = 0

    @initialize()
    def begin(self) -> None:
        self.channel = Channel.objects.get()
        self.wall = Wall(self.channel.account_id)
        people = {person.username: person for person in Person.objects.all()}
        self.anna, self.bo, self.lea, self.ada = (people[name] for name in ("anna", "bo", "lea", "ada"))
        self.connect, Channel.connect = Channel.connect, self.wall.connect  # type: ignore[method-assign, assignment]
        for number in range(THREADS):
            make.thread(self.channel, author=make.remote_author(f"kunde{number}", f"Kunde {number}"))
        # In the middle of a day: one reply is in its window, one waits for a lead.
        self.answer_at_once(0, 0, make.FINE)
        self.tag(1, "rumour")
        self.take(1, 1)
        self.write(1, 1, make.CONFIRMS, True)
        self.let_go(self.reply(0, ReplyState.DRAFT), False, True)

    def teardown(self) -> None:
        try:
            if hasattr(self, "wall"):
                self.let_it_end()
        finally:
            if hasattr(self, "connect"):
                Channel.connect = self.connect  # type: ignore[method-assign]
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            version_of.cache_clear()

    # --- who and what is picked ----------------------------------------------------------------------------------

    def thread(self, pick: int) -> Thread:
        threads = list(Thread.objects.order_by("pk").select_related("channel", "author"))
        return threads[pick % len(threads)]

    def agent(self, pick: int) -> Person:
        return (self.anna, self.bo)[pick % 2]

    def reply(self, pick: int, *states: str) -> Reply | None:
        related = ("channel", "thread", "answers__author", "written_by")
        replies = list(Reply.objects.filter(state__in=states).order_by("pk").select_related(*related))
        return replies[pick % len(replies)] if replies else None

    # --- customers and bystanders --------------------------------------------------------------------------------

    @rule(pick=Pick)
    def a_customer_writes_again(self, pick: int) -> None:
        thread = self.thread(pick)
        author = make.remote_author(thread.author.remote_id, thread.author.name) if thread.author else None
        self.hear("Er det noen der?", thread, author)

    @rule(pick=Pick)
    def a_bystander_joins_in(self, pick: int) -> None:
        thread = self.thread(pick)
        self.hear("Samme her.", thread, make.remote_author("nabo", "Nabo"))

    def hear(self, text: str, thread: Thread, author: RemoteAuthor | None) -> None:
        """Something under the thread's root; the intake may know that the root is gone and take nothing."""
        root = thread.root_remote_id
        with transaction.atomic():
            store(self.channel, [make.remote(text, root_remote_id=root, parent_remote_id=root, author=author)])

    @rule(pick=Pick)
    def a_customer_changes_the_message(self, pick: int) -> None:
        message = self.thread(pick).messages.filter(is_ours=False).order_by("-pk")[0]
        Message.objects.filter(pk=message.pk).update(text=f"{message.text} Hallo?", edited_at=read_clock())

    @rule(pick=Pick)
    def a_customer_removes_the_message(self, pick: int) -> None:
        message = self.thread(pick).messages.filter(is_ours=False).order_by("-pk")[0]
        remove(self.channel, message.remote_id)

    @precondition(lambda self: Thread.objects.count() < MOST_THREADS)
    @rule(pick=Pick)
    def somebody_else_writes(self, pick: int) -> None:
        make.thread(self.channel, author=make.remote_author(f"ny{pick}", "Ny"))

    # --- agents --------------------------------------------------------------------------------------------------

    @rule(pick=Pick, who=Pick)
    def take(self, pick: int, who: int) -> None:
        self.thread(pick).claim(by=self.agent(who))

    @rule(pick=Pick, who=Pick)
    def put_back(self, pick: int, who: int) -> None:
        self.thread(pick).release(by=self.agent(who))

    @rule(pick=Pick, who=Pick)
    def take_over(self, pick: int, who: int) -> None:
        self.thread(pick).take_over(by=self.agent(who), reason="lunsj")

    @rule(pick=Pick, who=Pick, text=st.sampled_from(TEXTS), looks=st.booleans())
    def write(self, pick: int, who: int, text: str, looks: bool) -> None:
        thread = self.thread(pick)
        draft = Reply.draft(thread, by=self.agent(who))
        if looks:
            draft.saw(max(thread.messages.values_list("pk", flat=True)))
        assert draft.save_text(text)
        self.typed[draft.pk] = text

    @rule(pick=Pick, checked=st.booleans(), ask=st.booleans())
    def send(self, pick: int, checked: bool, ask: bool) -> None:
        self.let_go(self.reply(pick, ReplyState.DRAFT), checked, ask)

    @rule(pick=Pick, who=Pick, text=st.sampled_from((make.FINE, make.CONFIRMS, make.PROMISES)))
    def answer_at_once(self, pick: int, who: int, text: str) -> None:
        """The common way, so that runs get far."""
        self.take(pick, who)
        self.write(pick, who, text, True)
        draft = Reply.objects.filter(state=ReplyState.DRAFT, written_by=self.agent(who), thread=self.thread(pick))
        self.let_go(draft.select_related("channel", "thread", "answers__author", "written_by").last(), True, False)

    def let_go(self, draft: Reply | None, checked: bool, ask: bool) -> None:
        if draft is None or not draft.text:
            return
        try:
            draft.submit(by=draft.written_by, checked=checked, ask=ask)
        except (Stopped, Taken):
            self.reached["stopped"] += 1
            return
        self.reached["let go"] += 1
        self.undone.pop(draft.pk, None)

    @rule(pick=Pick)
    def undo(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.QUEUED, ReplyState.SENDING)
        if reply and reply.undo(by=reply.written_by):
            self.undone[reply.pk] = self.posted(reply)
            self.reached["undone"] += 1

    @rule(pick=Pick, out=st.booleans())
    def settle_what_may_be_out(self, pick: int, out: bool) -> None:
        """A person looks, and says what is so."""
        reply = self.reply(pick, ReplyState.UNCERTAIN)
        if reply:
            self.look(reply)

    def look(self, reply: Reply) -> None:
        moved = reply.is_out(by=self.lea) if self.posted(reply) else reply.send_again(by=self.lea)
        assert moved, reply.state

    @rule(pick=Pick)
    def change_what_failed(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.FAILED)
        if reply:
            assert reply.edit_again(by=reply.written_by)

    # --- lead and admin ------------------------------------------------------------------------------------------

    @rule(pick=Pick)
    def approve(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.HELD)
        if reply:
            try:
                self.reached["approved"] += reply.approve(by=self.lea)
            except Stopped:
                self.reached["not approved"] += 1

    @rule(pick=Pick)
    def send_back(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.HELD)
        if reply:
            assert reply.send_back(by=self.lea, reason="kortere")

    @rule(pick=Pick, who=Pick)
    def assign(self, pick: int, who: int) -> None:
        self.thread(pick).assign(to=self.agent(who), by=self.lea)

    @rule(pick=Pick, topic=st.sampled_from(("rumour", "rumour", "financials", "")))
    def tag(self, pick: int, topic: str) -> None:
        self.thread(pick).tag(topic, by=self.lea)

    @rule()
    def pull_the_brake(self) -> None:
        Brake.pull(by=self.lea, channel=self.channel)

    @rule(release=st.booleans())
    def lift_the_brake(self, release: bool) -> None:
        for brake in Brake.objects.filter(lifted_at=None):
            assert brake.lift(by=self.lea, reason="over")
        for reply in Reply.objects.filter(state=ReplyState.QUEUED, waits_for="brake"):
            if release:
                assert reply.release(by=self.lea)
            else:
                assert reply.return_to_draft(Reason.BRAKE, by=self.lea)

    @rule(effect=st.sampled_from(("watch", "warn", "hold", "block")))
    def change_the_rules(self, effect: str) -> None:
        """Every rule but the one on personal numbers."""
        book = Rulebook.objects.in_force()
        assert book is not None
        draft = book.draft_from()
        draft.rules.exclude(code="privacy").update(effect=effect)
        assert publish_rulebook(draft, by=self.ada)

    @rule()
    def an_outage_begins(self) -> None:
        if not Situation.objects.in_force(read_clock()):
            start_situation(
                Situation(kind="outage", title="Bergen", starts_at=read_clock(), terms=["nettet"],
                          targets=[{"kind": "phone", "text": "07 700", "language": "", "hours": []}]),
                by=self.ada,
            )  # fmt: skip

    @rule()
    def an_outage_ends(self) -> None:
        for situation in Situation.objects.in_force(read_clock()):
            end_situation(situation, by=self.ada)

    @rule()
    def look_again(self) -> None:
        recheck()

    # --- workers, time and the network -----------------------------------------------------------------------------

    @rule(pick=Pick)
    def the_window_ends(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.QUEUED)
        if reply:
            Reply.objects.filter(pk=reply.pk).update(not_before=moment(plus=-timedelta(seconds=1)))

    @rule(pick=Pick)
    def start(self, pick: int) -> None:
        self.try_to_start(self.reply(pick, ReplyState.QUEUED))

    @rule(pick=Pick)
    def start_what_is_due(self, pick: int) -> None:
        self.the_window_ends(pick)
        self.start(pick)

    @rule(pick=Pick, answer=st.sampled_from((OK, OK, LOST, REFUSED)))
    def a_worker_does_its_work(self, pick: int, answer: str) -> None:
        """Without anything between its steps: so that runs get far."""
        self.start_what_is_due(pick)
        if self.calls and self.calls[-1].came is None:
            self.call(len(self.calls_to_make) - 1, answer)
            self.finish(len(self.calls_made) - 1)

    @property
    def calls_to_make(self) -> list[Call]:
        return [call for call in self.calls if call.came is None]

    @property
    def calls_made(self) -> list[Call]:
        return [call for call in self.calls if call.came is not None]

    def try_to_start(self, reply: Reply | None) -> None:
        if reply and (outgoing := reply.start()):
            self.must_be_lawful(Reply.objects.get(pk=reply.pk))
            self.calls.append(Call(reply, outgoing))
            self.reached["begun"] += 1
        elif reply:
            self.reached["kept back"] += 1

    @precondition(lambda self: self.calls_to_make)
    @rule(pick=Pick, answer=st.sampled_from((OK, OK, OK, LOST, REFUSED)))
    def call(self, pick: int, answer: str) -> None:
        chosen = self.calls_to_make[pick % len(self.calls_to_make)]
        self.wall.answer = answer
        try:
            chosen.came = self.wall.connect().send(chosen.outgoing)
        except ConnectorError as error:
            chosen.came = error

    @precondition(lambda self: self.calls_made)
    @rule(pick=Pick)
    def finish(self, pick: int) -> None:
        call = self.calls_made[pick % len(self.calls_made)]
        self.calls.remove(call)
        if isinstance(call.came, ConnectorError):
            call.reply.finish_error(call.came)
        elif call.came:
            call.reply.finish_sent(call.came)

    @precondition(lambda self: self.calls)
    @rule(pick=Pick)
    def a_worker_dies(self, pick: int) -> None:
        self.calls.pop(pick % len(self.calls))

    @rule(pick=Pick)
    def read_back(self, pick: int) -> None:
        reply = self.reply(pick, ReplyState.SENDING)
        if reply:
            self.read_back_one(reply)

    def read_back_one(self, reply: Reply) -> None:
        """The quiet time is over: a call that has not been made by now never will be (its process gives it up)."""
        self.calls = [call for call in self.calls if call.reply.pk != reply.pk or call.came is not None]
        Reply.objects.filter(pk=reply.pk).update(
            not_before=moment(plus=-timedelta(seconds=1)), attempt_at=(reply.attempt_at or read_clock()) - QUIET
        )
        tasks.send(reply.pk)
        self.reached["read back"] += 1

    @rule()
    def poll(self) -> None:
        """What we have published comes back, by a poll or a webhook."""
        new, self.seen_posts = self.wall.posts[self.seen_posts :], len(self.wall.posts)
        with transaction.atomic():
            store(self.channel, new)

    @rule(pick=Pick)
    def somebody_answers_in_the_networks_own_app(self, pick: int) -> None:
        thread = self.thread(pick)
        self.wall.post(Outgoing("Vi ringer deg.", thread.root_remote_id, thread.root_remote_id))
        self.poll()

    # --- what must hold --------------------------------------------------------------------------------------------

    def posted(self, reply: Reply) -> int:
        """How often it is out; another one with the same words is another one."""
        return sum(key.startswith(f"{reply.pk}-") for key in self.wall.keys)

    def must_be_lawful(self, reply: Reply) -> None:
        """Judged anew, at the moment its sending began."""
        writer, answers, thread = reply.written_by, reply.answers, reply.thread
        verdict = check_reply(reply)
        open_findings = [v for v in verdict.violations if v.effect in (Effect.HOLD, Effect.BLOCK)]
        if reply.approved_by_id:
            assert reply.approved_by_id != writer.pk
            open_findings = [v for v in open_findings if v.key not in reply.accepted]
        assert not open_findings, f"against the rules in force: {open_findings}"
        assert answers is not None
        assert not answers.removed_at, "answers what is gone"
        later = thread.messages.filter(pk__gt=reply.seen_id)
        assert not later.filter(author=answers.author, is_ours=False).exists(), "crosses the customer's newer words"
        crossed = later.filter(is_ours=True).filter(Q(parent__author=answers.author) | Q(parent=answers))
        assert not crossed.exclude(reply__written_by=writer).exists(), "crosses a colleague's answer"
        assert thread.claimed_by_id in (None, writer.pk), "the thread is somebody else's"
        assert thread.assigned_to_id in (None, writer.pk), "the thread is assigned to somebody else"
        assert not Brake.objects.filter(lifted_at=None).exists(), "the brake is on"

    @invariant()
    def what_was_typed_is_kept(self) -> None:
        kept = dict(Reply.objects.values_list("pk", "text"))
        assert {pk: kept.get(pk) for pk in self.typed} == self.typed

    @invariant()
    def what_was_undone_stays(self) -> None:
        for reply in Reply.objects.filter(pk__in=self.undone):
            assert self.posted(reply) == self.undone[reply.pk], "left after a confirmed undo"

    @invariant()
    def nothing_is_out_twice(self) -> None:
        """However often it was begun, and whoever has said the same beside it."""
        for reply in Reply.objects.filter(attempt__gt=0):
            assert self.posted(reply) <= 1, f"{reply.pk} is out {self.posted(reply)} times"

    @invariant()
    def every_state_has_an_exit(self) -> None:
        for state in Reply.objects.values_list("state", flat=True).distinct():
            assert REPLY_EXITS[ReplyState(state)] or state == ReplyState.REMOVED

    def let_it_end(self) -> None:
        """Workers go on, people settle what waits for them: everything comes to rest, nothing is stuck."""
        self.lift_the_brake(release=True)
        for _ in range(MOST_ROUNDS):
            self.go_on()
            if not Reply.objects.exclude(state__in=AT_REST).exists():
                break
        stuck = list(Reply.objects.exclude(state__in=AT_REST).values_list("state", "waits_for", "reason"))
        assert not stuck, f"no way out: {stuck}"
        self.what_was_typed_is_kept()
        self.what_was_undone_stays()
        self.nothing_is_out_twice()

    def go_on(self) -> None:
        while self.calls:
            if self.calls[0].came is None:
                self.call(0, OK)
            self.finish(0)
        for pick in range(Reply.objects.filter(state=ReplyState.QUEUED).count()):
            self.start_what_is_due(pick)
        for reply in Reply.objects.filter(state=ReplyState.SENDING).select_related("channel", "thread"):
            if all(call.reply.pk != reply.pk for call in self.calls):
                self.read_back_one(reply)
        for reply in Reply.objects.filter(state=ReplyState.UNCERTAIN):
            self.look(reply)
        for reply in Reply.objects.filter(state=ReplyState.FAILED):
            assert reply.edit_again(by=reply.written_by)
        for pick in range(Reply.objects.filter(state=ReplyState.HELD).count()):
            self.send_back(pick)
