"""The report on the rules' quality, as Markdown: tables of the figures and what stands between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.policy_figures import Judged, RuleFigures, Share, figures, macro_f1, rule_figures
from policies.rulebook import LANGUAGES
from policies.topics import RULES, Points

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
    "danger found": ("≥", 0.95),
    "danger wrong": ("≤", 0.01),
}
_BY_AUTHOR = (
    "breach stopped, topic given",
    "clean stopped, topic given",
    "ordinary clean disturbed",
    "topic right",
    "topic wrong on ordinary",
)


@dataclass(frozen=True)
class Measured:
    """All that the report tells.

    judged: by author, from models that never saw the author. given: by name, from the shipped models.
    danger: found and wrong, on unseen authors. danger_given: the same of the shipped models, by file.
    """

    judged: Mapping[str, Sequence[Judged]]
    given: Mapping[str, Sequence[Judged]]
    danger: tuple[Share, Share] | None
    danger_given: Mapping[str, tuple[Share, Share]]
    curve: Sequence[tuple[int, float]]
    points: Points
    neighbours: float

    @property
    def everything(self) -> list[Judged]:
        return [each for part in self.judged.values() for each in part]


def report(measured: Measured) -> str:
    everything = measured.everything
    lines = [*_INTRODUCTION.splitlines(), "", *([] if everything else [_SHIPPED_ONLY, ""])]
    for name, part in measured.given.items():
        lines += [f"## Judged by the shipped models: {name}", "", *_figures(part), *_rules(part)]
    if everything:
        head = f"## Authors the models never saw: {len(everything)} cases by {len(measured.judged)}"
        lines += [head, "", *_figures(everything), *_rules(everything), *_authors(measured)]
    lines += ["## Danger", "", _DANGER, "", *_danger(measured), *_curve(measured), *_points(measured.points)]
    lines += [f"Corpus: median similarity of a draft to its nearest neighbour {measured.neighbours:.2f}.", ""]
    return "\n".join([*lines, *_LIMITS.splitlines(), ""])


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


def _authors(measured: Measured) -> list[str]:
    rows = []
    for name, part in measured.judged.items():
        values = figures(part)
        shares = [f"{values[each].value:.2f}" for each in _BY_AUTHOR]
        rows.append([name, str(len(part)), f"{macro_f1(part):.2f}", *shares])
    return _table(["author's file", "cases", "macro-F1", *_BY_AUTHOR], rows)


def _danger(measured: Measured) -> list[str]:
    rows = []
    if measured.danger:
        rows.append(["authors the models never saw", *map(str, measured.danger)])
    rows += [[name, *map(str, shares)] for name, shares in measured.danger_given.items()]
    must = [f"{sign} {bound:.2f}" for sign, bound in (MUST["danger found"], MUST["danger wrong"])]
    return _table(["", "found", "wrong"], [*rows, ["must", *must]])


def _curve(measured: Measured) -> list[str]:
    if not measured.curve:
        return []
    rows = [[str(size), f"{value:.3f}"] for size, value in measured.curve]
    return ["## Learning curve", "", _CURVE, "", *_table(["pairs", "mean average precision"], rows)]


def _points(points: Points) -> list[str]:
    rules = [[f"`{rule}`", f"{points['advise'][rule]:.2f}", f"{points['warn'][rule]:.2f}"] for rule in RULES]
    topics = [[topic, f"{point:.2f}"] for topic, point in points["gate"].items()]
    return [
        *["## Operating points", "", _POINTS, ""],
        *_table(["rule", "advise from", "warn from"], rules),
        *_table(["topic", "hold from"], topics),
    ]


_INTRODUCTION = """# How well the rules understand

Made by `python -m bench.policy_quality --curve --held-back`; do not edit by hand. Four languages. Every figure is the
engine's and counts as the issue on understanding counts: a rule is found at any effect; "disturbed" is a warning or
stronger. Intervals are 95 % (Wilson).

Three kinds of figures are kept apart. *test.jsonl* is blind: written from the rules' page alone by somebody who saw
neither lexicon nor models, labelled again by a blind reader (violations alike for 423 of 425 but for 11 codes left
open, topics for 414: the others are `internal` to the one and ordinary to the other; the first label stands), and
judged once, by the models that ship; of its cases one has been read since, the outage that was not caught at that
look (0.957), for "feilmelding", an error message, stood among the words for customer service. Its threads are short.
*validation.jsonl* was the blind test before it, labelled a second time by a blind reader (violations alike for 599 of
600, topics for 596; where they differ, the first label stands): at its one blind look `follow_up` reached 0.85 and
outages 0.97 ("in the app"), and all else what it must; upon which five authors of promises and one of guesses were
asked for. Its table is a second look. *Authors the models never saw*: a sixth of the authors at a time is left out,
and models and operating points come from the others alone. Lexicons, patterns and concepts were widened by people who
had read the files named in `READ_BY_US` (`policies/training/corpus.py`), so the rows of those flatter the matchers;
of the other files nobody has read but mistakes that the models had made in them, and labels that the models doubted.

`first_look` to `fourth_look` were the blind tests of earlier models. Some files were written to be hard (not in
`USUAL`): `short` is three-word answers, `wordings` twins that differ in a clause, `asked` topics between the lines,
`manner` polite scorn and promises that are none, `owed` promises without the word, `barbs` and `snide` English scorn,
or are on little but promises (`bond`, `oath`, `pact`, `pledge`, `vow`) and guesses (`hunch`). They train, but what is
usual is not told by them: their rows show how hard it can be, and they pull the totals down.
`heard`, `hearsay` and `overheard` are customers' messages alone, with their topics. `offered` is what the rulebook
itself suggests."""

_SHIPPED_ONLY = """Made with `--shipped-only`: the figures on authors the models never saw are left out."""

_DANGER = """The model on what the customer wrote; where the words of `policies/patterns/danger.toml` speak of danger,
it need not be sure. `danger.jsonl` trains it on messages alone, half of them look-alikes and ordinary ones.
`danger_test.jsonl` is blind: 80 messages with danger, a quarter of them without any obvious word, 50 look-alikes (a
dead battery, a heart attack at the price) and 70 ordinary ones; at its one blind look 0.96 were found and none was
wrong. In the threads of the corpus danger is labelled broadly: of 600 that models and labels disagreed on, a second
reader called 212 open."""

_CURVE = """First layer only, on the file of the last author, trained on growing shares of the others' situations."""

_POINTS = """Set on unseen cases of usual, unread authors: *advise* in the middle of where F1 is nearly best
(`privacy` by its share of wrong marks, `tone` by the share of clean replies that get an advice), *warn* by the share
of ordinary clean replies disturbed, *hold* in a tagged thread by the share of clean replies held: one point for all
topics, so that a topic in which clean and breach are close pays with its own clean replies."""

_LIMITS = """## What it cannot do

- Irony and insider talk without any cue word ("Goda källor, vill jag lova") are found where a similar turn was in the
  corpus, and missed otherwise. No list and no linear model reads between the lines.
- The topic of a message is often open until it is answered: "when will you open on Sundays?" is an ordinary question
  or one about a plan. The suggestion is therefore put as a question, and gates only until a person says no.
- Danger is labelled broadly in the corpus (a smell, a missing pill, a child left behind). A look-alike with the words
  and the urgency of the real thing is still told wrong now and then, and despair in calm words is still missed.
- Suppliers are known by the names in `policies/lexicon/suppliers.txt`; one that is not there, in lower case, looks
  like any other word.
- `internal` as a topic: "why does nobody answer?" is an ordinary complaint until the answer tells of our insides.

## What was tried where a figure falls short

- *Words of other languages*: English gained little from what was written in Scandinavia: trained without English, the
  first layer reached a mean average precision of 0.48 there, without Swedish 0.71 on Swedish. A small dictionary
  (`policies/lexicon/dictionary.txt`), through which words are read by their sense, brought 0.64 and 0.77, and 0.02 on
  authors not trained on, in all languages together.
- *More authors*: the greatest gain of all. Ten files by new authors brought the mean average precision on unseen
  authors from 0.78 to 0.83, twelve more with what follows to the figure of `policies/trained/model.json`. Other
  strengths of regularisation, more or larger nets and longer runs of words were within 0.003 of each other.
- *Messages alone*: what customers write, with the topic and without a draft, is written three times as fast as cases
  are. The first thousand brought one point of topics found on unseen authors, three thousand two, and they train
  danger too. Of danger, 3,000 messages taught 0.75 of one blind set, 12,000 by nine authors 0.96 of the next.
- *A second reading*: readers who saw no label read some 4,700 that the models doubted (of promises, tone, topics and
  danger); one in eight was changed, what the reader called open was left.
- *Nothing gained*: each rule's loudest sentence as a model of its own (multiple instances), 300 latent axes of the
  corpus, words with a gap between them, whether a sentence names a moment, features weighed by naive Bayes.
- *Topic*: the incident as a sign, the whole thread beside the last message, gradient-boosted trees and nets instead
  of a linear second layer (within 0.02 of each other), thresholds on the likeliest topic instead of on "none". What
  the corpus does not hold, none of them knows.
- *Rules*: product kernels of draft and thread (no better than the sum), ridge instead of support vectors (0.02 less),
  small nets for the second layer (0.02 more average precision: kept), one matter a draft (0.01 F1: kept).
- *Tone, promises*: the signs were widened by reading the corpus, so they found 83 % of its tone breaches and 38 % of
  unread ones, and the models had learnt to wait for them (0.44 of unread tone breaches found). Hiding a share of what
  the signs find from the models while they train (`UNHEARD`) brought 0.69, written twins and new authors the rest.
  What counts as a promise differs from author to author ("the power is back at 22:00", "we are working on it"): their
  labels agree on `follow_up` less than on any other rule.
- *Doubt*: what the words of `privacy` and `follow_up` find is let be where the models see next to nothing (of 15 such
  marks of privacy by unread authors none was right); what blocks is never left to them.
- *Short replies*: single sentences of clean replies as extra cases made longer ones worse; leaving length out cost
  0.01 F1. A corpus of short replies and a recogniser of bare refusals (`policies/signs/plain.py`) were kept."""
