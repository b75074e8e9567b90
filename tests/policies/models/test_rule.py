import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from policies.models import Rule, Rulebook
from policies.verdict import Effect

pytestmark = pytest.mark.django_db


def own(**changes: object) -> Rule:
    book, _ = Rulebook.objects.get_or_create(version=1)
    row = {"rulebook": book, "place": 1, "code": "own", "matcher": "phrases", "effect": "warn", "texts": {"en": {}}}
    return Rule(**{**row, **changes})


def test_a_row_loads_as_the_rule_the_engine_takes() -> None:
    rule = own(scope={"channels": ["7"]}, terms=["Aurora"], texts={"en": {"directive": "Not that"}}).load()
    assert (rule.code, rule.effect, rule.scope.channels, rule.terms) == ("own", Effect.WARN, ("7",), ("Aurora",))
    assert rule.directive("sv") == "Not that"


def test_a_pattern_that_re2_refuses_is_refused_in_the_form() -> None:
    with pytest.raises(ValidationError, match=r"\(a\)"):
        own(terms=["/(a)\\1/"]).full_clean()


def test_an_unknown_matcher_is_refused_in_the_form() -> None:
    with pytest.raises(ValidationError, match="matcher"):
        own(matcher="magic").full_clean()


def test_the_database_knows_the_effects_and_one_row_a_code() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        own(effect="explode").save()
    own().save()
    with pytest.raises(IntegrityError), transaction.atomic():
        own(place=2).save()
