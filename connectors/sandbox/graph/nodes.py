"""Objects and lists of the Graph API: a node holds lists, a list holds nodes, each with the fields asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox.entries import FACEBOOK, Entry, Person
from connectors.sandbox.graph import instagram
from connectors.sandbox.graph.calls import Call, limit_param, true
from connectors.sandbox.graph.errors import invalid, missing, unknown_field
from connectors.sandbox.graph.fields import Field, parse
from connectors.sandbox.graph.paging import Edge, Node, between, count, page, time_page
from connectors.sandbox.graph.values import ABSENT, COMMENT, POST, RATING, WEB, parent_of

BELOW = (
    "network = 'facebook' AND id IN (WITH RECURSIVE below (id) AS (SELECT id FROM entry WHERE network = 'facebook' AND"
    " parent_id = :id UNION SELECT e.id FROM entry e JOIN below b ON e.network = 'facebook' AND e.parent_id = b.id)"
    " SELECT id FROM below)"
)
# What each of a page's feeds shows. A visitor's post stands in /feed beside the page's own; an advert in none.
WALL = "network = 'facebook' AND wall_id = :id AND kind = 'post' AND coalesce(json_extract(extra, '$.published'), 1)"
FEEDS = {
    "feed": WALL,
    "posts": f"{WALL} AND author_id = :id",
    "published_posts": f"{WALL} AND author_id = :id",
    "visitor_posts": f"{WALL} AND author_id <> :id",
    "tagged": "network = 'facebook' AND kind = 'post' AND id IN"
    " (SELECT entry_id FROM mention WHERE network = 'facebook' AND person_id = :id)",
    "ratings": "network = 'facebook' AND wall_id = :id AND kind = 'rating'",
}
DEFAULTS = {
    "post": "created_time,message,id",
    "comment": "created_time,from,message,id",
    "rating": "created_time,recommendation_type,review_text,reviewer",
    "person": "name,id",
}
PLAIN = {"post": POST, "comment": COMMENT, "rating": RATING}


def node(call: Call, entry: Entry, fields: tuple[Field, ...]) -> Node:
    """`id` is always there; a field without a value (a top-level comment's parent) is absent, as on the network."""
    answer: Node = {}
    for field in fields or parse(DEFAULTS[entry.kind]):
        value = _value(call, entry, field)
        if value is not ABSENT:
            answer[field.name] = value
    if entry.kind != "rating":
        answer.setdefault("id", entry.id)
    return answer


def _value(call: Call, entry: Entry, field: Field) -> object:
    if field.name in ENTRY_EDGES and entry.kind != "rating":
        return nested(call, entry.id, field)
    if field.name in ("parent", "object") and entry.kind == "comment":
        return _ancestor(call, entry, field)
    if field.name not in PLAIN[entry.kind]:
        raise unknown_field(field.name, entry.kind.capitalize())
    return PLAIN[entry.kind][field.name](call, entry)


def _ancestor(call: Call, entry: Entry, field: Field) -> object:
    """`object` is the post; `parent` the comment that is answered, absent at the top level."""
    if field.name == "object":
        post = call.sandbox.world.entry(FACEBOOK, entry.root_id)
        return node(call, post, field.fields) if post else ABSENT
    parent = parent_of(call, entry)
    if parent is None or parent.kind != "comment":
        return ABSENT
    return node(call, parent, field.fields)


def person_node(call: Call, person: Person, fields: tuple[Field, ...]) -> Node:
    known: Mapping[str, object] = {
        "id": person.id,
        "name": person.name,
        "link": f"{WEB}/{person.id}",
        "username": person.handle,
        "fan_count": person.followers,
        "followers_count": person.followers,
        "category": "Telecommunication Company",
        "access_token": call.token.value,
        "picture": {"data": {"height": 50, "is_silhouette": True, "url": f"{WEB}/{person.id}/picture", "width": 50}},
    }
    answer: Node = {}
    for field in fields or parse(DEFAULTS["person"]):
        if field.name in FEEDS:
            answer[field.name] = nested(call, person.id, field)
        elif field.name == instagram.LINKED:
            answer |= instagram.linked(call, person.id, field)
        elif field.name in known:
            answer[field.name] = known[field.name]
        else:
            raise unknown_field(field.name, "Page" if person.ours else "User")
    answer.setdefault("id", person.id)
    return answer


def by_id(call: Call, id: str, fields: tuple[Field, ...]) -> Node:
    """Whatever has this id. Raises GraphError 100/33."""
    person = call.sandbox.world.person(FACEBOOK, id)
    if person:
        return person_node(call, person, fields)
    entry = call.entry(id)
    if entry.kind == "private":
        raise missing(id)
    return node(call, entry, fields)


def feed(call: Call, page_id: str, name: str, params: Mapping[str, str]) -> Node:
    call.need("pages_read_engagement")
    if page_id != call.page_id:
        raise missing(page_id)
    where, values = FEEDS[name], {"id": page_id}
    if not true(params.get("include_hidden", "true")):
        where += " AND hidden = 0"
    edge = between(Edge(f"{page_id}/{name}", where, values), params)
    fields = parse(params["fields"]) if params.get("fields") else ()
    style = time_page if call.sandbox.switches.now.feed_paging == "time" else page
    return style(call, edge, params, lambda entry: node(call, entry, fields))


def comments(call: Call, id: str, params: Mapping[str, str]) -> Node:
    """filter=toplevel (what stands directly beneath) or stream (all depths in one, in the order of time)."""
    call.need("pages_read_engagement")
    edge = between(_comments(call.entry(id), params), params)
    fields = parse(params["fields"]) if params.get("fields") else ()
    answer = page(call, edge, params, lambda entry: node(call, entry, fields))
    if params.get("summary") and params["summary"] not in ("false", "0"):
        answer["summary"] = {
            "order": "reverse_chronological" if edge.newest_first else "chronological",
            "total_count": count(call.sandbox.world, edge),
            "can_comment": True,
        }
    return answer


def likes(call: Call, id: str, params: Mapping[str, str]) -> Node:
    """Who likes it; `reactions` is the same list with a type, since the sandbox's people only like."""
    entry = call.entry(id)
    sql = "SELECT person_id FROM liked WHERE network = 'facebook' AND entry_id = ? ORDER BY person_id"
    found = [row["person_id"] for row in call.sandbox.world.store.all(sql, (entry.id,))]
    people = [call.sandbox.world.person(FACEBOOK, person_id) for person_id in found[: limit_param(params)]]
    answer: Node = {"data": [{"id": person.id, "name": person.name} for person in people if person]}
    if params.get("summary"):
        answer["summary"] = {"total_count": len(found), "can_like": True, "has_liked": call.page_id in found}
    return answer


def reactions(call: Call, id: str, params: Mapping[str, str]) -> Node:
    answer = likes(call, id, {name: value for name, value in params.items() if name != "type"})
    answer["data"] = [{**person, "type": "LIKE"} for person in answer["data"]]  # type: ignore[attr-defined]
    if "summary" in answer:
        answer["summary"] = {"total_count": answer["summary"]["total_count"], "viewer_reaction": "NONE"}  # type: ignore[index]
    return answer


ENTRY_EDGES: Mapping[str, Callable[[Call, str, Mapping[str, str]], Node]] = {
    "comments": comments,
    "likes": likes,
    "reactions": reactions,
}


def nested(call: Call, id: str, field: Field) -> Node:
    """An edge inside a field list; its paging leads to the edge itself, as on the network."""
    params = {**field.args, **({"fields": field.source} if field.source else {})}
    if field.name in FEEDS:
        return feed(call, id, field.name, params)
    return ENTRY_EDGES[field.name](call, id, params)


def _comments(entry: Entry, params: Mapping[str, str]) -> Edge:
    kind, order = params.get("filter", "toplevel"), params.get("order", "chronological")
    if kind not in ("toplevel", "stream"):
        raise invalid("Param filter must be one of {TOPLEVEL, STREAM}")
    if order not in ("chronological", "reverse_chronological", "ranked"):
        raise invalid("Param order must be one of {CHRONOLOGICAL, REVERSE_CHRONOLOGICAL, RANKED}")
    where = "network = 'facebook' AND kind = 'comment' AND parent_id = :id"
    if kind == "stream":
        where = BELOW if entry.kind == "comment" else "network = 'facebook' AND kind = 'comment' AND root_id = :id"
    return Edge(f"{entry.id}/comments", where, {"id": entry.id}, newest_first=order == "reverse_chronological")
