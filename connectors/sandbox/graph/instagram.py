"""Instagram on the Graph API: an account's media, the comments beneath them with one level of answers, and mentions.

What others have posted is out of reach but for what they say of us: a mention is looked up by the ids that its
notification has told, through our own account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox import demo
from connectors.sandbox.entries import INSTAGRAM, INSTAGRAM_ID, Entry, NewEntry, Person
from connectors.sandbox.graph.calls import Call, limit_param, true
from connectors.sandbox.graph.errors import GraphError, invalid, missing, unknown_field
from connectors.sandbox.graph.fields import Field, parse
from connectors.sandbox.graph.paging import Edge, Node, between, page
from connectors.sandbox.graph.values import ABSENT, when

WEB = "https://www.instagram.com"
LONGEST = 2200
# Comments come in pages of so many, whatever is asked for.
LARGEST = 50
DONE: Node = {"success": True}
LINKED = "instagram_business_account"
READ, MODERATE = "instagram_basic", "instagram_manage_comments"
DEFAULTS = {"media": "id", "comment": "timestamp,text,id"}
MENTIONED = {"mentioned_comment": ("comment_id", "comment"), "mentioned_media": ("media_id", "media")}

Maker = Callable[[Call, Entry], object]


def is_one(id: str) -> bool:
    """Whether an id is of Instagram's: no other's here has its length and beginning."""
    return INSTAGRAM_ID.fullmatch(id) is not None


def account_of(call: Call, page_id: str) -> Person | None:
    """The professional account that a page is linked to."""
    return call.sandbox.world.person(INSTAGRAM, demo.INSTAGRAM_USER_ID) if page_id == demo.PAGE_ID else None


def linked(call: Call, page_id: str, field: Field) -> Node:
    """What a page says of it: nothing at all where it has none, or the permission is missing."""
    found = account_of(call, page_id) if call.token.may(READ) else None
    return {LINKED: account(call, found, field.fields)} if found else {}


# Reading


def read(call: Call, id: str, edge: str) -> Node:
    params = {**call.params, "limit": str(min(limit_param(call.params), LARGEST))} if edge != "media" else call.params
    if edge not in EDGES:
        raise GraphError(2500, f"Unknown path components: /{edge}")
    return EDGES[edge](call, id, params)


def by_id(call: Call, id: str, fields: tuple[Field, ...]) -> Node:
    """Our account, its media and what stands beneath them. Raises GraphError 100/33 for everything else."""
    call.need(READ)
    ours = _ours(call)
    if id == ours.id:
        return account(call, ours, fields)
    return _node(call, _seen(call, id), fields)


def account(call: Call, person: Person, fields: tuple[Field, ...]) -> Node:
    known: Mapping[str, object] = {
        "id": person.id,
        "username": person.handle,
        "name": person.name,
        "followers_count": person.followers,
        "biography": "",
    }
    answer: Node = {}
    for field in fields:
        if field.name in MENTIONED:
            answer[field.name] = _mentioned(call, person, field)
        elif field.name in known:
            answer[field.name] = known[field.name]
        elif field.name != "media":
            raise unknown_field(field.name, "ShadowIGUser")
        else:
            answer["media"] = media(call, person.id, _params(field))
    return {**answer, "id": person.id}


def media(call: Call, id: str, params: Mapping[str, str]) -> Node:
    """Newest first, by cursors, between two times where asked for."""
    call.need(READ)
    if id != _ours(call).id:
        raise missing(id)
    edge = Edge(f"{id}/media", "network = 'instagram' AND kind = 'media' AND author_id = :id", {"id": id})
    return _listed(call, between(edge, params), params)


def beneath(name: str) -> Callable[[Call, str, Mapping[str, str]], Node]:
    """Comments of media, or answers to a comment: newest first. The times of them cannot be asked for."""

    def answer(call: Call, id: str, params: Mapping[str, str]) -> Node:
        call.need(MODERATE)
        if _seen(call, id).kind != {"comments": "media", "replies": "comment"}[name]:
            raise missing(id)
        where = "network = 'instagram' AND kind = 'comment' AND parent_id = :id"
        return _listed(call, Edge(f"{id}/{name}", where, {"id": id}), params)

    return answer


EDGES = {"media": media, "comments": beneath("comments"), "replies": beneath("replies")}


def _listed(call: Call, edge: Edge, params: Mapping[str, str]) -> Node:
    fields = parse(params["fields"]) if params.get("fields") else ()
    return page(call, edge, params, lambda entry: _node(call, entry, fields))


def _mentioned(call: Call, us: Person, field: Field) -> Node:
    """What names us in somebody else's words. The sign before our name is left out, as on the network."""
    call.need(MODERATE)
    given, kind = MENTIONED[field.name]
    id = field.args.get(given, "")
    entry = call.sandbox.world.entry(INSTAGRAM, id)
    if entry is None or entry.kind != kind or us.id not in call.sandbox.world.mentioned(entry):
        raise missing(id)
    answer = _node(call, entry, field.fields)
    return {
        name: value.replace(f"@{us.handle}", us.handle)
        if isinstance(value, str) and name in ("text", "caption")
        else value
        for name, value in answer.items()
    }


def _node(call: Call, entry: Entry, fields: tuple[Field, ...]) -> Node:
    answer: Node = {}
    for field in fields or parse(DEFAULTS[entry.kind]):
        value = _value(call, entry, field)
        if value is not ABSENT:
            answer[field.name] = value
    return {**answer, "id": entry.id}


def _value(call: Call, entry: Entry, field: Field) -> object:
    if field.name == "media" and entry.kind == "comment":
        post = call.sandbox.world.entry(INSTAGRAM, entry.root_id)
        return _node(call, post, field.fields) if post else ABSENT
    if field.name == ("comments" if entry.kind == "media" else "replies"):
        below = Edge(f"{entry.id}/{field.name}", "network = 'instagram' AND parent_id = :id", {"id": entry.id})
        return _listed(call, below, _params(field))
    if field.name not in PLAIN[entry.kind]:
        raise unknown_field(field.name, {"media": "ShadowIGMedia", "comment": "ShadowIGComment"}[entry.kind])
    return PLAIN[entry.kind][field.name](call, entry)


def _params(field: Field) -> Mapping[str, str]:
    return {**field.args, **({"fields": field.source} if field.source else {})}


def _ours(call: Call) -> Person:
    found = account_of(call, call.page_id)
    if found is None:
        raise missing(call.page_id)
    return found


def _seen(call: Call, id: str) -> Entry:
    """Ours as readers see it: of what stands on somebody else's media only our own words are there for us."""
    entry = call.sandbox.world.entry(INSTAGRAM, id)
    if entry is None or not (_is_on_ours(call, entry) or entry.author_id == _ours(call).id):
        raise missing(id)
    return entry


def _is_on_ours(call: Call, entry: Entry) -> bool:
    post = entry if entry.kind == "media" else call.sandbox.world.standing(INSTAGRAM, entry.root_id)
    return post is not None and post.author_id == _ours(call).id


def _author(call: Call, entry: Entry) -> Person | None:
    """Nobody but ourselves where the permission to read people is missing."""
    person = call.sandbox.world.person(INSTAGRAM, entry.author_id)
    named = call.sandbox.switches.now.facebook_from and call.token.may(MODERATE)
    return person if person and (person.ours or named) else None


def _from(call: Call, entry: Entry) -> object:
    person = _author(call, entry)
    return {"id": person.id, "username": person.handle} if person else ABSENT


def _username(call: Call, entry: Entry) -> object:
    person = _author(call, entry)
    return person.handle if person else ABSENT


def _user(call: Call, entry: Entry) -> object:
    """Only of what we have written ourselves."""
    return {"id": entry.author_id} if entry.author_id == _ours(call).id else ABSENT


def _parent(call: Call, entry: Entry) -> object:
    return entry.parent_id if entry.parent_id != entry.root_id else ABSENT


def _comments(call: Call, entry: Entry) -> object:
    """Answers included, the caption not."""
    return call.sandbox.world.count("network = 'instagram' AND kind = 'comment' AND root_id = :id", {"id": entry.id})


def _likes(call: Call, entry: Entry) -> object:
    sql = "SELECT count(*) AS n FROM liked WHERE network = 'instagram' AND entry_id = ?"
    row = call.sandbox.store.one(sql, (entry.id,))
    return int(row["n"]) if row else 0


def permalink(entry: Entry) -> str:
    return f"{WEB}/p/{int(entry.id):x}/"


PLAIN: Mapping[str, Mapping[str, Maker]] = {
    "media": {
        "id": lambda call, entry: entry.id,
        "caption": lambda call, entry: entry.text or ABSENT,
        "timestamp": lambda call, entry: when(entry.created_at),
        "username": _username,
        "owner": lambda call, entry: {"id": entry.author_id},
        "permalink": lambda call, entry: permalink(entry),
        "media_type": lambda call, entry: entry.extra.get("media_type", "IMAGE"),
        "media_product_type": lambda call, entry: "FEED",
        "media_url": lambda call, entry: entry.extra.get("media_url", ABSENT),
        "comments_count": _comments,
        "like_count": _likes,
    },
    "comment": {
        "id": lambda call, entry: entry.id,
        "text": lambda call, entry: entry.text,
        "timestamp": lambda call, entry: when(entry.created_at),
        "from": _from,
        "username": _username,
        "user": _user,
        "parent_id": _parent,
        "hidden": lambda call, entry: entry.hidden,
        "like_count": _likes,
    },
}


# Writing


def write(call: Call, id: str, edge: str) -> Node:
    call.need(MODERATE)
    match call.method, edge:
        case "POST", "replies" | "comments":
            return _answer(call, id, {"replies": "comment", "comments": "media"}[edge])
        case "POST", "mentions":
            return _answer_mention(call, id)
        case "POST", "":
            return _hide(call, id)
        case "DELETE", "":
            return _delete(call, id)
    raise GraphError(3, "(#3) Application does not have the capability to make this API call.")


def _answer(call: Call, id: str, kind: str) -> Node:
    """Beneath our own media. There is one level: an answer to an answer stands under the comment above both."""
    parent = _standing(call, id)
    if parent.kind != kind or not _is_on_ours(call, parent):
        raise missing(id)
    if parent.hidden:
        raise invalid("You cannot reply to a hidden comment")
    return _written(call, parent)


def _answer_mention(call: Call, id: str) -> Node:
    if id != _ours(call).id:
        raise missing(id)
    if not call.params.get("media_id"):
        raise invalid("The parameter media_id is required.")
    post = _standing(call, call.params["media_id"])
    target = _standing(call, call.params["comment_id"]) if call.params.get("comment_id") else post
    if target.root_id != post.id or id not in call.sandbox.world.mentioned(target):
        raise missing(target.id)
    return _written(call, target)


def _written(call: Call, parent: Entry) -> Node:
    text = call.params.get("message", "").strip()
    if not text:
        raise invalid("The parameter message is required.")
    if len(text) > LONGEST:
        raise invalid(f"Comments can be at most {LONGEST} characters")
    new = NewEntry(INSTAGRAM, "comment", _ours(call).id, text, parent_id=parent.id, via="api")
    return {"id": call.sandbox.world.write(new).id}


def _hide(call: Call, id: str) -> Node:
    """What the owner of the media has written there is always shown, whatever is asked for."""
    entry = _commented(call, id)
    if "hide" not in call.params:
        raise invalid("The parameter hide is required.")
    if entry.author_id != _ours(call).id:
        call.sandbox.world.hide(entry, true(call.params["hide"]))
    return DONE


def _delete(call: Call, id: str) -> Node:
    """Only the owner of the media may, not even the author of the comment."""
    call.sandbox.world.delete(_commented(call, id))
    return DONE


def _commented(call: Call, id: str) -> Entry:
    entry = _standing(call, id)
    if entry.kind != "comment" or not _is_on_ours(call, entry):
        raise GraphError(200, "(#200) Permissions error")
    return entry


def _standing(call: Call, id: str) -> Entry:
    entry = call.sandbox.world.standing(INSTAGRAM, id)
    if entry is None:
        raise missing(id)
    return entry
