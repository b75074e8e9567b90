import random
import socket
import time
from dataclasses import replace

import pytest

from policies import engine
from policies.engine import check
from policies.rulebook import Rule, Rulebook, Scope, Texts, starter
from policies.verdict import Context, Effect, Finding, Turn
from tests.policies.ground import RULES_ONLY, asked

DRAFT = "Ja, CPR 120385-1234 er registreret. FORSTÅR DU DET NU? Vi ringer i morgen."
OUTSPOKEN = Rule("words", "phrases", Effect.HOLD, terms=("Aurora",), texts={"en": Texts("Not that name")})


def book(*rules: Rule) -> Rulebook:
    return Rulebook(3, "company", rules)


def broken(draft: str, thread: tuple[Turn, ...], rule: Rule, context: Context) -> list[Finding]:
    raise RecursionError("a matcher may break in any way")


def test_the_same_in_gives_the_same_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object, **kwargs: object) -> None:
        raise AssertionError("a check is pure")

    for name in ("time.time", "time.monotonic", "random.random", "socket.socket.connect"):
        monkeypatch.setattr(name, forbidden)
    assert random.random is forbidden
    assert socket.socket.connect is forbidden
    first = check(DRAFT, asked("Hej"), starter(), RULES_ONLY)
    assert not first.failed
    assert check(DRAFT, list(asked("Hej")), starter(), RULES_ONLY) == first


def test_a_broken_rule_holds_and_silences_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine.MATCHERS, "tone", broken)
    verdict = check(DRAFT, (), starter(), RULES_ONLY)
    assert verdict.failed == ("tone",)
    assert {violation.rule for violation in verdict.violations} >= {"tone", "privacy", "follow_up"}
    held = next(violation for violation in verdict.violations if violation.rule == "tone")
    assert (held.effect, held.finding.kind) == (Effect.HOLD, "failed")


def test_a_rule_whose_matcher_nobody_knows_holds_too() -> None:
    verdict = check("Hej", (), book(replace(OUTSPOKEN, matcher="gone")), RULES_ONLY)
    assert verdict.effect is Effect.HOLD
    assert verdict.failed == ("words",)


def test_a_broken_watched_rule_holds_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine.MATCHERS, "phrases", broken)
    assert check("Hej", (), book(replace(OUTSPOKEN, effect=Effect.WATCH)), RULES_ONLY).effect is Effect.HOLD


def test_a_switched_off_rule_is_silent() -> None:
    assert check("Aurora", (), book(OUTSPOKEN), RULES_ONLY).effect is Effect.HOLD
    assert check("Aurora", (), book(OUTSPOKEN), replace(RULES_ONLY, disabled=frozenset({"words"}))).violations == ()


def test_a_rule_outside_its_scope_is_silent() -> None:
    elsewhere = replace(OUTSPOKEN, scope=Scope(channels=("8",)))
    assert check("Aurora", (), book(elsewhere), replace(RULES_ONLY, channel="7")).violations == ()


def test_a_rule_never_does_more_than_its_own_effect() -> None:
    privacy = next(rule for rule in starter().rules if rule.code == "privacy")
    for effect in (Effect.WATCH, Effect.ADVISE, Effect.WARN, Effect.HOLD):
        verdict = check(DRAFT, (), book(replace(privacy, effect=effect)), RULES_ONLY)
        assert max(violation.effect.rank for violation in verdict.violations) == effect.rank


def test_findings_speak_the_agents_language_and_suggest_in_the_threads() -> None:
    context = replace(RULES_ONLY, agent_language="sv", language="da")
    verdict = check("Ja, CPR 120385-1234.", (), starter(), context)
    (violation,) = verdict.violations
    assert violation.directive == "Inga personuppgifter där alla läser med"
    assert "personnummer" in violation.finding.message
    assert violation.finding.suggestion.startswith("Send gerne")


def test_ten_times_the_rules_are_checked_and_all_speak() -> None:
    rules = tuple(replace(OUTSPOKEN, code=f"words{number}") for number in range(130))
    assert len(check("Aurora", (), book(*rules), RULES_ONLY).violations) == 130


def test_the_verdict_names_version_and_no_model_where_none_took_part() -> None:
    verdict = check("Hej", (), starter(), RULES_ONLY)
    assert (verdict.rulebook_version, verdict.model, verdict.topic.suggested, verdict.danger) == (1, "", "none", 0.0)


@pytest.mark.parametrize("shape", ["x", "å", "1 ", "1. ", "12 ", "a.", "a-", "1,1 ", "kr 1 ", "@a ", "ikke "])
def test_ten_thousand_characters_hold_nobody_up(shape: str) -> None:
    """Anybody may write them. Seconds of processor time, far above what it takes: what grew with the square took 38."""
    text = (shape * 10_000)[:10_000]
    began = time.process_time()
    check(text, asked(text), starter(), Context())
    assert time.process_time() - began < 10
