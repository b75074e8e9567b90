"""How Mastodon writes a status: HTML with paragraphs, addresses in three pieces, people and tags as links."""

from __future__ import annotations

import html
import re

from connectors.sandbox.entries import MASTODON
from connectors.sandbox.world import World

INSTANCE = "mastodon.example"
LIMIT = 500
URL_LENGTH = 23
SHOWN = 30  # characters of an address that are shown; the rest is there for copying
_PIECE = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'»”])|(?<![\w@/])@(?P<handle>\w{1,15})(?:@[\w.-]+)?|(?<!\w)#(?P<tag>\w+)"
)


def length(text: str) -> int:
    """As Mastodon counts: an address is 23, and of a name elsewhere only the part before its instance."""
    plain = re.sub(r"https?://\S+", "x" * URL_LENGTH, text)
    return len(re.sub(r"(@\w+)@[\w.-]+", r"\1", plain))


def written(world: World, text: str) -> str:
    paragraphs = re.split(r"\n\n+", text.replace("\r\n", "\n"))
    return "".join(f"<p>{_line(world, paragraph)}</p>" for paragraph in paragraphs)


def address(handle: str) -> str:
    return f"https://{INSTANCE}/@{handle}"


def _line(world: World, text: str) -> str:
    made, read = "", 0
    for found in _PIECE.finditer(text):
        made += html.escape(text[read : found.start()]) + _link(world, found)
        read = found.end()
    return (made + html.escape(text[read:])).replace("\n", "<br />")


def _link(world: World, found: re.Match[str]) -> str:
    if url := found["url"]:
        scheme, rest = url.split("://", 1)
        shown, hidden = html.escape(rest[:SHOWN]), html.escape(rest[SHOWN:])
        return (
            f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener noreferrer" translate="no">'
            f'<span class="invisible">{scheme}://</span><span class="{"ellipsis" if hidden else ""}">{shown}</span>'
            f'<span class="invisible">{hidden}</span></a>'
        )
    if tag := found["tag"]:
        return f'<a href="https://{INSTANCE}/tags/{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
    person = world.person_called(MASTODON, found["handle"])
    if person is None:
        return html.escape(found[0])
    handle = html.escape(person.handle)
    return (
        f'<span class="h-card" translate="no"><a href="{address(handle)}" class="u-url mention">'
        f"@<span>{handle}</span></a></span>"
    )
