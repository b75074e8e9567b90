"""New keys for old: every channel's tokens are encrypted again under the newest key of SAMTAL_TOKEN_KEYS."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from inbox.models import Channel


class Command(BaseCommand):
    help = (
        "Encrypt all network tokens again under the first of SAMTAL_TOKEN_KEYS. Put the new key first and leave the "
        "old one behind it, run this, and take the old one away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rotated = Channel.rotate_tokens()
        except InvalidToken:
            raise CommandError(
                "A channel's tokens were written under a key that is not in SAMTAL_TOKEN_KEYS. Nothing was changed."
            ) from None
        self.stdout.write(f"{rotated} channels: their tokens are under the newest key now.")
