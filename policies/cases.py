"""Labelled or unlabelled cases as JSON lines: read strictly, answered with verdicts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter
from typing import TypedDict

from policies.engine import check
from policies.rulebook import LANGUAGES, Rulebook
from policies.verdict import Context, Effect, TopicData, Turn, Verdict

TOPICS = ("rumour", "financials", "competitor", "reorganisation", "outage", "launch", "internal")


class CaseError(ValueError):
    """A line that is no case; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A draft in its thread. `violations` and `situation` are labels: the check never sees them."""

    id: str
    thread: tuple[Turn, ...]
    draft: str
    context: Context
    violations: frozenset[str] = frozenset()
    situation: str = ""
    danger: bool = False


class AnswerViolation(TypedDict):
    rule: str
    effect: str
    start: int | None
    end: int | None
    message: str
    suggestion: str


class Answer(TypedDict):
    """What `check_policy` prints for a case."""

    id: str
    effect: str
    violations: list[AnswerViolation]
    topic: TopicData
    ms: float


def _field(row: dict[str, object], name: str, kinds: type | tuple[type, ...]) -> object:
    if name not in row:
        raise CaseError(f"{name} is missing")
    if not isinstance(row[name], kinds):
        raise CaseError(f"{name} is of the wrong kind")
    return row[name]


def _text(row: dict[str, object], name: str) -> str:
    return str(_field(row, name, str))


def _turn(entry: object) -> Turn:
    if not isinstance(entry, dict) or not isinstance(entry.get("from"), str) or not isinstance(entry.get("text"), str):
        raise CaseError("a message of thread needs from and text")
    return Turn("customer" if entry["from"] == "customer" else "us", entry["text"])


def _thread(row: dict[str, object]) -> tuple[Turn, ...]:
    entries = _field(row, "thread", list)
    assert isinstance(entries, list)
    return tuple(_turn(entry) for entry in entries)


def _context(row: dict[str, object]) -> Context:
    topic = _field(row, "topic", (str, type(None))) or ""
    language, visibility = _text(row, "language"), _text(row, "visibility")
    for name, value, known in (
        ("language", language, LANGUAGES),
        ("visibility", visibility, ("public", "private")),
        ("topic", topic, ("", *TOPICS)),
    ):
        if value not in known:
            raise CaseError(f"{name} is {value!r}; known are {', '.join(filter(None, known))}")
    return Context(
        visibility=visibility,
        network=_text(row, "network"),
        language=language,
        topic=str(topic),
        incident=bool(_field(row, "incident", bool)),
    )


def parse(line: str | bytes) -> Case:
    """A case from one line. Raises CaseError."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CaseError(f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise CaseError("not a JSON object")
    labels = row.get("violations", [])
    if not isinstance(labels, list):
        raise CaseError("violations is of the wrong kind")
    return Case(
        id=_text(row, "id"),
        thread=_thread(row),
        draft=_text(row, "draft"),
        context=_context(row),
        violations=frozenset(map(str, labels)),
        situation=str(row.get("situation", "")),
        danger=bool(row.get("danger", False)),
    )


def answer(case: Case, rulebook: Rulebook) -> Answer:
    """The verdict on a case as it stands, with the milliseconds the check took."""
    began = perf_counter()
    verdict = check(case.draft, case.thread, rulebook, case.context)
    return _answer(case.id, verdict, round((perf_counter() - began) * 1000, 3))


def _answer(case_id: str, verdict: Verdict, ms: float) -> Answer:
    return Answer(
        id=case_id,
        effect=verdict.effect.value,
        violations=[
            AnswerViolation(
                rule=stored["rule"],
                effect=stored["effect"],
                start=stored["start"],
                end=stored["end"],
                message=stored["message"],
                suggestion=stored["suggestion"],
            )
            for stored in (violation.to_json() for violation in verdict.violations)
            if stored["effect"] != Effect.WATCH
        ],
        topic=TopicData(suggested=verdict.topic.suggested, score=verdict.topic.score),
        ms=ms,
    )
