"""What was said in a thread and is about to be said, read once for every part of the page that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, prefetch_related_objects

from connectors.base import Visibility
from inbox.models import Clearance, Deed, Message, Person, Picture, Reason, Reply, Revision, Thread
from inbox.models.correction import steps
from inbox.models.deed import offered
from inbox.models.door import SPENT
from inbox.states import UNDER_WAY, ReplyState, Settled

MOST_MESSAGES = 300
SHOWN_REPLIES = (*UNDER_WAY, ReplyState.FAILED)


@dataclass(frozen=True)
class Conversation:
    """messages: the newest, oldest first; `cut` where there are older ones. replies: those `beside` the messages."""

    thread: Thread
    person: Person
    messages: Sequence[Message]
    cut: bool
    replies: Sequence[Reply]

    @property
    def under_way(self) -> list[Reply]:
        """Our replies that are no message yet, and those that failed."""
        return [reply for reply in self.replies if reply.state in SHOWN_REPLIES]

    @property
    def draft(self) -> Reply | None:
        """The person's own."""
        return next((reply for reply in reversed(self.replies) if reply.state == ReplyState.DRAFT), None)

    @property
    def corrected(self) -> dict[int, Reply]:
        return {reply.pk: reply for reply in self.replies if reply.reason == Reason.CORRECTED}

    @property
    def last_word(self) -> Message | None:
        """The customer's."""
        return next((message for message in reversed(self.messages) if not message.is_ours), None)

    @property
    def answered(self) -> Message | None:
        """What a reply would answer: the newest message that waits, else the customer's last word."""
        customers = (message for message in reversed(self.messages) if not message.is_ours)
        waits = next((message for message in customers if message.settled == Settled.NO), None)
        if waits is None and self.cut:
            return answered_message(self.thread)
        return waits or self.last_word

    def holder(self) -> Person | None:
        """As Thread.holder, of what has been read."""
        writers = (reply.written_by for reply in self.replies if reply.state in UNDER_WAY)
        return self.thread.claimant(self.thread.read_at) or next(writers, None)

    def has_private_answer(self, message: Message) -> bool:
        private = (reply for reply in self.replies if reply.visibility == Visibility.PRIVATE)
        return any(reply.answers_id == message.pk and reply.state in SPENT for reply in private)


def read_conversation(thread: Thread, person: Person, clearance: Clearance) -> Conversation:
    """In at most five queries, however long it is: messages, pictures, replies, revisions, deeds."""
    newest = thread.messages.select_related("author", "parent", "reply__written_by", "reply__approved_by")
    messages = list(newest.order_by("-created_at", "-pk")[: MOST_MESSAGES + 1])[::-1]
    cut = len(messages) > MOST_MESSAGES
    said = Conversation(thread, person, messages[-MOST_MESSAGES:], cut, beside(thread, person))
    with_pictures(said.messages)
    with_revisions(said)
    with_deeds(thread, said.messages, moderates=clearance.moderates)
    with_corrections(said)
    return said


def beside(thread: Thread, person: Person) -> list[Reply]:
    """The replies that no message shows: under way, failed, the person's draft, corrected, the one private answer."""
    shown = Q(state__in=SHOWN_REPLIES) | Q(state=ReplyState.DRAFT, written_by=person) | Q(reason=Reason.CORRECTED)
    if not thread.is_private:
        shown |= Q(state__in=SPENT, visibility=Visibility.PRIVATE)
    replies = Reply.objects.filter(shown, thread=thread).defer("verdict")
    return list(replies.select_related("written_by", "approved_by", "answers__author", "corrects").order_by("pk"))


def with_pictures(messages: Sequence[Message]) -> None:
    """Only what came with attachments can have any."""
    illustrated = [message for message in messages if message.attachments]
    prefetch_related_objects(illustrated, Prefetch("pictures", Picture.objects.described()))


def with_revisions(said: Conversation) -> None:
    written = [message.reply for message in said.messages if message.reply]
    revisions = Revision.objects.select_related("by") if said.thread.has_revisions else Revision.objects.none()
    prefetch_related_objects([*written, *said.under_way], Prefetch("revisions", revisions))


def with_deeds(thread: Thread, messages: Sequence[Message], *, moderates: bool) -> None:
    """Tell each message what was done to it last, and what this person could do to it."""
    deeds = Deed.objects.newest_of(thread) if thread.has_deeds else {}
    capabilities = thread.channel.capabilities
    for message in messages:
        message.deed = deeds.get(message.pk)
        message.offered = offered(message, capabilities) if moderates else []


def with_corrections(said: Conversation) -> None:
    """Tell each message of ours what it said before it was corrected."""
    corrected = said.corrected
    for message in said.messages:
        message.corrections = list(steps(message.reply, corrected)) if message.reply else []


def answered_message(thread: Thread) -> Message | None:
    """As Conversation.answered, without reading the conversation."""
    waiting = thread.messages.unsettled().select_related("author").in_order().last()
    return waiting or thread.messages.filter(is_ours=False).select_related("author").in_order().last()
