"""After a backup has been restored, and before anything else runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inbox.models import Reply


class Command(BaseCommand):
    help = (
        "Run once after restoring a backup, before workers and sweeps start: what the backup says is still to be sent"
        " may have left since, so it is looked for on the networks first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{Reply.objects.suspect_queue()} replies are looked for before anything is sent.")
