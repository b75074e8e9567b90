"""Undo at a random moment around the instant at which a worker takes the reply: confirmed means never out."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock

from django.db import connection

from inbox import tasks
from inbox.clock import moment
from inbox.models import Channel, Reply
from inbox.states import ReplyState
from tests import make
from tests.inbox.wall import Wall

# The undo falls this long before or after the window's end; a start takes some milliseconds.
SPREAD = 0.04
WINDOW = 0.06


@dataclass
class Figures:
    """undone: confirmed to the person. too_late: the person was told so. out_undone: left all the same."""

    undos: int = 0
    undone: int = 0
    too_late: int = 0
    out_undone: int = 0
    not_out: int = 0

    @property
    def clean(self) -> bool:
        return not self.out_undone and not self.not_out and self.undone > 0 and self.too_late > 0


def raced(times: int, seed: int) -> Figures:
    make.rulebook()
    channel, anna = make.channel("facebook"), make.person("anna")
    make.clear(anna, channel)
    wall, chance, figures = Wall(channel.account_id), random.Random(seed), Figures()
    with mock.patch.object(Channel, "connect", wall.connect), ThreadPoolExecutor(1) as pool:
        for _ in range(times):
            thread = make.thread(channel, author=make.remote_author(f"kunde{figures.undos}", "Kunde"))
            race(make.queued(thread, anna), wall, chance.uniform(-SPREAD, SPREAD), pool, figures)
            # Identical answers to many would be a finding of their own.
            Reply.objects.filter(state=ReplyState.SENT).update(sent_at=make.NOON)
    return figures


def race(reply: Reply, wall: Wall, offset: float, pool: ThreadPoolExecutor, figures: Figures) -> None:
    """A worker that is woken again and again, and one undo."""
    before, over = len(wall.posts), threading.Event()
    Reply.objects.filter(pk=reply.pk).update(not_before=moment(plus=timedelta(seconds=WINDOW)))
    worker = pool.submit(work, reply.pk, over)
    threading.Event().wait(WINDOW + offset)
    undone = Reply.objects.select_related("thread", "channel").get(pk=reply.pk).undo(by=reply.written_by)
    over.set()
    worker.result()
    tasks.send(reply.pk)
    out = len(wall.posts) - before
    figures.undos += 1
    figures.undone += undone
    figures.too_late += not undone
    figures.out_undone += undone and out > 0
    figures.not_out += not undone and out != 1


def work(pk: int, over: threading.Event) -> None:
    """Until the undo has had its answer, and as long as the reply is queued."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        tasks.send(pk)
        if over.is_set() or Reply.objects.get(pk=pk).state != ReplyState.QUEUED:
            break
    connection.close()
