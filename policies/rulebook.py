"""The rules as the engine takes them: frozen dataclasses, from the starter file or from the stored rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypedDict

from policies.verdict import Context, Effect

LANGUAGES = ("sv", "nb", "da", "en")
PROFILES = ("company", "public_body")
STARTER_VERSION = 1
STARTER_FILE = Path(__file__).with_name("starter.json")


class TextsData(TypedDict, total=False):
    """One language of a rule. `messages` and `suggestions` are keyed by the kind of finding, "" is the default."""

    directive: str
    explanation: str
    messages: dict[str, str]
    suggestions: dict[str, str]


class ScopeData(TypedDict, total=False):
    """Where a rule holds; an empty or missing list is everywhere."""

    channels: list[str]
    visibility: list[str]
    languages: list[str]


class RuleData(TypedDict):
    """A rule as the starter file and the stored row keep it."""

    code: str
    matcher: str
    effect: str
    scope: ScopeData
    terms: list[str]
    settings: dict[str, str]
    texts: dict[str, TextsData]


@dataclass(frozen=True, slots=True)
class Texts:
    """What a rule says in one language."""

    directive: str
    explanation: str = ""
    messages: Mapping[str, str] = field(default_factory=dict)
    suggestions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: TextsData) -> Texts:
        return cls(
            directive=data.get("directive", ""),
            explanation=data.get("explanation", ""),
            messages=data.get("messages", {}),
            suggestions=data.get("suggestions", {}),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds; an empty tuple is everywhere. A thread without a known language is in every language."""

    channels: tuple[str, ...] = ()
    visibility: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def covers(self, context: Context) -> bool:
        return (
            (not self.channels or context.channel in self.channels)
            and (not self.visibility or context.visibility in self.visibility)
            and (not self.languages or not context.language or context.language in self.languages)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a rulebook.

    matcher: a name in `policies.matchers.MATCHERS`. effect: the strongest thing the rule may do.
    terms: words, or patterns between slashes ("/re2 syntax/"). settings: the matcher's own, named in its docstring.
    """

    code: str
    matcher: str
    effect: Effect
    scope: Scope = Scope()
    terms: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: RuleData) -> Rule:
        scope = data["scope"]
        return cls(
            code=data["code"],
            matcher=data["matcher"],
            effect=Effect(data["effect"]),
            scope=Scope(
                channels=tuple(scope.get("channels", ())),
                visibility=tuple(scope.get("visibility", ())),
                languages=tuple(scope.get("languages", ())),
            ),
            terms=tuple(data["terms"]),
            settings=data["settings"],
            texts={language: Texts.from_data(texts) for language, texts in data["texts"].items()},
        )

    def _texts(self, language: str) -> Texts:
        return self.texts.get(language) or self.texts.get("en") or next(iter(self.texts.values()), Texts(self.code))

    def directive(self, language: str) -> str:
        return self._texts(language).directive

    def message(self, kind: str, language: str) -> str:
        """What is wrong, for the reader: of this kind of finding, else the rule's explanation."""
        texts = self._texts(language)
        return texts.messages.get(kind) or texts.messages.get("") or texts.explanation or texts.directive

    def suggestion(self, kind: str, language: str) -> str:
        """A wording that would pass, in the thread's language, "" where the rule has none."""
        texts = self._texts(language)
        return texts.suggestions.get(kind) or texts.suggestions.get("", "")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one version and profile, in the order in which their findings are shown."""

    version: int
    profile: str
    rules: tuple[Rule, ...]

    @classmethod
    def from_rows(cls, version: int, profile: str, rows: Sequence[RuleData]) -> Rulebook:
        return cls(version, profile, tuple(Rule.from_data(row) for row in rows))


def starter_rows(profile: str = "company") -> list[RuleData]:
    """The rows of the shipped rulebook; a profile changes only the columns it names."""
    stored = json.loads(STARTER_FILE.read_text(encoding="utf-8"))
    changes = stored["profiles"][profile]
    rows: list[RuleData] = stored["rules"]
    for row in rows:
        row.update(changes.get(row["code"], {}))
    return rows


@cache
def starter(profile: str = "company") -> Rulebook:
    """Rulebook 1 as it ships, without a database."""
    return Rulebook.from_rows(STARTER_VERSION, profile, starter_rows(profile))
