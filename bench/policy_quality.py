"""`python -m bench.policy_quality`: measures the rules on cases by authors the models never saw; writes the report.

Each file of the corpus has one author. A quarter of the authors at a time is left out: models are trained on the
others, their operating points are set without them, and the engine judges their cases. `--held-back` adds the file
that nobody looked at while anything was tuned; `--cases` (or SAMTAL_POLICY_CASES) adds labelled cases from elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.metrics import average_precision_score

from bench.policy_figures import Judged, Share, figures, judge, macro_f1
from bench.policy_report import Measured, report
from policies import topics
from policies.cases import Case
from policies.reading import is_danger, speaks_of_danger
from policies.reading import read as read_message
from policies.rulebook import LANGUAGES
from policies.topics import RULES, Models, load, save
from policies.training.corpus import DANGER, FOLDER, TEST, VALIDATION, read, read_messages, sources
from policies.training.fit import Flags, Unseen, fit_first, fold_layers, fold_seconds, unseen
from policies.training.matrices import Read, read_cases
from policies.training.points import choose
from policies.training.train import packed

REPORT = Path(__file__).parent.parent / "docs" / "policy-quality.md"
CURVE = (1000, 2000, 3000, 5000, 7500, 10_000, 15_000)
CURVE_AUTHOR = "utility"  # whose cases the learning curve is measured on


def use(models: Models, folder: Path) -> None:
    """Let the engine in this process score with these models."""
    save(models, folder)
    topics.FOLDER = folder
    topics.shipped.cache_clear()
    topics.understand.cache_clear()


def by_unseen_authors(read_all: Read, names: Sequence[str], folder: Path) -> tuple[dict[str, list[Judged]], Unseen]:
    """The engine's verdicts on each author's cases, from models that never saw that author."""
    firsts = list(fold_layers(read_all))
    scores = np.zeros((len(read_all.cases), len(topics.SCORES)), np.float32)
    for held, first in firsts:
        scores[held] = first.scores(read_all.take(held))
    seconds = fold_seconds(read_all, scores)
    seen = unseen(read_all, scores, seconds)
    judged: dict[str, list[Judged]] = {}
    for (held, first), (_, second) in zip(firsts, seconds, strict=True):
        others = np.setdiff1d(np.arange(len(read_all.cases)), held)
        use(packed(first, second, read_all.take(others), seen.take(others)), folder)
        for author in np.unique(read_all.source[held]):
            cases = read_all.take(held[read_all.source[held] == author]).cases
            judged[names[author]] = [judge(case) for case in cases]
            print(f"{names[author]}: macro-F1 {macro_f1(judged[names[author]]):.3f}", file=sys.stderr, flush=True)
    return judged, seen


def learning_curve(read_all: Read, held: int) -> Iterator[tuple[int, float]]:
    """Mean average precision of the first layer on one author, by how many pairs of others it was trained on."""
    dice = np.random.default_rng(20261122)
    test = read_all.take(np.flatnonzero(read_all.source == held))
    rest = np.flatnonzero(read_all.drafted & (read_all.source != held))
    order = dice.permutation(np.unique(read_all.situation[rest]))
    by_situation = np.concatenate([rest[read_all.situation[rest] == each] for each in order])
    for size in (*(size for size in CURVE if size < len(rest)), len(rest)):
        scores = fit_first(read_all.take(by_situation[:size])).scores(test)
        places = [place for place in range(len(RULES)) if test.breaks[:, place].any()]
        yield size, float(np.mean([average_precision_score(test.breaks[:, p], scores[:, p]) for p in places]))


def nearest_neighbours(cases: Sequence[Case], sample: int = 600) -> float:
    """Median similarity (0..1) of a draft to the nearest other draft of its language: how templated the corpus is."""
    dice = np.random.default_rng(7)
    drafts = {language: [case.draft for case in cases if case.context.language == language] for language in LANGUAGES}
    best = []
    for place in dice.choice(len(cases), min(sample, len(cases)), replace=False):
        case = cases[int(place)]
        others = process.extract(case.draft, drafts[case.context.language], scorer=fuzz.ratio, limit=2)
        best.append(others[-1][1] / 100)
    return float(np.median(best))


def danger_figures(read_all: Read, seen: Unseen) -> tuple[Share, Share]:
    """Found and wrong, by words or model, at operating points set without the author."""
    said = np.array([speaks_of_danger(_customer(case)) for case in read_all.cases])
    told = np.zeros_like(said)
    for author in np.unique(read_all.source[read_all.drafted]):
        others, here = np.flatnonzero(read_all.source != author), np.flatnonzero(read_all.source == author)
        point = choose(read_all.take(others), seen.take(others))["danger"]
        told[here] = [is_danger(float(seen.danger[row]), point, told=bool(said[row])) for row in here]
    drafted = read_all.drafted
    return _found_and_wrong(told[drafted], read_all.danger[drafted])


def _customer(case: Case) -> str:
    return "\n".join(turn.text for turn in case.thread if turn.sender == "customer")


def _found_and_wrong(told: Flags, label: Flags) -> tuple[Share, Share]:
    return (
        Share(int(told[label].sum()), int(label.sum())),
        Share(int(told[~label].sum()), int((~label).sum())),
    )


def danger_held_back() -> dict[str, tuple[Share, Share]]:
    """What the shipped models and words make of the messages held back, and of ordinary customers' words."""
    found = {}
    for kind in (TEST, VALIDATION):
        path = FOLDER / f"{DANGER}_{kind}.jsonl"
        cases = read_messages(path) if path.exists() else []
        if cases:
            found[path.name] = _danger_in(cases)
    ordinary = read(FOLDER / f"{TEST}.jsonl")
    return {**found, f"customers' words of {TEST}.jsonl, where danger is not labelled": _danger_in(ordinary)}


def _danger_in(cases: Sequence[Case]) -> tuple[Share, Share]:
    told = np.array([read_message(_customer(case)).danger for case in cases])
    return _found_and_wrong(told, np.array([case.danger for case in cases]))


def _given(options: argparse.Namespace) -> dict[str, list[Judged]]:
    """Verdicts of the shipped models; before any other models are put into force."""
    kept = [FOLDER / f"{kind}.jsonl" for kind in (TEST, VALIDATION)] if options.held_back else []
    held_back = {path.name: path for path in kept if path.exists()}
    more = {path.name: path for path in options.cases}
    return {name: [judge(case) for case in read(path)] for name, path in {**held_back, **more}.items()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--held-back", action="store_true", help="also judge what was held back, with the shipped models"
    )
    parser.add_argument("--curve", action="store_true", help="also measure the learning curve")
    parser.add_argument(
        "--shipped-only", action="store_true", help="train nothing: what is held back or given, in seconds"
    )
    elsewhere = os.environ.get("SAMTAL_POLICY_CASES")
    parser.add_argument(
        "--cases", type=Path, nargs="*", default=[Path(elsewhere)] if elsewhere else [], help="labelled cases to judge"
    )
    return parser.parse_args()


def main() -> None:
    options, began = _options(), perf_counter()
    given, danger_given = _given(options), danger_held_back() if options.held_back else {}
    files = sources()
    measured = Measured(
        judged={},
        given=given,
        danger=None,
        danger_given=danger_given,
        curve=(),
        points=load(topics.FOLDER).card["points"],
        neighbours=nearest_neighbours([case for cases in files.values() for case in cases if case.draft]),
    )
    if not options.shipped_only:
        measured = with_unseen_authors(measured, files, curve=options.curve)
    REPORT.write_text(report(measured), encoding="utf-8")
    for name, part in {"unseen authors": measured.everything, **given}.items():
        if part:
            print(json.dumps(_line(name, part)))
    print(json.dumps({"seconds": round(perf_counter() - began)}))


def with_unseen_authors(measured: Measured, files: dict[str, list[Case]], *, curve: bool) -> Measured:
    read_all = read_cases(files)
    with TemporaryDirectory() as folder:
        judged, seen = by_unseen_authors(read_all, list(files), Path(folder))
    points = list(learning_curve(read_all, held=list(files).index(CURVE_AUTHOR))) if curve else []
    return replace(
        measured,
        judged=judged,
        danger=danger_figures(read_all, seen),
        curve=points,
        points=choose(read_all, seen),
    )


def _line(name: str, judged: Sequence[Judged]) -> dict[str, object]:
    shares = {figure: round(value.value, 3) for figure, value in figures(judged).items()}
    return {"set": name, "cases": len(judged), "macro_f1": round(macro_f1(judged), 3), **shares}


if __name__ == "__main__":
    main()
