"""The desk's list: how much it asks of the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inbox.models import Channel, Person
from inbox.screens.desk import QUEUES, desk_screen
from tests import make
from tests.inbox.browsing import client

MOST = 8  # DESIGN §10


@pytest.mark.parametrize("queue", QUEUES)
def test_every_list_takes_few_queries_and_counts_no_table(queue: str, facebook: Channel, anna: Person) -> None:
    make.threads(facebook, 60)
    browser, path = client(anna), f"{reverse('desk')}?list={queue}"
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    assert len(queries) <= MOST
    assert not [query for query in queries.captured_queries if "COUNT(*)" in query["sql"]]


def test_each_list_says_how_long_it_is(facebook: Channel, anna: Person, bo: Person) -> None:
    make.rulebook()
    threads = [make.thread(facebook) for _each in range(4)]
    threads[0].claim(by=anna)
    make.held(threads[1], anna)
    threads[2].claim(by=bo)
    queues = desk_screen(anna, {})["queues"]
    assert isinstance(queues, list)
    assert {queue.key: queue.count for queue in queues} == {
        "needs": 0, "mine": 2, "next": 1, "follow": 0, "waiting": 0, "approval": 1, "all": None,
    }  # fmt: skip
