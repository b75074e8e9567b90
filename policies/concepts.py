"""Words of four languages that mean the same, so that what is learnt from one language serves the others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from policies.text import fold

_FILE = Path(__file__).parent / "lexicon" / "concepts.txt"
_SUPPLIERS = Path(__file__).parent / "lexicon" / "suppliers.txt"
SUPPLIER = "SUPPLIER"
# ä and æ, ö and ø are one letter to us: "kjøp" and "köp" share most of their pieces then.
NORDIC = str.maketrans("æø", "äö")
_TOKEN = re.compile(r"[^\W\d_]+\d*(?:[':-][^\W\d_]+)*|\d[\d.,:/-]*|[!?]+|[☀-➿\U0001F300-\U0001FAFF]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOCK = re.compile(r"\d{1,2}[.:]\d\d")
_LONG = 5  # digits of a number that may be somebody's
_PART = 5  # letters of a compound's last part
_EMOJI = {
    "😉": "wink",
    "🤫": "hush",
    "👀": "eyes",
    "🙈": "monkey",
    "😏": "smirk",
    "🤐": "zip",
    "🙄": "eyeroll",
    "🤷": "shrug",
}


@dataclass(frozen=True, slots=True)
class _Words:
    exact: dict[str, frozenset[str]]
    starts: dict[str, frozenset[str]]
    phrases: dict[str, tuple[tuple[tuple[str, ...], bool, str], ...]]  # by first word: words, open end, concept


def _entries() -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """concept, its words, whether the last one may go on."""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            concept, _, columns = line.partition(":")
            for written in columns.replace("|", " ").split():
                yield concept, tuple(plain(written.rstrip("*")).split("*")), written.endswith("*")
    for name in (*_suppliers()["plain"], *_suppliers()["invented"]):
        yield from ((SUPPLIER, tuple(written.split()), False) for written in _with_genitive(plain(name)))


@cache
def _suppliers() -> dict[str, list[str]]:
    """Names of other suppliers as written: plain, invented, and guarded ones, which are everyday words too."""
    lines = [line for line in _SUPPLIERS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: dict[str, list[str]] = defaultdict(list)
    for kind, _, names in (line.partition(": ") for line in lines):
        found[kind] += [name.replace("*", " ") for name in names.split()]
    return found


@cache
def _guarded() -> frozenset[str]:
    return frozenset(written for name in _suppliers()["guarded"] for written in _with_genitive(name))


def _with_genitive(name: str) -> tuple[str, ...]:
    return name, f"{name}s", f"{name}'s"


@cache
def _words() -> _Words:
    exact: dict[str, set[str]] = defaultdict(set)
    starts: dict[str, set[str]] = defaultdict(set)
    phrases: dict[str, list[tuple[tuple[str, ...], bool, str]]] = defaultdict(list)
    for concept, parts, is_open in _entries():
        if len(parts) > 1:
            phrases[parts[0]].append((parts, is_open, concept))
        else:
            (starts if is_open else exact)[parts[0]].add(concept)
    return _Words(
        {word: frozenset(concepts) for word, concepts in exact.items()},
        {word: frozenset(concepts) for word, concepts in starts.items()},
        {word: tuple(same) for word, same in phrases.items()},
    )


def plain(text: str) -> str:
    """Folded, with one letter for ä and æ and one for ö and ø."""
    return fold(text).low.translate(NORDIC)


@cache
def _longest() -> int:
    """Letters of the longest word that is known."""
    return max(map(len, (*_words().exact, *_words().starts)))


@lru_cache(maxsize=20_000)
def of_word(word: str) -> frozenset[str]:
    """Concepts of one word: itself, its beginning, or the last part of a compound.

    Nothing longer than what is known is looked up: a customer may write ten thousand letters without a space.
    """
    known = _words()
    longest = _longest()
    found = set(known.exact.get(word, ()))
    for end in range(2, min(len(word), longest) + 1):
        found |= known.starts.get(word[:end], frozenset())
    for start in range(3, len(word) - _PART + 1):
        if start + longest >= len(word):
            found |= known.exact.get(word[start:], frozenset())
        for end in range(start + _PART, min(len(word), start + longest) + 1):
            found |= known.starts.get(word[start:end], frozenset())
    return frozenset(found)


@lru_cache(maxsize=20_000)
def _sorted_of_word(word: str) -> tuple[str, ...]:
    return tuple(sorted(of_word(word)))


def _of_phrase(tokens: list[str], place: int) -> Iterator[str]:
    following = tokens[place + 1][:1] if place + 1 < len(tokens) else ""
    for parts, is_open, concept in _words().phrases.get(tokens[place], ()):
        if parts[1][:1] != following:
            continue  # nearly all of them: a common word begins many phrases
        here = tokens[place : place + len(parts)]
        if len(here) < len(parts) or tuple(here[:-1]) != parts[:-1]:
            continue
        if here[-1] == parts[-1] or (is_open and here[-1].startswith(parts[-1])):
            yield concept


def _of_shape(token: str) -> Iterator[str]:
    if token[0].isdigit():
        yield "NUMBER"
        if _YEAR.fullmatch(token):
            yield "YEAR"
        elif _CLOCK.fullmatch(token):
            yield "CLOCK"
        elif sum(map(str.isdigit, token)) >= _LONG:
            yield "LONG"
    elif token[0] in "?!":
        yield "ASKS" if "?" in token else "EXCLAIMS"
    elif not token[0].isalpha():
        yield _EMOJI.get(token, "EMOJI")


# A capital after these says nothing, and neither does one at the very beginning.
_NEAR = 3
_OPENS = frozenset(".!?:\n\"'»«”)(-–")


# "Tre har sänkt priset": at the beginning, where a capital says nothing, the verb behind it does.
_HAS_VERB = re.compile(
    r" (?:har|er|är|is|has|had|was|var|tar|tager|tok|tog|kan|can|ger|gir|giver|gav|vill|vil|want|wants|wanted|sent"
    r"|offers?|offered|erbjuder|erbjöd|tilbyr|tilbød|tilbyder|säljer|selger|sælger|kostar|koster|costs?|never|aldri|aldrig|would"
    r"|sier|säger|siger|says|said|skickade|sendte|fixade|fikset|fiksede|fixed|charges?|did"
    r"|fløy|flög|fløj|fly|flies|kör|kører|kjører|gjorde|gör|gjør)\b"
)


def _names_somebody(text: str, found: re.Match[str]) -> bool:
    """Is this word, which may be an everyday one, written as a name?"""
    before = text[max(0, found.start() - _NEAR) : found.start()].rstrip(" ")
    inside = bool(before) and before[-1] not in _OPENS
    return inside or bool(_HAS_VERB.match(text, found.end()))


def _is_name(text: str, found: re.Match[str]) -> bool:
    """A capitalised word inside a sentence: most are names of people, places and firms."""
    token = found.group()
    if len(token) < 2 or not token[0].isupper() or token.isupper():
        return False
    before = text[max(0, found.start() - _NEAR) : found.start()].rstrip(" ")
    return bool(before) and before[-1] not in _OPENS


@lru_cache(maxsize=512)
def names(text: str) -> frozenset[str]:
    """The names in a text, folded."""
    return frozenset(plain(found.group()) for found in _TOKEN.finditer(text) if _is_name(text, found))


@lru_cache(maxsize=512)
def concepts(text: str) -> tuple[tuple[str, ...], ...]:
    """The concepts of each token of a text, in order; most tokens have none."""
    found = list(_TOKEN.finditer(text))
    low = plain(text)
    # Folding a text at once is cheaper than word by word, and nearly always keeps the places.
    same = len(low) == len(text)
    tokens = [low[each.start() : each.end()] if same else plain(each.group()) for each in found]
    phrases = _words().phrases
    return tuple(_of_token(text, found, tokens, place, phrases=token in phrases) for place, token in enumerate(tokens))


def _of_token(
    text: str, found: list[re.Match[str]], tokens: list[str], place: int, *, phrases: bool
) -> tuple[str, ...]:
    """`phrases`: does any begin with this token? Most tokens are lower-case words, and nothing else is to be seen."""
    token, written = tokens[place], found[place].group()
    more = tuple(_of_phrase(tokens, place)) if phrases else ()
    if not more and written == token and token.isalpha() and text[max(0, found[place].start() - 1)] != "@":
        return _sorted_of_word(token)
    shape = _of_shape(token) if token else ()
    return tuple(sorted({*of_word(token), *more, *shape, *_of_case(text, found[place])}))


def _of_case(text: str, found: re.Match[str]) -> Iterator[str]:
    if found.group() in _guarded() and _names_somebody(text, found):
        yield SUPPLIER
    if _is_name(text, found):
        yield "NAME"
    elif text[max(0, found.start() - 1) : found.start()] == "@":
        yield "HANDLE"
    elif found.group().isupper() and len(found.group()) > 3:
        yield "CAPITALS"
