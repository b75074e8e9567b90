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
def pattern(subject: str, meaning: str) -> re.Pattern[str]:
    """All languages' expressions of one meaning in one pattern, at word boundaries."""
    languages = tomllib.loads((_FOLDER / f"{subject}.toml").read_text(encoding="utf-8"))
    expressions = [expression for language in languages.values() for expression in language.get(meaning, ())]
    return re.compile(rf"(?<!\w)(?:{'|'.join(expressions)})(?!\w)")
