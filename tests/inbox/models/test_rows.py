from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from inbox.clock import Clock
from inbox.models import Author, Channel, Message
from inbox.models.rows import insert
from tests import make

AT = datetime(2026, 11, 22, 14, 3, 7, 123456, tzinfo=UTC)
ODD = {"id": "1", "said": 'så "här" \\u0000 \U0001f600', "n": 10**25, "share": 0.1, "none": None, "in": [{"a": [True]}]}
ONE_AUTHOR = ("network", "remote_id")


def author(remote_id: str = "9", **fields: object) -> Author:
    return Author(network="facebook", remote_id=remote_id, **{"name": "Kari", "handle": "", "url": "", **fields})


def copy(message: Message, **fields: object) -> Message:
    """The same once more, not stored yet."""
    values = {field.attname: getattr(message, field.attname) for field in Message._meta.concrete_fields}
    return Message(**{**values, "id": None, **fields})


@pytest.mark.django_db
class TestInsert:
    def test_each_column_holds_what_save_would_have_put_there(self, facebook: Channel) -> None:
        first = make.message(facebook)
        fields = {"raw": ODD, "attachments": [], "edited_at": AT, "text": "Grüße\n\t'%s' {}\U0001f600", "hidden": True}
        saved, told = copy(first, remote_id="saved", **fields), copy(first, remote_id="told", **fields)
        saved.save()
        assert insert([told], unique=["network", "scope", "remote_id"]) == [told]
        found = [Message.objects.filter(pk=one.pk).values().get() | {"id": 0, "remote_id": ""} for one in (saved, told)]
        assert found[0] == found[1]
        assert found[1]["raw"] == ODD

    def test_rows_get_their_own_ids_in_their_order(self) -> None:
        rows = [author(str(number)) for number in (3, 1, 2)]
        assert insert(rows, unique=ONE_AUTHOR) == rows
        assert [row.pk for row in rows] == sorted(row.pk for row in rows)
        assert [Author.objects.get(pk=row.pk).remote_id for row in rows] == ["3", "1", "2"]

    def test_what_is_there_already_stays_and_does_not_come_back(self) -> None:
        insert([author(name="Kari")], unique=ONE_AUTHOR)
        fresh = author("10")
        assert insert([author(name="Somebody else"), fresh], unique=ONE_AUTHOR) == [fresh]
        assert Author.objects.get(remote_id="9").name == "Kari"

    def test_what_is_there_already_takes_over_what_it_is_told_to(self) -> None:
        [kept] = insert([author(name="Kari", reach=5)], unique=ONE_AUTHOR)
        [renewed] = insert([author(name="Kari N.", reach=None)], unique=ONE_AUTHOR, update=["name"])
        assert renewed.pk == kept.pk
        kept.refresh_from_db()
        assert (kept.name, kept.reach) == ("Kari N.", 5)

    def test_a_row_that_comes_back_is_saved_as_one_that_exists(self) -> None:
        [row] = insert([author()], unique=ONE_AUTHOR)
        row.name = "Ola"
        row.save()
        assert Author.objects.get().name == "Ola"

    def test_what_is_no_value_is_refused(self) -> None:
        with pytest.raises(TypeError):
            insert([author(name=Clock())], unique=ONE_AUTHOR)

    def test_nothing_asks_nothing(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert insert([], unique=ONE_AUTHOR) == []
