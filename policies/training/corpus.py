"""The labelled cases of the corpus, and which of them belong to one situation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from policies.cases import Case, CaseError, parse
from policies.training.offered import offered
from policies.verdict import Context, Turn

FOLDER = Path(__file__).parent.parent / "corpus"
TEST, VALIDATION = "test", "validation"  # the one is looked at once, by the other decisions are made; neither trains
DANGER = "danger"  # messages alone, with look-alikes: they train what tells danger, and nothing else
TOPICS_HEARD = frozenset({"heard", "hearsay", "overheard"})  # messages alone: they train what tells topics and danger
_MESSAGES = TOPICS_HEARD | {DANGER}
# Lexicons, patterns and concepts were widened by reading these files.
_SECTORS = {"bank", "municipality", "shop", "telecom", "travel", "utility"}
READ_BY_US = frozenset(_SECTORS | {"dev", "short", "wordings", "first_look", "second_look", "third_look"})
# What is usual is told by these: by authors whom nobody has read. The others were written to be hard ("short",
# "wordings", "asked", "manner", "owed", "barbs", "snide") or on little but promises and guesses ("bond", "hunch",
# "oath", "pact", "pledge", "vow").
_USUAL = "chorus counter fourth_look gallery hub kiosk mixed north plaza public till town wire"
USUAL = frozenset(_USUAL.split())

_HANDED_OVER: dict[str, Callable[[], Iterable[Case]]] = {}


def also_read(name: str, cases: Callable[[], Iterable[Case]]) -> None:
    """Train on these cases too: what people decided is known to others than us, and asked for when it is needed."""
    _HANDED_OVER[name] = cases


def decisions() -> dict[str, list[Case]]:
    """The cases handed over, by the name of who does; those who have none are missing."""
    found = {name: list(cases()) for name, cases in _HANDED_OVER.items()}
    return {name: cases for name, cases in found.items() if cases}


def read(path: Path) -> list[Case]:
    """Raises CaseError with file and line."""
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            cases.append(parse(line))
        except CaseError as error:
            raise CaseError(f"{path.name}:{number}: {error}") from None
    return cases


def sources(folder: Path = FOLDER) -> dict[str, list[Case]]:
    """The training files by name, without those held back, and the wordings that the rulebook offers."""
    paths = [path for path in sorted(folder.glob("*.jsonl")) if not path.stem.endswith((TEST, VALIDATION))]
    found = {path.stem: read_messages(path) if path.stem in _MESSAGES else read(path) for path in paths}
    return {**found, "offered": offered(case for file in found.values() for case in file)}


def read_messages(path: Path) -> list[Case]:
    """Messages with whether they speak of danger (id, text, language, danger, topic), as cases without a draft."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Case(
            id=row.get("id", f"{path.stem}-{number}"),
            thread=(Turn("customer", row["text"]),),
            draft="",
            context=Context(language=row["language"], topic=row.get("topic") or ""),
            danger=row["danger"],
        )
        for number, row in enumerate(rows, start=1)
    ]


def situations(cases: Iterable[Case]) -> list[str]:
    """What must not be split between training and test: the named situation, else the customer's words."""
    return [case.situation or "\n".join(turn.text for turn in case.thread) for case in cases]
