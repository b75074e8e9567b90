"""`python -m bench.policy_quality`: measures the rules on cases by authors the models never saw; writes the report.

Each file of the corpus has one author. For each, models are trained on the others, their operating points are set
without it, and the engine judges its cases. `--held-back` adds the file that nobody looked at while anything was tuned.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.metrics import average_precision_score

from bench.policy_figures import Judged, RuleFigures, Share, figures, judge, macro_f1, rule_figures
from policies import topics
from policies.rulebook import LANGUAGES
from policies.topics import RULES, Models, save
from policies.training.corpus import FOLDER, HELD_BACK, read, sources
from policies.training.fit import Unseen, fit_first, fit_second, fold_layers, unseen
from policies.training.matrices import Read, read_cases
from policies.training.points import choose
from policies.training.train import packed

REPORT = Path(__file__).parent.parent / "docs" / "policy-quality.md"
CURVE = (1000, 2000, 3000, 4000)
MUST = {
    "breach stopped, topic given": ("≥", 0.95),
    "clean stopped, topic given": ("≤", 0.15),
    "outage caught": ("≥", 0.98),
    "outage wrong": ("≤", 0.02),
    "ordinary clean disturbed": ("≤", 0.08),
    "ordinary clean stopped": ("≤", 0.02),
    "privacy found": ("≥", 0.95),
    "privacy wrong": ("≤", 0.01),
    "tone found": ("≥", 0.70),
    "topic right": ("≥", 0.85),
    "topic wrong on ordinary": ("≤", 0.08),
}


def use(models: Models, folder: Path) -> None:
    """Let the engine in this process score with these models."""
    save(models, folder)
    topics.FOLDER = folder
    topics.shipped.cache_clear()
    topics.understand.cache_clear()


def by_unseen_authors(read_all: Read, names: Sequence[str], folder: Path) -> tuple[dict[str, list[Judged]], Unseen]:
    """The engine's verdicts on each author's cases, from models that never saw that author."""
    layers = list(fold_layers(read_all))
    scores = np.zeros((len(read_all.cases), len(topics.SCORES)), np.float32)
    for held, first in layers:
        scores[held] = first.scores(read_all.take(held))
    seen = unseen(read_all, scores)
    judged: dict[str, list[Judged]] = {}
    for held, first in layers:
        others = np.setdiff1d(np.arange(len(read_all.cases)), held)
        rest = read_all.take(others)
        use(packed(first, fit_second(rest, scores[others]), rest, seen.take(others)), folder)
        name = names[int(read_all.source[held[0]])]
        judged[name] = [judge(case) for case in read_all.take(held).cases]
        print(f"{name}: macro-F1 {macro_f1(judged[name]):.3f}", file=sys.stderr, flush=True)
    return judged, seen


def learning_curve(read_all: Read, held: int) -> Iterator[tuple[int, float]]:
    """Mean average precision of the first layer on one author, by how many pairs of others it was trained on."""
    dice = np.random.default_rng(20261122)
    test = read_all.take(np.flatnonzero(read_all.source == held))
    rest = np.flatnonzero(read_all.source != held)
    order = dice.permutation(np.unique(read_all.situation[rest]))
    by_situation = np.concatenate([rest[read_all.situation[rest] == each] for each in order])
    for size in (*(size for size in CURVE if size < len(rest)), len(rest)):
        scores = fit_first(read_all.take(by_situation[:size])).scores(test)
        places = [place for place in range(len(RULES)) if test.breaks[:, place].any()]
        yield size, float(np.mean([average_precision_score(test.breaks[:, p], scores[:, p]) for p in places]))


def nearest_neighbours(read_all: Read, sample: int = 600) -> float:
    """Median similarity (0..1) of a draft to the nearest other draft of its language: how templated the corpus is."""
    dice = np.random.default_rng(7)
    drafts = {
        language: [case.draft for case in read_all.cases if case.context.language == language] for language in LANGUAGES
    }
    best = []
    for place in dice.choice(len(read_all.cases), min(sample, len(read_all.cases)), replace=False):
        case = read_all.cases[int(place)]
        others = process.extract(case.draft, drafts[case.context.language], scorer=fuzz.ratio, limit=2)
        best.append(others[-1][1] / 100)
    return float(np.median(best))


# ── The report ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _ok(name: str, value: Share) -> str:
    sign, bound = MUST[name]
    met = value.value >= bound if sign == "≥" else value.value <= bound
    return f"{sign} {bound:.2f} {'met' if met else '**missed**'}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _rules(judged: Sequence[Judged]) -> list[str]:
    def row(rule: str) -> list[str]:
        found: RuleFigures = rule_figures(judged, rule)
        languages = [
            f"{rule_figures([each for each in judged if each.case.context.language == language], rule).f1:.2f}"
            for language in LANGUAGES
        ]
        return [f"`{rule}`", str(found.precision), str(found.recall), f"{found.f1:.2f}", *languages]

    return _table(["rule", "precision", "recall", "F1", *LANGUAGES], [row(rule) for rule in RULES])


def _figures(judged: Sequence[Judged]) -> list[str]:
    rows = [[name, str(value), _ok(name, value)] for name, value in figures(judged).items()]
    follow_up, macro = rule_figures(judged, "follow_up").f1, macro_f1(judged)
    rows.append(["`follow_up` F1", f"{follow_up:.2f}", f"≥ 0.90 {'met' if follow_up >= 0.9 else '**missed**'}"])
    rows.append(["macro-F1, topic withheld", f"{macro:.3f}", f"≥ 0.50 {'met' if macro >= 0.5 else '**missed**'}"])
    return _table(["figure", "value (95 % interval)", "must"], rows)


def danger_figures(read_all: Read, seen: Unseen) -> tuple[Share, Share]:
    """Found and wrong, at the shipped operating point."""
    told = seen.danger >= choose(read_all, seen)["danger"]
    return Share(int(told[read_all.danger].sum()), int(read_all.danger.sum())), Share(
        int(told[~read_all.danger].sum()), int((~read_all.danger).sum())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--held-back", action="store_true", help=f"also judge {HELD_BACK}.jsonl with the shipped models"
    )
    parser.add_argument("--curve", action="store_true", help="also measure the learning curve")
    options = parser.parse_args()
    began = perf_counter()
    held_back = _held_back() if options.held_back else []
    files = sources()
    read_all = read_cases(files)
    with TemporaryDirectory() as folder:
        judged, seen = by_unseen_authors(read_all, list(files), Path(folder))
    curve = list(learning_curve(read_all, held=int(read_all.source.max()))) if options.curve else []
    lines = report(read_all, judged, seen, held_back, curve)
    REPORT.write_text("\n".join(lines), encoding="utf-8")
    everything = [each for part in judged.values() for each in part]
    print(
        json.dumps(
            {
                "cases": len(everything),
                "macro_f1": round(macro_f1(everything), 3),
                **{name: round(value.value, 3) for name, value in figures(everything).items()},
                "seconds": round(perf_counter() - began),
            }
        )
    )


def _held_back() -> list[Judged]:
    return [judge(case) for case in read(FOLDER / f"{HELD_BACK}.jsonl")]


def report(
    read_all: Read,
    judged: dict[str, list[Judged]],
    seen: Unseen,
    held_back: Sequence[Judged],
    curve: Sequence[tuple[int, float]],
) -> list[str]:
    everything = [each for part in judged.values() for each in part]
    found, wrong = danger_figures(read_all, seen)
    points = choose(read_all, seen)
    lines = [*_INTRODUCTION.format(cases=len(everything), authors=len(judged)).splitlines(), ""]
    if held_back:
        lines += ["## The file that was held back", "", *_figures(held_back), *_rules(held_back)]
    lines += ["## Authors the models never saw", "", *_figures(everything), *_rules(everything)]
    lines += _table(
        ["author's file", "cases", "macro-F1", "breach stopped", "clean stopped", "ordinary disturbed", "topic right"],
        [
            [
                name,
                str(len(part)),
                f"{macro_f1(part):.2f}",
                *(
                    f"{figures(part)[each].value:.2f}"
                    for each in (
                        "breach stopped, topic given",
                        "clean stopped, topic given",
                        "ordinary clean disturbed",
                        "topic right",
                    )
                ),
            ]
            for name, part in judged.items()
        ],
    )
    lines += ["## Danger", "", f"Found {found}; wrong {wrong}. Must: ≥ 0.95 at ≤ 0.01.", ""]
    if curve:
        lines += ["## Learning curve", "", _CURVE, ""]
        lines += _table(["pairs", "mean average precision"], [[str(size), f"{value:.3f}"] for size, value in curve])
    lines += ["## Operating points", "", _POINTS, ""]
    lines += _table(
        ["rule", "advise from", "warn from"],
        [[f"`{rule}`", f"{points['advise'][rule]:.2f}", f"{points['warn'][rule]:.2f}"] for rule in RULES],
    )
    lines += _table(["topic", "hold from"], [[topic, f"{point:.2f}"] for topic, point in points["gate"].items()])
    lines += [f"Corpus: median similarity of a draft to its nearest neighbour {nearest_neighbours(read_all):.2f}.", ""]
    return [*lines, *_LIMITS.splitlines(), ""]


_INTRODUCTION = """# How well the rules understand

Made by `python -m bench.policy_quality --curve --held-back`; do not edit by hand. {cases} cases by {authors} authors,
four languages. Every figure is from the engine, on cases whose author neither the models nor their operating points
had seen, and counts as the issue on understanding counts: a rule is found at any effect; "disturbed" is a warning or
stronger. Intervals are 95 % (Wilson). The lexicons, patterns and the list of concepts were written by one person who
read parts of these cases while writing, so only the file held back is free of that."""

_CURVE = """First layer only, on the file of the last author, trained on growing shares of the others' situations."""

_POINTS = """Set on unseen cases: *advise* where F1 is best (`privacy` by its share of wrong marks), *warn* by the share
of ordinary clean replies disturbed, *hold* in a tagged thread by the share of breaches stopped."""

_LIMITS = """## What it cannot do

- Irony and insider talk without any cue word ("Goda källor, vill jag lova") are found where a similar turn was in the
  corpus, and missed otherwise. No list and no linear model reads between the lines.
- The topic of a message is often open until it is answered: "when will you open on Sundays?" is an ordinary question or
  one about a plan. The suggestion is therefore put as a question, and gates only until a person says no.
- Danger is labelled broadly in the corpus (a smell, a missing pill, a child left behind). The model ranks it, and the
  list of words in `policies/patterns/danger.toml` catches the plain cases; neither finds nineteen of twenty.
- Competitors that are only a name, in lower case, look like any other word.
"""

if __name__ == "__main__":
    main()
