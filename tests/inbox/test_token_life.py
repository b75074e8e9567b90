"""A token that ends in mid-run, on the real sandbox: nothing is lost, one worker renews, people are told in time."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.core import mail
from django.db import connection

from connectors.login import Offer
from connectors.sandbox import demo
from connectors.sandbox.remote import Remote
from inbox import tasks
from inbox.clock import read_clock
from inbox.models import Audit, Channel, ChannelState, Message, Person, Reply
from inbox.models.token import login_to
from inbox.states import ReplyState, Waits
from tests import make

BACK = "http://127.0.0.1:8080/channels/connected/"
TOKEN_ROUTE = "POST /2/oauth2/token"
CUSTOMER = "Elin Sjöberg"


@pytest.fixture(autouse=True)
def _apps(settings: LazySettings, street: Remote) -> None:
    settings.SAMTAL_APPS = {
        "facebook": (demo.APP_ID, demo.APP_SECRET),
        "twitter": (demo.X_CLIENT_ID, demo.X_CLIENT_SECRET),
    }
    settings.SAMTAL_UNDO_SECONDS = 0


def consented(network: str) -> Offer:
    """Somebody signs in on the network and allows everything."""
    login = login_to(network)
    asked = login.consent(BACK)
    page = requests.get(asked.url, timeout=5).text
    scopes = [("scope", scope) for scope in re.findall(r'value="([\w.]+)" id=', page)]
    answer = requests.post(asked.url, data=[*scopes, ("allow", "1")], allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    [offer] = login.offers(code, redirect_uri=BACK, verifier=asked.verifier)
    return offer


def connect(network: str, by: Person) -> Channel:
    """Connected some hours ago."""
    offer = consented(network)
    channel = Channel.open(network, offer.account, offer.grant, by=by)
    Channel.objects.filter(pk=channel.pk).update(renewed_at=make.after(-3 * 3600))
    channel.refresh_from_db()
    return channel


def token_of(channel: Channel, name: str = "access_token") -> str:
    return Channel.objects.get(pk=channel.pk).secrets[name].reveal()


def write(street: Remote, network: str, text: str) -> str:
    """A customer writes under our page's post, or mentions us."""
    if network == "twitter":
        return str(street.write(network="x", kind="tweet", text=f"@{demo.X_HANDLE} {text}", author=CUSTOMER)["id"])
    post = next(one for one in street.truth("facebook") if one["kind"] == "post")
    said = {"network": "facebook", "kind": "comment", "text": text, "author": CUSTOMER}
    return str(street.write(parent_id=post["id"], **said)["id"])


def questions(street: Remote, channel: Channel, number: int) -> list[Message]:
    ids = [write(street, channel.network, f"Fråga {each}: när är nätet tillbaka?") for each in range(number)]
    look(channel)
    return list(Message.objects.filter(remote_id__in=ids).select_related("thread").order_by("pk"))


def look(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(next_poll_at=read_clock())
    tasks.pull(channel.pk)


def let_leave() -> None:
    """Whatever waits for its next look is looked at now."""
    Reply.objects.filter(state=ReplyState.QUEUED).update(not_before=read_clock())
    for task, pk in tasks.due(50):
        if task == "send":
            tasks.send(pk)


def revoke(street: Remote, channel: Channel) -> datetime:
    """Somebody takes everything back that the channel has. When."""
    for name, secret in Channel.objects.get(pk=channel.pk).secrets.items():
        if name != "app_secret":
            street.token(secret.reveal(), state="revoked")
    return read_clock()


def reads_within_ten_minutes(channel: Channel) -> bool:
    return Channel.objects.due(at=make.after(600)).filter(pk=channel.pk).exists()


def out(street: Remote, channel: Channel) -> list[str]:
    network = "x" if channel.network == "twitter" else channel.network
    return [one["text"] for one in street.truth(network, via="api")]


@pytest.mark.parametrize("site", ["facebook", "twitter"])
def test_a_token_revoked_in_mid_run_costs_nothing(
    site: str, street: Remote, anna: Person, ada: Person, facebook: Channel
) -> None:
    make.rulebook()
    Person.objects.filter(pk=ada.pk).update(email="ada@nordnett.example")
    channel = connect(site, ada)
    make.clear(anna, channel)
    asked = questions(street, channel, 6)
    replies = [make.queued(message.thread, anna, f"{make.FINE} ({number})") for number, message in enumerate(asked)]
    Reply.objects.filter(pk__in=[reply.pk for reply in replies[3:]]).update(not_before=make.after(3600))
    for reply in replies[:3]:
        tasks.send(reply.pk)
    assert len(out(street, channel)) == 3

    revoked_at = revoke(street, channel)
    let_leave()
    if site == "twitter":
        # It could be renewed, so that is tried first; the refresh token is revoked, too.
        tasks.renew(channel.pk)
        let_leave()

    # Parked, at rest, and told
    states = Reply.objects.filter(pk__in=[reply.pk for reply in replies[3:]]).values_list("state", "waits_for")
    assert set(states) == {(ReplyState.QUEUED, Waits.TOKEN)}
    channel.refresh_from_db()
    assert channel.state == ChannelState.ATTENTION
    assert not reads_within_ten_minutes(channel)
    assert channel.warn_at is not None
    assert channel.warn_at - revoked_at < timedelta(seconds=60)
    Channel.objects.filter(pk=channel.pk).update(warn_at=read_clock())
    for task, pk in tasks.due(50) * 2:
        if task == "warn":
            tasks.warn(pk)
    [warning] = mail.outbox
    assert warning.to == ["ada@nordnett.example"]
    assert "3 replies wait and leave by themselves afterwards." in warning.body
    missed = [write(street, site, f"Hallå? {number}") for number in range(4)]

    # Connected again: what waited leaves once, and what was missed comes in
    assert connect(site, ada) == channel
    let_leave()
    tasks.pull(channel.pk)
    assert sorted(out(street, channel)) == sorted({f"{make.FINE} ({number}) /Anna" for number in range(6)})
    assert not Reply.objects.exclude(state=ReplyState.SENT).exists()
    assert Message.objects.filter(remote_id__in=missed).count() == 4
    assert Message.objects.filter(remote_id__in=[message.remote_id for message in asked]).count() == 6
    channel.refresh_from_db()
    assert (channel.state, channel.warn_at is None or channel.warn_at > make.after(86400)) == ("active", True)


class TestBrokenOnPurpose:
    """What the run above would find, were it not for one line each."""

    def parked(self, street: Remote, anna: Person, ada: Person) -> tuple[Channel, Reply]:
        make.rulebook()
        channel = connect("facebook", ada)
        make.clear(anna, channel)
        [message] = questions(street, channel, 1)
        reply = make.queued(message.thread, anna)
        revoke(street, channel)
        let_leave()
        connect("facebook", ada)
        let_leave()
        reply.refresh_from_db()
        return channel, reply

    def test_a_refused_token_taken_for_a_refused_reply_loses_it(
        self, street: Remote, anna: Person, ada: Person, facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Reply, "park", lambda reply, error, at: reply.fail("refused", str(error)))
        channel, reply = self.parked(street, anna, ada)
        assert (reply.state, out(street, channel)) == (ReplyState.FAILED, [])

    def test_a_channel_that_does_not_rest_goes_on_asking(
        self, street: Remote, ada: Person, facebook: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Channel, "lose_token", lambda *_: None)
        channel = connect("facebook", ada)
        revoke(street, channel)
        look(channel)
        assert reads_within_ten_minutes(channel)
        assert not Channel.objects.to_warn(make.after(60)).exists()

    def test_of_two_who_renew_without_asking_each_other_one_is_refused(self, street: Remote, ada: Person) -> None:
        channel = connect("twitter", ada)
        login, credentials = login_to("twitter"), Channel.objects.get(pk=channel.pk).credentials
        login.renew(credentials)
        Channel.objects.update(renew_at=read_clock())
        tasks.renew(channel.pk)
        assert Channel.objects.get(pk=channel.pk).state == ChannelState.ATTENTION


def test_an_expired_token_is_renewed_and_what_waited_leaves(street: Remote, anna: Person, ada: Person) -> None:
    make.rulebook()
    channel = connect("twitter", ada)
    make.clear(anna, channel)
    [message] = questions(street, channel, 1)
    reply = make.queued(message.thread, anna)
    street.token(token_of(channel, "oauth2_token"), state="expired")
    let_leave()
    reply.refresh_from_db()
    assert (reply.state, reply.waits_for) == (ReplyState.QUEUED, Waits.TOKEN)
    assert ("renew", channel.pk) in tasks.due(50)
    tasks.renew(channel.pk)
    let_leave()
    reply.refresh_from_db()
    assert reply.state == ReplyState.SENT
    assert not Audit.objects.filter(verb="channel_attention").exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_renew_once(street: Remote, settings: LazySettings) -> None:
    channel = connect("twitter", make.person("ada", "admin"))
    Channel.objects.update(renew_at=read_clock())
    before = token_of(channel, "refresh_token")
    asked = street.count(TOKEN_ROUTE)
    gate = threading.Barrier(2)

    def worker() -> None:
        gate.wait(10)
        try:
            tasks.renew(channel.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(30)
    assert street.count(TOKEN_ROUTE) - asked == 1
    assert token_of(channel, "refresh_token") != before
    assert Audit.objects.filter(verb="token_renewed").count() == 1
    assert Channel.objects.get().connect().account().remote_id == demo.X_USER_ID


def test_a_mail_that_cannot_leave_is_tried_again(
    street: Remote, ada: Person, facebook: Channel, settings: LazySettings
) -> None:
    Person.objects.filter(pk=ada.pk).update(email="ada@nordnett.example")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    Channel.objects.update(state=ChannelState.ATTENTION, last_error_kind="token", warn_at=read_clock())
    tasks.warn(facebook.pk)
    facebook.refresh_from_db()
    assert facebook.warn_at is not None
    assert timedelta(minutes=4) < facebook.warn_at - read_clock() < timedelta(minutes=6)


def test_the_warning_speaks_the_administrators_language_and_names_the_day(ada: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(email="ada@nordnett.example", language="en")
    channel = connect("facebook", ada)
    Channel.objects.update(token_expires_at=make.after(3 * 86400 + 600), warn_at=read_clock())
    tasks.warn(channel.pk)
    [warning] = mail.outbox
    assert warning.subject == "Nordnett: the connection ends in 3 days"
    assert "Connect the channel again before then; nothing is lost." in warning.body
