"""Static files as the web process gives them."""

from __future__ import annotations

import warnings

import pytest
from asgiref.sync import async_to_sync
from django.contrib.staticfiles import finders
from django.test import AsyncClient

PATH = "/static/samtal.css"


def get(**headers: str) -> tuple[int, bytes, str]:
    """Status, body and type of the style sheet, asked for through ASGI; every warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = async_to_sync(AsyncClient().get)(PATH, headers=headers)
    assert not answer.streaming
    return answer.status_code, answer.content, answer.headers.get("Content-Type", "")


def style() -> bytes:
    found = finders.find("samtal.css")
    assert found is not None
    with open(found, "rb") as file:
        return file.read()


def test_a_file_is_whole_and_warns_of_nothing() -> None:
    assert get() == (200, style(), 'text/css; charset="utf-8"')


def test_a_part_of_a_file_is_that_part() -> None:
    assert get(Range="bytes=5-24")[:2] == (206, style()[5:25])


@pytest.mark.parametrize("method", ["head", "get"])
def test_a_file_that_is_known_is_not_sent_again(method: str) -> None:
    known = async_to_sync(AsyncClient().get)(PATH).headers["Last-Modified"]
    answer = async_to_sync(getattr(AsyncClient(), method))(PATH, headers={"If-Modified-Since": known})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Type")) == (304, b"", None)
