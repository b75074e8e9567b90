"""Regular expressions in four languages, as data: a TOML file a subject, a table a language, a list a meaning.

Ours, read and tested with the code; what an admin writes goes through RE2 (matchers/phrases.py).
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def _tables(subject: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((_FOLDER / f"{subject}.toml").read_text(encoding="utf-8"))


def pattern_lists(subject: str) -> list[dict[str, list[str]]]:
    """The tables of a subject, one a language, each meaning with its expressions."""
    return list(_tables(subject).values())


@cache
def pattern(subject: str, meaning: str) -> re.Pattern[str]:
    """All languages' expressions of one meaning in one pattern, at word boundaries."""
    found = [expression for table in pattern_lists(subject) for expression in table.get(meaning, ())]
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")


@cache
def expressions(subject: str, table: str) -> dict[str, str]:
    """One table's meanings, each as one alternation without boundaries, to be built into a larger pattern."""
    return {meaning: "|".join(found) for meaning, found in _tables(subject)[table].items()}
