"""Regular expressions in four languages, as data: a TOML file a subject, a table a language, a list a meaning.

Ours, read and tested with the code; what an admin writes goes through RE2 (matchers/phrases.py). Most texts say nothing
of most meanings, so RE2 first looks for all of them in one pass; what may be there is then read exactly.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

import re2

_FOLDER = Path(__file__).parent


@cache
def _tables(subject: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((_FOLDER / f"{subject}.toml").read_text(encoding="utf-8"))


def pattern_lists(subject: str) -> list[dict[str, list[str]]]:
    """The tables of a subject, one a language, each meaning with its expressions."""
    return list(_tables(subject).values())


def _expressions(subject: str, meaning: str) -> list[str]:
    return [expression for table in pattern_lists(subject) for expression in table.get(meaning, ())]


@cache
def pattern(subject: str, meaning: str) -> re.Pattern[str]:
    """All languages' expressions of one meaning in one pattern, at word boundaries."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(_expressions(subject, meaning))})(?!\w)")


@lru_cache(maxsize=1024)
def hints(subject: str, low: str) -> frozenset[str]:
    """The meanings that the folded text may contain; the others it does not."""
    sieve, meanings = _sieve(subject)
    return frozenset(meanings[place] for place in sieve.Match(low, potential=True) or ())


def says(subject: str, meaning: str, low: str) -> bool:
    """Does the folded text contain an expression of this meaning?"""
    return meaning in hints(subject, low) and bool(pattern(subject, meaning).search(low))


def places(subject: str, meaning: str, low: str) -> list[re.Match[str]]:
    """Every place in the folded text with an expression of this meaning."""
    return list(pattern(subject, meaning).finditer(low)) if meaning in hints(subject, low) else []


@cache
def expressions(subject: str, table: str) -> dict[str, str]:
    """One table's meanings, each as one alternation without boundaries, to be built into a larger pattern."""
    return {meaning: "|".join(found) for meaning, found in _tables(subject)[table].items()}


# ── The sieve ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_LETTER = r"0-9a-z_\x{80}-\x{10ffff}"  # of a folded text, with more than the true letters: a sieve may let through
_CLASS = re.compile(r"\[(?:\\.|[^\]])*\]|\\w")
_LOOK = re.compile(r"\(\?<?[!=]")
_OPTIONS = re2.Options()
_OPTIONS.max_mem = 64 << 20
_OPTIONS.log_errors = False


@cache
def _sieve(subject: str) -> tuple[re2.Filter, list[str]]:
    """Knows the letters without which an expression cannot match, and finds them all in one pass.

    RE2 knows no lookaround, so what it only forbids is left out: the sieve may let through too much, never too little.
    """
    sieve, meanings = re2.Filter(), []
    for meaning in sorted({meaning for table in pattern_lists(subject) for meaning in table}):
        for expression in _expressions(subject, meaning):
            sieve.Add(_loosened(expression), _OPTIONS)
            meanings.append(meaning)
    sieve.Compile()
    return sieve, meanings


def _loosened(expression: str) -> str:
    """Without lookarounds and inner word boundaries, and with letters that RE2 would not count as such."""
    while found := _LOOK.search(expression):
        expression = expression[: found.start()] + expression[_close(expression, found.start()) + 1 :]
    return _CLASS.sub(_lettered, expression.replace(r"\b", ""))


def _lettered(found: re.Match[str]) -> str:
    """A class or a lone letter mark; inside of brackets the letters stand without brackets of their own."""
    written = found.group()
    return f"[{_LETTER}]" if written == r"\w" else written.replace(r"\w", _LETTER)


def _close(expression: str, opened: int) -> int:
    """The place of the bracket that closes the one at `opened`. Raises ValueError where none does."""
    depth = 0
    for found in re.finditer(r"\\.|[()]", expression[opened:]):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return opened + found.start()
    raise ValueError(f"A bracket is open in {expression}")
