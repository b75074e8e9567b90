from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from policies.models import Rule, Rulebook
from policies.rulebook import starter
from policies.verdict import Effect

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@pytest.fixture
def first() -> Rulebook:
    return Rulebook.install_starter("company", at=AT)


def test_the_starter_is_installed_in_force_and_loads_as_shipped(first: Rulebook) -> None:
    assert Rulebook.objects.in_force() == first
    assert first.published_at == AT
    assert first.load() == starter("company")


def test_the_profile_decides_the_rows() -> None:
    assert Rulebook.install_starter("public_body", at=AT).load() == starter("public_body")


def test_it_is_installed_once(first: Rulebook) -> None:
    with pytest.raises(IntegrityError):
        Rulebook.install_starter("company", at=AT)


def test_a_draft_copies_its_rules_and_is_not_in_force(first: Rulebook) -> None:
    draft = first.draft_from(note="Easter")
    assert (draft.version, draft.state, draft.note) == (2, Rulebook.State.DRAFT, "Easter")
    assert [rule.to_data() for rule in draft.rules.all()] == [rule.to_data() for rule in first.rules.all()]
    assert Rulebook.objects.in_force() == first


def test_there_is_one_draft_at_a_time(first: Rulebook) -> None:
    first.draft_from()
    with pytest.raises(IntegrityError), transaction.atomic():
        first.draft_from()


def test_publishing_puts_the_draft_in_force_once(first: Rulebook) -> None:
    draft = first.draft_from()
    draft.rules.filter(code="tone").update(effect=Effect.WATCH)
    assert draft.publish(at=AT)
    assert not draft.publish(at=AT)
    in_force = Rulebook.objects.in_force()
    assert in_force == draft
    assert next(rule for rule in draft.load().rules if rule.code == "tone").effect is Effect.WATCH


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_rulebook SET note = 'changed'",
        "UPDATE policies_rulebook SET state = 'draft', published_at = NULL",
        "DELETE FROM policies_rule",
        "UPDATE policies_rule SET effect = 'watch'",
        "INSERT INTO policies_rule (rulebook_id, place, code, matcher, effect, scope, terms, settings, texts)"
        " SELECT rulebook_id, 99, 'own', matcher, effect, scope, terms, settings, texts FROM policies_rule LIMIT 1",
    ],
)
def test_a_published_rulebook_refuses_every_change_in_the_database(first: Rulebook, statement: str) -> None:
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_rule_cannot_be_moved_into_a_published_rulebook(first: Rulebook) -> None:
    draft = first.draft_from()
    rule = draft.rules.create(place=99, code="own", matcher="phrases", effect="warn", texts={})
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        Rule.objects.filter(pk=rule.pk).update(rulebook=first)


def test_a_published_rulebook_always_has_its_time(first: Rulebook) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Rulebook.objects.create(version=9, state=Rulebook.State.PUBLISHED)
