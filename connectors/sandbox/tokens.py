"""The tokens the sandbox accepts and the state each is in, so that a test can let one expire in mid-run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.sandbox.entries import FACEBOOK, MASTODON, Refusal, X
from connectors.sandbox.store import Row, Store

KINDS = {FACEBOOK: ("page", "user"), X: ("oauth1", "oauth2", "app", "refresh"), MASTODON: ("user",)}
STATES = ("valid", "expired", "password_changed", "no_role", "missing_permission", "wrong_type", "revoked")
SCOPES = {
    FACEBOOK: (
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_manage_metadata",
        "pages_messaging",
        "instagram_basic",
        "instagram_manage_comments",
    ),
    X: (
        "tweet.read",
        "tweet.write",
        "tweet.moderate.write",
        "users.read",
        "dm.read",
        "dm.write",
        "like.write",
        "offline.access",
    ),
    MASTODON: ("read", "write"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """kind: page or user on Facebook; oauth1 (value and secret), oauth2, app (bearer) or refresh on X."""

    value: str
    network: str
    kind: str
    owner_id: str
    secret: str = ""
    state: str = "valid"
    scopes: tuple[str, ...] = ()
    expires_at: float | None = None

    @classmethod
    def from_row(cls, row: Row) -> Token:
        return cls(**{**dict(row), "scopes": tuple(row["scopes"].split())})

    def may(self, scope: str) -> bool:
        return self.state != "missing_permission" and scope in self.scopes

    def state_at(self, now: float) -> str:
        if self.state == "valid" and self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return self.state


class Tokens:
    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, value: str) -> Token | None:
        row = self._store.one("SELECT * FROM token WHERE value = ?", (value,))
        return Token.from_row(row) if row else None

    def every(self) -> list[Token]:
        return [Token.from_row(row) for row in self._store.all("SELECT * FROM token ORDER BY network, value")]

    def put(self, token: Token) -> Token:
        """Adds or replaces; no scopes means all of its network. Raises Refusal."""
        if token.kind not in KINDS.get(token.network, ()):
            raise Refusal(f"{token.network} has no {token.kind} tokens")
        if token.state not in STATES:
            raise Refusal(f"a token is {', '.join(STATES)}")
        known = token if token.scopes else replace(token, scopes=SCOPES[token.network])
        self._store.run(
            "INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                known.value,
                known.network,
                known.kind,
                known.owner_id,
                known.secret,
                known.state,
                " ".join(known.scopes),
                known.expires_at,
            ),
        )
        return known

    def drop(self, value: str) -> None:
        self._store.run("DELETE FROM token WHERE value = ?", (value,))
