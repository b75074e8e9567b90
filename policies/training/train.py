"""From labelled cases to models: fit, set the operating points on unseen cases, pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from policies.cases import Case
from policies.topics import RULES, Card, Models
from policies.training.fit import First, Second, Unseen, fit_first, fit_second, fold_seconds, unseen, unseen_scores
from policies.training.matrices import Read, read_cases
from policies.training.points import choose


@dataclass(frozen=True)
class Trained:
    """The models, the cases they were trained on, and what models without a case's author said of it."""

    models: Models
    read: Read
    seen: Unseen


def train(files: Mapping[str, Sequence[Case]]) -> Trained:
    """Some minutes for five thousand cases: a fit a fold for the unseen scores, and one on all."""
    read = read_cases(files)
    return train_on(read)


def train_on(read: Read) -> Trained:
    # Several threads add in an order of their own, and the last digits, so the hash, would differ from run to run.
    with threadpool_limits(1):
        scores = unseen_scores(read)
        seen = unseen(read, scores, fold_seconds(read, scores))
        models = packed(fit_first(read), fit_second(read, scores), read, seen)
    return Trained(models, read, seen)


def packed(first: First, second: Second, read: Read, seen: Unseen) -> Models:
    """Both layers as arrays, with the operating points that these unseen views give."""
    return Models(
        blocks=first.packed(),
        bias=first.bias,
        risks=second.risks,
        gate=second.gate,
        topic=second.topic,
        message=second.message,
        card=Card(hash="", cases=len(read.cases), points=choose(read, seen), figures=figures(read, seen)),
    )


def figures(read: Read, seen: Unseen) -> dict[str, float]:
    """Average precision a rule on unseen cases, for the eye that compares two trainings."""
    found = {
        rule: float(average_precision_score(read.breaks[:, place], seen.risks[:, place]))
        for place, rule in enumerate(RULES)
        if read.breaks[:, place].any()
    }
    found["mean"] = float(np.mean(list(found.values())))
    return {name: round(value, 4) for name, value in found.items()}
