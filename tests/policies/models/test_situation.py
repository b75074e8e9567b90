from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from policies.models import Situation, Statement
from policies.verdict import ReferralTarget, Wording

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def outage(**changes: object) -> Situation:
    return Situation.objects.create(**{"kind": "outage", "title": "Bergen", "starts_at": AT - HOUR, **changes})


def test_in_force_is_begun_and_not_ended() -> None:
    now, ending = outage(), outage(ends_at=AT + HOUR)
    outage(starts_at=AT + HOUR)
    outage(ends_at=AT)
    assert set(Situation.objects.in_force(AT)) == {now, ending}


def test_ending_it_once_takes_it_out_of_force() -> None:
    situation = outage()
    assert situation.end(at=AT)
    assert not situation.end(at=AT + HOUR)
    assert not Situation.objects.in_force(AT).exists()


def test_no_channels_is_every_channel() -> None:
    assert outage().covers_channel(7)
    assert outage(channel_ids=[7]).covers_channel(7)
    assert not outage(channel_ids=[8]).covers_channel(7)


def test_closed_targets_are_not_offered() -> None:
    office = [{"days": [0, 1, 2, 3, 4], "opens": "08:00", "closes": "16:00"}]
    situation = outage(
        topics=["outage"],
        terms=["strøm"],
        targets=[
            {"kind": "phone", "text": "75 00 11 20", "language": "nb", "hours": office},
            {"kind": "page", "text": "kraft.example/drift", "language": "", "hours": []},
        ],
    )
    phone, page = ReferralTarget("phone", "75 00 11 20", "nb"), ReferralTarget("page", "kraft.example/drift", "")
    here = AT.astimezone(ZoneInfo("Europe/Oslo"))
    loaded = situation.load(at=here)
    assert (loaded.kind, loaded.topics, loaded.terms) == ("outage", ("outage",), ("strøm",))
    assert loaded.targets == (phone, page)
    assert situation.load(at=here.replace(hour=16, minute=0)).targets == (page,)
    assert situation.load(at=here + timedelta(days=3)).targets == (page,)


def test_it_cannot_end_before_it_starts_or_be_of_no_kind() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        outage(ends_at=AT - 2 * HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        outage(kind="party")


def statement(**changes: object) -> Statement:
    row = {"texts": {"sv": "Vi stänger.", "en": "We close."}, "topics": ["rumour"], "valid_from": AT - HOUR}
    return Statement.objects.create(**{**row, **changes})


def test_a_statement_may_be_said_when_released_and_in_its_time() -> None:
    said = statement()
    statement(valid_from=AT + HOUR, released_at=AT - HOUR)
    statement(valid_until=AT, released_at=AT - HOUR)
    assert not Statement.objects.released(AT).exists()
    assert said.release(at=AT)
    assert not said.release(at=AT)
    assert set(Statement.objects.released(AT)) == {said}


def test_it_loads_as_a_wording_a_language() -> None:
    said = statement(link="https://kraft.example/1")
    assert said.load() == [
        Wording(said.pk, "Vi stänger.", "https://kraft.example/1", "sv", ("rumour",)),
        Wording(said.pk, "We close.", "https://kraft.example/1", "en", ("rumour",)),
    ]
