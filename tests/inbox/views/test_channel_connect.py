"""Connecting a channel, again, and disconnecting it, as an administrator does it on the page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from connectors.base import ConnectorError, ErrorKind
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox.models import Channel, ChannelState, Consent, Person
from tests import make
from tests.inbox.browsing import client as any_client
from tests.inbox.browsing import words

NETWORKS = {"facebook": demo.PAGE_ID, "instagram": demo.INSTAGRAM_USER_ID, "twitter": demo.X_USER_ID}
HOST = "127.0.0.1:8080"
GONE = ConnectorError("the token was revoked", kind=ErrorKind.TOKEN, permanent=True)


@pytest.fixture(autouse=True)
def _apps(settings: LazySettings, street: Remote) -> None:
    settings.SAMTAL_APPS = {
        "facebook": (demo.APP_ID, demo.APP_SECRET),
        "twitter": (demo.X_CLIENT_ID, demo.X_CLIENT_SECRET),
    }


def client(person: Person) -> Client:
    """A browser at an address that the sandbox lets codes go back to."""
    made = any_client(person)
    made.defaults["HTTP_HOST"] = HOST
    return made


def consent_url(browser: Client, path: str) -> str:
    """The address on the button that leads to the network."""
    page = browser.get(path).content.decode()
    [address] = re.findall(r'id="consent" href="([^"]+)"', page)
    return address.replace("&amp;", "&")


def agree(address: str, *, leaving_out: str = "", allow: bool = True) -> str:
    """What somebody does on the network; the path and query they come back to."""
    page = requests.get(address, timeout=5).text
    scopes = [scope for scope in re.findall(r'value="([\w.]+)" id=', page) if scope != leaving_out]
    form = [("scope", scope) for scope in scopes] + ([("allow", "1")] if allow else [])
    answer = requests.post(address, data=form, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["location"])
    assert back.netloc == HOST
    return f"{back.path}?{back.query}"


def follow(browser: Client, path: str) -> str:
    return words(browser.get(path, follow=True))


def connect(browser: Client, network: str, **choice: str) -> HttpResponseBase:
    """All the way through, with every page that is offered."""
    back = agree(consent_url(browser, reverse("channel_connect", args=[network])), **choice)  # type: ignore[arg-type]
    choosing = browser.get(back)
    assert choosing.status_code == 302
    return browser.post(choosing.headers["Location"], {"accounts": [NETWORKS[network]]}, follow=True)


@pytest.mark.parametrize("site", NETWORKS)
def test_an_administrator_connects_an_account(site: str, ada: Person) -> None:
    answer = connect(client(ada), site)
    assert "Nordnett is connected." in words(answer)
    channel = Channel.objects.get()
    assert (channel.network, channel.account_id, channel.state) == (site, NETWORKS[site], ChannelState.ACTIVE)
    assert channel.connect().account().remote_id == NETWORKS[site]
    assert not Consent.objects.exists()


def test_the_page_says_what_will_be_asked_for(ada: Person) -> None:
    page = words(client(ada).get(reverse("channel_connect", args=["facebook"])))
    assert "answer, hide and delete comments pages_manage_engagement" in page
    assert demo.APP_SECRET not in page


@pytest.mark.parametrize(
    ("site", "left_out", "told"),
    [
        ("facebook", "pages_manage_engagement", "answer, hide and delete comments"),
        ("instagram", "instagram_manage_comments", "read comments and mentions, answer, hide and delete"),
        ("twitter", "offline.access", "stay connected for more than two hours"),
    ],
)
def test_what_was_left_out_is_named(site: str, left_out: str, told: str, ada: Person) -> None:
    page = words(connect(client(ada), site, leaving_out=left_out))
    assert f"Was not allowed, and so does not work: {told}." in page


def test_a_page_without_an_account_on_instagram_connects_nothing(ada: Person) -> None:
    browser = client(ada)
    address = consent_url(browser, reverse("channel_connect", args=["instagram"]))
    assert "none with such an account" in follow(browser, agree(address, leaving_out="instagram_basic"))
    assert not Channel.objects.exists()


def test_an_account_that_renews_itself_says_so_and_a_page_counts_its_days(ada: Person) -> None:
    browser = client(ada)
    assert "89 days left" in words(connect(browser, "facebook"))
    assert "renews itself" in words(connect(browser, "twitter"))


def test_who_refuses_is_told_that_nothing_has_changed(ada: Person) -> None:
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_connect", args=["facebook"])), allow=False)
    assert "You did not allow it on Facebook. Nothing has changed." in follow(browser, back)
    assert not Channel.objects.exists()


@pytest.mark.parametrize("site", NETWORKS)
def test_an_answer_is_taken_once(site: str, ada: Person) -> None:
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_connect", args=[site])))
    browser.get(back)
    assert "belongs to nothing that you have begun here" in follow(browser, back)


def test_an_answer_that_another_person_asked_for_opens_nothing(ada: Person) -> None:
    eva = client(make.person("eva", "admin"))
    back = agree(consent_url(client(ada), reverse("channel_connect", args=["facebook"])))
    assert "belongs to nothing that you have begun here" in follow(eva, back)


def test_an_answer_with_another_state_opens_nothing(ada: Person) -> None:
    browser = client(ada)
    back = urlsplit(agree(consent_url(browser, reverse("channel_connect", args=["facebook"]))))
    code = parse_qs(back.query)["code"][0]
    for state in ("", "x" * 43):
        assert "belongs to nothing" in follow(browser, f"{back.path}?code={code}&state={state}")


def test_an_expired_code_is_said_in_words(ada: Person, street: Remote) -> None:
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_connect", args=["twitter"])))
    street.advance(601)
    assert "The network's code has expired or was used before. Begin again." in follow(browser, back)


def test_a_wrong_app_secret_is_said_in_words(ada: Person, settings: LazySettings) -> None:
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_connect", args=["facebook"])))
    settings.SAMTAL_APPS = {"facebook": (demo.APP_ID, "another-secret")}
    assert "Facebook does not know our app" in follow(browser, back)


def test_a_network_that_is_away_is_said_in_words(ada: Person, street: Remote) -> None:
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_connect", args=["facebook"])))
    street.fault("status", path="/oauth", status=503)
    assert "The network does not answer." in follow(browser, back)


def test_at_least_one_page_is_chosen(ada: Person) -> None:
    browser = client(ada)
    choosing = browser.get(agree(consent_url(browser, reverse("channel_connect", args=["facebook"]))))
    answer = browser.post(choosing.headers["Location"], {})
    assert answer.status_code == 422
    assert "Choose at least one." in words(answer)


# With a token that is pasted


def test_a_pasted_token_is_tried_at_once(ada: Person) -> None:
    answer = client(ada).post(
        reverse("channel_connect", args=["facebook"]), {"access_token": demo.PAGE_TOKEN}, follow=True
    )
    assert "Nordnett is connected." in words(answer)
    assert Channel.objects.get().account_id == demo.PAGE_ID


def test_a_pasted_token_without_an_app_of_ours_connects_too(ada: Person, settings: LazySettings) -> None:
    settings.SAMTAL_APPS = {}
    client(ada).post(reverse("channel_connect", args=["twitter"]), {
        "consumer_key": demo.X_CONSUMER_KEY, "consumer_secret": demo.X_CONSUMER_SECRET,
        "access_token": demo.X_ACCESS_TOKEN, "access_token_secret": demo.X_ACCESS_SECRET,
    })  # fmt: skip
    assert Channel.objects.get().account_id == demo.X_USER_ID


def test_a_pasted_token_that_is_none_stays_out(ada: Person) -> None:
    answer = client(ada).post(reverse("channel_connect", args=["facebook"]), {"access_token": "no-such-token"})
    assert answer.status_code == 422
    assert "Facebook does not take this token" in words(answer)
    assert "no-such-token" not in answer.content.decode()
    assert not Channel.objects.exists()


def test_what_a_pasted_token_may_not_do_is_named(ada: Person, street: Remote) -> None:
    street.token(demo.PAGE_TOKEN, scopes=["pages_show_list", "pages_read_engagement", "pages_read_user_content"])
    answer = client(ada).post(
        reverse("channel_connect", args=["facebook"]), {"access_token": demo.PAGE_TOKEN}, follow=True
    )
    assert "answer, hide and delete comments" in words(answer)


# Again, and not any more


@pytest.fixture
def lost(facebook: Channel) -> Channel:
    facebook.record_error(GONE)
    facebook.refresh_from_db()
    return facebook


def test_connected_again_the_channel_works_and_keeps_its_name(ada: Person, lost: Channel) -> None:
    browser = client(ada)
    assert "Connect the channel again" in words(browser.get(reverse("channels")))
    back = agree(consent_url(browser, reverse("channel_reconnect", args=[lost.pk])))
    assert "Nordnett facebook is connected." in follow(browser, back)
    lost.refresh_from_db()
    assert (lost.state, lost.last_error) == (ChannelState.ACTIVE, "")
    assert lost.connect().account().remote_id == demo.PAGE_ID


def test_another_account_is_not_put_in_a_channels_place(ada: Person, lost: Channel) -> None:
    Channel.objects.update(account_id="999")
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_reconnect", args=[lost.pk])))
    assert "That was for Nordnett, but this channel is Nordnett facebook." in follow(browser, back)
    answer = browser.post(reverse("channel_reconnect", args=[lost.pk]), {"access_token": demo.PAGE_TOKEN})
    assert "That was for Nordnett" in words(answer)
    assert Channel.objects.get().state == ChannelState.ATTENTION


def test_what_becomes_of_what_is_said_before_it_is_disconnected(ada: Person, anna: Person, facebook: Channel) -> None:
    make.rulebook()
    reply = make.queued(make.thread(facebook), anna)
    browser, path = client(ada), reverse("channel_disconnect", args=[facebook.pk])
    page = words(browser.get(path))
    assert "1 thread with its messages, replies, notes and log" in page
    assert "1 reply that has not left becomes a draft again" in page
    assert "Nordnett facebook is disconnected." in words(browser.post(path, follow=True))
    reply.refresh_from_db()
    assert (reply.state, reply.reason) == ("draft", "channel_off")
    assert browser.get(path).status_code == 404


def test_a_disconnected_channel_can_come_back(ada: Person, facebook: Channel) -> None:
    facebook.disconnect(by=ada)
    browser = client(ada)
    back = agree(consent_url(browser, reverse("channel_reconnect", args=[facebook.pk])))
    assert "is connected" in follow(browser, back)
    assert list(Channel.objects.due()) == [facebook]


@pytest.mark.parametrize("route", ["channel_pause", "channel_resume"])
def test_a_page_from_before_does_not_wake_what_was_disconnected(route: str, ada: Person, facebook: Channel) -> None:
    facebook.disconnect(by=ada)
    answer = client(ada).post(reverse(route, args=[facebook.pk]))
    assert answer.status_code == 409
    assert "The channel was disconnected." in words(answer)
    facebook.refresh_from_db()
    assert facebook.state == "off"


@pytest.mark.parametrize("route", ["channel_connect", "channel_reconnect", "channel_disconnect"])
def test_leads_and_colleagues_connect_nothing(route: str, lea: Person, anna: Person, facebook: Channel) -> None:
    path = reverse(route, args=["facebook" if route == "channel_connect" else facebook.pk])
    for person in (lea, anna):
        assert client(person).get(path).status_code == 403
        assert client(person).post(path).status_code == 403


def test_a_network_that_is_none_is_not_found(ada: Person) -> None:
    assert client(ada).get(reverse("channel_connect", args=["myspace"])).status_code == 404
