"""The people of a run: customers who write, agents who answer through the real verbs, a person who settles doubts."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections
from psycopg_pool import PoolTimeout

from connectors.sandbox.remote import Remote
from inbox.models import Channel, Person, Reply, Role, Stopped, Taken, Thread
from inbox.states import ReplyState, ThreadState
from policies.verdict import Effect
from tests import make
from tests.chaos.truth import Truth
from tests.connectors.worlds import FacebookWorld, SignedTwitterWorld, World

AGENTS = 4
MOST_WAITING = 40  # replies under way: the queue never runs dry and never hides how fast it empties
MOST_UNREAD = 60  # messages that customers are ahead of us on a network, well within the 800 mentions X shows
PAUSE = 0.3
TALKATIVE = 0.4  # how likely, each pause, somebody writes under what is being answered
WORDS = """
alm asp bjørk gran lønn or osp pil rogn selje bever elg gaupe grevling hare jerv mår oter rein rev ugle
ørn falk and erle fink gjøk hegre ibis jaktfalk kråke lerke måke nattergal orrfugl pirol rype sisik trane
vipe dal elv fjell fjord foss hei holme innsjø kyst li mo myr nes odde skog strand tind tjern vik voll øy
ås vidde
""".split()  # noqa: SIM905


def words(number: int, count: int = 3) -> str:
    """A number in words: unique, and nothing that a rule about numbers would look at."""
    said = []
    for _ in range(count):
        number, place = divmod(number, len(WORDS))
        said.append(WORDS[place])
    return " ".join(said)


class Company:
    """Sets the stage, and runs its people in threads until `stop`."""

    def __init__(self, remote: Remote, seed: int, most_waiting: int = MOST_WAITING) -> None:
        self.remote = remote
        self.most_waiting = most_waiting
        self.truth = Truth(remote)
        self.pressed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._numbers = itertools.count(1)
        self._closed = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def found(self) -> None:
        """Agents, a lead, and a channel on each network."""
        channels = [
            make.channel("facebook", poll_seconds=1, target_minutes=60),
            make.channel("twitter", poll_seconds=1, target_minutes=60),
        ]
        self.lea = make.person("lea", Role.LEAD)
        self.agents = [make.person(f"agent{number}") for number in range(AGENTS)]
        for agent, channel in itertools.product(self.agents, channels):
            make.clear(agent, channel)

    def open(self) -> None:
        """Customers ask, agents answer, and who looks after them is there."""
        self.attend()
        self._start("customers", Customers(self, self._chance).write)
        for number, agent in enumerate(self.agents):
            self._start(f"agent{number}", Agent(self, agent, number).work)

    def attend(self) -> None:
        """Those who settle what the program leaves to people."""
        self._start("settler", self.settle_doubts)
        self._start("admin", self.resume_failing)
        self._start("lead", self.approve_held)

    def close_doors(self) -> None:
        """No new questions and no new replies; what has been begun is brought to its end."""
        self._closed.set()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def mix(self, pks: list[int]) -> None:
        """So that neither network is answered before the other."""
        self._chance.shuffle(pks)

    def number(self) -> int:
        return next(self._numbers)

    def settle_doubts(self) -> None:
        """Look on the network, as a person would, and press the right button."""
        for reply in Reply.objects.filter(state=ReplyState.UNCERTAIN):
            if reply.outgoing in self.truth.look():
                self.pressed["it is out"] += reply.is_out(by=self.lea)
            else:
                self.pressed["send again"] += reply.send_again(by=self.lea)

    def approve_held(self) -> None:
        """What the rules hold when it is to leave, a lead reads and lets go."""
        for reply in Reply.objects.held():
            broken = [violation["rule"] for violation in (reply.verdict or {}).get("violations", [])]
            self.stopped[f"held: {' '.join(broken)}"] += 1
            try:
                self.pressed["approve"] += reply.approve(by=self.lea)
            except Stopped as stopped:
                self.stopped[f"not approved: {stopped.reason}"] += 1

    def resume_failing(self) -> None:
        """The pauses of a channel that fails are minutes; in a run whose hours are minutes somebody cuts them short."""
        for channel in Channel.objects.filter(failures__gte=2):
            channel.resume(by=self.lea)

    def _start(self, name: str, round_of_work: Callable[[], None]) -> None:
        def work() -> None:
            while not self._stop.wait(PAUSE):
                try:
                    round_of_work()
                except (OperationalError, InterfaceError, PoolTimeout):
                    close_old_connections()
            close_old_connections()

        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


class Customers:
    """They ask on both networks; now and then they go on writing, and others talk along."""

    def __init__(self, company: Company, chance: random.Random) -> None:
        self.company = company
        self.chance = chance
        self.places: tuple[World, ...] = tuple(
            place(company.remote.base, company.remote) for place in (FacebookWorld, SignedTwitterWorld)
        )
        self.written: Counter[str] = Counter()

    def write(self) -> None:
        if self.company.closed:
            return
        for place in self.places:
            self.ask(place)
        self.talk_along()

    def ask(self, place: World) -> None:
        """Five questions at a time, on each network as far as it is read and answered."""
        network = place.connector.network
        unread = self.written[network] - Thread.objects.filter(network=network).count()
        if unread < MOST_UNREAD and unanswered().filter(network=network).count() < MOST_UNREAD:
            asked = [place.question(self.say("Hvem kan jeg spørre om dette?")) for _ in "12345"]
            self.company.remote.write_many(asked)
            self.written[network] += len(asked)

    def say(self, words_of_it: str) -> str:
        return f"{words_of_it} {words(self.company.number())}"

    def talk_along(self) -> None:
        """A bystander, or at times the customer, under something that is being answered."""
        if self.chance.random() > TALKATIVE:
            return
        under_way = Reply.objects.filter(state__in=[ReplyState.QUEUED, ReplyState.SENDING]).select_related("thread")
        for reply in under_way.order_by("?")[:2]:
            place = self.places[reply.thread.network == "twitter"]
            who = "Elin Sjöberg" if self.chance.random() < 0.1 else "Ole Håkonsen"
            answer = place.answer(reply.thread.root_remote_id, self.say("Det lurer jeg også på."), author=who)
            self.company.remote.write_many([answer])


class Agent:
    """One agent: answers new threads, and lets go again what a guard has stopped, after a look at the thread."""

    def __init__(self, company: Company, person: Person, number: int) -> None:
        self.company = company
        self.person = person
        self.number = number

    def work(self) -> None:
        for reply in Reply.objects.filter(written_by=self.person, state=ReplyState.FAILED):
            self.company.stopped[f"failed: {reply.reason}"] += reply.edit_again(by=self.person)
        # A restart of PostgreSQL may come between a draft and its text.
        written = Reply.objects.filter(written_by=self.person, state=ReplyState.DRAFT).exclude(text="")
        for reply in written.select_related("thread"):
            self.company.stopped[reply.reason] += 1
            self.let_go(reply)
        if not self.company.closed:
            for thread in self.share(self.company.most_waiting - Reply.objects.due().count()):
                reply = Reply.draft(thread, by=self.person)
                reply.save_text(f"Takk for at du skriver til oss. {words(reply.pk).capitalize()}")
                self.let_go(reply)

    def share(self, room: int) -> list[Thread]:
        """New threads, five at most, of the part that is this agent's."""
        mine = [pk for pk in unanswered().values_list("pk", flat=True) if pk % AGENTS == self.number]
        self.company.mix(mine)
        return list(Thread.objects.filter(pk__in=mine[: max(0, min(room, 5))]).select_related("channel"))

    def let_go(self, reply: Reply) -> None:
        newest = reply.thread.messages.order_by("-pk").values_list("pk", flat=True).first()
        reply.saw(newest or 0)
        try:
            self.submit(reply)
        except (Stopped, Taken) as refusal:
            self.company.stopped[f"refused: {getattr(refusal, 'reason', 'taken')}"] += 1

    def submit(self, reply: Reply) -> None:
        """Words picked by lot may look to the models like another supplier's name: then a lead is asked."""
        try:
            reply.submit(by=self.person, checked=True)
        except Stopped as refusal:
            if refusal.verdict is None or refusal.verdict.effect is not Effect.HOLD:
                raise
            reply.submit(by=self.person, checked=True, ask=True)


def unanswered() -> Thread.objects:  # type: ignore[name-defined]
    return Thread.objects.filter(state=ThreadState.OPEN, replies__isnull=True)


def resume_channels(by: Person) -> bool:
    """What an admin does when the trouble is over: ask the networks again now, not at the end of the pause."""
    for channel in Channel.objects.all():
        channel.resume(by=by)
    return True
