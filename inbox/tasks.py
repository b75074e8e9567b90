"""What workers do when they are woken: pull a channel, send a reply, read an unknown outcome back.

A Celery message carries only an id. What is due stands in PostgreSQL, and taking it is a conditional UPDATE, so a
message that is lost, doubled or late does no harm.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta

from celery import Task, shared_task
from django.db import transaction
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from connectors.base import Connector, ConnectorError
from inbox.clock import read_clock
from inbox.models import AuditSeal, Channel, Reply, Stream, Submission
from inbox.models.intake import commit_page
from inbox.states import ReplyState

log = logging.getLogger(__name__)

MOST_PAGES = 40
MOST_AT_ONCE = 50


# --- wake-ups --------------------------------------------------------------------------------------------------------


def wake(task: str, pk: int) -> bool:
    """Tell a worker that something is due. Never worth an error: the sweep does what no worker takes.

    False where Redis did not take it.
    """
    with suppress(KombuError, OperationalError, RedisError, OSError):
        TASKS[task].apply_async(args=(pk,), retry=False, ignore_result=True, expires=30)
        return True
    return False


def wake_after_commit(task: str, pk: int) -> None:
    transaction.on_commit(lambda: wake(task, pk), robust=True)


@shared_task
def wake_due() -> None:
    """Beat's extra wake-ups, for a minute in which every sweep is down."""
    for task, pk in due(MOST_AT_ONCE):
        if not wake(task, pk):
            return


def due(most: int, late: timedelta = timedelta()) -> list[tuple[str, int]]:
    """What a worker should do now, or should have done `late` ago: (task name, id)."""
    replies = Reply.objects.due(plus=-late).order_by("not_before").values_list("pk", flat=True)[:most]
    channels = Channel.objects.due(plus=-late).order_by("next_poll_at").values_list("pk", flat=True)[:most]
    return [("send", pk) for pk in replies] + [("pull", pk) for pk in channels]


# --- intake ----------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def pull(channel_id: int) -> None:
    """Read every stream of a channel from where it was left, page by page."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.take_pull():
        return
    try:
        more = read_streams(channel, channel.connect())
    except ConnectorError as error:
        log.warning("channel %s: %s", channel.pk, error)
        channel.record_error(error)
    else:
        channel.pulled(again=more)


def read_streams(channel: Channel, connector: Connector) -> bool:
    """Read the streams; true where the budget of pages ended before they did."""
    pages = MOST_PAGES
    # A stream that was left open is gone on with, also where nothing names it any more: its post may be deleted.
    opened = channel.streams.filter(walk_to_at__isnull=False).values_list("key", flat=True)
    waiting = list(dict.fromkeys([*connector.streams(), *opened]))
    states: dict[str, str] = {}
    while waiting and pages:
        key = waiting.pop(0)
        pages, follow = read_stream(channel, connector, key, pages, states.get(key, ""))
        states |= follow
        waiting += [stream for stream in follow if stream not in waiting]
    return bool(waiting) or channel.streams.filter(walk_to_at__isnull=False).exists()


def read_stream(channel: Channel, connector: Connector, key: str, pages: int, state: str) -> tuple[int, dict[str, str]]:
    """Read one stream to its end or to the end of the budget: (pages left, streams to follow and their states)."""
    stream, _new = Stream.objects.get_or_create(channel=channel, key=key)
    since = read_clock() - timedelta(days=channel.reach_days)
    follow: dict[str, str] = {}
    while pages:
        pages -= 1
        known = dict(channel.streams.exclude(state="").values_list("key", "state"))
        page = connector.fetch_page(key, stream.window, since=since, known=known)
        if commit_page(channel, stream, page) is None:
            break
        follow |= {found.stream: found.state for found in page.follow}
        if page.window.walk_to is None:
            Stream.objects.filter(pk=stream.pk).update(state=state)
            break
    return pages, follow


# --- sending ---------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def send(reply_id: int) -> None:
    """Send a queued reply, or find out what became of one whose outcome is unknown."""
    reply = (
        Reply.objects.filter(pk=reply_id).select_related("channel", "thread", "answers__author", "written_by").first()
    )
    if reply is None:
        return
    if reply.state == ReplyState.SENDING:
        read_back(reply)
    elif reply.state == ReplyState.QUEUED:
        publish(reply)


def publish(reply: Reply) -> None:
    """One attempt: committed before the call, one call, its answer committed after it."""
    outgoing = reply.start()
    if outgoing is None:
        return
    try:
        sent = reply.channel.connect(start_by=reply.start_by).send(outgoing)
    except ConnectorError as error:
        log.warning("reply %s attempt %s: %s", reply.pk, reply.attempt, error)
        reply.finish_error(error)
    else:
        reply.finish_sent(sent)


def read_back(reply: Reply) -> None:
    """After the quiet time: is it there? (DESIGN §7)"""
    since = reply.first_attempt_at
    if since is None or not reply.take_read_back():
        return
    outgoing = reply.as_outgoing()
    connector = reply.channel.connect()
    try:
        seen = connector.read_back(outgoing, since=since)
    except ConnectorError as error:
        reply.read_back_later(error)
        return
    ids = [message.remote_id for message in seen.own]
    taken = {other.remote_id or "" for other in Reply.objects.filter(channel=reply.channel, remote_id__in=ids)}
    found = connector.find_own(outgoing, seen, since=since, taken=taken)
    if found:
        reply.finish_found(found)
    else:
        reply.not_found(caught_up=seen.newest_at is not None and seen.newest_at > reply.surely_applied_at)


# --- the record ------------------------------------------------------------------------------------------------------


@shared_task
def seal_audit() -> None:
    """Chain the record's newest rows."""
    AuditSeal.seal()


@shared_task
def forget_answers() -> None:
    """Forget what was answered to forms that nobody sends again."""
    Submission.objects.outlived().delete()


TASKS: dict[str, Task[[int], None]] = {"pull": pull, "send": send}
