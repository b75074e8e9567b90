"""How X counts, shortens and escapes text."""

from __future__ import annotations

import hashlib
import html
import re
import string
import unicodedata
from dataclasses import dataclass

URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'»”]", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w@/])@(\w{1,15})")
HASHTAG = re.compile(r"(?<!\w)#(\w*[^\W\d_]\w*)")
LIMIT = 280
URL_LENGTH = 23
# Code points that count one; everything else counts two. Latin with å, ä, ö, æ and ø is within the first range.
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# One emoji counts two however many code points it is made of: flags, skin tones, families joined by U+200D.
_PICTURE = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u2300-\u23ff\u3030\u303d\u3297\u3299]"
EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
    "|[0-9#*]\ufe0f?\u20e3"
)
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Link:
    start: int
    end: int
    short: str
    url: str


def weight(text: str) -> int:
    """The length X counts, of at most 280."""
    plain = unicodedata.normalize("NFC", text)
    plain, urls = URL.subn("", plain)
    plain, emoji = EMOJI.subn("", plain)
    return urls * URL_LENGTH + emoji * 2 + sum(1 if _light(ord(letter)) else 2 for letter in plain)


def _light(point: int) -> bool:
    return any(low <= point <= high for low, high in LIGHT)


def shorten(text: str, salt: str) -> tuple[str, tuple[Link, ...]]:
    """Every address becomes a t.co one; the links say where they stand in the new text."""
    links: list[Link] = []
    written, read = "", 0
    for found in URL.finditer(text):
        written += text[read : found.start()]
        short = f"https://t.co/{_code(found[0] + salt)}"
        links.append(Link(len(written), len(written) + len(short), short, found[0]))
        written += short
        read = found.end()
    return written + text[read:], tuple(links)


def _code(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:10])


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def cut(text: str) -> str:
    """The `text` of a long post: what fits before the link to the rest."""
    shown = text
    while weight(shown) > LIMIT - URL_LENGTH - 3:
        shown = shown[:-1]
    return shown.rstrip()
