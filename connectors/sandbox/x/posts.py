"""What a user may do through the X API: post and reply, delete, hide a reply, like."""

from __future__ import annotations

import unicodedata

from connectors.sandbox.entries import Entry, NewEntry, Person, X
from connectors.sandbox.x import text as xtext
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.params import words
from connectors.sandbox.x.problems import Json, Problem, duplicate, forbidden, invalid
from connectors.sandbox.x.shapes import written

BODY = words(
    "card_uri community_id direct_message_deep_link edit_options for_super_followers_only geo made_with_ai media "
    "nullcast paid_partnership poll quote_tweet_id reply reply_settings share_with_followers text"
)


def create(call: Call) -> Json:
    call.need("tweet.write")
    for name in call.body:
        if name not in BODY:
            raise invalid(f"$.{name}: is not defined in the schema and the schema does not allow additional properties")
    text = unicodedata.normalize("NFC", str(call.body.get("text", ""))).strip()
    if not text and not call.body.get("media"):
        raise invalid("text or media is required", text=text)
    author = call.sandbox.world.person(X, call.user_id)
    if author is None:
        raise Problem(401, "Unauthorized", "Unauthorized")
    if not author.long_posts and xtext.weight(text) > xtext.LIMIT:
        raise forbidden("Your Tweet text is too long. For more information on how Twitter determines text length see"
                        " https://github.com/twitter/twitter-text.")  # fmt: skip
    parent = _answered(call, author)
    prefix = _prefix(call, author, parent)
    _refuse_duplicate(call, prefix + text)
    entry = call.sandbox.world.write(_new(call, author, prefix, text, parent))
    call.resources = 1
    names = call.sandbox.switches.now.x_names
    history = "edit_history_post_ids" if names == "2.167" else "edit_history_tweet_ids"
    return {"data": {history: [entry.id], "id": entry.id, "text": xtext.escape(written(entry).text)}}


def delete(call: Call) -> Json:
    call.need("tweet.write")
    entry = call.standing(call.path["id"])
    if entry is None or entry.kind != "tweet":
        raise Problem(404, "Not Found", "Not Found")
    if entry.author_id != call.user_id:
        raise forbidden("You are not authorized to delete this Tweet.")
    call.sandbox.world.delete(entry)
    call.resources = 1
    return {"data": {"deleted": True}}


def hide(call: Call) -> Json:
    """Only replies in conversations that we began."""
    call.need("tweet.moderate.write")
    entry, hidden = call.standing(call.path["id"]), call.body.get("hidden")
    if not isinstance(hidden, bool):
        raise invalid("$.hidden: is missing but it is required", hidden=str(hidden))
    if entry is None:
        raise Problem(404, "Not Found", "Not Found")
    root = call.standing(entry.root_id)
    if root is None or root.author_id != call.user_id or entry.parent_id is None:
        raise forbidden("You are not authorized to hide this reply.")
    call.sandbox.world.hide(entry, hidden)
    call.resources = 1
    return {"data": {"hidden": hidden}}


def like(call: Call) -> Json:
    call.need("like.write")
    id = str(call.body.get("tweet_id", call.path.get("tweet_id", "")))
    entry = call.standing(id)
    if entry is None:
        raise Problem(404, "Not Found", "Not Found")
    liked = "tweet_id" in call.body
    call.sandbox.world.like(entry, call.user_id, liked=liked)
    return {"data": {"liked": liked}}


def _new(call: Call, author: Person, prefix: str, text: str, parent: Entry | None) -> NewEntry:
    kept = {name: call.body[name] for name in ("community_id", "reply_settings") if name in call.body}
    quoted = {"quoted": str(call.body["quote_tweet_id"])} if call.body.get("quote_tweet_id") else {}
    parent_id = parent.id if parent else None
    more = {"prefix": len(prefix), **kept, **quoted}
    return NewEntry(X, "tweet", author.id, prefix + text, parent_id=parent_id, via="api", extra=more)


def _answered(call: Call, author: Person) -> Entry | None:
    """The post that is answered. On self-serve plans its author must have mentioned or quoted us."""
    id = (call.body.get("reply") or {}).get("in_reply_to_tweet_id")
    if not id:
        return None
    parent = call.standing(str(id))
    if parent is None or parent.kind != "tweet":
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if call.sandbox.switches.now.x_summoned_only and not _summoned(call, author, parent):
        raise forbidden(
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the"
            " author of the post you are replying to."
        )
    return parent


def _summoned(call: Call, author: Person, parent: Entry) -> bool:
    if parent.author_id == author.id or author.id in call.sandbox.world.mentioned(parent):
        return True
    quoted = call.standing(str(parent.extra.get("quoted", "")))
    return quoted is not None and quoted.author_id == author.id


def _prefix(call: Call, author: Person, parent: Entry | None) -> str:
    if parent is None:
        return ""
    excluded = [str(id) for id in (call.body.get("reply") or {}).get("exclude_reply_user_ids", [])]
    return call.sandbox.world.reply_prefix(author.id, parent, excluded)


def _refuse_duplicate(call: Call, text: str) -> None:
    window = call.sandbox.switches.now.x_duplicate_window
    same = call.sandbox.store.one(
        "SELECT 1 FROM entry WHERE network = 'x' AND author_id = ? AND text = ? AND deleted_at IS NULL"
        " AND created_at > ?",
        (call.user_id, text, call.sandbox.clock.now() - window),
    )
    if same:
        raise duplicate()
