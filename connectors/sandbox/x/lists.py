"""The lists of the X API: mentions, a user's own posts, lookup; always newest first, with the network's walls."""

from __future__ import annotations

import random
from collections.abc import Mapping

from connectors.sandbox.entries import Entry, X
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.params import SHOWN, Asked, read
from connectors.sandbox.x.problems import Json, Problem, invalid, missing, unseen
from connectors.sandbox.x.shapes import Shapes

MENTIONS_WALL = 800
TIMELINE_WALL = 3200
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
PAGED = ("max_results", "since_id", "until_id", "start_time", "end_time", "pagination_token")
# The posts of protected accounts are nowhere, except in the account's own view.
OPEN = "author_id NOT IN (SELECT id FROM person WHERE network = 'x' AND protected AND NOT ours)"
# An edited post stands in the lists under its newest id only.
TWEETS = "network = 'x' AND kind = 'tweet' AND (replaced_visible_at IS NULL OR replaced_visible_at > :now)"


def me(call: Call) -> Json:
    call.need("users.read")
    asked = read(call.query, ("user.fields", "tweet.fields", "expansions"))
    person = call.sandbox.world.person(X, call.user_id)
    if person is None:
        raise Problem(404, "Not Found", "Not Found")
    call.resources = 1
    return {"data": shapes(call, asked).user(person)}


def user(call: Call) -> Json:
    asked = read(call.query, ("user.fields", "tweet.fields", "expansions"))
    if "username" in call.path:
        person = call.sandbox.world.person_called(X, call.path["username"])
        if person is None:
            return {"errors": [missing("user", "username", call.path["username"])]}
    else:
        person = call.sandbox.world.person(X, call.path["id"])
        if person is None:
            return {"errors": [missing("user", "id", call.path["id"])]}
    call.resources = 1
    return {"data": shapes(call, asked).user(person)}


def mentions(call: Call) -> Json:
    call.need("tweet.read")
    asked = read(call.query, (*SHOWN, *PAGED))
    named = (
        "EXISTS (SELECT 1 FROM mention m WHERE m.network = 'x' AND m.person_id = :person AND m.position ="
        " entry.position AND m.entry_id = entry.id)"
    )
    values: dict[str, object] = {"person": call.path["id"]}
    row = call.sandbox.store.one(
        "SELECT position FROM mention WHERE network = 'x' AND person_id = ? ORDER BY position DESC LIMIT 1 OFFSET ?",
        (call.path["id"], MENTIONS_WALL - 1),
    )
    if row:
        named, values["wall"] = f"{named} AND position >= :wall", row["position"]
    return _timeline(call, asked, named, values)


def tweets_of(call: Call) -> Json:
    """A user's own posts, from which ours are read back: it is ahead of the search."""
    call.need("tweet.read")
    asked = read(call.query, (*SHOWN, *PAGED, "exclude"))
    where = "author_id = :author"
    if "replies" in asked.list("exclude"):
        where += " AND parent_id IS NULL"
    values: dict[str, object] = {"author": call.path["id"]}
    row = call.sandbox.store.one(
        "SELECT position FROM entry WHERE network = 'x' AND author_id = ? ORDER BY position DESC LIMIT 1 OFFSET ?",
        (call.path["id"], TIMELINE_WALL - 1),
    )
    if row:
        where, values["wall"] = f"{where} AND position >= :wall", row["position"]
    return _timeline(call, asked, where, values)


def lookup(call: Call) -> Json:
    """/2/tweets?ids= : a missing one is an item in `errors` beside the others."""
    call.need("tweet.read")
    asked = read(call.query, (*SHOWN, "ids"))
    ids = asked.list("ids")
    if not 1 <= len(ids) <= 100:
        message = f"The number of values in the `ids` query parameter list [{len(ids)}] is not between 1 and 100"
        raise invalid(message, ids=asked.params.get("ids", ""))
    return _found(call, asked, ids, "ids")


def one(call: Call) -> Json:
    call.need("tweet.read")
    asked = read(call.query, SHOWN)
    answer = _found(call, asked, (call.path["id"],), "id")
    if "data" in answer:
        answer["data"] = answer["data"][0]  # type: ignore[index]
    return answer


def shapes(call: Call, asked: Asked) -> Shapes:
    return Shapes(call.sandbox.world, asked, call.sandbox.switches.now.x_names)


def _found(call: Call, asked: Asked, ids: tuple[str, ...], parameter: str) -> Json:
    made, data = shapes(call, asked), []
    for id in dict.fromkeys(ids):
        if not id.isdigit():
            raise invalid(f"The `{parameter}` query parameter value [{id}] is not valid", **{parameter: id})
        entry = call.sandbox.world.entry(X, id)
        if entry is None or entry.kind != "tweet":
            made.errors.append(missing("tweet", parameter, id))
        elif made.hidden_from_us(entry):
            made.errors.append(unseen("tweet", parameter, id))
        else:
            data.append(made.tweet(entry))
    answer = made.around({"data": data} if data else {})
    call.resources = len(data) + made.people
    return answer


def _timeline(call: Call, asked: Asked, where: str, values: dict[str, object]) -> Json:
    if call.sandbox.world.person(X, call.path["id"]) is None:
        return {"errors": [missing("user", "id", call.path["id"])]}
    size = asked.size(5, 100, 10)
    where, values = between(asked, f"{where} AND {OPEN}", values, asked.text("pagination_token"))
    tail = f"ORDER BY position DESC LIMIT {size + 1}"
    return paged(call, asked, call.sandbox.world.seen(f"{TWEETS} AND {where}", values, tail), size)


def between(asked: Asked, where: str, values: Mapping[str, object], token: str | None) -> tuple[str, dict[str, object]]:
    """Ids and times narrow a list: since_id and until_id exclude themselves, start_time includes its second."""
    bounds = {
        "since_id": (asked.number("since_id"), "position > :since_id"),
        "until_id": (asked.number("until_id"), "position < :until_id"),
        "start_time": (asked.time("start_time"), "created_at >= :start_time"),
        "end_time": (asked.time("end_time"), "created_at < :end_time"),
        "page": (position(token) if token else None, "position < :page"),
    }
    given = {name: (value, sql) for name, (value, sql) in bounds.items() if value is not None}
    narrowed = " AND ".join([where, *(sql for _, sql in given.values())])
    return narrowed, {**values, **{name: value for name, (value, _) in given.items()}}


def paged(call: Call, asked: Asked, found: list[Entry], size: int) -> Json:
    """One page out of size + 1 entries; `data` is absent when there is nothing, `next_token` on the last page."""
    made = shapes(call, asked)
    entries = found[:size]
    if not entries:
        return {"meta": {"result_count": 0}}
    meta: Json = {"result_count": len(entries), "newest_id": entries[0].id, "oldest_id": entries[-1].id}
    if len(found) > size:
        overlap = call.sandbox.switches.now.overlap
        meta["next_token"] = token(entries[-1 - overlap if overlap < len(entries) else -1].position)
    if call.sandbox.switches.now.shuffle:
        random.shuffle(entries)
    answer = made.around({"data": [made.tweet(entry) for entry in entries], "meta": meta})
    call.resources = len(entries) + made.people
    return answer


def token(position: int) -> str:
    digits = ""
    while position:
        position, rest = divmod(position, 36)
        digits = DIGITS[rest] + digits
    return "7140dibdnow9c7btw" + digits


def position(text: str) -> int:
    digits = text.removeprefix("7140dibdnow9c7btw")
    if digits == text or not digits or not set(digits) <= set(DIGITS):
        raise invalid(f"The `pagination_token` query parameter value [{text}] is not valid", pagination_token=text)
    return int(digits, 36)
