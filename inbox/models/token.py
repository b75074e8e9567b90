"""How we come to a channel's token, and what the life of a token is measured in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, DateTimeField, Expression, ExpressionWrapper, F, Value, When
from django.db.models.lookups import GreaterThan

import connectors
from connectors.base import ConnectorError, Credentials, ErrorKind, Options, Secret
from connectors.login import App, Grant, Login, Offer
from inbox.clock import moment

# A token that can renew itself is renewed while it still works: a network may be away for some minutes.
RENEW_BEFORE = timedelta(minutes=30)
RENEW_AGAIN = timedelta(seconds=30)
# A token that is refused so soon after it was renewed will not be mended by renewing it once more.
JUST_NOW = timedelta(minutes=2)
# A channel whose token is refused rests; one look now and then, for networks say so by mistake, too.
REST = timedelta(minutes=15)

WARN_BEFORE = (timedelta(days=14), timedelta(days=7), timedelta(days=3), timedelta(days=1))
# A channel that has been broken for so long is written about; many are well again at once.
WARN_AFTER = timedelta(seconds=10)
WARN_AGAIN = timedelta(days=1)


def app_for(network: str) -> App | None:
    """The organisation's own app on a network; None where the settings name none."""
    client_id, secret = settings.SAMTAL_APPS.get(connectors.app_of(network), ("", ""))
    return App(client_id, Secret(secret)) if client_id and secret else None


def login_for(network: str) -> Login | None:
    """The network's way in; None where it has none, or we have no app there."""
    login, app = connectors.LOGINS.get(network), app_for(network)
    return login(app, options_for(network)) if login and app else None


def login_to(network: str) -> Login:
    """The network's way in. Raises ConnectorError where the settings name no app of ours."""
    login = login_for(network)
    if login is None:
        raise ConnectorError("The settings name no app for this network", kind=ErrorKind.INVALID, permanent=True)
    return login


def offer_of(network: str, secrets: Mapping[str, Secret], account_id: str = "") -> Offer:
    """Who a pasted token speaks as and, where the network tells, what it may do. Raises ConnectorError."""
    credentials = Credentials(account_id, secrets)
    account = connectors.get(network)(credentials, options_for(network)).account()
    login = login_for(network)
    known = Credentials(account.remote_id, secrets)
    return Offer(account, login.inspect(known) if login else Grant(secrets))


def options_for(network: str, start_by: float | None = None) -> Options:
    """How calls to a network are made here."""
    return Options(
        start_by=start_by,
        base_url=settings.SAMTAL_SANDBOX_URL,
        deadline=settings.SAMTAL_SEND_DEADLINE,
        page_size=settings.SAMTAL_PAGE_SIZE,
        api_version=settings.SAMTAL_GRAPH_VERSION if connectors.app_of(network) == "facebook" else "",
    )


def next_warning(ends: Expression | F, at: datetime | None = None) -> Expression:
    """When people are written to about a token that ends: the first of WARN_BEFORE that is not over, else never."""
    times = [ExpressionWrapper(ends - before, output_field=DateTimeField()) for before in WARN_BEFORE]
    steps = [When(GreaterThan(time, moment(at)), then=time) for time in times]
    return Case(*steps, default=Value(None), output_field=DateTimeField())
