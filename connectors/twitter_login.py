"""X by OAuth 2.0 with PKCE through requests-oauthlib, which tweepy stands on too.

Not tweepy's own handler: it keeps the verifier in memory, and who comes back may meet another process. A token lasts
two hours; the refresh token that comes with it is good once and brings a new pair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from connectors import answer
from connectors.answer import Unreadable
from connectors.base import ConnectorError, Credentials, ErrorKind, Secret
from connectors.http import Adapter, Exchange, Redactor, without_a_trace
from connectors.login import Consent, Grant, Login, Offer, once, verifier
from connectors.refusal import from_status, refusal
from connectors.twitter import API, Twitter

AUTHORIZE = "https://x.com/i/oauth2/authorize"
TOKEN = f"{API}2/oauth2/token"
_REFUSALS: Mapping[str, ErrorKind] = {
    "invalid_request": ErrorKind.INVALID,
    "invalid_grant": ErrorKind.INVALID,
    "invalid_client": ErrorKind.PERMISSION,
    "unauthorized_client": ErrorKind.PERMISSION,
}


class TwitterLogin(Login):
    scopes = (
        "tweet.read",
        "tweet.write",
        "tweet.moderate.write",
        "users.read",
        "dm.read",
        "dm.write",
        "offline.access",
    )
    renews = True

    def consent(self, redirect_uri: str) -> Consent:
        kept = verifier()
        asked = self._session(redirect_uri=redirect_uri, scope=list(self.scopes))
        challenge = asked._client.create_code_challenge(kept.reveal(), "S256")
        url, state = asked.authorization_url(
            AUTHORIZE, state=once(), code_challenge=challenge, code_challenge_method="S256"
        )
        if self.options.base_url:
            url = url.replace("https://x.com", self.options.base_url.rstrip("/"), 1)
        return Consent(url, state, kept)

    def offers(self, code: str, *, redirect_uri: str, verifier: Secret) -> tuple[Offer, ...]:
        """One: the account that agreed."""
        asked = self._session(code, verifier.reveal(), redirect_uri=redirect_uri)
        shown = {"code": code, "code_verifier": verifier.reveal(), "include_client_id": True}
        grant = self._granted(asked, partial(asked.fetch_token, TOKEN, auth=self._proof, **shown))
        account = Twitter(Credentials("", grant.secrets), self.options).account()
        return (Offer(account, grant),)

    def inspect(self, credentials: Credentials) -> Grant:
        """X tells of a token only what it may do to whom asks as the account; what is missing shows at the call."""
        Twitter(credentials, self.options).account()
        return Grant(credentials.secrets)

    def renew(self, credentials: Credentials) -> Grant:
        spent = credentials.secrets["refresh_token"].reveal()
        asked = self._session(spent)
        try:
            return self._granted(asked, partial(asked.refresh_token, TOKEN, refresh_token=spent, auth=self._proof))
        except ConnectorError as error:
            if error.kind is not ErrorKind.INVALID:
                raise
            text = str(error)
        raise ConnectorError(text, kind=ErrorKind.TOKEN, permanent=True)

    # The wire

    @property
    def _proof(self) -> HTTPBasicAuth:
        return HTTPBasicAuth(self.app.client_id, self.app.client_secret.reveal())

    def _session(self, *hidden: str, **more: Any) -> OAuth2Session:
        """A session that reaches X through our adapter and nothing else at all."""
        made = OAuth2Session(self.app.client_id, **more)
        made.trust_env = False
        made.adapters.clear()
        hide = Redactor((self.app.client_secret.reveal(), *hidden))
        made.mount(API, Adapter("X", self.options, partial(_judge, hide=hide)))
        return made

    def _granted(self, asked: OAuth2Session, call: Callable[[], Mapping[str, object]]) -> Grant:
        found, last = without_a_trace(call), asked.get_adapter(API).last
        names = {"access_token": "oauth2_token", "refresh_token": "refresh_token"}
        lasts = answer.number(found, "expires_in")
        # oauthlib turns the words of the answer into a list.
        scopes = found.get("scope")
        return Grant(
            secrets={ours: Secret(answer.words(found, theirs)) for theirs, ours in names.items() if theirs in found},
            expires_at=last.at + timedelta(seconds=lasts) if lasts else None,
            scopes=frozenset(map(str, scopes)) if isinstance(scopes, list) else None,
        )


def _judge(exchange: Exchange, *, hide: Redactor) -> bytes:
    """What oauthlib may see of an answer: a token. Raises ConnectorError for everything else."""
    try:
        found = answer.decode(exchange.body, hide)
    except Unreadable:
        found = None
    if isinstance(found, dict) and (kind := _REFUSALS.get(answer.words(found, "error"))):
        raise refusal(f"X: {hide.quoted(answer.words(found, 'error_description'))}", kind, exchange)
    if exchange.status != 200 or not isinstance(found, dict) or not answer.words(found, "access_token"):
        raise from_status("X", exchange)
    return json.dumps(found).encode()
