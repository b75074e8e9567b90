"""Read once more what could not be read: run it after an update has taught Samtal to."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inbox.models import Channel, Quarantined
from inbox.models.replay import replay, replay_all


class Command(BaseCommand):
    help = "Read quarantined pieces again: all, those of some channels (--channel), or single ones by their ids."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("pieces", nargs="*", type=int, help="ids of single pieces")
        parser.add_argument("--channel", type=int, action="append", help="id of a channel; may be given again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["pieces"]:
            rows = Quarantined.objects.filter(pk__in=options["pieces"]).order_by("pk")
            outcomes = [replay(row, by=None) for row in rows]
            counts = [(outcomes.count(True), outcomes.count(False))]
        else:
            channels = Channel.objects.order_by("pk")
            chosen = channels.filter(pk__in=options["channel"]) if options["channel"] else channels
            counts = [replay_all(channel, by=None) for channel in chosen]
        read, left = sum(count[0] for count in counts), sum(count[1] for count in counts)
        self.stdout.write(f"{read} read, {left} still cannot be read.")
