"""A TCP proxy between us and a server that can lose, cut and delay what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

PIECE = 65_536
POST = b"POST "
COMMIT = b"COMMIT\x00"  # as it stands in a simple query of PostgreSQL's protocol


@dataclass(frozen=True)
class Mood:
    """What happens to new connections and to what passes.

    latency: seconds before each piece of an answer. answers: up to so many seconds more where it answers an HTTP POST.
    refuse: share of connections reset at once.
    cut: share of connections reset after `cut_after` bytes of answers. deaf: share of connections whose first answer
    is lost although the request arrived. lose_commit: share of COMMITs whose answer is lost.
    """

    latency: float = 0.0
    answers: float = 0.0
    refuse: float = 0.0
    cut: float = 0.0
    cut_after: int = 0
    deaf: float = 0.0
    lose_commit: float = 0.0


@dataclass(eq=False)
class Link:
    """One connection through the proxy: our side, the server's side, and what is decided about it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    answers: int | None  # bytes that may still come back; None means all
    lost: bool = False  # the next answer is swallowed and both sides are reset
    writes: bool = False  # an HTTP POST has gone through

    def reset(self) -> None:
        for writer in (self.near, self.far):
            connection = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Use as a context. `port` is where it listens, `mood` may be set from any thread, `counts` tells what it did."""

    def __init__(self, target: int, seed: int) -> None:
        self.mood = Mood()
        self.counts: Counter[str] = Counter()
        self.port = 0
        self._target = target
        self._chance = random.Random(seed)
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{target}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def reset_all(self) -> None:
        """Break every connection that stands."""
        self._loop.call_soon_threadsafe(self._break)

    def _break(self) -> None:
        for link in tuple(self._links):
            self._reset(link, "broken")

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        server.close()
        self._loop.close()

    def _falls(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def _delay(self, link: Link) -> float:
        mood = self.mood
        return mood.latency + (self._chance.uniform(mood.answers / 6, mood.answers) if link.writes else 0.0)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        mood = self.mood
        try:
            answers, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            near.transport.abort()
            return
        link = Link(near, far, mood.cut_after if self._falls(mood.cut) else None, lost=self._falls(mood.deaf))
        if self._falls(mood.refuse):
            self._reset(link, "refused")
            return
        self._links.add(link)
        try:
            await asyncio.gather(self._there(reader, link), self._back(answers, link))
        except (OSError, asyncio.IncompleteReadError):
            link.reset()
        finally:
            self._links.discard(link)

    async def _there(self, reader: asyncio.StreamReader, link: Link) -> None:
        while piece := await reader.read(PIECE):
            if COMMIT in piece and self._falls(self.mood.lose_commit):
                link.lost = True
            link.writes = link.writes or piece.startswith(POST)
            link.far.write(piece)
            await link.far.drain()
        link.far.close()

    async def _back(self, answers: asyncio.StreamReader, link: Link) -> None:
        while piece := await answers.read(PIECE):
            if link.lost:
                self._reset(link, "answers lost")
                return
            if delay := self._delay(link):
                await asyncio.sleep(delay)
            if link.answers is not None:
                piece, link.answers = piece[: link.answers], link.answers - len(piece)
            link.near.write(piece)
            await link.near.drain()
            if link.answers is not None and link.answers <= 0:
                self._reset(link, "cut")
                return
        link.near.close()

    def _reset(self, link: Link, what: str) -> None:
        self.counts[what] += 1
        link.reset()
