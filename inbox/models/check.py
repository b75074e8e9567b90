"""The draft meets the rules: gathers what a check needs from the database and asks policies for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

import connectors
from connectors.base import Visibility
from inbox.clock import moment, read_clock
from inbox.models.channel import Channel
from inbox.models.person import Level, Person
from inbox.models.rules import RuleBreak
from inbox.models.snippet import Snippet
from inbox.models.thread import Thread
from policies import rulebook
from policies.engine import check
from policies.models import Rulebook, Situation, Statement
from policies.verdict import Context, Effect, Finding, RecentReply, Turn, Verdict, Violation, Wording

if TYPE_CHECKING:
    from inbox.models.reply import Reply

SUPERVISION = "supervision"
REPEATS_WITHIN = timedelta(hours=24)
MOST_RECENT = 500
MOST_TURNS = 20


def check_reply(reply: Reply, at: datetime | None = None) -> Verdict:
    """The verdict on a reply's whole outgoing text, under the rulebook and the situations in force."""
    verdict = check_text(
        reply.thread, reply.outgoing, visibility=reply.visibility, signature=reply.signature, at=at, reply=reply
    )
    return supervised(verdict, reply.written_by, reply.channel)


def check_text(
    thread: Thread,
    text: str,
    *,
    visibility: str,
    signature: str = "",
    at: datetime | None = None,
    reply: Reply | None = None,
) -> Verdict:
    """The verdict on any text in a thread: while writing, at the gate, and on the rules page."""
    at = timezone.localtime(at or read_clock())
    situations = situations_of(thread, at)
    outages = [situation for situation in situations if situation.kind == "outage"]
    context = Context(
        visibility=visibility,
        network=thread.network,
        channel=str(thread.channel_id),
        language=thread.language,
        agent_language=translation.get_language() or "en",
        models=settings.SAMTAL_MODELS,
        topic=thread.topic_in_force,
        topic_refused=frozenset(thread.topics_refused),
        incident=visibility == Visibility.PUBLIC and any(binds(outage, thread) for outage in outages),
        at=at,
        situations=tuple(situation.load(at=at) for situation in situations),
        snippets=snippets(),
        statements=tuple(wording for each in Statement.objects.released(at) for wording in each.load()),
        recent_replies=recent_replies(thread, at, reply),
        disabled=frozenset(RuleBreak.objects.in_force(at).values_list("rule", flat=True)),
        signature=signature,
    )
    verdict = check(text, turns(thread), rulebook_in_force(), context)
    known = list(of_the_network(thread.network, text, Visibility(visibility)))
    return verdict.plus(*known) if known else verdict


def of_the_network(network: str, text: str, visibility: Visibility) -> Iterator[Violation]:
    """What the network itself would say to a text, known before it is asked: that it is too long, what it costs."""
    connector, prices = connectors.get(network), settings.SAMTAL_PRICES.get(network, {})
    if over := connector.excess(text, visibility):
        most = connector.capabilities.longest(visibility)
        message = _("%(network)s takes at most %(most)s characters here. Too many: %(over)s.")
        told = message % {"network": connector.label, "most": most, "over": over}
        yield Violation("length", Effect.BLOCK, "", Finding(None, told, data={"kind": "too_long"}))
    if connector.billed_as(text, visibility) == "link" and (price := prices.get("link")):
        told = _("With a link in it this costs $%(price)s.") % {"price": f"{price:.2f}"}
        yield Violation("price", Effect.ADVISE, "", Finding(None, told, data={"kind": "price"}))


def rulebook_in_force() -> rulebook.Rulebook:
    """The rules that bind now. A published version never changes, so each process keeps it once read."""
    newest = Rulebook.objects.published().order_by("-version").values_list("version", flat=True).first()
    return version_of(newest) if newest else rulebook.starter(settings.SAMTAL_PROFILE)


@lru_cache(maxsize=4)
def version_of(version: int) -> rulebook.Rulebook:
    return Rulebook.objects.get(version=version).load()


def situations_of(thread: Thread, at: datetime) -> list[Situation]:
    """The situations in force that concern this thread: by channel, an outage by its words or the topic."""
    texts = " ".join(turn.text for turn in turns(thread)).casefold()
    here = [each for each in Situation.objects.in_force(at) if each.covers_channel(thread.channel_id)]
    return [each for each in here if each.kind != Situation.Kind.OUTAGE or concerns(each, thread.topic, texts)]


def concerns(outage: Situation, topic: str, texts: str) -> bool:
    """A person tagged the thread as outage, or its words (casefolded) name what the outage is about."""
    return topic == "outage" or any(term.casefold() in texts for term in outage.terms if term)


def binds(outage: Situation, thread: Thread) -> bool:
    """An outage binds a thread until it has been pointed to customer service once since the outage began."""
    return thread.pointed_to_service_at is None or thread.pointed_to_service_at < outage.starts_at


def turns(thread: Thread) -> Sequence[Turn]:
    """The conversation as the rules read it, oldest first; removed messages are not part of it."""
    newest = thread.messages.filter(removed_at__isnull=True).order_by("-created_at", "-pk")[:MOST_TURNS]
    return [Turn("us" if message.is_ours else "customer", message.text) for message in reversed(newest)]


def snippets() -> tuple[Wording, ...]:
    approved = Snippet.objects.approved()
    return tuple(
        Wording(id=row.pk, text=row.text, language=row.language, topics=(row.topic,) if row.topic else ())
        for row in approved
    )


def recent_replies(thread: Thread, at: datetime, reply: Reply | None) -> tuple[RecentReply, ...]:
    """Public replies of the last 24 hours on this network, for the check on identical answers. Index reply_recent."""
    # What a reply corrects is no second answer beside it.
    itself = [reply.pk, reply.corrects_id] if reply else []
    sent = thread.replies.model.objects.exclude(pk__in=[pk for pk in itself if pk])
    rows = (
        sent.filter(state="sent", visibility=Visibility.PUBLIC, sent_at__gt=moment(at, -REPEATS_WITHIN))
        .order_by("-sent_at")
        .values_list("text", "answers__author_id")[:MOST_RECENT]
    )
    return tuple(RecentReply(text, str(author)) for text, author in rows)


def supervised(verdict: Verdict, person: Person, channel: Channel) -> Verdict:
    """A supervised person's reply is held for the named mentor, as a finding like any other."""
    clearance = person.clearance_for(channel)
    if clearance.level != Level.SUPERVISED:
        return verdict
    mentor = clearance.mentor
    message = (
        _("A colleague reads it before it leaves: %(mentor)s") % {"mentor": mentor}
        if mentor
        else _("A lead reads it before it leaves.")
    )
    finding = Finding(None, message, data={"kind": SUPERVISION})
    return verdict.plus(Violation(SUPERVISION, Effect.HOLD, _("Supervised work"), finding))
