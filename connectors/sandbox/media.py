"""Pictures that a post can carry: /media/<anything>.png is one colour, its own for every name."""

from __future__ import annotations

import hashlib
import struct
import zlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WIDTH, HEIGHT = 320, 200
WEEK = {"cache-control": "public, max-age=604800"}


def routes() -> list[Route]:
    return [Route("/media/{name}.png", show)]


async def show(request: Request) -> Response:
    return Response(picture(request.path_params["name"]), media_type="image/png", headers=WEEK)


def picture(name: str) -> bytes:
    """A PNG (ISO 15948): header, one filtered row after another, end."""
    colour = hashlib.sha256(name.encode()).digest()[:3]
    rows = (b"\0" + colour * WIDTH) * HEIGHT
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
