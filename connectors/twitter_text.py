"""What X does to a text: how long it counts it to be, and what it gives back of what was sent."""

from __future__ import annotations

import html
import re
import unicodedata

_SCHEME = re.compile(r"\bhttps?://", re.IGNORECASE)
_TRAILING_SLASH = re.compile(r"/(?=\s|$)")
_SHORTENED = re.compile(r"\bt\.co/\w+", re.ASCII)
_LEADING_MENTIONS = re.compile(r"^(?:@\w{1,15}\s+)+", re.ASCII)
# X links a bare name too if it ends like these; what it knows beyond them only makes us count too much.
_ENDINGS = "com|org|net|info|eu|se|no|dk|fi|is|nu|de|uk|io|app|dev|me|tv|gov|edu|shop|online|cloud|ai|co|ly|be"
_ADDRESS = re.compile(
    rf"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'»”]|(?<![\w@.-])(?:[\w-]+\.)+(?:{_ENDINGS})\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'»”])?",
    re.IGNORECASE,
)
ADDRESS_WEIGHT = 23
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_PICTURE = (
    "[\u203c\u2049\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)
_TONES = "[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae\u2122\u2139]\ufe0f"
    f"|{_PICTURE}{_TONES}(?:\u200d{_PICTURE}{_TONES})*"
)


def normalise(text: str) -> str:
    """Entities resolved, addresses without what X adds or drops, the people X puts in front of a reply left out."""
    plain = _SCHEME.sub("", unicodedata.normalize("NFC", html.unescape(text)))
    plain = _TRAILING_SLASH.sub("", " ".join(plain.split()))
    return _LEADING_MENTIONS.sub("", plain)


def same(ours: str, theirs: str) -> bool:
    """An address that X has shortened, and not told us the long form of, may be any of ours."""
    pieces = _SHORTENED.split(normalise(theirs))
    return re.fullmatch(r"\S+".join(map(re.escape, pieces)), normalise(ours)) is not None


def weight(text: str) -> int:
    """The length X counts, of at most 280: an address is 23, an emoji 2 however it is made, a letter 1 or 2."""
    plain = unicodedata.normalize("NFC", text)
    plain, addresses = _ADDRESS.subn("", plain)
    plain, emoji = _EMOJI.subn("", plain)
    letters = sum(1 if any(low <= ord(letter) <= high for low, high in _LIGHT) else 2 for letter in plain)
    return ADDRESS_WEIGHT * addresses + 2 * emoji + letters


def has_link(text: str) -> bool:
    """Whether X sees an address in it: such a post costs thirteen times as much."""
    return bool(_ADDRESS.search(unicodedata.normalize("NFC", text)))
