"""What the instance shows of people and statuses."""

from __future__ import annotations

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import MASTODON, Entry, Person
from connectors.sandbox.mastodon.calls import Json
from connectors.sandbox.mastodon.content import INSTANCE, address, written
from connectors.sandbox.world import World


def account(world: World, person: Person) -> Json:
    picture = f"https://{INSTANCE}/avatars/original/missing.png"
    return {
        "id": person.id,
        "username": person.handle,
        "acct": person.handle,
        "display_name": person.name,
        "locked": person.protected,
        "bot": False,
        "discoverable": True,
        "group": False,
        "created_at": iso(person.created_at),
        "note": "",
        "url": address(person.handle),
        "uri": f"https://{INSTANCE}/users/{person.handle}",
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": person.followers,
        "following_count": 0,
        "statuses_count": world.count("network = 'mastodon' AND author_id = :id", {"id": person.id}),
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def status(world: World, entry: Entry) -> Json:
    author = world.person(MASTODON, entry.author_id)
    assert author is not None
    parent = world.entry(MASTODON, entry.parent_id) if entry.parent_id else None
    # What is answered keeps its id for a while after it is gone; its author is not told any more.
    return {
        "id": entry.id,
        "created_at": iso(entry.created_at),
        "in_reply_to_id": entry.parent_id,
        "in_reply_to_account_id": parent.author_id if parent else None,
        "sensitive": bool(entry.extra.get("spoiler")),
        "spoiler_text": str(entry.extra.get("spoiler", "")),
        "visibility": str(entry.extra.get("visibility", "public")),
        "language": author.language or None,
        "uri": f"https://{INSTANCE}/users/{author.handle}/statuses/{entry.id}",
        "url": f"{address(author.handle)}/{entry.id}",
        "replies_count": world.count("network = 'mastodon' AND parent_id = :id", {"id": entry.id}),
        "reblogs_count": 0,
        "favourites_count": 0,
        "edited_at": iso(entry.edited_at) if entry.edited_at else None,
        "content": written(world, entry.text),
        "reblog": None,
        "account": account(world, author),
        "media_attachments": [_media(n, one) for n, one in enumerate(entry.extra.get("attachments", []))],
        "mentions": [_mention(world, id) for id in dict.fromkeys(world.mentioned(entry))],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def notification(world: World, entry: Entry) -> Json:
    """Its id is another than the status's, in the same order."""
    author = world.person(MASTODON, entry.author_id)
    assert author is not None
    return {
        "id": str(notification_id(entry)),
        "type": "mention",
        "created_at": iso(entry.created_at),
        "group_key": f"ungrouped-{notification_id(entry)}",
        "account": account(world, author),
        "status": status(world, entry),
    }


def notification_id(entry: Entry) -> int:
    return entry.position * 10 + 3


def _mention(world: World, id: str) -> Json:
    person = world.person(MASTODON, id)
    handle = person.handle if person else ""
    return {"id": id, "username": handle, "acct": handle, "url": address(handle)}


def _media(number: int, given: dict[str, str]) -> Json:
    return {
        "id": str(number + 1),
        "type": given.get("type", "image"),
        "url": given.get("url"),
        "preview_url": given.get("url"),
        "remote_url": None,
        "description": given.get("description"),
        "blurhash": None,
    }
