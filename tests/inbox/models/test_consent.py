"""Consents: a trip to the network and back, of one person, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.db import connection

from connectors.base import Account, Secret
from connectors.login import Grant, Offer
from connectors.sandbox import demo
from inbox.models import Audit, Channel, Consent, Person
from inbox.models.token import login_to
from tests import make

BACK = "http://127.0.0.1:8080/channels/connected/"
ENDS = datetime(2027, 2, 20, 12, tzinfo=UTC)
OFFER = Offer(
    Account("77", "Nordnett Bergen", "bergen"),
    Grant({"access_token": Secret("a-page-token")}, ENDS, frozenset({"pages_show_list"})),
)


@pytest.fixture(autouse=True)
def _apps(settings: LazySettings) -> None:
    settings.SAMTAL_APPS = {"facebook": (demo.APP_ID, demo.APP_SECRET)}


def begun(by: Person) -> Consent:
    Consent.begin(login_to("facebook"), "facebook", by=by, back=BACK)
    return Consent.objects.latest("pk")


def test_the_way_back_is_taken_once_and_by_who_set_out(ada: Person, lea: Person) -> None:
    consent = begun(ada)
    assert Consent.take(consent.state, by=lea) is None
    assert Consent.take("", by=ada) is None
    assert Consent.take("another", by=ada) is None
    assert Consent.take(consent.state, by=ada) == consent
    assert Consent.take(consent.state, by=ada) is None


def test_who_takes_too_long_begins_again(ada: Person) -> None:
    consent = begun(ada)
    assert Consent.take(consent.state, by=ada, at=make.after(16 * 60)) is None


def test_what_the_network_offers_is_kept_as_it_came_and_encrypted(ada: Person) -> None:
    consent = begun(ada)
    consent.keep([OFFER])
    assert Consent.objects.get().offers == [OFFER]
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(secrets, 'UTF8') FROM inbox_consent")
        [[stored]] = cursor.fetchall()
    assert "a-page-token" not in stored


def test_what_is_chosen_is_connected_and_the_trip_is_over(ada: Person) -> None:
    consent = begun(ada)
    consent.keep([OFFER, Offer(Account("78", "Nordnett Oslo"), OFFER.grant)])
    [channel] = consent.choose(["77"], by=ada)
    assert (channel.name, channel.account_id, channel.handle) == ("Nordnett Bergen", "77", "bergen")
    assert channel.secrets["access_token"].reveal() == "a-page-token"
    assert (channel.scopes, channel.token_expires_at) == (["pages_show_list"], ENDS)
    assert not Consent.objects.exists()
    assert Channel.objects.count() == 1
    assert Audit.objects.get(verb="channel_connected").by == ada
