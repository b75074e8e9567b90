"""The thread's column and the column beside it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Prefetch
from django.utils import timezone

from connectors.base import Visibility
from inbox.clock import read_clock
from inbox.forms import AssignForm, CloseForm, FollowUpForm, LaterForm, NoteForm, SetAsideForm, TakeOverForm, TopicForm
from inbox.models import Clearance, Deed, Message, Person, Picture, Reason, Reply, Snippet, Thread
from inbox.models.correction import steps
from inbox.models.deed import offered
from inbox.models.door import Door, conversation_door, private_reply_door, takes_answers
from inbox.states import ReplyState
from policies.models import Situation

MOST_MESSAGES = 300
MOST_BESIDE = 5
SHOWN_REPLIES = (
    ReplyState.HELD,
    ReplyState.QUEUED,
    ReplyState.SENDING,
    ReplyState.UNCERTAIN,
    ReplyState.FAILED,
)


def messages_screen(thread: Thread, person: Person, clearance: Clearance | None = None) -> dict[str, object]:
    """The conversation: messages, our replies on their way, notes."""
    clearance = clearance or person.clearance_for(thread.channel)
    newest = thread.messages.select_related("author", "parent", "reply__written_by", "reply__approved_by").order_by(
        "-created_at", "-pk"
    )
    newest = newest.prefetch_related(Prefetch("pictures", Picture.objects.described()), "reply__revisions__by")
    messages = list(newest[: MOST_MESSAGES + 1])[::-1]
    with_deeds(thread, messages, moderates=clearance.moderates)
    with_corrections(thread, messages)
    under_way = (
        thread.replies.filter(state__in=SHOWN_REPLIES)
        .select_related("written_by", "approved_by")
        .prefetch_related("revisions__by")
        .order_by("pk")
    )
    return {
        "thread": thread,
        "messages_shown": messages[-MOST_MESSAGES:],
        "messages_cut": len(messages) > MOST_MESSAGES,
        "answered": answered_message(thread),
        "under_way": under_way,
        "notes": thread.notes.select_related("written_by").order_by("pk"),
        "newest_id": max((message.pk for message in messages), default=0),
        "person": person,
    }


def with_deeds(thread: Thread, messages: list[Message], *, moderates: bool) -> None:
    """Tell each message what was done to it last, and what this person could do to it."""
    deeds, capabilities = Deed.objects.newest_of(thread), thread.channel.capabilities
    for message in messages:
        message.deed = deeds.get(message.pk)
        message.offered = offered(message, capabilities) if moderates else []


def with_corrections(thread: Thread, messages: list[Message]) -> None:
    """Tell each message of ours what it said before it was corrected."""
    corrected = {reply.pk: reply for reply in thread.replies.filter(reason=Reason.CORRECTED).defer("verdict")}
    for message in messages:
        message.corrections = list(steps(message.reply, corrected)) if message.reply else []


def answered_message(thread: Thread) -> Message | None:
    """What a reply would answer: the newest message that waits, else the customer's last word."""
    waiting = thread.messages.unsettled().select_related("author").in_order().last()
    return waiting or thread.messages.filter(is_ours=False).select_related("author").in_order().last()


def thread_screen(thread: Thread, person: Person) -> dict[str, object]:
    """Everything of one thread: head, conversation, composer or who has it, and what stands beside it."""
    holder = thread.holder()
    clearance = person.clearance_for(thread.channel)
    mine = holder is not None and holder.pk == person.pk
    screen = messages_screen(thread, person, clearance)
    writes = clearance.may_answer and (mine or holder is None)
    answers = screen["answered"] if isinstance(screen["answered"], Message) else None
    return {
        **screen,
        **side_screen(thread, person),
        **composer_screen(thread, person, may_write=writes, answers=answers),
        "holder": holder,
        "mine": mine,
        "clearance": clearance,
        "assign_form": AssignForm(),
        "take_over_form": TakeOverForm(),
        "set_aside_form": SetAsideForm(),
        "close_form": CloseForm(),
        "later_form": LaterForm(),
        "topic_form": TopicForm(initial={"topic": thread.topic}),
        "note_form": NoteForm(auto_id="note_%s"),
        "follow_up_form": FollowUpForm(
            initial={"due_at": timezone.localtime() + timedelta(days=1)}, auto_id="follow_%s"
        ),
    }


def own_draft(thread: Thread, person: Person) -> Reply | None:
    mine = thread.replies.filter(state=ReplyState.DRAFT, written_by=person)
    return mine.select_related("answers__author", "corrects").order_by("-pk").first()


def composer_screen(
    thread: Thread, person: Person, *, may_write: bool, answers: Message | None = None
) -> dict[str, object]:
    """The writer's own draft where there is one; it comes into being with the first letter."""
    draft = own_draft(thread, person)
    answers = (draft.answers if draft else None) or answers or answered_message(thread)
    private = (draft or thread).visibility == Visibility.PRIVATE
    signature = draft.signature if draft else thread.channel.signature_of(person)
    return {
        "may_write": may_write,
        "draft": draft,
        "text": draft.text if draft else "",
        "signature": signature,
        "private": private,
        "by_hand": not takes_answers(None if private else answers, thread.channel),
        **doors(thread, answers),
        "snippets": Snippet.objects.fitting(thread.language)[:20],
    }


def doors(thread: Thread, answers: Message | None) -> dict[str, Door | None]:
    """How long the network takes an answer in the conversation, and a private one to what was said in public."""
    capabilities, now = thread.channel.capabilities, read_clock()
    if answers is None or not (capabilities.private_within or capabilities.private_reply_within):
        return {"door": None, "private_door": None}
    if thread.is_private:
        last = thread.messages.filter(is_ours=False).in_order().last()
        return {"door": conversation_door(last, thread.channel, now) if last else None, "private_door": None}
    return {"door": None, "private_door": private_reply_door(answers, thread.channel, now)}


def side_screen(thread: Thread, person: Person) -> dict[str, object]:
    """Who this is, what we said before, what is in force now, what was promised."""
    at = timezone.localtime(read_clock())
    in_force = [
        situation for situation in Situation.objects.in_force(at) if situation.covers_channel(thread.channel_id)
    ]
    others = Thread.objects.readable_by(person).filter(author__isnull=False, author=thread.author)
    return {
        "thread": thread,
        "situations": in_force,
        "other_threads": others.exclude(pk=thread.pk).select_related("channel").order_by("-last_at")[:MOST_BESIDE],
        "said_before": said_before(thread),
        "follow_ups": thread.follow_ups.select_related("owner").order_by("due_at")[:20],
    }


def said_before(thread: Thread) -> list[Reply]:
    """Our last replies on the same topic to anyone, so that two people do not get two answers."""
    if not thread.topic_in_force:
        return []
    same = Reply.objects.filter(state=ReplyState.SENT, thread__topic=thread.topic_in_force).exclude(thread=thread)
    return list(same.select_related("written_by", "thread").order_by("-sent_at")[:MOST_BESIDE])
