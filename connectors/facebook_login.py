"""Facebook Login through facebook-sdk: from a person's consent to the tokens of the pages they speak for.

A page's token that comes from a long-lived one has no end of its own, but Facebook gives out data only for 90 days
after somebody has last agreed: that is when it ends for us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from connectors import answer
from connectors.base import Account, ConnectorError, Credentials, ErrorKind, Secret
from connectors.graph import GRAPH, Graph, judge, version
from connectors.graph_webhooks import JsonObject
from connectors.http import Adapter, Exchange, Redactor, session, without_a_trace
from connectors.login import Consent, Grant, Login, Offer, once, verifier

MOST_PAGES = 100


class FacebookLogin(Login):
    scopes: ClassVar[tuple[str, ...]] = (
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_manage_metadata",
        "pages_messaging",
    )
    page_fields = "id,name,access_token"

    def account_of(self, page: JsonObject) -> Account | None:
        """Whom a page's token lets us speak for; None where that is nobody."""
        page_id = answer.known_id(page, "id")
        return Account(page_id, answer.words(page, "name")) if page_id else None

    def consent(self, redirect_uri: str) -> Consent:
        state = once()
        url = self._graph("").get_auth_url(self.app.client_id, redirect_uri, self.scopes, state=state)
        if self.options.base_url:
            url = url.replace("https://www.facebook.com", self.options.base_url.rstrip("/"), 1)
        return Consent(url, state, verifier())

    def offers(self, code: str, *, redirect_uri: str, verifier: Secret) -> tuple[Offer, ...]:
        """The pages. Facebook's dialogue on the server's side knows no PKCE: the app's secret proves who we are."""
        short = self._token(partial(self._graph("", code).get_access_token_from_code, code, redirect_uri, *self._app))
        long = self._token(partial(self._graph(short).extend_access_token, *self._app))
        asked = {"fields": self.page_fields, "limit": str(MOST_PAGES)}
        found = self._ask(partial(self._graph(long).get_connections, "me", "accounts", **asked))
        return tuple(self._offers(found))

    def inspect(self, credentials: Credentials) -> Grant:
        token = credentials.secrets["access_token"]
        asked = partial(self._graph("|".join(self._app), token.reveal()).debug_access_token, token.reveal(), *self._app)
        data = answer.part(self._ask(asked), "data")
        if data.get("is_valid") is not True:
            raise ConnectorError("Facebook does not take this token", kind=ErrorKind.TOKEN, permanent=True)
        ends = [answer.number(data, name) or 0 for name in ("expires_at", "data_access_expires_at")]
        scopes = data.get("scopes")
        return Grant(
            secrets={**credentials.secrets, "app_secret": self.app.client_secret},
            expires_at=min((datetime.fromtimestamp(end, UTC) for end in ends if end > 0), default=None),
            scopes=frozenset(map(str, scopes)) if isinstance(scopes, list) else None,
        )

    def _offers(self, found: JsonObject) -> Iterator[Offer]:
        for page in answer.parts(found, "data"):
            token, account = answer.words(page, "access_token"), self.account_of(page)
            if token and account:
                credentials = Credentials(account.remote_id, {"access_token": Secret(token)})
                yield Offer(account, self.inspect(credentials))

    # The wire

    @property
    def _app(self) -> tuple[str, str]:
        return self.app.client_id, self.app.client_secret.reveal()

    def _graph(self, token: str, *hidden: str) -> Graph:
        secret = self.app.client_secret.reveal()
        hide = Redactor((secret, *hidden))
        adapter = Adapter("Facebook", self.options, partial(_judge, hide=hide))
        # The proof goes with a token; without one it would prove nothing.
        return Graph(token, secret if token else "", version(self.options.api_version), session(adapter, GRAPH))

    def _token(self, call: Callable[[], JsonObject]) -> str:
        found = answer.words(self._ask(call), "access_token")
        if not found:
            raise ConnectorError("Facebook gave no token", kind=ErrorKind.MALFORMED)
        return found

    def _ask(self, call: Callable[[], Mapping[str, object]]) -> JsonObject:
        return without_a_trace(call)


def _judge(exchange: Exchange, *, hide: Redactor) -> bytes:
    """As for every call; only, a wrong app secret comes under the number of an outage."""
    try:
        return judge(exchange, hide=hide)
    except ConnectorError as error:
        if error.code != "1" or "client secret" not in str(error):
            raise
        text = str(error)
    raise ConnectorError(text, kind=ErrorKind.PERMISSION, permanent=True, code="app")
