"""Log lines as JSON, each with the reply, channel or person it is about, from the web to the network's answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_about: ContextVar[dict[str, int]] = ContextVar("about", default={})  # noqa: B039  never changed, only replaced


@contextmanager
def about(**ids: int) -> Iterator[None]:
    """Every line logged in the block, by whatever library, carries these ids."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, message, the ids in force, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
