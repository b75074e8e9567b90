"""Pages of the Graph API, walked by the unchanged facebook-sdk."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import facebook
import pytest

from connectors.sandbox.remote import Remote

Json = dict[str, Any]


@pytest.fixture
def comments(sandbox: Remote, post: Json) -> list[str]:
    """Seven comments a second apart, oldest first."""
    began = sandbox.now() - 600
    rows = [
        {"network": "facebook", "kind": "comment", "author": "Kari Nordmann", "text": f"nr {number}"}
        | {"parent_id": post["id"], "created_at": began + number}
        for number in range(7)
    ]
    return [entry["id"] for entry in sandbox.write_many(rows)]


def walk(graph: facebook.GraphAPI, id: str, edge: str = "comments", **params: str) -> list[str]:
    return [found["id"] for found in graph.get_all_connections(id, edge, **params)]


def test_all_pages_together_are_the_whole_list(graph: facebook.GraphAPI, post: Json, comments: list[str]) -> None:
    assert walk(graph, post["id"], limit="2") == comments
    assert walk(graph, post["id"], limit="3", order="reverse_chronological") == comments[::-1]


def test_next_carries_the_token_and_the_last_page_has_only_cursors(
    graph: facebook.GraphAPI, post: Json, comments: list[str]
) -> None:
    first = graph.get_connections(post["id"], "comments", limit=4, fields="message")
    query = parse_qs(urlsplit(first["paging"]["next"]).query)
    assert (query["access_token"], query["limit"], query["fields"]) == ([graph.access_token], ["4"], ["message"])
    last = graph.get_connections(post["id"], "comments", limit=4, after=first["paging"]["cursors"]["after"])
    assert len(last["data"]) == 3
    assert set(last["paging"]) == {"cursors", "previous"}


def test_an_empty_list_has_no_paging(graph: facebook.GraphAPI, post: Json) -> None:
    assert graph.get_connections(post["id"], "comments") == {"data": []}


def test_before_leads_back_to_the_page_before(graph: facebook.GraphAPI, post: Json, comments: list[str]) -> None:
    first = graph.get_connections(post["id"], "comments", limit=2)
    second = graph.get_connections(post["id"], "comments", limit=2, after=first["paging"]["cursors"]["after"])
    back = graph.get_connections(post["id"], "comments", limit=2, before=second["paging"]["cursors"]["before"])
    assert back["data"] == first["data"]


def test_what_is_written_between_two_pages_moves_nothing(
    graph: facebook.GraphAPI, sandbox: Remote, post: Json, comments: list[str]
) -> None:
    new = {"network": "facebook", "kind": "comment", "author": "Ole Håkonsen", "text": "ny", "parent_id": post["id"]}
    sandbox.fault("between", path="/comments$", count=1, entries=[new], deletes=[["facebook", comments[6]]])
    found = walk(graph, post["id"], limit="3", order="reverse_chronological")
    assert found == comments[::-1]


def test_a_page_can_repeat_the_end_of_the_one_before(
    graph: facebook.GraphAPI, sandbox: Remote, post: Json, comments: list[str]
) -> None:
    sandbox.turn(overlap=1)
    found = walk(graph, post["id"], limit="3")
    assert len(found) > len(comments)
    assert list(dict.fromkeys(found)) == comments


def test_time_paging_of_a_feed_is_walked_to_its_end(graph: facebook.GraphAPI, sandbox: Remote) -> None:
    """Its `next` carries blank parameters, as recorded, which facebook-sdk drops."""
    now = sandbox.now()
    posts = [
        {
            "network": "facebook",
            "kind": "post",
            "author_id": "100200300400500",
            "text": str(age),
            "created_at": now - age,
        }
        for age in range(5)
    ]
    ids = [entry["id"] for entry in sandbox.write_many(posts)]
    sandbox.turn(feed_paging="time")
    first = graph.get_connections("me", "posts", limit=2)
    assert "&since=&" in first["paging"]["next"]
    assert walk(graph, "me", "posts", limit="2") == ids


def test_a_cursor_that_is_none_is_refused(graph: facebook.GraphAPI, post: Json, comments: list[str]) -> None:
    with pytest.raises(facebook.GraphAPIError, match="Invalid cursors"):
        graph.get_connections(post["id"], "comments", after="nonsense")
