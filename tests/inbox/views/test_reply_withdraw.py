"""Withdrawing a sent reply: deleted on the network, kept in the record, and its question waits again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inbox import tasks
from inbox.models import Audit, Channel, Deed, Message, Person, Reply, Thread
from inbox.states import ReplyState, ThreadState
from tests import make
from tests.connectors.worlds import World
from tests.inbox.browsing import HTMX, client, words

REASON = {"reason": "wrong customer"}


@pytest.fixture
def sent(place: World, anna: Person) -> Reply:
    """A reply on the network."""
    channel = Channel.objects.filter(network=place.connector.network).first() or make.channel(place.connector.network)
    make.clear(anna, channel)
    make.rulebook()
    place.say("Hvem kan jeg spørre om dette?")
    tasks.pull(channel.pk)
    reply = make.queued(Thread.objects.get(channel=channel), anna)
    tasks.send(reply.pk)
    return Reply.objects.get(pk=reply.pk)


def path(reply: Reply) -> str:
    return reverse("reply_withdraw", args=[reply.pk])


def work() -> None:
    for pk in Deed.objects.due().values_list("pk", flat=True):
        tasks.TASKS["do"].apply(args=(pk,))


def there(place: World) -> list[str]:
    return [entry["text"] for entry in place.sent() if not entry["deleted_at"]]


def test_it_is_gone_there_and_kept_here(place: World, sent: Reply, anna: Person) -> None:
    assert sent.state == ReplyState.SENT
    assert client(anna).post(path(sent), REASON, headers=HTMX).status_code == 204
    work()
    assert there(place) == []
    reply = Reply.objects.get(pk=sent.pk)
    assert (reply.state, reply.text) == (ReplyState.REMOVED, make.FINE)
    assert Message.objects.get(reply=reply).removed_at is not None
    assert Deed.objects.get().reason == "wrong customer"
    assert {"delete_asked", "delete_done", "removed"} <= set(Audit.objects.values_list("verb", flat=True))
    assert "Withdrawn" in words(client(anna).get(reverse("thread", args=[reply.thread_id])))


def test_its_question_waits_again(sent: Reply, anna: Person) -> None:
    assert Thread.objects.get(pk=sent.thread_id).state == ThreadState.WAITING
    client(anna).post(path(sent), REASON)
    work()
    assert Thread.objects.get(pk=sent.thread_id).state == ThreadState.OPEN
    assert sent.thread.messages.unsettled().count() == 1


def test_an_answer_that_is_lost_is_asked_for_again(place: World, sent: Reply, anna: Person) -> None:
    client(anna).post(path(sent), REASON)
    place.remote.fault("reset", method="DELETE", count=1, effect=True)
    work()
    assert Reply.objects.get(pk=sent.pk).state == ReplyState.SENT
    Deed.objects.update(not_before=make.after(-1))
    work()
    assert Reply.objects.get(pk=sent.pk).state == ReplyState.REMOVED


def test_without_a_reason_nothing_happens(sent: Reply, anna: Person) -> None:
    assert client(anna).post(path(sent), headers=HTMX).status_code == 422
    assert not Deed.objects.exists()


def test_a_colleague_cannot_but_a_lead_can(sent: Reply, bo: Person, lea: Person) -> None:
    assert client(bo).post(path(sent), REASON).status_code == 404
    assert client(lea).post(path(sent), REASON, headers=HTMX).status_code == 204


def test_what_has_not_left_is_not_withdrawn(facebook: Channel, anna: Person) -> None:
    reply = make.queued(make.thread(facebook), anna)
    assert client(anna).post(path(reply), REASON, headers=HTMX).status_code == 409


def test_a_get_withdraws_nothing(sent: Reply, anna: Person) -> None:
    assert client(anna).get(path(sent)).status_code == 405


def test_what_a_network_keeps_in_a_conversation_is_not_offered(place: World, sent: Reply, anna: Person) -> None:
    Message.objects.filter(reply=sent).update(visibility="private", scope=sent.channel_id)
    assert client(anna).post(path(sent), REASON, headers=HTMX).status_code == 409
    shown = words(client(anna).get(reverse("thread", args=[sent.thread_id])))
    assert "Withdraw …" not in shown
    assert "private" in shown
    assert len(there(place)) == 1
