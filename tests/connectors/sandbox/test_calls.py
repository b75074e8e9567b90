"""The record of calls: one name for one route, and no end of them kept."""

import pytest

from connectors.sandbox import calls
from connectors.sandbox.calls import Called, Calls
from connectors.sandbox.clock import Clock
from connectors.sandbox.store import Store


@pytest.mark.parametrize(
    ("network", "method", "path", "route"),
    [
        ("facebook", "GET", "/v23.0/me", "GET /me"),
        ("facebook", "GET", "/v23.0/100_200/comments", "GET /{id}/comments"),
        ("facebook", "GET", "/100_200", "GET /{id}"),
        ("facebook", "GET", "/v23.0/", "GET /"),
        ("facebook", "GET", "/v9.0/t_12/messages", "GET /{id}/messages"),
        ("x", "GET", "/2/users/224/mentions", "GET /2/users/{id}/mentions"),
        ("x", "GET", "/2/tweets/search/recent", "GET /2/tweets/search/recent"),
        ("x", "PUT", "/2/tweets/12/hidden", "PUT /2/tweets/{id}/hidden"),
        ("x", "GET", "/2/dm_conversations/1-2/dm_events", "GET /2/dm_conversations/{id}/dm_events"),
    ],
)
def test_a_route_has_one_name_whatever_the_ids(network: str, method: str, path: str, route: str) -> None:
    assert Called(network, method, path, 200).route == route


def test_old_calls_go_and_the_counts_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "KEPT", 3)
    store = Store(":memory:")
    record = Calls(store, Clock(store))
    for number in range(10):
        record.add(Called("x", "GET", "/2/users/me", 200, early=number == 0, resources=2))
    record.trim()
    assert len(record.latest()) == 3
    [row] = record.counts()
    assert (row["calls"], row["resources"], row["early"]) == (10, 20, 1)
    store.close()
