"""The meter of networks that are paid by use: it counts, prices, slows down and stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.models import Channel, Message, Meter, Person, Spend
from tests import make
from tests.inbox.browsing import client, words

TENTH = datetime(2026, 11, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_what_is_used_is_counted_a_day_and_kind_and_priced(twitter: Channel) -> None:
    Spend.note(twitter, {"owned": 100, "user": 10, "post": 0}, at=TENTH)
    Spend.note(twitter, {"owned": 50}, at=TENTH)
    Spend.note(twitter, {"owned": 50}, at=TENTH - timedelta(days=3))
    Spend.note(twitter, {"owned": 999}, at=TENTH - timedelta(days=30))
    meter = Meter.of(twitter, at=TENTH)
    assert dict(meter.units) == {"owned": 200, "user": 10}
    assert meter.cost == Decimal("0.3")
    assert Spend.objects.count() == 4


def test_a_free_network_has_no_rows(facebook: Channel) -> None:
    Spend.note(facebook, {})
    assert not Spend.objects.exists()
    assert not Meter.of(facebook).paid


@pytest.mark.parametrize(
    ("units", "ahead", "used_up"), [(0, False, False), (30, False, False), (60, True, False), (100, True, True)]
)
def test_money_that_goes_faster_than_the_month_slows_reading_down(
    units: int, ahead: bool, used_up: bool, twitter: Channel
) -> None:
    twitter.monthly_cap = Decimal("20")
    Spend.note(twitter, {"link": units}, at=TENTH)
    meter = Meter.of(twitter, at=TENTH)
    assert (meter.ahead, meter.used_up) == (ahead, used_up)
    assert (meter.pace(MINUTE) > MINUTE) == ahead
    assert meter.pace(MINUTE) <= timedelta(minutes=15)


def test_without_a_cap_nothing_slows_down(twitter: Channel) -> None:
    Spend.note(twitter, {"link": 10_000}, at=TENTH)
    meter = Meter.of(twitter, at=TENTH)
    assert (meter.ahead, meter.used_up, meter.pace(MINUTE)) == (False, False, MINUTE)


def test_where_the_month_is_spent_nothing_is_read_and_it_does_not_count_as_read(
    twitter: Channel, street: Remote
) -> None:
    Channel.objects.update(monthly_cap=Decimal("1"))
    Spend.note(twitter, {"link": 5})
    street.call("DELETE", "calls")
    tasks.pull(twitter.pk)
    twitter.refresh_from_db()
    assert street.calls(0)["counts"] == []
    assert (twitter.last_read_at, twitter.pull_until) == (None, None)
    Channel.objects.update(monthly_cap=Decimal("100"), next_poll_at=make.after(-1))
    tasks.pull(twitter.pk)
    twitter.refresh_from_db()
    assert twitter.last_read_at is not None


def test_the_meter_counts_what_the_sandbox_bills(twitter: Channel, street: Remote) -> None:
    street.call("DELETE", "calls")
    for number in range(7):
        street.write(network="x", kind="tweet", author="Elin Sjöberg", text=f"@{demo.X_HANDLE} hej {number}")
    tasks.pull(twitter.pk)
    Message.objects.update(look_at=make.after(-1))
    Channel.objects.update(next_poll_at=make.after(-1))
    tasks.pull(twitter.pk)
    billed = sum(row["resources"] for row in street.calls(0)["counts"] if row["network"] == "x")
    assert sum(Meter.of(twitter).units.values()) == billed > 14


def test_the_channels_page_shows_it(twitter: Channel, lea: Person) -> None:
    Channel.objects.update(monthly_cap=Decimal("20"))
    Spend.note(twitter, {"link": 101})
    shown = words(client(lea).get(reverse("channels")))
    assert "$20.20 of $20.00" in shown
    assert "nothing is read until there is more" in shown
    assert "replies with a link sent" in shown


def test_an_admin_sets_the_cap_where_the_network_costs_money(twitter: Channel, facebook: Channel, ada: Person) -> None:
    for channel, asked in ((twitter, True), (facebook, False)):
        shown = client(ada).get(reverse("channel", args=[channel.pk])).content.decode()
        assert ('name="monthly_cap"' in shown) == asked
    fields = {
        "name": "X", "sender": "Nordnett", "signature": "first", "lead_in": "/", "language": "sv",
        "target_minutes": "60", "look_again_days": "3", "reach_days": "30", "monthly_cap": "25.50",
    }  # fmt: skip
    answer = client(ada).post(reverse("channel", args=[twitter.pk]), fields)
    assert answer.status_code == 302
    assert Meter.of(Channel.objects.get(pk=twitter.pk)).cap == Decimal("25.50")
