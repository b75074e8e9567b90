"""The organisation's own words and patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import re2

from policies.lexicon import Phrase, Phrases
from policies.rulebook import Rule
from policies.text import Span, fold
from policies.verdict import Context, Finding, Turn

# What Nordic words and English ones take on behind: definite forms, plurals, genitives, verb endings.
_ENDINGS = frozenset(
    [
        "a",
        "e",
        "n",
        "t",
        "s",
        "r",
        "en",
        "et",
        "ar",
        "er",
        "or",
        "na",
        "ne",
        "an",
        "ens",
        "ets",
        "es",
        "as",
        "ern",
        "erna",
        "erne",
        "ene",
        "arna",
        "arne",
        "orna",
        "ena",
        "ernas",
        "ernes",
        "enes",
        "arnas",
        "ornas",
        "er",
        "ere",
        "erer",
        "te",
        "ts",
        "tt",
        "de",
        "det",
        "dt",
        "ade",
        "ada",
        "at",
        "ende",
        "ande",
        "else",
        "elser",
        "elsen",
        "ing",
        "ings",
        "ed",
        "d",
        "ies",
        "y",
        "es",
        "'s",
        "ns",
        "tes",
        "des",
    ]
)
_SHORTEST_COMPOUND = 5  # letters a term needs before it is looked for inside longer words
_SHORTEST_PART = 3  # letters the rest of a compound has


def phrases(draft: str, thread: Sequence[Turn], rule: Rule, context: Context) -> list[Finding]:
    """Each place where one of the rule's terms occurs: words inflected and compounded, /patterns/ as they are.

    A term with a capital is a name and matches only with it: "Tre" is an operator, "tre" is three.
    """
    found = sorted({span for term in rule.terms for span in _places(draft, term)})
    return [
        Finding(
            span=span,
            message=rule.message("phrase", context.agent_language),
            suggestion=rule.suggestion("phrase", context.language),
            data={"kind": "phrase"},
        )
        for span in found
    ]


def is_pattern(term: str) -> bool:
    return len(term) > 2 and term.startswith("/") and term.endswith("/")


@lru_cache(maxsize=1024)
def pattern(term: str) -> re2.Pattern:
    """A compiled pattern of RE2, which is linear in the text: an admin's pattern cannot hang a check.

    Raises re2.error, for the form that takes the pattern.
    """
    return re2.compile(term[1:-1], _OPTIONS)


_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20


def _places(draft: str, term: str) -> Iterator[Span]:
    if is_pattern(term):
        yield from (found.span() for found in pattern(term).finditer(draft) if found.group())
    else:
        yield from _word_places(draft, term)


@lru_cache(maxsize=1024)
def _automaton(term: str) -> tuple[Phrases, str]:
    stem = _stem(fold(term).low)
    return Phrases([Phrase("term", stem, open_start=True, open_end=True)]), stem


def _stem(low: str) -> str:
    """A word without the vowel that inflection drops or changes ("rykte", "ryktet", "rykten")."""
    return low[:-1] if len(low) >= _SHORTEST_COMPOUND and low[-1] in "ae" and " " not in low else low


def _word_places(draft: str, term: str) -> Iterator[Span]:
    automaton, stem = _automaton(term)
    for start, end in automaton.hits(draft).get("term", ()):
        before, after = _word_before(draft, start), _word_after(draft, end)
        if _is_form(before, after, stem) and _keeps_case(draft[start:end], term):
            yield start - len(before), end + len(after)


def _word_before(draft: str, start: int) -> str:
    found = re.search(r"\w*$", draft[:start])
    return found.group() if found else ""


def _word_after(draft: str, end: int) -> str:
    found = re.match(r"\w*", draft[end:])
    return found.group() if found else ""


def _is_form(before: str, after: str, stem: str) -> bool:
    """Inflected, or a part of a compound: long terms only, since short ones hide in half the dictionary."""
    compounds = len(stem) >= _SHORTEST_COMPOUND - 1
    front = not before or (compounds and len(before) >= _SHORTEST_PART)
    back = not after or after.lower() in _ENDINGS or (compounds and len(after) >= _SHORTEST_PART)
    return front and back


def _keeps_case(found: str, term: str) -> bool:
    return not term[:1].isupper() or found[:1].isupper()


def problem_with(term: str) -> str:
    """Why a term cannot be used, in RE2's words, "" if it can."""
    if not is_pattern(term):
        return ""
    try:
        pattern(term)
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    return ""
