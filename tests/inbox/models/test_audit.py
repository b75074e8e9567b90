"""The record: only ever added to, and sealed so that a change behind our back shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from inbox.clock import moment
from inbox.models import Audit, AuditSeal, Person

# Triggers cannot be switched in a transaction that has deferred checks pending, as a test's usually has.
pytestmark = pytest.mark.django_db(transaction=True)

REFUSALS = (IntegrityError, InternalError)


@pytest.fixture
def record(lea: Person) -> list[Audit]:
    """Three acts of two minutes ago, old enough to be sealed."""
    Audit.objects.bulk_create(
        Audit(verb=verb, by=lea, at=moment(plus=-timedelta(minutes=2))) for verb in ("a", "b", "c")
    )
    return list(Audit.objects.order_by("pk"))


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE inbox_audit SET verb = 'x'",
        "DELETE FROM inbox_audit",
        "ALTER TABLE inbox_audit ENABLE TRIGGER audit_not_truncated; TRUNCATE inbox_audit CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_record(record: list[Audit], act: str) -> None:
    with pytest.raises(REFUSALS), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)
    assert Audit.objects.count() == len(record)


def test_a_seal_covers_the_rows_and_is_made_once(record: list[Audit]) -> None:
    seal = AuditSeal.seal()
    assert seal is not None
    assert (seal.first_id, seal.last_id) == (record[0].pk, record[-1].pk)
    assert AuditSeal.seal() is None
    assert AuditSeal.first_broken() is None


def test_the_newest_minute_waits(lea: Person) -> None:
    Audit.write("just now", by=lea)
    assert AuditSeal.seal() is None


@pytest.mark.parametrize(
    "tamper", ["UPDATE inbox_audit SET verb = 'x' WHERE id = %s", "DELETE FROM inbox_audit WHERE id = %s"]
)
def test_a_row_changed_by_a_superuser_shows(record: list[Audit], tamper: str) -> None:
    seal = AuditSeal.seal()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inbox_audit DISABLE TRIGGER audit_stays")
        cursor.execute(tamper, [record[1].pk])
        cursor.execute("ALTER TABLE inbox_audit ENABLE TRIGGER audit_stays")
    assert AuditSeal.first_broken() == seal
