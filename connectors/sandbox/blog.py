"""A blog beside the networks: /blog/feed.xml names its entries, and for each of them a feed of its comments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from email.utils import formatdate
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.sandbox.entries import BLOG, Entry
from connectors.sandbox.sandbox import Sandbox

SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
NEWEST = 50


def routes() -> list[Route]:
    return [
        Route("/blog/feed.xml", entries),
        Route("/blog/{id}/comments.xml", comments),
        Route("/blog/{id}", show),
    ]


async def entries(request: Request) -> Response:
    found = _sandbox(request).world.seen(
        "network = 'blog' AND kind = 'entry'", {}, f"ORDER BY position DESC LIMIT {NEWEST}"
    )
    return _feed(request, "Nordnetts blogg", found)


async def comments(request: Request) -> Response:
    """A reader of an entry that is gone gets an empty feed, as most blogs do it."""
    where, values = "network = 'blog' AND kind = 'comment' AND root_id = :id", {"id": request.path_params["id"]}
    found = _sandbox(request).world.seen(where, values, f"ORDER BY position DESC LIMIT {NEWEST}")
    return _feed(request, "Comments", found)


async def show(request: Request) -> Response:
    entry = _sandbox(request).world.entry(BLOG, request.path_params["id"])
    return PlainTextResponse(entry.text if entry else "Not found", 200 if entry else 404)


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _feed(request: Request, title: str, found: Sequence[Entry]) -> Response:
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in SPACES.items())
    items = "".join(_item(request, entry) for entry in found)
    head = f"<title>{title}</title><link>{_address(request, '')}</link><description/>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {spaces}><channel>{head}{items}</channel></rss>'
    etag = f'"{hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/rss+xml", headers={"ETag": etag})


def _item(request: Request, entry: Entry) -> str:
    world = _sandbox(request).world
    author = world.person(BLOG, entry.author_id)
    title, _, body = entry.text.partition("\n")
    text = body or title
    parts = [
        f"<guid isPermaLink='false'>{entry.id}</guid>",
        f"<link>{_address(request, entry.root_id)}{'' if entry.kind == 'entry' else f'#c{entry.id}'}</link>",
        f"<pubDate>{formatdate(entry.created_at, usegmt=True)}</pubDate>",
        f"<dc:creator>{escape(author.name if author else '')}</dc:creator>",
        f"<content:encoded>{escape(f'<p>{escape(text)}</p>')}</content:encoded>",
    ]
    if entry.kind == "entry":
        number = world.count("network = 'blog' AND kind = 'comment' AND root_id = :id", {"id": entry.id})
        below = _address(request, f"{entry.id}/comments.xml")
        parts += [f"<title>{escape(title)}</title>", f"<slash:comments>{number}</slash:comments>"]
        parts += [f"<wfw:commentRss>{below}</wfw:commentRss>"]
    return f"<item>{''.join(parts)}</item>"


def _address(request: Request, path: str) -> str:
    return f"{request.base_url}blog/{path}"
