"""`manage.py train_topics`: trains the models from the corpus and from stored decisions; can be undone."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from policies.cases import Case, CaseError
from policies.topics import FOLDER, load, save
from policies.training.corpus import decisions, read, sources
from policies.training.train import train

FILES = ("model.npz", "model.json")
PREVIOUS = "previous"


class Command(BaseCommand):
    """Needs scikit-learn (the development requirements), and the database unless told `--corpus-only`.

    The same cases give the same arrays, and so the same hash.
    """

    help = "Trains the topic and risk models; prints cross-validated figures before and after."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("more", nargs="*", type=Path, help="files of labelled cases beside the corpus")
        parser.add_argument("--corpus-only", action="store_true", help="leave the stored decisions out")
        parser.add_argument("--into", type=Path, default=FOLDER, help="where the models are kept")
        parser.add_argument("--undo", action="store_true", help="put the models before the last training back")

    def handle(
        self, *args: object, more: list[Path], into: Path, undo: bool, corpus_only: bool, **options: object
    ) -> None:
        if undo:
            self._undo(into)
        else:
            self._train({**_more(more), **({} if corpus_only else decisions())}, into)

    def _train(self, more: dict[str, list[Case]], into: Path) -> None:
        before = _figures(into)
        for name, cases in more.items():
            self.stdout.write(f"{len(cases)} cases from {name}")
        trained = train({**sources(), **more})
        _keep(into)
        save(trained.models, into)
        self._compare(before, trained.models.card["figures"])
        self.stdout.write(
            f"{trained.models.card['cases']} cases; a running process reads the models at its next start."
        )

    def _undo(self, into: Path) -> None:
        if not (into / PREVIOUS / FILES[1]).exists():
            raise CommandError(f"There is nothing to go back to in {into / PREVIOUS}.")
        for name in FILES:
            shutil.move(into / PREVIOUS / name, into / name)
        self.stdout.write(f"Back to {load(into).card['hash']}.")

    def _compare(self, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        self.stdout.write("average precision on authors not trained on: before → after")
        for name, value in after.items():
            was = f"{before[name]:.3f}" if name in before else "    –"
            self.stdout.write(f"  {name:<15} {was} → {value:.3f}")


def _figures(folder: Path) -> dict[str, float]:
    """From the card alone: the arrays beside it may be of an older shape."""
    card = folder / FILES[1]
    found: dict[str, float] = json.loads(card.read_text(encoding="utf-8"))["figures"] if card.exists() else {}
    return found


def _more(paths: list[Path]) -> dict[str, list[Case]]:
    try:
        return {path.stem: read(path) for path in paths}
    except (CaseError, OSError) as error:
        raise CommandError(str(error)) from None


def _keep(into: Path) -> None:
    """Copy the models in force aside, for --undo."""
    if not (into / FILES[1]).exists():
        return
    (into / PREVIOUS).mkdir(exist_ok=True)
    for name in FILES:
        shutil.copy2(into / name, into / PREVIOUS / name)
