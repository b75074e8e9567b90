"""What workers do when they are woken: pull a channel, send a reply, read an unknown outcome back.

A Celery message carries only an id. What is due stands in PostgreSQL, and taking it is a conditional UPDATE, so a
message that is lost, doubled or late does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from smtplib import SMTPException

from celery import Task, shared_task
from celery.signals import worker_init
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from connectors.base import Connector, ConnectorError, ErrorKind, Look, Mark
from inbox.ahead import read_ahead
from inbox.clock import Clock, read_clock
from inbox.mail import warn_about
from inbox.models import (
    AuditSeal,
    Channel,
    ChannelState,
    Deed,
    Foretold,
    Gap,
    Meter,
    Picture,
    RawEvent,
    Reply,
    Round,
    Spend,
    Stream,
    Submission,
    Wall,
)
from inbox.models.correction import place_of, publish_correction, stands_there
from inbox.models.hearing import Hearing, keep_look, may_ask
from inbox.models.intake import commit_look, commit_page, open_window, to_look_up
from inbox.models.token import login_to
from inbox.states import ReplyState
from inbox.trace import about

log = logging.getLogger(__name__)
worker_init.connect(read_ahead)

MOST_PAGES = 40
# Without the right to an optional stream the others are read all the same; what is missing stands on the channel.
NO_RIGHT = (ErrorKind.PERMISSION, ErrorKind.NOT_ALLOWED)
# Where one stream fails like this it is that stream's own trouble, and may be so for ever.
ITS_OWN = (ErrorKind.GONE, ErrorKind.INVALID, ErrorKind.MALFORMED)
MOST_AT_ONCE = 50
# How soon it is looked again whether there is money.
WITHOUT_MONEY = timedelta(hours=1)
# A network that refuses what is older than its wall has a clock of its own.
WALL_MARGIN = timedelta(minutes=5)
# With the longest pause between two looks this keeps within a day.
MAY_WAIT = timedelta(hours=1)


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
    replies = Reply.objects.due(plus=-late).in_turn().values_list("pk", flat=True)[:most]
    channels = Channel.objects.due(plus=-late).order_by("next_poll_at").values_list("pk", flat=True)[:most]
    notices = RawEvent.objects.unread(plus=-late).order_by("not_before").values_list("pk", flat=True)[:1]
    renewals = Channel.objects.to_renew(plus=-late).values_list("pk", flat=True)[:most]
    warnings = Channel.objects.to_warn(plus=-late).values_list("pk", flat=True)[:most]
    deeds = Deed.objects.due(plus=-late).order_by("not_before").values_list("pk", flat=True)[:most]
    pictures = Picture.objects.due(plus=-late).order_by("not_before").values_list("pk", flat=True)[:most]
    work = (
        ("send", replies),
        ("do", deeds),
        ("hear", notices),
        ("pull", channels),
        ("renew", renewals),
        ("warn", warnings),
        ("fetch", pictures),
    )
    return [(task, pk) for task, keys in work for pk in keys]


# --- intake ----------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def pull(channel_id: int) -> None:
    """Read every stream of a channel from where it was left, page by page; then see whether what we have still stands,
    and with what is left read some older posts.

    Where the month's money is spent, nothing is read: it is looked again whether there is more.
    """
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.take_pull():
        return
    meter = Meter.of(channel)
    if meter.used_up:
        channel.let_go(WITHOUT_MONEY)
        return
    try:
        connector = channel.connect()
        left, unreadable = read_streams(channel, connector)
        ask_to_be_told(channel, connector)
        look_around(channel, connector, only_late=meter.ahead)
        if left is not Left.MORE and not meter.ahead:
            go_round(channel, connector)
        if unreadable:
            raise unreadable
    except ConnectorError as error:
        log.warning("channel %s: %s", channel.pk, error)
        channel.record_error(error)
    else:
        wait = None if left is Left.MORE else meter.pace(timedelta(seconds=channel.poll_seconds))
        channel.pulled(again=left is not Left.NOTHING, wait=wait, rate=connector.rate)


class Left(Enum):
    """What of the streams is unread where the budget of pages, or of the network, ends before they do.

    TOPS: nothing but the tops of lists that a broken-off walk went on below, and what they lead to. A list may be
    longer than the budget: begun anew without a pause, it would take all that the network gives, and come no further.
    """

    NOTHING = auto()
    TOPS = auto()
    MORE = auto()


def read_streams(channel: Channel, connector: Connector) -> tuple[Left, ConnectorError | None]:
    """Read the streams: what is left of them; and what is wrong with the first that cannot be read. It holds up none
    behind it.
    """
    pages, unreadable = MOST_PAGES, None
    always = connector.streams()
    # A stream that was left open is gone on with, also where nothing names it any more: its post may be deleted.
    opened = channel.streams.filter(walk_to_at__isnull=False).values_list("key", flat=True)
    waiting = list(dict.fromkeys([*always, *opened]))
    states: dict[str, str] = {}
    tops: set[str] = set()
    while waiting and pages:
        key = waiting.pop(0)
        if key in always:
            note_reach(channel, connector, key)
        try:
            visit = read_stream(channel, connector, key, pages, states.get(key, ""))
        except ConnectorError as error:
            if error.kind in ITS_OWN:
                unreadable = unreadable or error
            elif error.kind not in NO_RIGHT or key not in connector.optional:
                raise
            else:
                channel.streams.filter(key=key, refused_at=None).update(refused_at=Clock())
            log.info("channel %s does not read %s: %s", channel.pk, key, error)
            continue
        pages = visit.pages
        states |= visit.follow
        waiting += [stream for stream in visit.follow if stream not in waiting]
        if key in tops:
            tops |= visit.follow.keys()
        if visit.unread:
            waiting.append(key)
            tops.add(key)
    left = {*waiting, *opened.all()}
    return (Left.MORE if left - tops else Left.TOPS if left else Left.NOTHING), unreadable


def ask_to_be_told(channel: Channel, connector: Connector) -> None:
    """Once a token, the network is asked to notify us. Polling goes on all the same: a refusal costs time only."""
    if channel.subscribed_with == channel.token_version or not channel.speaks():
        return
    try:
        connector.subscribe()
    except ConnectorError as error:
        if error.kind == ErrorKind.RATE:
            raise
        log.info("channel %s is not notified: %s", channel.pk, error)
        if not error.permanent:
            return
    channel.known_token().update(subscribed_with=channel.token_version)


def note_reach(channel: Channel, connector: Connector, key: str) -> None:
    """A pause longer than a stream reaches back leaves a gap, which people must see."""
    wall, reach = connector.reach(key), timedelta(days=channel.reach_days)
    since = read_clock() - min(reach, wall or reach)
    if channel.last_read_at and channel.last_read_at < since:
        found = Wall.AGE if wall and wall < reach else Wall.REACH
        with transaction.atomic():
            Gap.find(channel, key, Mark(channel.last_read_at), since, found)


@dataclass
class Visit:
    """What reading a stream has come to. pages: of the budget, how many are left. new: messages that were not here.

    follow: streams to read next and their states. gone: what it stands under is. unread: it takes another visit.
    """

    pages: int
    new: int = 0
    follow: dict[str, str] = field(default_factory=dict)
    gone: bool = False
    unread: bool = False


def read_stream(
    channel: Channel, connector: Connector, key: str, pages: int, state: str, since: datetime | None = None
) -> Visit:
    """Read one stream to its end, or to the end of the budget. since: how far back; the channel's reach without one."""
    since = since or read_clock() - timedelta(days=channel.reach_days)
    stream, _new = Stream.objects.get_or_create(channel=channel, key=key)
    visit, broken_off = Visit(pages), open_window(stream)
    while visit.pages:
        visit.pages -= 1
        known = dict(channel.streams.exclude(state="").values_list("key", "state"))
        with billed(channel, connector):
            page = connector.fetch_page(key, stream.window, since=since, known=known)
        new = commit_page(channel, stream, page)
        if new is None:
            visit.unread = True
            break
        visit.new, visit.gone = visit.new + new, page.gone
        visit.follow |= {found.stream: found.state for found in page.follow}
        if channel.heed(connector.rate, reading=True):
            visit.pages = 0
        if page.window.walk_to is None:
            # Who went on down a broken-off walk has not seen what came in above, nor where the pages there had led to.
            visit.unread = broken_off
            if not broken_off:
                Stream.objects.filter(pk=stream.pk).update(state=state, read_at=Clock(), refused_at=None)
            break
    return visit


@contextmanager
def billed(channel: Channel, connector: Connector) -> Iterator[None]:
    """What the calls cost is on the meter, also where the last of them failed."""
    try:
        yield
    finally:
        Spend.note(channel, connector.take_spent())


def look_around(channel: Channel, connector: Connector, *, only_late: bool = False) -> None:
    """Ask whether the messages whose turn it is still stand, the longest due first.

    only_late: the money is short, so only what must be asked about within its day.
    """
    size = connector.capabilities.look_size
    most = settings.SAMTAL_LOOKS_A_PULL if size else 0
    while most > 0 and channel.may_read():
        asked = to_look_up(channel, min(size, most), overdue=MAY_WAIT if only_late else timedelta())
        if not asked:
            return
        most -= len(asked)
        with billed(channel, connector):
            look = connector.look(asked)
        commit_look(channel, asked, look)
        channel.heed(connector.rate, reading=True)


def go_round(channel: Channel, connector: Connector) -> None:
    """Read some older posts, the longest unread first: one, and more while much of the network's budget is left."""
    current, most = Round.of(channel), settings.SAMTAL_OLDER_A_PULL
    while current and most > 0 and channel.may_read():
        stream = current.next()
        if stream is None:
            current.end()
            return
        most -= 1
        visit = read_older(channel, connector, stream)
        current.note(stream, visit.new)
        if connector.rate and connector.rate.left < settings.SAMTAL_OLDER_SHARE:
            return


def read_older(channel: Channel, connector: Connector, stream: Stream) -> Visit:
    """What was written under one older post since it was last read. One that cannot be read holds up none behind it."""
    since = since_when(channel, connector, stream)
    try:
        visit = read_stream(channel, connector, stream.key, MOST_PAGES, stream.state, since)
    except ConnectorError as error:
        if error.kind not in (*NO_RIGHT, *ITS_OWN):
            raise
        log.info("channel %s does not read %s: %s", channel.pk, stream.key, error)
        return Visit(0)
    with transaction.atomic():
        # It has been unread for longer than the network shows it: many at once where the rota came round too late.
        Gap.find_among(channel, stream.key.partition("/")[0], stream.window.complete_up_to, since, Wall.AGE)
    if visit.gone:
        ask_about_posts(channel, [stream.key.partition("/")[2]])
    return visit


def since_when(channel: Channel, connector: Connector, stream: Stream) -> datetime:
    """From when on an older post is read: on from what is known, however long ago, as far as the network shows it."""
    now, wall = read_clock(), connector.reach(stream.key)
    since = min(now - timedelta(days=channel.reach_days), stream.complete_up_to_at or now)
    return max(since, now - wall + WALL_MARGIN) if wall else since


@shared_task(acks_late=True)
def hear(_event_id: int) -> None:
    """Read the notifications that wait, all of them: a wake-up names one, and others may have been lost."""
    while events := RawEvent.take(MOST_AT_ONCE):
        for network in sorted({event.network for event in events}):
            hearing = Hearing(network, [event for event in events if event.network == network])
            for channel in list(hearing.changes):
                ask_about_posts(channel, hearing.unknown_posts(channel))
                hearing.unanswered |= ask_for_named(channel, hearing.only_named(channel))
            hearing.keep()


def ask_about_posts(channel: Channel, remote_ids: list[str]) -> None:
    """A comment has come; whose post it stands under only the network knows. Without an answer it counts as ours."""
    if remote_ids and may_ask(channel):
        with suppress(ConnectorError):
            ask(channel, remote_ids[: channel.capabilities.look_size], gone=not channel.capabilities.hides_adverts)


def ask_for_named(channel: Channel, remote_ids: list[str]) -> dict[str, ConnectorError]:
    """A notification has named something, and no more. Each by itself: one that is refused costs no other."""
    refused: dict[str, ConnectorError] = {}
    for remote_id in remote_ids:
        try:
            refused |= ask(channel, [remote_id]).refused
        except ConnectorError as error:
            refused[remote_id] = error
    return refused


def ask(channel: Channel, remote_ids: list[str], *, gone: bool = True) -> Look:
    """Look something up, and keep what is found. gone: what is not found goes. Raises ConnectorError."""
    if not channel.may_read():
        raise ConnectorError("The network takes no calls for reading now", kind=ErrorKind.RATE)
    connector = channel.connect()
    try:
        look = connector.look(remote_ids)
    except ConnectorError as error:
        log.warning("channel %s: %s", channel.pk, error)
        if error.kind == ErrorKind.RATE:
            channel.hold_back(timedelta(seconds=error.retry_after or 60), reading=True, app_wide=error.app_wide)
        raise
    channel.heed(connector.rate, reading=True)
    keep_look(channel, look if gone else replace(look, gone=()))
    return look


# --- sending ---------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def send(reply_id: int) -> None:
    """Send a queued reply, or find out what became of one whose outcome is unknown."""
    related = ("channel", "thread", "answers__author", "written_by", "corrects")
    reply = Reply.objects.filter(pk=reply_id).select_related(*related).first()
    if reply is None:
        return
    with about(reply=reply.pk, channel=reply.channel_id):
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
        connector = reply.channel.connect(start_by=reply.start_by)
        with billed(reply.channel, connector):
            sent = publish_correction(reply, connector) if reply.corrects_id else connector.send(outgoing)
    except ConnectorError as error:
        log.warning("reply %s attempt %s: %s", reply.pk, reply.attempt, error)
        reply.finish_error(error)
    else:
        reply.finish_sent(sent)
        reply.channel.heed(connector.rate, reading=False)


def read_back(reply: Reply) -> None:
    """After the quiet time: is it there? (DESIGN §7)"""
    if reply.channel.state == ChannelState.OFF:
        # Without a token it can never be read; a person looks.
        reply.doubt()
        return
    since = reply.first_attempt_at
    if since is None or not reply.take_read_back():
        return
    outgoing = reply.as_outgoing()
    connector = reply.channel.connect()
    try:
        with billed(reply.channel, connector):
            if reply.corrects_id:
                look_at_correction(reply, connector)
                reply.channel.heed(connector.rate, reading=True)
                return
            seen = connector.read_back(outgoing, since=since)
    except ConnectorError as error:
        if error.permanent and error.kind != ErrorKind.TOKEN:
            # It will be refused the next time, too: what it stands under is gone, or not for us to see.
            reply.doubt()
        else:
            reply.read_back_later(error)
        return
    reply.channel.heed(connector.rate, reading=True)
    ids = [message.remote_id for message in seen.own]
    taken = {other.remote_id or "" for other in Reply.objects.filter(channel=reply.channel, remote_id__in=ids)}
    found = connector.find_own(outgoing, seen, since=since, taken=taken)
    if found:
        reply.finish_found(found)
    else:
        reply.not_found(caught_up=seen.newest_at is not None and seen.newest_at > reply.surely_applied_at)


def look_at_correction(reply: Reply, connector: Connector) -> None:
    """Has the message that was to be corrected its new text?"""
    if stands_there(reply, connector):
        reply.finish_sent(place_of(reply), how="read back")
    else:
        reply.not_found(caught_up=False)


# --- deeds -----------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def do(deed_id: int) -> None:
    """Hide, show again, delete or like a customer's message: one call."""
    related = ("message__author", "thread", "channel")
    deed = Deed.objects.filter(pk=deed_id).select_related(*related).first()
    if deed is None or not deed.take():
        return
    connector = deed.channel.connect()
    try:
        with billed(deed.channel, connector):
            deed.call(connector)
    except ConnectorError as error:
        log.warning("deed %s: %s", deed.pk, error)
        deed.failed(error)
    else:
        deed.succeeded()
        deed.channel.heed(connector.rate, reading=False)


# --- pictures --------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def fetch(picture_id: int) -> None:
    """Fetch one picture of a message."""
    picture = Picture.objects.filter(pk=picture_id).select_related("message").first()
    if picture and picture.take():
        picture.fetch()


# --- tokens ----------------------------------------------------------------------------------------------------------


@shared_task(acks_late=True)
def renew(channel_id: int) -> None:
    """Renew a channel's token, in one worker: the old one is good once."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.take_renewal():
        return
    try:
        grant = login_to(channel.network).renew(channel.credentials)
    except ConnectorError as error:
        log.warning("channel %s is not renewed: %s", channel.pk, error)
        channel.not_renewed(error)
    else:
        channel.renewed(grant)


@shared_task(acks_late=True)
def warn(channel_id: int) -> None:
    """Write to the administrators about a channel that does not work, or soon will not."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.take_warning():
        return
    try:
        warn_about(channel)
    except (SMTPException, OSError) as error:
        log.warning("channel %s: no mail could leave: %s", channel.pk, error)
        channel.warn_later()


# --- the record ------------------------------------------------------------------------------------------------------


@shared_task
def seal_audit() -> None:
    """Chain the record's newest rows."""
    AuditSeal.seal()


@shared_task
def forget_events() -> None:
    """Forget notifications that were read long ago, and what was said of messages that can no longer come."""
    RawEvent.objects.outlived().delete()
    Foretold.objects.outlived().delete()


@shared_task
def forget_answers() -> None:
    """Forget what was answered to forms that nobody sends again."""
    Submission.objects.outlived().delete()


TASKS: dict[str, Task[[int], None]] = {
    "pull": pull,
    "hear": hear,
    "send": send,
    "do": do,
    "renew": renew,
    "warn": warn,
    "fetch": fetch,
}
