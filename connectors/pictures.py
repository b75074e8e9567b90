"""Pictures beside messages: fetched from where the network keeps them, and made anew so that nothing else comes in."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from PIL import Image, ImageOps

from connectors.base import Connector, ConnectorError, ErrorKind, Options
from connectors.http import Adapter, Exchange, is_public, session, without_a_trace
from connectors.refusal import from_status, refusal

LARGEST_SIDE = 1600  # pixels
MOST_PIXELS = 40_000_000  # of what is unpacked, against bombs
QUALITY = 82
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MEDIA_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of ours: no metadata, nothing of the original file but what can be seen."""

    content: bytes
    width: int
    height: int


def fetch(url: str, network: type[Connector], options: Options) -> Picture:
    """One call, one deadline, no redirect. Raises ConnectorError; permanent where another try would end alike."""
    _refuse_elsewhere(url, network)
    adapter = Adapter(network.label, options, judge, may_reach=is_public)
    asked = partial(session(adapter, "https://").get, url, headers={"User-Agent": "Samtal"}, allow_redirects=False)
    without_a_trace(asked)
    return anew(adapter.last.body if adapter.last else b"")


def anew(body: bytes) -> Picture:
    """The first frame, upright, no larger than we show it, on white where it was transparent."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _drawn(body)
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError, EOFError, MemoryError):
        # Pillow's decoders raise what they like for a broken file.
        pass
    raise ConnectorError("This is no picture that can be shown", kind=ErrorKind.MALFORMED, permanent=True)


def _drawn(body: bytes) -> Picture:
    with Image.open(io.BytesIO(body), formats=FORMATS) as found:
        if found.width * found.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(found).convert("RGBA")
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    shown = Image.new("RGB", upright.size, "white")
    shown.paste(upright, mask=upright.getchannel("A"))
    made = io.BytesIO()
    shown.save(made, "JPEG", quality=QUALITY, optimize=True)
    return Picture(made.getvalue(), *shown.size)


def judge(exchange: Exchange) -> bytes:
    """The body is read by us alone; there is nothing in it that requests should see."""
    if exchange.status == 200:
        return b""
    if exchange.status in (403, 404, 410):
        raise refusal(f"The picture is gone (HTTP {exchange.status})", ErrorKind.GONE, exchange)
    raise from_status("The picture's server", exchange)


def _refuse_elsewhere(url: str, network: type[Connector]) -> None:
    """Only where the network keeps its pictures; where anybody may run a server, only what is out on the internet."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        plain = parts.scheme == "https" and bool(host) and not parts.username and parts.port in (None, 443)
    except ValueError:
        plain = False
    known = network.media_hosts
    if not plain or not (known is None or any(host == one or host.endswith(f".{one}") for one in known)):
        raise ConnectorError("The picture is not on the network's own servers", kind=ErrorKind.INVALID, permanent=True)
