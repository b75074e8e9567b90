"""Yesterday's backup beside a network that is ahead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import F

from inbox import tasks
from inbox.clock import moment
from inbox.models import Attempt, Audit, FollowUp, Message, Person, Reply, Thread
from inbox.states import ReplyState
from tests import make
from tests.connectors.worlds import World

REPLIES = 5  # on each network
Q = timedelta(minutes=2)
MOST_ROUNDS = 6


@pytest.fixture
def backup(place: World, db: None) -> list[Reply]:
    """Replies as the backup has them: queued."""
    channel = make.channel(place.connector.network)
    anna: Person = make.person("anna")
    make.clear(anna, channel)
    for number in range(REPLIES):
        place.say(f"Hvem kan jeg spørre om dette? {'abcde'[number]}")
    tasks.pull(channel.pk)
    return [make.queued(thread, anna, f"{make.FINE} {thread.pk}") for thread in Thread.objects.order_by("pk")]


def lose_a_day(replies: list[Reply]) -> None:
    """They have left since; and of that the restored database knows nothing."""
    for reply in replies:
        tasks.send(reply.pk)
    Attempt.objects.all().delete()
    FollowUp.objects.all().delete()
    Message.objects.filter(is_ours=True).delete()
    Reply.objects.bulk_update(replies, ["state", "attempt", "attempt_at", "remote_id", "sent_at", "not_before"])


def let_it_run(place: World) -> None:
    """Workers and time, with people who write in the threads."""
    for _ in range(MOST_ROUNDS):
        Reply.objects.filter(state__in=["queued", "sending"]).update(
            not_before=moment(plus=-Q), attempt_at=F("attempt_at") - Q
        )
        for pk in Reply.objects.due().values_list("pk", flat=True):
            tasks.send(pk)


def test_what_has_left_since_the_backup_is_found_and_not_sent_again(backup: list[Reply], place: World) -> None:
    lose_a_day(backup)
    call_command("after_restore")
    let_it_run(place)
    out = [entry["text"] for entry in place.sent()]
    assert sorted(out) == sorted(reply.outgoing for reply in backup)
    assert set(Reply.objects.values_list("state", flat=True)) == {ReplyState.SENT}


def test_what_has_not_left_is_sent_or_shown_to_a_person(backup: list[Reply], place: World) -> None:
    lose_a_day(backup[:2])
    call_command("after_restore")
    for reply in backup[2:]:
        bystander = place.answer(reply.thread.root_remote_id, "Det lurer jeg også på.", author="Ole Håkonsen")
        place.remote.write_many([bystander])
    let_it_run(place)
    out = [entry["text"] for entry in place.sent()]
    assert sorted(out) == sorted(reply.outgoing for reply in backup)


def test_the_record_tells_that_it_was_looked_for(backup: list[Reply], place: World) -> None:
    call_command("after_restore")
    assert Audit.objects.filter(verb="looked_for").count() == REPLIES
