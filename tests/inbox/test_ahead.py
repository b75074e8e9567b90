"""What a worker's processes share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from celery.signals import worker_init
from django.conf import LazySettings

from inbox import tasks
from inbox.ahead import read_ahead
from policies import language, topics


@pytest.fixture
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_thawed")
def test_models_and_languages_are_read_before_the_first_fork_and_no_collection_touches_them(
    settings: LazySettings,
) -> None:
    settings.SAMTAL_MODELS = True
    topics.shipped.cache_clear()
    language._identifier.cache_clear()
    read_ahead()
    assert topics.shipped.cache_info().currsize == language._identifier.cache_info().currsize == 1
    assert gc.get_freeze_count() > 100_000


def test_a_worker_does_so_when_it_begins() -> None:
    assert tasks.read_ahead in [receiver() for _key, receiver in worker_init.receivers or ()]
