"""Log lines as JSON: one line each, with the ids of what they are about."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Person
from inbox.trace import JsonLines, about
from tests import make


def line(message: str, *args: object, error: bool = False) -> dict[str, object]:
    record = logging.LogRecord("inbox", logging.INFO, "x.py", 1, message, args, sys.exc_info() if error else None)
    written = JsonLines().format(record)
    assert "\n" not in written
    read: dict[str, object] = json.loads(written)
    return read


def test_a_line_carries_the_ids_in_force_and_no_longer() -> None:
    with about(channel=3), about(reply=42):
        inside = line("attempt %s", 1)
    assert (inside["message"], inside["channel"], inside["reply"]) == ("attempt 1", 3, 42)
    assert "reply" not in line("later")


def test_what_somebody_put_a_line_end_into_is_still_one_line() -> None:
    assert line("text\nERROR forged")["message"] == "text\nERROR forged"


def test_an_error_brings_its_traceback() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        assert "ValueError: no" in str(line("broken", error=True)["error"])


def test_a_reply_is_followed_from_the_person_to_the_networks_answer(
    street: Remote, facebook: Channel, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    make.rulebook()
    seen: list[dict[str, object]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(json.loads(JsonLines().format(record)))

    keep = Keep()
    logging.getLogger("inbox").addHandler(keep)
    try:
        with caplog.at_level(logging.INFO, logger="inbox"):
            reply = make.queued(make.thread(facebook), anna)
            type(reply).objects.filter(pk=reply.pk).update(not_before=make.after(-60))
            tasks.send(reply.pk)
    finally:
        logging.getLogger("inbox").removeHandler(keep)
    told = [one["message"] for one in seen if one.get("reply") == reply.pk]
    assert [f"reply {reply.pk}: {way}" for way in ("draft > queued", "queued > sending")] == told[:2]
    assert len(told) > 2, "what the network answered is told under the reply's id"
