"""Rules and situations change through these verbs: they write the record and look again at every reply that waits."""

from __future__ import annotations

from django.db import transaction

from inbox.clock import read_clock
from inbox.models.audit import Audit
from inbox.models.person import Person
from inbox.models.reply import Reply
from inbox.states import ReplyState
from policies.models import Rulebook, Situation

MOST_AT_ONCE = 500


def start_situation(situation: Situation, *, by: Person) -> Situation:
    """Put an outage, quiet period or embargo in force."""
    with transaction.atomic():
        situation.save()
        Audit.write("situation_started", by=by, situation=situation.pk, kind=situation.kind)
    recheck()
    return situation


def end_situation(situation: Situation, *, by: Person) -> bool:
    with transaction.atomic():
        ended = situation.end(at=read_clock())
        if ended:
            Audit.write("situation_ended", by=by, situation=situation.pk, kind=situation.kind)
    return ended


def publish_rulebook(draft: Rulebook, *, by: Person) -> bool:
    """Put a draft rulebook in force. False where somebody has published it already."""
    with transaction.atomic():
        published = draft.publish(at=read_clock())
        if published:
            Audit.write("rulebook_published", by=by, rulebook=draft.version)
    if published:
        recheck()
    return published


def recheck() -> int:
    """Look again at what is queued; what the rules stop now is held or a draft again. How many were stopped.

    A reply whose turn comes before it is looked at here meets the same rules when its sending starts.
    """
    stopped = 0
    for pk in Reply.objects.filter(state=ReplyState.QUEUED).values_list("pk", flat=True)[:MOST_AT_ONCE]:
        with transaction.atomic():
            reply = Reply.objects.select_for_update(skip_locked=True).filter(pk=pk, state=ReplyState.QUEUED).first()
            if reply and not reply.passes_rules(None):
                stopped += 1
    return stopped
