"""The conversations the player knows, read from scripts.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("scripts.json")
# What brings a customer to write again, and after how many seconds (from, to).
PATIENCE = {"answer": (20.0, 120.0), "silence": (240.0, 600.0), "other": (15.0, 90.0)}


@dataclass(frozen=True, slots=True)
class Turn:
    """What is written next. on: "answer" (we have answered), "silence" (we have not), "other" (somebody joins in)."""

    on: str
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation.

    where: "comment" under something of ours (`under`), a visitor's "post", "mention", or "aside" (about us, to others).
    picture: what a picture that goes with it shows; on Facebook.
    """

    id: str
    language: str
    topic: str
    network: str
    where: str
    text: str
    under: str = ""
    then: tuple[Turn, ...] = ()
    picture: str = ""


def load() -> tuple[Script, ...]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Script(**{**row, "then": tuple(Turn(**turn) for turn in row.get("then", ()))}) for row in rows)
