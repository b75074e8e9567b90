"""Channels: connected, disconnected and connected again; the life of their tokens; warnings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.base import Account, ConnectorError, ErrorKind, Rate, Secret
from connectors.login import Grant
from connectors.sandbox import demo
from inbox.clock import read_clock
from inbox.models import Audit, Channel, ChannelState, Person, Reply
from inbox.states import ReplyState
from tests import make

REVOKED = ConnectorError("Facebook: the token was revoked", kind=ErrorKind.TOKEN, permanent=True)
DOWN = ConnectorError("X did not answer", kind=ErrorKind.UNAVAILABLE)
NEW = Grant({"oauth2_token": Secret("new"), "refresh_token": Secret("next")})


@pytest.fixture
def renewing(twitter: Channel) -> Channel:
    """Its token has ended; a refresh token is there."""
    Channel.objects.update(
        secrets={"oauth2_token": Secret("old"), "refresh_token": Secret("once")}, renew_at=read_clock()
    )
    twitter.refresh_from_db()
    return twitter


def again(channel: Channel) -> Channel:
    return Channel.objects.get(pk=channel.pk)


def test_the_limit_of_an_app_closes_every_network_it_leads_to(facebook: Channel, twitter: Channel) -> None:
    instagram = make.channel("instagram")
    instagram.hold_back(timedelta(minutes=5), reading=True, app_wide=True)
    assert [channel.may_read() for channel in (facebook, instagram, twitter)] == [False, False, True]


# Connecting


def test_connected_again_it_keeps_all_it_was(facebook: Channel, ada: Person) -> None:
    make.thread(facebook)
    Channel.objects.update(name="Vår sida", purpose="Kundtjänst")
    facebook.record_error(REVOKED)
    grant = Grant({"access_token": Secret("new")}, scopes=frozenset({"pages_show_list"}))
    channel = Channel.open("facebook", Account(demo.PAGE_ID, "Nordnett"), grant, by=ada)
    assert channel.pk == facebook.pk
    assert (channel.name, channel.purpose, channel.state) == ("Vår sida", "Kundtjänst", ChannelState.ACTIVE)
    assert (channel.last_error, channel.failures, channel.token_version) == ("", 0, 1)
    assert channel.threads.count() == 1
    assert list(Channel.objects.due()) == [channel]


def test_what_was_not_allowed_is_known(ada: Person) -> None:
    grant = Grant({"access_token": Secret("new")}, scopes=frozenset({"pages_show_list", "pages_messaging"}))
    channel = Channel.open("facebook", Account(demo.PAGE_ID, "Nordnett"), grant, by=ada)
    assert "pages_manage_engagement" in channel.missing_scopes
    assert "pages_messaging" not in channel.missing_scopes


def test_disconnected_it_forgets_the_token_and_keeps_the_rest(facebook: Channel, anna: Person, ada: Person) -> None:
    make.rulebook()
    waiting, asked = make.queued(make.thread(facebook), anna), make.held(make.thread(facebook), anna)
    facebook.disconnect(by=ada)
    channel = again(facebook)
    assert (channel.state, channel.secrets) == (ChannelState.OFF, {})
    assert channel.threads.count() == 2
    assert not Channel.objects.due().exists()
    for reply in Reply.objects.filter(pk__in=[waiting.pk, asked.pk]):
        assert (reply.state, reply.reason, reply.text) == (ReplyState.DRAFT, "channel_off", make.FINE)


# Renewing


def test_two_workers_renew_once(renewing: Channel) -> None:
    other = again(renewing)
    assert renewing.take_renewal()
    assert not other.take_renewal()
    renewing.renewed(NEW)
    assert not other.take_renewal(at=make.after(3600))
    assert again(renewing).secrets["oauth2_token"].reveal() == "new"


def test_a_worker_that_died_while_renewing_is_followed_by_another(renewing: Channel) -> None:
    assert renewing.take_renewal()
    assert not again(renewing).take_renewal(at=make.after(20))
    assert again(renewing).take_renewal(at=make.after(31))


def test_a_refused_token_that_can_be_renewed_is_renewed_at_once(renewing: Channel) -> None:
    Channel.objects.update(renew_at=make.after(3600))
    renewing.refresh_from_db()
    assert not Channel.objects.to_renew().exists()
    renewing.record_error(REVOKED)
    assert again(renewing).state == ChannelState.ACTIVE
    assert list(Channel.objects.to_renew()) == [renewing]


def test_a_token_that_is_refused_just_after_it_was_renewed_takes_a_person(renewing: Channel) -> None:
    renewing.take_renewal()
    renewing.renewed(Grant(NEW.secrets, expires_at=make.after(7200)))
    fresh = again(renewing)
    fresh.record_error(REVOKED)
    assert again(renewing).state == ChannelState.ATTENTION


def test_what_a_worker_learns_of_the_old_token_says_nothing_of_the_new_one(renewing: Channel) -> None:
    late = again(renewing)
    renewing.take_renewal()
    renewing.renewed(Grant(NEW.secrets, expires_at=make.after(7200)))
    late.record_error(REVOKED)
    assert again(renewing).state == ChannelState.ACTIVE
    assert not Channel.objects.to_renew().exists()


def test_a_network_that_is_away_keeps_the_token_for_the_next_try(renewing: Channel) -> None:
    renewing.take_renewal()
    renewing.not_renewed(DOWN)
    assert again(renewing).state == ChannelState.ACTIVE
    assert not Channel.objects.to_renew().exists()
    assert list(Channel.objects.to_renew(at=make.after(31))) == [renewing]


def test_a_refused_renewal_takes_a_person(renewing: Channel) -> None:
    renewing.take_renewal()
    renewing.not_renewed(REVOKED)
    channel = again(renewing)
    assert (channel.state, channel.renew_at) == (ChannelState.ATTENTION, None)
    assert Audit.objects.filter(verb="channel_attention").count() == 1


# Resting and warning


def test_a_channel_without_a_token_rests_and_people_are_told(facebook: Channel) -> None:
    facebook.record_error(REVOKED)
    assert not Channel.objects.due(at=make.after(14 * 60)).exists()
    assert Channel.objects.due(at=make.after(16 * 60)).exists()
    assert not Channel.objects.to_warn().exists()
    assert list(Channel.objects.to_warn(at=make.after(11))) == [facebook]
    assert "Connect the channel again" in again(facebook).trouble


def test_one_worker_warns_and_the_next_warning_is_a_day_later(facebook: Channel) -> None:
    facebook.record_error(REVOKED)
    soon = make.after(11)
    assert facebook.take_warning(soon)
    assert not again(facebook).take_warning(soon)
    assert not again(facebook).take_warning(make.after(23 * 3600))
    assert again(facebook).take_warning(make.after(25 * 3600))


def test_a_channel_that_is_well_again_is_not_written_about(facebook: Channel) -> None:
    facebook.record_error(REVOKED)
    looking = again(facebook)
    assert looking.take_pull(at=make.after(16 * 60))
    looking.pulled()
    assert not Channel.objects.to_warn(at=make.after(3600)).exists()


def test_a_channel_that_somebody_lets_try_again_is_not_written_about_either(facebook: Channel, ada: Person) -> None:
    facebook.record_error(REVOKED)
    assert facebook.resume(by=ada)
    assert again(facebook).state == ChannelState.ACTIVE
    assert not Channel.objects.to_warn(at=make.after(3600)).exists()


def test_what_was_disconnected_meanwhile_is_neither_paused_nor_resumed(facebook: Channel, ada: Person) -> None:
    facebook.disconnect(by=ada)
    assert not facebook.pause(by=ada)
    assert not facebook.resume(by=ada)
    assert again(facebook).state == ChannelState.OFF
    assert not Audit.objects.filter(verb__in=["channel_paused", "channel_resumed"]).exists()


@pytest.mark.parametrize(
    ("days", "warnings"), [(60, [46, 53, 57, 59]), (10, [3, 7, 9]), (2, [1]), (0.5, [])], ids=lambda value: str(value)
)
def test_a_token_that_ends_is_announced_in_steps(ada: Person, days: float, warnings: list[int]) -> None:
    now = read_clock()
    grant = Grant({"access_token": Secret("t")}, expires_at=now + timedelta(days=days))
    channel = Channel.open("facebook", Account(demo.PAGE_ID, "Nordnett"), grant, by=ada)
    told = []
    while channel.warn_at:
        told.append(round((channel.warn_at - now) / timedelta(days=1)))
        assert channel.take_warning(channel.warn_at + timedelta(seconds=1))
        channel.refresh_from_db()
    assert told == warnings


def test_a_token_that_ends_soon_stands_on_every_leads_page(ada: Person) -> None:
    def open_for(days: float) -> Channel:
        grant = Grant({"access_token": Secret("t")}, expires_at=make.after(days * 86400))
        return Channel.open("facebook", Account(demo.PAGE_ID, "Nordnett"), grant, by=ada)

    open_for(30)
    assert not Channel.objects.troubled().exists()
    ending = open_for(6)
    assert list(Channel.objects.troubled()) == [ending]


# Budgets


def test_what_rests_is_never_woken_earlier(facebook: Channel) -> None:
    facebook.hold_back(timedelta(minutes=20), reading=True)
    facebook.save_for_sending(timedelta(minutes=5))
    facebook.heed(Rate(0.1, 60), reading=True)
    assert again(facebook).reads_closed_until > make.after(19 * 60)  # type: ignore[operator]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("network", "reading", "left", "reads_rest", "sends_rest"),
    [
        ("facebook", True, 0.5, False, False),
        ("facebook", True, 0.2, True, False),
        ("facebook", False, 0.2, True, False),
        ("facebook", True, 0.0, True, True),
        ("facebook", False, 0.0, True, True),
        ("twitter", True, 0.01, False, False),
        ("twitter", True, 0.0, True, False),
        ("twitter", False, 0.0, False, True),
    ],
)
def test_near_its_end_a_budget_is_for_sending_and_at_its_end_for_nobody(
    network: str, reading: bool, left: float, reads_rest: bool, sends_rest: bool
) -> None:
    channel = make.channel(network)
    rests = channel.heed(Rate(left, 600), reading=reading)
    channel = again(channel)
    assert (channel.reads_closed_until is not None, channel.closed_until is not None) == (reads_rest, sends_rest)
    assert rests == reads_rest


def test_what_became_of_a_sending_is_read_from_the_share_of_sending(facebook: Channel, twitter: Channel) -> None:
    for channel in (facebook, twitter):
        channel.save_for_sending(timedelta(minutes=5))
    assert facebook.closed_to_read_backs() is None
    assert twitter.closed_to_read_backs() == again(twitter).reads_closed_until, "X counts reads apart"
    facebook.hold_back(timedelta(minutes=5), reading=False)
    assert facebook.closed_to_read_backs() == again(facebook).closed_until
