"""GET /2/tweets/search/recent: the last seven days, newest first."""

from __future__ import annotations

from connectors.sandbox.clock import iso
from connectors.sandbox.entries import Entry
from connectors.sandbox.world import snowflake
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.lists import OPEN, PAGED, TWEETS, between, paged
from connectors.sandbox.x.params import SHOWN, Asked, read
from connectors.sandbox.x.problems import Json, invalid
from connectors.sandbox.x.query import Candidate, Test, conversation, parse

WEEK = 7 * 86400.0
READ_AHEAD = 500


def recent(call: Call) -> Json:
    call.need("tweet.read")
    asked = read(call.query, (*SHOWN, *PAGED, "query", "next_token", "sort_order"))
    query = asked.text("query")
    if not query:
        raise invalid("The `query` query parameter can not be empty", query="")
    size = asked.size(10, 100, 10)
    _check_bounds(call, asked)
    where, values = _range(call, asked, query)
    return paged(call, asked, _matching(call, parse(query), where, values, size + 1), size)


def _check_bounds(call: Call, asked: Asked) -> None:
    """Ids and times do not go together, and nothing reaches further back than a week."""
    ids = [name for name in ("since_id", "until_id") if asked.text(name)]
    times = [name for name in ("start_time", "end_time") if asked.text(name)]
    if ids and times:
        message = "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'."
        raise invalid(message, **{name: str(asked.text(name)) for name in ids})
    if asked.text("next_token") and asked.text("pagination_token"):
        raise invalid("Only one of next_token and pagination_token can be used", next_token=asked.params["next_token"])
    oldest = call.sandbox.clock.now() - WEEK
    since, start = asked.number("since_id"), asked.time("start_time")
    if since is not None and since < snowflake(oldest, 0):
        message = f"'since_id' must be a tweet id created after [{iso(oldest)}]. Please use a 'since_id' that is"
        raise invalid(f"{message} larger than {snowflake(oldest, 0)}", since_id=str(since))
    if start is not None and start < oldest:
        raise invalid(f"'start_time' must be on or after {iso(oldest)}", start_time=str(asked.text("start_time")))


def _range(call: Call, asked: Asked, query: str) -> tuple[str, dict[str, object]]:
    where, values = "created_at > :oldest", {"oldest": call.sandbox.clock.now() - WEEK}
    token = asked.text("next_token") or asked.text("pagination_token")
    narrowed, given = between(asked, f"{where} AND {OPEN}", values, token)
    if root := conversation(query):
        return f"{narrowed} AND root_id = :root", {**given, "root": root}
    return narrowed, given


def _matching(call: Call, test: Test, where: str, values: dict[str, object], wanted: int) -> list[Entry]:
    """Read newest first until enough match."""
    world, found, place = call.sandbox.world, list[Entry](), None
    while len(found) < wanted:
        below = "" if place is None else " AND position < :place"
        tail = f"ORDER BY position DESC LIMIT {READ_AHEAD}"
        read_now = world.seen(f"{TWEETS} AND {where}{below}", {**values, "place": place}, tail)
        found += [entry for entry in read_now if test(Candidate(world, entry))]
        if len(read_now) < READ_AHEAD:
            break
        place = read_now[-1].position
    return found[:wanted]
