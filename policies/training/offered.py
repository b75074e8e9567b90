"""The wordings that the rulebook offers, as cases: clean by definition, beneath words of customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle, islice

from policies.cases import Case
from policies.rulebook import LANGUAGES, starter
from policies.verdict import Context

TIMES = 3  # threads beneath which each wording stands
_TARGET = "020-12 34 56"


def offered(cases: Iterable[Case]) -> list[Case]:
    """Each wording of the starter rulebook as the answer to some of the ordinary questions among these cases."""
    ordinary = [case for case in cases if case.draft and not case.violations and not case.context.topic]
    return [
        Case(f"offered-{language}-{number}", asked.thread, wording, Context(language=language))
        for language in LANGUAGES
        for number, (wording, asked) in enumerate(_pairs(language, ordinary))
    ]


def _pairs(language: str, ordinary: list[Case]) -> Iterator[tuple[str, Case]]:
    wordings = sorted(
        {
            wording.replace("{target}", _TARGET)
            for rule in starter().rules
            for wording in rule.texts[language].suggestions.values()
        }
    )
    asked = [case for case in ordinary if case.context.language == language]
    spread = asked[:: max(1, len(asked) // max(1, TIMES * len(wordings)))]
    yield from islice(zip(cycle(wordings), spread, strict=False), TIMES * len(wordings))
