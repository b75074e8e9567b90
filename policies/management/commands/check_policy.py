"""`manage.py check_policy < cases.jsonl > verdicts.jsonl`: what the rules say of each case, line by line."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator

from django.core.management.base import BaseCommand, CommandError

from policies.cases import CaseError, answer, parse
from policies.models import Rulebook
from policies.rulebook import PROFILES, starter
from policies.rulebook import Rulebook as LoadedRulebook

MALFORMED = 2


class Command(BaseCommand):
    """Needs no server, database, key or environment variable, unless a stored rulebook is asked for."""

    help = "Checks cases (JSON lines on standard input) against the starter rulebook or a stored one."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rulebook", type=int, help="version of a stored rulebook")
        parser.add_argument("--profile", choices=PROFILES, default="company", help="profile of the starter rulebook")

    def handle(self, *args: object, rulebook: int | None = None, profile: str = "company", **options: object) -> None:
        book = starter(profile) if rulebook is None else _stored(rulebook)
        for line in answers(sys.stdin.buffer, book):
            self.stdout.write(line)
            # Whoever reads along gets each verdict when it is there, not when a buffer is full.
            self.stdout.flush()


def _stored(version: int) -> LoadedRulebook:
    try:
        return Rulebook.objects.get(version=version).load()
    except Rulebook.DoesNotExist:
        raise CommandError(f"There is no rulebook {version}.") from None


def answers(lines: Iterable[bytes], book: LoadedRulebook) -> Iterator[str]:
    """A verdict a case, in order; empty lines are passed over. Raises CommandError with the line's number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = parse(line)
        except CaseError as error:
            raise CommandError(f"line {number}: {error}", returncode=MALFORMED) from None
        yield json.dumps(answer(case, book), ensure_ascii=False)
