"""Operating points: from which probability on a view is shown, disturbs, holds. Set on unseen cases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from policies.topics import GATES, RULES, TOPICS, Array, Points
from policies.training.fit import Flags, Unseen
from policies.training.matrices import Read

# Shares, of ordinary clean replies unless said otherwise.
WARN_SHARE = 0.004  # that one rule's view may disturb: twelve together stay under 5 %
TOPIC_SHARE = 0.075  # that get a topic
MESSAGE_SHARE = 0.05  # the same, before there is a draft
DANGER_SHARE = 0.01  # of threads without danger that the model calls dangerous
PRIVACY_SHARE = 0.005  # of all cases that a privacy view may wrongly mark
GATE_SHARE = 0.15  # of clean replies in tagged threads that may be held
TONE_SHARE = 0.05  # that get an advice on tone: more than F1 would have, for a quarrel cannot be taken back
_NEVER = 1.01
_NEARLY = 0.99  # of the highest F1


def choose(read: Read, seen: Unseen) -> Points:
    """Set on what is usually written, by authors whom nobody has read; on everything where there are none such."""
    rows = np.flatnonzero(read.drafted & read.usual)
    rows = rows if len(rows) else np.flatnonzero(read.drafted)
    read, seen = read.take(rows), seen.take(rows)
    ordinary = (read.topic == 0) & ~read.breaks.any(axis=1)
    advise = _advise(read, seen, ordinary)
    warn = {rule: _share(seen.risks[:, place], ordinary, WARN_SHARE) for place, rule in enumerate(RULES)}
    return Points(
        advise={rule: round(point, 4) for rule, point in advise.items()},
        warn={rule: round(max(point, advise[rule]), 4) for rule, point in warn.items()},
        gate=dict.fromkeys(GATES, _gate(read, seen)),
        topic=_share(1 - seen.topic[:, 0], ordinary, TOPIC_SHARE),
        message_topic=_share(1 - seen.message_topic[:, 0], ordinary, MESSAGE_SHARE),
        danger=_share(seen.danger, ~read.danger, DANGER_SHARE),
    )


def _advise(read: Read, seen: Unseen, ordinary: Flags) -> dict[str, float]:
    points = {rule: best_f1(read.breaks[:, place], seen.risks[:, place]) for place, rule in enumerate(RULES)}
    tone, privacy = RULES.index("tone"), RULES.index("privacy")
    points["tone"] = min(points["tone"], _share(seen.risks[:, tone], ordinary, TONE_SHARE))
    told = read.seen[:, privacy] > 0
    points["privacy"] = _share(seen.risks[:, privacy], ~read.breaks[:, privacy] & ~told, PRIVACY_SHARE)
    return points


def best_f1(label: npt.NDArray[np.bool_], score: Array) -> float:
    """The threshold in the middle of those with nearly the highest F1: the peak itself is chance. Never reached where
    there is nothing to find."""
    if not label.any():
        return _NEVER
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(label[order])
    f1 = 2 * hits / (np.arange(1, len(label) + 1) + label.sum())
    return float(np.median(score[order][f1 >= _NEARLY * f1.max()]))


def _share(score: Array, rows: Flags, share: float) -> float:
    """The threshold that this share of the rows reaches; never reached where there are none."""
    if not rows.any():
        return _NEVER
    return round(float(np.quantile(score[rows], 1 - share)), 4) + 1e-4


def _gate(read: Read, seen: Unseen) -> float:
    """The threshold that GATE_SHARE of the clean replies reach. One for all topics: the probabilities are comparable,
    and a topic in which clean and breach are hard to tell apart then pays with its own clean replies."""
    clean = np.isin(read.topic, [TOPICS.index(topic) for topic in GATES]) & ~read.breaks.any(axis=1)
    return _share(seen.comments, clean, GATE_SHARE) if clean.any() else 0.5
