"""Network tokens at rest: one encrypted JSON object, under keys that can be rotated."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from connectors.base import Secret


@cache
def fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key.strip()) for key in keys])
    except ValueError:
        raise ImproperlyConfigured("SAMTAL_TOKEN_KEYS must be Fernet keys, separated by commas.") from None


def current() -> MultiFernet:
    return fernet(tuple(settings.SAMTAL_TOKEN_KEYS))


class Unreadable(Exception):
    """The stored tokens were written under a key that is not in SAMTAL_TOKEN_KEYS any more."""


class SecretsField(models.BinaryField):  # type: ignore[type-arg]
    """dict[str, Secret] in Python, ciphertext in the database. repr and str of its values hide them."""

    def from_db_value(self, value: memoryview | bytes | None, *_: object) -> dict[str, Secret]:
        if not value:
            return {}
        try:
            plain = current().decrypt(bytes(value))
        except InvalidToken:
            raise Unreadable("The channel's tokens cannot be read with the keys of SAMTAL_TOKEN_KEYS.") from None
        return {name: Secret(text) for name, text in json.loads(plain).items()}

    def get_prep_value(self, value: Any) -> bytes | None:
        if isinstance(value, bytes | memoryview) or value is None:
            return value  # type: ignore[return-value]
        plain = json.dumps({name: secret.reveal() for name, secret in value.items()})
        return current().encrypt(plain.encode())


def rotated(ciphertext: bytes) -> bytes:
    """The same secret under the newest key."""
    return current().rotate(ciphertext)
