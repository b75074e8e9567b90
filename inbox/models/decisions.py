"""What people decided about the rules' verdicts, as labelled cases that the models can be trained on.

Nothing is stored twice: a case is read from the reply and its thread when training asks, and is gone when they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from inbox.models.message import Message
from inbox.models.reply import Reason, Reply
from inbox.models.rules import WrongStop
from policies.cases import Case
from policies.topics import RULES
from policies.verdict import Context, Effect, Turn, Verdict

# Findings that are the models' own view: what a person decides is to teach them, not what they said before.
_VIEWS = frozenset({"gate", "risk"})


def decided() -> Iterator[Case]:
    """Answered "wrong stop" reports, held replies that a lead let go, and those a lead sent back unchanged."""
    yield from map(_of_report, WrongStop.objects.exclude(was_wrong=None).select_related("reply__thread").order_by("pk"))
    replies = Reply.objects.exclude(verdict=None).select_related("thread").order_by("pk")
    yield from _of_held(replies.exclude(approved_by=None), right=False)
    yield from _of_held(replies.filter(reason=Reason.SENT_BACK).exclude(effect=""), right=True)


def _of_report(report: WrongStop) -> Case:
    broken = frozenset() if report.was_wrong else frozenset({report.rule})
    return _case(f"wrong-stop-{report.pk}", report.reply, report.text, asked=frozenset({report.rule}), broken=broken)


def _of_held(replies: Iterable[Reply], *, right: bool) -> Iterator[Case]:
    """Cases of replies that a rule had held; was the hold right?"""
    for reply in replies:
        held = {each.rule for each in _verdict(reply).violations if each.effect is Effect.HOLD} & set(RULES)
        if held:
            yield _case(f"held-{reply.pk}", reply, reply.text, asked=held, broken=held if right else frozenset())


def _case(name: str, reply: Reply, text: str, *, asked: Set[str], broken: Set[str]) -> Case:
    """`asked`: the rules that the person decided on; of the others, what the matchers found stands."""
    thread = reply.thread
    found = {each.rule for each in _verdict(reply).violations if each.finding.kind not in _VIEWS} & set(RULES)
    return Case(
        id=name,
        thread=tuple(_turns(reply)),
        draft=text,
        context=Context(
            visibility=reply.visibility, network=thread.network, language=thread.language, topic=thread.topic_in_force
        ),
        violations=frozenset((found - asked) | broken),
        situation=f"thread-{thread.pk}",
    )


def _turns(reply: Reply) -> Iterator[Turn]:
    """The conversation up to the message that the reply answers, oldest first."""
    messages = Message.objects.filter(thread=reply.thread_id, removed_at=None, reply=None).in_order()
    if reply.answers_id:
        messages = messages.filter(pk__lte=reply.answers_id)
    return (Turn("us" if message.is_ours else "customer", message.text) for message in messages)


def _verdict(reply: Reply) -> Verdict:
    return Verdict.from_json(reply.verdict) if reply.verdict else Verdict(Effect.SEND)
