"""The play itself: opens conversations, waits like people do, and goes on when we have answered or kept silent."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox import demo
from connectors.sandbox.player.scripts import PATIENCE, Script, Turn
from connectors.sandbox.player.unanswered import Unanswered
from connectors.sandbox.remote import Remote

Json = dict[str, Any]
OURS = frozenset({demo.PAGE_ID, demo.X_USER_ID, demo.MASTODON_USER_ID, demo.BLOG_USER_ID, demo.INSTAGRAM_USER_ID})
# What somebody writes who answers nothing of ours; on Facebook that is a post on the page.
KINDS = {"x": "tweet", "mastodon": "status", "blog": "comment", "instagram": "comment"}
# What of ours they write under: its kind, and all there is of it.
UNDER = {"blog": ("entry", demo.ENTRIES), "instagram": ("media", demo.MEDIA)}
# Where Facebook keeps its pictures; the sandbox answers for it.
PICTURE = {"type": "photo", "media": {"image": {"src": "https://scontent.fbcdn.net/media/router.png"}}}
MOST_WAITING = 40
# Between two new conversations: a handful at once so that a fresh demo is not empty, then one every 20 to 70 seconds.
BURST = 6
BURST_PAUSE = (1.0, 4.0)
PAUSE = (20.0, 70.0)


@dataclass(slots=True)
class Conversation:
    """A script that is being played. latest: what its customer wrote last; answer: what we have answered since."""

    script: Script
    author: Json
    first: Json
    latest: Json
    spoke_at: float
    ids: set[str] = field(default_factory=set)
    answer: Json | None = None
    answered_at: float = 0.0
    turn: int = 0
    wait: float = 0.0

    @property
    def next(self) -> Turn | None:
        return self.script.then[self.turn] if self.turn < len(self.script.then) else None


class Play:
    """`now` gives seconds of any clock; speed 10 plays ten times as fast. once: every script one time, then `over`."""

    def __init__(
        self, remote: Remote, scripts: Sequence[Script], *, now: Callable[[], float], seed: int = 0, speed: float = 1.0
    ) -> None:
        self._remote = remote
        self._scripts = scripts
        self._now = now
        self._chance = random.Random(seed)
        self._speed = speed
        self._left: list[Script] = []
        self.opened = 0
        self._begin()

    def _begin(self) -> None:
        self._seen = 0
        self._posts: dict[str, Json] = {}
        self._unanswered = Unanswered()
        self._conversations: list[Conversation] = []
        self._open_at = self._now()
        self._people: dict[str, list[Json]] = {}

    @property
    def over(self) -> bool:
        """Every script has been opened and nobody has anything more to say."""
        return self.opened >= len(self._scripts) and not self._conversations

    def step(self, *, once: bool = False) -> None:
        """Read what is new, then say what is due. `once` needs no bound: the scripts are few enough."""
        now = self._now()
        told = self._listen(now)
        for conversation in list(self._conversations):
            self._go_on(conversation, now)
        full = not once and self._unanswered.count(told["now"]) >= MOST_WAITING
        ended = once and self.opened >= len(self._scripts)
        if now >= self._open_at and not full and not ended:
            self._open(now)

    def _listen(self, now: float) -> Json:
        told: Json = self._remote.call("GET", f"truth?who=all&since={self._seen}")
        if told["seq"] < self._seen:  # the sandbox has been reset
            self._begin()
            told = self._remote.call("GET", "truth?who=all")
        self._seen = told["seq"]
        self._unanswered.feed(told["entries"], OURS)
        for entry in told["entries"]:
            self._note(entry, now)
        return told

    def _note(self, entry: Json, now: float) -> None:
        if entry["author_id"] not in OURS:
            return
        if entry["parent_id"] is None:
            self._posts[entry["text"]] = entry
            return
        for conversation in self._conversations:
            if entry["parent_id"] in conversation.ids:
                conversation.ids.add(entry["id"])
                conversation.answer, conversation.answered_at = entry, now
                conversation.wait = self._patience("answer")

    def _open(self, now: float) -> None:
        pause = BURST_PAUSE if self.opened < BURST else PAUSE
        self._open_at = now + self._chance.uniform(*pause) / self._speed
        if not self._left:
            self._left = self._chance.sample(self._scripts, len(self._scripts))
        script = self._left.pop()
        self.opened += 1
        place = self._place(script)
        if place is None and script.network in UNDER:
            return  # a world from before we had anything there to write under
        author = self._somebody(script)
        entry = self._write(script, author, script.text, place)
        conversation = Conversation(script, author, entry, entry, now, {entry["id"]})
        self._conversations.append(conversation)
        self._ready(conversation)

    def _go_on(self, conversation: Conversation, now: float) -> None:
        turn = conversation.next
        if turn is None:
            self._conversations.remove(conversation)
            return
        if conversation.answer and turn.on != "answer":
            self._skip(conversation)
        elif self._due(conversation, turn, now):
            self._speak(conversation, turn, now)
        elif (
            turn.on == "answer" and not conversation.answer and now - conversation.spoke_at > self._patience("give up")
        ):
            self._conversations.remove(conversation)

    def _due(self, conversation: Conversation, turn: Turn, now: float) -> bool:
        if turn.on == "answer":
            return conversation.answer is not None and now >= conversation.answered_at + conversation.wait
        return now >= conversation.spoke_at + conversation.wait

    def _speak(self, conversation: Conversation, turn: Turn, now: float) -> None:
        author = self._somebody(conversation.script) if turn.on == "other" else conversation.author
        entry = self._write(conversation.script, author, turn.text, self._beneath(conversation))
        conversation.ids.add(entry["id"])
        conversation.answer, conversation.spoke_at = None, now
        if turn.on != "other":
            conversation.latest = entry
        conversation.turn += 1
        self._ready(conversation)

    def _skip(self, conversation: Conversation) -> None:
        """We were faster than their impatience: what they would have said about our silence is not said."""
        conversation.turn += 1
        if (turn := conversation.next) and turn.on == "answer":
            conversation.wait = self._patience("answer")

    def _ready(self, conversation: Conversation) -> None:
        if turn := conversation.next:
            conversation.wait = self._patience(turn.on)

    def _patience(self, on: str) -> float:
        if on == "give up":
            return 3 * 3600 / self._speed
        return self._chance.uniform(*PATIENCE[on]) / self._speed

    def _place(self, script: Script) -> str | None:
        """Under which of our posts; a page that has none gets the text as a post of its own."""
        if script.where != "comment":
            return None
        kind, known = UNDER.get(script.network, ("post", demo.POSTS))
        wanted = known[script.under][0]
        found = self._posts.get(wanted) or next((one for one in self._posts.values() if one["kind"] == kind), None)
        return found["id"] if found else None

    def _beneath(self, conversation: Conversation) -> str:
        """X answers the last word; on Facebook a comment's thread is two levels deep, as people use it."""
        if conversation.script.network in ("x", "mastodon"):
            return str((conversation.answer or conversation.latest)["id"])
        if conversation.first["kind"] == "post" and conversation.answer:
            return str(conversation.answer["id"])
        return str(conversation.first["id"])

    def _somebody(self, script: Script) -> Json:
        """A person who speaks the language, rather one who is not in a conversation already."""
        people = self._people.setdefault(script.network, self._remote.people(script.network))
        speakers = [person for person in people if person["language"] == script.language]
        busy = {one.author["id"] for one in self._conversations}
        free = [person for person in speakers if person["id"] not in busy]
        if not speakers:
            return self._remote.add_person(network=script.network, name="Kim Berg", language=script.language)
        return self._chance.choice(free or speakers)

    def _write(self, script: Script, author: Json, text: str, parent_id: str | None) -> Json:
        kind = KINDS.get(script.network) or ("comment" if parent_id else "post")
        entry = {"network": script.network, "kind": kind, "author_id": author["id"], "text": text, "via": "player"}
        extra: Json = {"lang": script.language}
        if script.picture and text == script.text:
            extra["attachments"] = [{**PICTURE, "description": script.picture}]
        return self._remote.write(**entry, parent_id=parent_id, extra=extra)
