"""Pages of a Graph edge: opaque keyset cursors, so that what is written or deleted between two pages moves nothing."""

from __future__ import annotations

import base64
import binascii
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.sandbox.entries import Entry
from connectors.sandbox.graph.calls import Call, limit_param, time_param
from connectors.sandbox.graph.errors import GraphError
from connectors.sandbox.world import World

Node = dict[str, object]


@dataclass(frozen=True, slots=True)
class Edge:
    """A list of entries: `where` and `values` choose them, newest first or oldest first."""

    path: str
    where: str
    values: Mapping[str, object]
    newest_first: bool = True


def page(call: Call, edge: Edge, params: Mapping[str, str], render: Callable[[Entry], Node]) -> Node:
    """{"data", "paging"}; the last page keeps its cursors and omits `next`, an empty one has no paging at all."""
    limit = limit_param(params)
    after, before = params.get("after"), params.get("before")
    found = _read(call.sandbox.world, edge, limit + 1, after=after, before=before)
    more = len(found) > limit
    entries = found[:limit] if not before else found[-limit:]
    if not entries:
        return {"data": []}
    switches = call.sandbox.switches.now
    last = entries[-1 - switches.overlap if more and len(entries) > switches.overlap else -1]
    cursors = {"before": cursor(entries[0]), "after": cursor(last)}
    paging: Node = {"cursors": cursors}
    kept = {name: value for name, value in params.items() if name not in ("access_token", "after", "before", "pretty")}
    kept["limit"] = str(limit)
    if more or before:
        paging["next"] = call.url(edge.path, {**kept, "after": cursors["after"]})
    if after:
        paging["previous"] = call.url(edge.path, {**kept, "before": cursors["before"]})
    if switches.shuffle:
        random.shuffle(entries)
    return {"data": [render(entry) for entry in entries], "paging": paging}


def time_page(call: Call, edge: Edge, params: Mapping[str, str], render: Callable[[Entry], Node]) -> Node:
    """The older paging of feeds: `next` says until when, and carries blank parameters that clients must bear."""
    limit = limit_param(params)
    found = _read(call.sandbox.world, edge, limit + 1, after=params.get("__paging_token"), before=None)
    entries = found[:limit]
    if not entries:
        return {"data": []}
    kept = {name: params[name] for name in ("fields", "limit") if name in params}
    first, last = (str(int(entries[index].created_at)) for index in (0, -1))
    newer = {**kept, "__previous": "1", "since": first, "until": "", "__paging_token": cursor(entries[0])}
    paging: Node = {"previous": call.url(edge.path, newer)}
    if len(found) > limit:
        older = {**kept, "until": last, "since": "", "__paging_token": cursor(entries[-1]), "__previous": ""}
        paging["next"] = call.url(edge.path, older)
    return {"data": [render(entry) for entry in entries], "paging": paging}


def between(edge: Edge, params: Mapping[str, str]) -> Edge:
    where, values = edge.where, dict(edge.values)
    for name, sign in (("since", ">="), ("until", "<=")):
        at = time_param(params, name)
        if at is not None:
            where += f" AND created_at {sign} :{name}"
            values[name] = at
    return Edge(edge.path, where, values, edge.newest_first)


def count(world: World, edge: Edge) -> int:
    return world.count(edge.where, dict(edge.values))


def cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(f"{entry.position}.{entry.seq}".encode()).decode().rstrip("=")


def _read(world: World, edge: Edge, limit: int, *, after: str | None, before: str | None) -> list[Entry]:
    where, values = edge.where, dict(edge.values)
    downward = edge.newest_first
    if token := after or before:
        values["position"], values["seq"] = _place(token)
        backwards = after is None
        downward = edge.newest_first != backwards
        where += f" AND (position, seq) {'<' if downward else '>'} (:position, :seq)"
    direction = "DESC" if downward else "ASC"
    found = world.seen(where, values, f"ORDER BY position {direction}, seq {direction} LIMIT {limit}")
    return found if downward == edge.newest_first else found[::-1]


def _place(token: str) -> tuple[int, int]:
    try:
        position, seq = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(".")
        return int(position), int(seq)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise GraphError(100, "(#100) Invalid cursors values.") from None
