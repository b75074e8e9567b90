"""The secrets of one checkout: made at first need, kept in one file that only its owner reads."""

import base64
import dataclasses
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from config.processes.errors import StartError


def _token() -> str:
    return secrets.token_urlsafe(24)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@dataclass(frozen=True)
class Secrets:
    """Passwords and keys of a demo. `checkout` is no secret: it tells this checkout from a former one at its path."""

    checkout: str = field(default_factory=lambda: secrets.token_hex(4))
    postgres_password: str = field(default_factory=_token, repr=False)
    samtal_password: str = field(default_factory=_token, repr=False)
    valkey_password: str = field(default_factory=_token, repr=False)
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(50), repr=False)
    token_key: str = field(default_factory=_fernet_key, repr=False)


def keep_secrets(path: Path) -> Secrets:
    """The secrets in this file, made now if there is none. Two processes that come at once get the same."""
    try:
        return _read(path)
    except FileNotFoundError:
        _write_once(path, Secrets())
    return _read(path)


def _read(path: Path) -> Secrets:
    try:
        return Secrets(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        raise StartError(f"{path} cannot be read as the demo's secrets. `make demo-reset` starts afresh.") from None


def _write_once(path: Path, made: Secrets) -> None:
    # A link fails where a file stands already: whoever comes second takes the first one's.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secrets-") as draft:  # mkstemp makes it 0600
        json.dump(dataclasses.asdict(made), draft)
        draft.flush()
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
