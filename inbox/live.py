"""Events for open browsers: one LISTEN connection a web process, handed out to all its streams (DESIGN §10).

PostgreSQL's triggers notify "kind:id:version". A stream is an asyncio queue; a slow one is told to refresh instead of
growing. The same connection renews the leases of the threads that open tabs show.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

log = logging.getLogger(__name__)

RENEW_EVERY = 30.0
HEARTBEAT = 15.0
REMEMBERED = 2000
MOST_WAITING = 500
RECONNECT = (0.2, 1.0, 3.0, 5.0)

RENEW = """
UPDATE inbox_thread SET lease_until = clock_timestamp() + %s * interval '1 second'
 FROM unnest(%s::bigint[], %s::bigint[]) AS shown(thread_id, person_id)
 WHERE inbox_thread.id = shown.thread_id AND inbox_thread.claimed_by_id = shown.person_id
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something people can see has changed. `number` counts within one web process."""

    number: int
    kind: str
    id: int
    version: int

    def line(self, process: str) -> bytes:
        data = json.dumps({"kind": self.kind, "id": self.id, "version": self.version})
        return f"id: {process}-{self.number}\nevent: change\ndata: {data}\n\n".encode()


@dataclass(eq=False, slots=True)
class Stream:
    """One open browser: its person, the threads its tabs show, and the events it has not been given yet."""

    person_id: int
    key: str  # the browser's own name for it
    shown: frozenset[int] = frozenset()
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def put(self, event: Event) -> None:
        """Hand over an event. A browser that does not keep up starts afresh."""
        if self.queue.full():
            self.end()
        else:
            self.queue.put_nowait(event)

    def end(self) -> None:
        """End the stream, whatever waits in it."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """The process's listening post. It starts with the first stream and lives as long as the process."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.streams: set[Stream] = set()
        self.events: deque[Event] = deque(maxlen=REMEMBERED)
        self.number = 0
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        """Hold the connection; when it stands every browser refreshes, since what was told before is lost."""
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    database(), autocommit=True, application_name="samtal live"
                ) as connection:
                    await connection.execute("LISTEN samtal")
                    await connection.execute("LISTEN samtal_shown")
                    # Also the first time: a stream may have opened before the listening had begun.
                    self.publish("refresh", 0, 0)
                    failures = 0
                    await self.relay(connection)
            except psycopg.OperationalError as error:
                log.warning("live: %s", str(error).splitlines()[0] if str(error) else "connection lost")
                await asyncio.sleep(RECONNECT[min(failures, len(RECONNECT) - 1)])
                failures += 1

    async def relay(self, connection: psycopg.AsyncConnection) -> None:
        renewed = time.monotonic()
        while True:
            async for notice in connection.notifies(timeout=1.0):
                self.take(notice.channel, notice.payload)
            if time.monotonic() - renewed >= min(RENEW_EVERY, settings.SAMTAL_LEASE_SECONDS / 3):
                renewed = time.monotonic()
                await self.renew(connection)

    def take(self, channel: str, payload: str) -> None:
        if channel == "samtal_shown":
            person, key, ids = payload.split(":")
            for stream in self.streams:
                if (stream.person_id, stream.key) == (int(person), key):
                    stream.shown = frozenset(int(pk) for pk in ids.split(",") if pk)
            return
        kind, pk, version = payload.split(":")
        if kind == "locked_out":
            self.end_streams(int(pk))
        else:
            self.publish(kind, int(pk), int(version))

    def end_streams(self, person_id: int) -> None:
        """A person is locked out: what they have open hears nothing more, and cannot be opened again."""
        for stream in self.streams:
            if stream.person_id == person_id:
                stream.end()

    def publish(self, kind: str, pk: int, version: int) -> None:
        self.number += 1
        event = Event(self.number, kind, pk, version)
        self.events.append(event)
        for stream in self.streams:
            stream.put(event)

    async def renew(self, connection: psycopg.AsyncConnection) -> None:
        """One UPDATE for every thread that an open tab of this process shows. A claim that was lost stays lost."""
        pairs = sorted({(thread, stream.person_id) for stream in self.streams for thread in stream.shown})
        if pairs:
            threads, people = zip(*pairs, strict=True)
            await connection.execute(RENEW, [settings.SAMTAL_LEASE_SECONDS, list(threads), list(people)])

    @property
    def newest_id(self) -> str:
        """Of the newest event, as a stream gives it: a page that is drawn from now on knows all up to here."""
        return f"{self.process}-{self.number}"

    def missed(self, last_id: str) -> list[Event] | None:
        """The events after the browser's last one; None where they are not known here, so it must refresh."""
        process, _dash, number = last_id.partition("-")
        if not last_id or process != self.process or not number.isdecimal():
            return None
        known = [event for event in self.events if event.number > int(number)]
        return known if len(known) == self.number - int(number) else None


def database() -> str:
    """Where Django's own connections go, for the one that does not come from its pool."""
    told = connections["default"].settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo(**{name: str(told[key]) for name, key in names.items() if told[key]})


hub = Hub()


async def stream_events(person_id: int, key: str, last_id: str) -> AsyncIterator[bytes]:
    """The stream's bytes: what was missed, then every event and a heartbeat."""
    hub.start()
    stream = Stream(person_id, key)
    missed = hub.missed(last_id)
    hub.streams.add(stream)
    try:
        yield b"retry: 2000\n\n"
        if missed is None and last_id:
            yield Event(hub.number, "refresh", 0, 0).line(hub.process)
        for event in missed or ():
            yield event.line(hub.process)
        async for chunk in deliver(stream):
            yield chunk
    finally:
        hub.streams.discard(stream)


async def deliver(stream: Stream) -> AsyncIterator[bytes]:
    while True:
        try:
            event = await asyncio.wait_for(stream.queue.get(), HEARTBEAT)
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if event is None:
            return
        yield event.line(hub.process)


def shown_payload(person_id: int, key: str, threads: list[int]) -> str:
    """What /live/shown/ notifies, so that the web process that holds the stream hears it, whichever it is."""
    return f"{person_id}:{key}:{','.join(str(pk) for pk in threads)}"
