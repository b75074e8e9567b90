"""The query language of X's search: words, "phrases", operators, -, OR and brackets, turned into one test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from connectors.sandbox.entries import Entry, X
from connectors.sandbox.world import World
from connectors.sandbox.x import text as xtext
from connectors.sandbox.x.problems import Problem, invalid
from connectors.sandbox.x.shapes import language

TOKEN = re.compile(r'\s*(-?\(|\)|-?"[^"]*"|[^\s()]+)')
LONGEST = 512


@dataclass(frozen=True)
class Candidate:
    """One post, and what a query may ask about it; each fact is looked up once, and only when asked for."""

    world: World
    entry: Entry

    @cached_property
    def text(self) -> str:
        return self.entry.text.casefold()

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.text))

    @cached_property
    def author(self) -> str:
        return self._handle(self.entry.author_id)

    @cached_property
    def answered(self) -> str:
        parent = self.world.entry(X, self.entry.parent_id) if self.entry.parent_id else None
        return self._handle(parent.author_id) if parent else ""

    @cached_property
    def links(self) -> tuple[str, ...]:
        return tuple(found[0].casefold() for found in xtext.URL.finditer(self.entry.text))

    def _handle(self, person_id: str) -> str:
        person = self.world.person(X, person_id)
        return person.handle.casefold() if person else ""


Test = Callable[[Candidate], bool]
IS: Mapping[str, Test] = {
    "reply": lambda post: post.entry.parent_id is not None,
    "retweet": lambda post: "retweeted" in post.entry.extra,
    "quote": lambda post: "quoted" in post.entry.extra,
}
HAS: Mapping[str, Test] = {
    "links": lambda post: bool(post.links),
    "mentions": lambda post: bool(xtext.MENTION.search(post.entry.text)),
    "hashtags": lambda post: bool(xtext.HASHTAG.search(post.entry.text)),
    "media": lambda post: bool(post.entry.extra.get("media")),
}


def _likes(post: Candidate) -> int:
    sql = "SELECT count(*) AS n FROM liked WHERE network = 'x' AND entry_id = ?"
    row = post.world.store.one(sql, (post.entry.id,))
    return int(row["n"]) if row else 0


OPERATORS: Mapping[str, Callable[[str], Test]] = {
    "conversation_id": lambda value: lambda post: post.entry.root_id == value,
    "in_reply_to_tweet_id": lambda value: lambda post: post.entry.parent_id == value,
    "from": lambda value: lambda post: value.lstrip("@").casefold() in (post.author, post.entry.author_id),
    "to": lambda value: lambda post: post.answered == value.lstrip("@").casefold(),
    "lang": lambda value: lambda post: language(post.world, post.entry) == value,
    "url": lambda value: lambda post: any(value.strip('"').casefold() in link for link in post.links),
    "min_likes": lambda value: lambda post: _likes(post) >= int(value),
}


def parse(query: str) -> Test:
    """Raises Problem 400 for what the network would not understand."""
    if len(query) > LONGEST:
        raise invalid(f"The query length [{len(query)}] exceeds {LONGEST}", query=query)
    tokens = [match[1] for match in TOKEN.finditer(query)]
    test, rest = _either(tokens, query)
    if rest:
        raise _misread(query, rest[0])
    return test


def conversation(query: str) -> str | None:
    """The one conversation a query is about, so that only that one need be read."""
    found = re.search(r"(?:^|\s)conversation_id:(\d+)(?:\s|$)", query)
    return found[1] if found and " OR " not in query else None


def _either(tokens: list[str], query: str) -> tuple[Test, list[str]]:
    """AND binds closer than OR."""
    first, rest = _all(tokens, query)
    tests = [first]
    while rest and rest[0] == "OR":
        more, rest = _all(rest[1:], query)
        tests.append(more)
    return (lambda post: any(test(post) for test in tests)), rest


def _all(tokens: list[str], query: str) -> tuple[Test, list[str]]:
    tests: list[Test] = []
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] in ("(", "-("):
            inner, rest = _either(tokens[1:], query)
            if not rest:
                raise _misread(query, "(")
            tests.append(_negated(inner) if tokens[0] == "-(" else inner)
            tokens = rest[1:]
        else:
            tests.append(_one(tokens[0], query))
            tokens = tokens[1:]
    if not tests:
        raise _misread(query, tokens[0] if tokens else "end of query")
    return (lambda post: all(test(post) for test in tests)), tokens


def _one(token: str, query: str) -> Test:
    if token.startswith("-") and len(token) > 1:
        return _negated(_one(token[1:], query))
    name, colon, value = token.partition(":")
    if colon and value:
        return _operator(name, value, query)
    if token.startswith('"'):
        phrase = token.strip('"').casefold()
        return lambda post: phrase in post.text
    if token.startswith(("@", "#")):
        return lambda post: re.search(rf"(?<!\w){re.escape(token.casefold())}(?!\w)", post.text) is not None
    return lambda post: token.casefold() in post.words


def _operator(name: str, value: str, query: str) -> Test:
    if name == "is" and value in IS:
        return IS[value]
    if name == "has" and value in HAS:
        return HAS[value]
    if name not in OPERATORS or (name == "min_likes" and not value.isdigit()):
        raise _misread(query, f"{name}:{value}")
    return OPERATORS[name](value)


def _negated(test: Test) -> Test:
    return lambda post: not test(post)


def _misread(query: str, token: str) -> Problem:
    return invalid(f"There were errors processing your request: no viable alternative at input '{token}'", query=query)
