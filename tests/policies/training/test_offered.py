"""What the rulebook offers is clean by definition."""

from policies.cases import Case
from policies.rulebook import starter
from policies.training.offered import TIMES, offered
from policies.verdict import Context, Turn


def _ordinary(number: int) -> Case:
    return Case(f"c-{number}", (Turn("customer", f"Fråga {number}"),), "Svar", Context(language="sv"))


def test_every_wording_stands_beneath_ordinary_questions_and_is_clean() -> None:
    cases = offered([_ordinary(number) for number in range(100)])
    wordings = {wording for rule in starter().rules for wording in rule.texts["sv"].suggestions.values()}
    assert len({case.draft for case in cases}) == len(wordings)
    assert len(cases) == TIMES * len(wordings)
    assert not any(case.violations for case in cases)
    assert {case.context.language for case in cases} == {"sv"}


def test_sensitive_threads_are_left_alone() -> None:
    sensitive = Case("c", (Turn("customer", "Stämmer ryktet?"),), "Nej.", Context(language="sv", topic="rumour"))
    assert offered([sensitive]) == []
