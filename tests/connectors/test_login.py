"""Connecting an account: consent on the network, the way back, what was allowed, and renewing."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import connectors
from connectors.base import ConnectorError, Credentials, ErrorKind, Options, Secret
from connectors.login import App, Consent, Login, Offer
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote

BACK = "http://127.0.0.1:8080/channels/connected/"
APPS = {
    "facebook": App(demo.APP_ID, Secret(demo.APP_SECRET)),
    "instagram": App(demo.APP_ID, Secret(demo.APP_SECRET)),
    "twitter": App(demo.X_CLIENT_ID, Secret(demo.X_CLIENT_SECRET)),
}
ACCOUNTS = {"facebook": demo.PAGE_ID, "instagram": demo.INSTAGRAM_USER_ID, "twitter": demo.X_USER_ID}


@dataclass
class Person:
    """Somebody who goes to the network and agrees, or does not."""

    login: Login

    def agree(self, consent: Consent, *, leaving_out: str = "", allow: bool = True) -> dict[str, str]:
        """What the address they come back to holds."""
        page = requests.get(consent.url, timeout=5)
        assert page.status_code == 200
        scopes = [scope for scope in re.findall(r'value="([\w.]+)" id=', page.text) if scope != leaving_out]
        form = [("scope", scope) for scope in scopes] + ([("allow", "1")] if allow else [])
        answer = requests.post(consent.url, data=form, allow_redirects=False, timeout=5)
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def connect(self, **choice: str) -> Offer:
        consent = self.login.consent(BACK)
        answer = self.agree(consent, **choice)  # type: ignore[arg-type]
        [offer] = self.login.offers(answer["code"], redirect_uri=BACK, verifier=consent.verifier)
        return offer


@pytest.fixture(params=sorted(connectors.LOGINS))
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def log_in(sandbox: tuple[str, Remote]) -> Callable[..., Login]:
    def made(network: str, **app: str) -> Login:
        ours = APPS[network]
        secret = Secret(app["secret"]) if "secret" in app else ours.client_secret
        return connectors.LOGINS[network](App(ours.client_id, secret), Options(base_url=sandbox[0]))

    return made


def kind_of(call: Callable[[], object]) -> ErrorKind:
    with pytest.raises(ConnectorError) as caught:
        call()
    shown = "".join(traceback.format_exception(caught.value))
    assert demo.APP_SECRET not in shown
    assert demo.X_CLIENT_SECRET not in shown
    return caught.value.kind


def test_consent_leads_to_an_account_that_can_be_read(
    network: str, log_in: Callable[..., Login], sandbox: tuple[str, Remote]
) -> None:
    login = log_in(network)
    offer = Person(login).connect()
    assert (offer.account.remote_id, offer.account.name) == (ACCOUNTS[network], "Nordnett")
    assert offer.grant.scopes == frozenset(login.scopes)
    assert login.missing(offer.grant.scopes) == ()
    credentials = Credentials(offer.account.remote_id, offer.grant.secrets)
    connector = connectors.get(network)(credentials, Options(base_url=sandbox[0]))
    assert connector.account().remote_id == ACCOUNTS[network]


def test_the_state_comes_back_and_is_another_each_time(network: str, log_in: Callable[..., Login]) -> None:
    login = log_in(network)
    consents = [login.consent(BACK) for _ in range(3)]
    assert len({consent.state for consent in consents}) == 3
    assert len({consent.verifier.reveal() for consent in consents}) == 3
    assert [Person(login).agree(consent)["state"] for consent in consents] == [consent.state for consent in consents]
    assert not any(consent.verifier.reveal() in consent.url for consent in consents)


def test_who_refuses_comes_back_without_a_code(network: str, log_in: Callable[..., Login]) -> None:
    login = log_in(network)
    answer = Person(login).agree(login.consent(BACK), allow=False)
    assert answer["error"] == "access_denied"
    assert "code" not in answer


@pytest.mark.parametrize(
    ("network", "scope"), [("facebook", "pages_manage_engagement"), ("twitter", "tweet.moderate.write")]
)
def test_what_was_not_allowed_is_named(network: str, scope: str, log_in: Callable[..., Login]) -> None:
    login = log_in(network)
    assert login.missing(Person(login).connect(leaving_out=scope).grant.scopes) == (scope,)


def test_a_code_is_good_once(network: str, log_in: Callable[..., Login]) -> None:
    login = log_in(network)
    consent = login.consent(BACK)
    code = Person(login).agree(consent)["code"]
    login.offers(code, redirect_uri=BACK, verifier=consent.verifier)
    assert kind_of(lambda: login.offers(code, redirect_uri=BACK, verifier=consent.verifier)) is ErrorKind.INVALID


def test_a_code_is_too_old_after_ten_minutes(
    network: str, log_in: Callable[..., Login], sandbox: tuple[str, Remote]
) -> None:
    login = log_in(network)
    consent = login.consent(BACK)
    code = Person(login).agree(consent)["code"]
    sandbox[1].advance(601)
    assert kind_of(lambda: login.offers(code, redirect_uri=BACK, verifier=consent.verifier)) is ErrorKind.INVALID


def test_a_code_that_somebody_else_asked_for_opens_nothing(log_in: Callable[..., Login]) -> None:
    login = log_in("twitter")
    code = Person(login).agree(login.consent(BACK))["code"]
    other = login.consent(BACK)
    assert kind_of(lambda: login.offers(code, redirect_uri=BACK, verifier=other.verifier)) is ErrorKind.INVALID


def test_a_wrong_app_secret_is_our_own_mistake(network: str, log_in: Callable[..., Login]) -> None:
    consent = log_in(network).consent(BACK)
    code = Person(log_in(network)).agree(consent)["code"]
    wrong = log_in(network, secret="not-our-secret")
    assert kind_of(lambda: wrong.offers(code, redirect_uri=BACK, verifier=consent.verifier)) is ErrorKind.PERMISSION


@pytest.mark.parametrize("trouble", [{"kind": "reset"}, {"kind": "status", "status": 503, "body": "html"}])
def test_a_network_in_trouble_is_no_refusal(
    network: str, trouble: dict[str, object], log_in: Callable[..., Login], sandbox: tuple[str, Remote]
) -> None:
    login = log_in(network)
    consent = login.consent(BACK)
    code = Person(login).agree(consent)["code"]
    sandbox[1].fault(path="/oauth", **trouble)  # type: ignore[arg-type]
    kind = kind_of(lambda: login.offers(code, redirect_uri=BACK, verifier=consent.verifier))
    assert kind is ErrorKind.UNAVAILABLE


def test_a_page_says_until_when_it_may_be_read(log_in: Callable[..., Login], sandbox: tuple[str, Remote]) -> None:
    ends = Person(log_in("facebook")).connect().grant.expires_at
    assert ends is not None
    left = ends - datetime.fromtimestamp(sandbox[1].now(), UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_a_pasted_token_tells_what_it_may_do(log_in: Callable[..., Login], sandbox: tuple[str, Remote]) -> None:
    login = log_in("facebook")
    sandbox[1].token(demo.PAGE_TOKEN, scopes=["pages_show_list", "pages_read_engagement"])
    grant = login.inspect(Credentials(demo.PAGE_ID, {"access_token": Secret(demo.PAGE_TOKEN)}))
    assert "pages_manage_engagement" in login.missing(grant.scopes)
    assert "pages_read_engagement" not in login.missing(grant.scopes)


@pytest.mark.parametrize("network", ["facebook"])
def test_a_pasted_token_that_is_none_is_refused(network: str, log_in: Callable[..., Login]) -> None:
    credentials = Credentials("1", {"access_token": Secret("no-such-token")})
    assert kind_of(lambda: log_in(network).inspect(credentials)) is ErrorKind.TOKEN


def test_a_refresh_token_brings_a_new_pair_and_is_good_once(
    log_in: Callable[..., Login], sandbox: tuple[str, Remote]
) -> None:
    login = log_in("twitter")
    offer = Person(login).connect()
    old = Credentials(offer.account.remote_id, offer.grant.secrets)
    new = login.renew(old)
    assert new.secrets["refresh_token"].reveal() != old.secrets["refresh_token"].reveal()
    assert new.scopes == offer.grant.scopes
    assert new.expires_at is not None
    left = new.expires_at - datetime.fromtimestamp(sandbox[1].now(), UTC)
    assert timedelta(minutes=119) < left <= timedelta(minutes=120, seconds=2)
    assert kind_of(lambda: login.renew(old)) is ErrorKind.TOKEN
    login.renew(Credentials(offer.account.remote_id, new.secrets))
