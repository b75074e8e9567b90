"""The thread's column and the column beside it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from connectors.base import Visibility
from inbox.clock import read_clock
from inbox.forms import AssignForm, CloseForm, FollowUpForm, LaterForm, NoteForm, SetAsideForm, TakeOverForm, TopicForm
from inbox.models import Clearance, Message, Person, Reply, Snippet, Thread
from inbox.models.door import Door, conversation_door, private_reply_door, takes_answers
from inbox.screens.conversation import Conversation, answered_message, read_conversation
from inbox.states import ReplyState
from policies.models import Situation

MOST_BESIDE = 5


def messages_screen(thread: Thread, person: Person) -> dict[str, object]:
    """The conversation: messages, our replies on their way, notes."""
    return conversation_screen(read_conversation(thread, person, person.clearance_for(thread.channel)))


def conversation_screen(said: Conversation) -> dict[str, object]:
    notes = said.thread.notes
    return {
        "thread": said.thread,
        "person": said.person,
        "messages_shown": said.messages,
        "messages_cut": said.cut,
        "answered": said.answered,
        "under_way": said.under_way,
        "notes": notes.select_related("written_by").order_by("pk") if said.thread.has_notes else (),
        "newest_id": max((message.pk for message in said.messages), default=0),
    }


def thread_screen(thread: Thread, person: Person) -> dict[str, object]:
    """The thread's column: head, conversation, composer or who has it."""
    clearance = person.clearance_for(thread.channel)
    said = read_conversation(thread, person, clearance)
    holder = said.holder()
    writes = clearance.may_answer and (holder is None or holder.pk == person.pk)
    return {
        **conversation_screen(said),
        **head_screen(thread, person, clearance, holder),
        **composing(thread, person, said.draft, said.answered),
        **doors(said),
        "may_write": writes,
    }


def thread_head_screen(thread: Thread, person: Person) -> dict[str, object]:
    """The head alone."""
    return head_screen(thread, person, person.clearance_for(thread.channel), thread.holder(thread.read_at))


def head_screen(thread: Thread, person: Person, clearance: Clearance, holder: Person | None) -> dict[str, object]:
    """Who has it, its state, and the forms of what can be done with it."""
    return {
        "thread": thread,
        "person": person,
        "holder": holder,
        "mine": holder is not None and holder.pk == person.pk,
        "other_channels": thread.other_channels(),
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
    """As Conversation.draft, without reading the conversation."""
    mine = thread.replies.filter(state=ReplyState.DRAFT, written_by=person)
    return mine.select_related("answers__author", "corrects").order_by("-pk").first()


def composer_screen(thread: Thread, person: Person) -> dict[str, object]:
    """What stands around the text, for who may write it."""
    return {**composing(thread, person, own_draft(thread, person), answered_message(thread)), "may_write": True}


def composing(thread: Thread, person: Person, draft: Reply | None, answered: Message | None) -> dict[str, object]:
    """The writer's own draft where there is one; it comes into being with the first letter."""
    visibility = Visibility((draft or thread).visibility)
    private, capabilities = visibility is Visibility.PRIVATE, thread.channel.capabilities
    answers = (draft.answers if draft else None) or answered
    return {
        "draft": draft,
        "text": draft.text if draft else "",
        "signature": draft.signature if draft else thread.channel.signature_of(person),
        "private": private,
        "longest": capabilities.longest(visibility),
        "weighted": capabilities.weighted and not private,
        "by_hand": not takes_answers(None if private else answers, thread.channel),
        "snippets": Snippet.objects.fitting(thread.language)[:20],
    }


def doors(said: Conversation) -> dict[str, Door | None]:
    """How long the network takes an answer in the conversation, and a private one to what was said in public."""
    channel, last = said.thread.channel, said.last_word
    answers = (said.draft.answers if said.draft else None) or said.answered
    now = said.thread.read_at or read_clock()
    if said.thread.is_private:
        return {"door": conversation_door(last, channel, now) if last else None, "private_door": None}
    if answers is None:
        return {"door": None, "private_door": None}
    spent = said.has_private_answer(answers)
    return {"door": None, "private_door": private_reply_door(answers, channel, now, spent=spent)}


def side_screen(thread: Thread, person: Person) -> dict[str, object]:
    """Who this is, what we said before, what is in force now, what was promised."""
    at = timezone.localtime(thread.read_at or read_clock())
    in_force = [
        situation for situation in Situation.objects.in_force(at) if situation.covers_channel(thread.channel_id)
    ]
    others = Thread.objects.readable_by(person).filter(author__isnull=False, author=thread.author)
    follow_ups = thread.follow_ups
    return {
        "thread": thread,
        "situations": in_force,
        "other_threads": others.exclude(pk=thread.pk).select_related("channel").order_by("-last_at")[:MOST_BESIDE],
        "said_before": said_before(thread),
        "follow_ups": follow_ups.select_related("owner").order_by("due_at")[:20] if thread.has_follow_ups else (),
    }


def said_before(thread: Thread) -> list[Reply]:
    """Our last replies on the same topic to anyone, so that two people do not get two answers.

    Only where a person has tagged it: what the models suggest is a question, and not worth a query on every page.
    """
    if not thread.topic:
        return []
    same = Reply.objects.filter(state=ReplyState.SENT, thread__topic=thread.topic).exclude(thread=thread)
    return list(same.select_related("written_by", "thread").order_by("-sent_at")[:MOST_BESIDE])
