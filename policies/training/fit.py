"""Fitting the two layers, and what they say of cases they were not trained on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from policies.topics import (
    BLOCKS,
    GATES,
    GROUPS,
    RULES,
    SCORES,
    TOPICS,
    Array,
    Layer,
    Net,
    Weights,
    columns,
    gate_features,
    message_features,
    one_matter,
    second_features,
    sigmoid,
    softmax,
)
from policies.training.matrices import Read, Rows, Vocabulary, matrices, vocabularies

FOLDS = 6
_AUTHORS = 4  # from this many on, folds are authors
_SVM_C = 0.3  # of the first layer; 0.1 to 1 differ by less than a point of macro-F1
_LOGISTIC_C = {"topic": 10, "danger": 1}  # of the first layer's groups that are probabilities
_SECOND_C = 0.03
_NETS, _HIDDEN, _ROUNDS = 3, 24, 40  # of the risks' second layer; a linear one has 0.02 less mean average precision
_NEAR_ENOUGH = 0.1  # tolerance of the first layer: 1e-4 takes twice the time and ranks the same to three digits
# Of a message without a draft among thousands of threads, where it would be lost: those that tell danger from its
# look-alikes.
_MESSAGE_WEIGHT = {"danger": 12}
_MATTERS = ("rumour", "financials", "reorganisation", "launch")
_READS = {"matter": _MATTERS, "others": ("competitor",), "insides": ("internal",)}

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class First:
    """The first layer: a dense weight matrix a block (features × SCORES it takes part in) and the biases."""

    known: dict[str, Vocabulary]
    weights: dict[str, Array]
    bias: Array

    def scores(self, read: Read) -> Array:
        out = np.tile(self.bias, (len(read.cases), 1))
        for name, matrix in matrices(read, self.known).items():
            out[:, columns(name.partition(".")[0])] += matrix @ self.weights[name]
        return out

    def packed(self) -> dict[str, Weights]:
        return {name: _packed(self.known[name], self.weights[name]) for name in BLOCKS}


def _packed(known: Vocabulary, weights: Array) -> Weights:
    scale = np.abs(weights).max(axis=0) / 127
    scale[scale == 0] = 1
    return Weights(known.keys, known.idf, np.round(weights / scale).astype(np.int8), scale.astype(np.float32))


def _targets(read: Read) -> Iterator[tuple[str, Flags, Flags]]:
    """First-layer score, its label, and the cases it is trained on."""
    drafted = read.drafted
    for group in ("joint", "alone"):
        for place, rule in enumerate(RULES):
            yield f"{group}.{rule}", read.breaks[:, place], drafted
    for group in ("topic", "topic_joint"):
        for place, topic in enumerate(TOPICS):
            yield f"{group}.{topic}", read.topic == place, read.tagged
    for reader, topics in _READS.items():
        gated: Flags = drafted & np.isin(read.topic, [TOPICS.index(topic) for topic in topics])
        broken: Flags = np.asarray(read.breaks[:, [RULES.index(GATES[topic]) for topic in topics]].any(axis=1))
        yield f"comment.{reader}", broken, gated
    yield "danger.danger", read.danger, np.ones_like(drafted)


def fit_first(read: Read) -> First:
    known = vocabularies(read)
    found = matrices(read, known)
    weights = {name: np.zeros((found[name].shape[1], len(columns(_field(name)))), np.float32) for name in BLOCKS}
    bias = np.full(len(SCORES), -1, np.float32)
    stacked = {fields: _stacked(found, fields) for _, fields in GROUPS.values()}
    for score, label, rows in _targets(read):
        group = score.partition(".")[0]
        fields = GROUPS[group][1]
        if 0 < label[rows].sum() < rows.sum():
            weigh = np.where(read.drafted[rows], 1, _MESSAGE_WEIGHT.get(group, 1))
            bias[SCORES.index(score)] = _fit_one(score, stacked[fields][rows], label[rows], weigh, weights)
    return First(known, weights, bias)


def _field(block: str) -> str:
    return block.partition(".")[0]


def _stacked(found: dict[str, sparse.csr_matrix], fields: tuple[str, ...]) -> sparse.csr_matrix:
    return sparse.hstack([found[name] for name in BLOCKS if _field(name) in fields]).tocsr()


def _fit_one(score: str, rows: sparse.csr_matrix, label: Flags, weigh: Rows, weights: dict[str, Array]) -> float:
    """Fit one score and write its weights into each block's column; returns the bias."""
    group = score.partition(".")[0]
    model = (
        LogisticRegression(
            C=_LOGISTIC_C[group],
            class_weight="balanced",
            solver="liblinear",
            dual=True,
            tol=_NEAR_ENOUGH,
            random_state=0,
        )
        if group in _LOGISTIC_C
        else LinearSVC(C=_SVM_C, class_weight="balanced", tol=_NEAR_ENOUGH, random_state=0)
    ).fit(rows, label, sample_weight=weigh)
    start = 0
    for name in (name for name in BLOCKS if _field(name) in GROUPS[group][1]):
        end = start + len(weights[name])
        weights[name][:, columns(_field(name)).index(SCORES.index(score))] = model.coef_[0, start:end]
        start = end
    return float(model.intercept_[0])


def folds(read: Read) -> Iterator[tuple[Rows, Rows]]:
    """Training and held-out rows. A situation is never in both, nor an author where there are several; messages
    without a draft are always trained on.

    What is learnt and set on unseen authors is what holds for the next one: thresholds set on folds of the same
    authors let through twice as many breaches by others.
    """
    drafted, alone = np.flatnonzero(read.drafted), np.flatnonzero(~read.drafted)
    several = len(np.unique(read.source[drafted])) >= _AUTHORS
    groups = (read.source if several else read.situation)[drafted]
    for train, held in GroupKFold(FOLDS).split(drafted, groups=groups):
        yield np.concatenate([drafted[train], alone]), drafted[held]


def fold_layers(read: Read) -> Iterator[tuple[Rows, First]]:
    """Held-out rows and the first layer that was trained without them."""
    for train, held in folds(read):
        yield held, fit_first(read.take(train))


def unseen_scores(read: Read) -> Array:
    """First-layer scores of each case from a layer that was trained without its situation."""
    out = np.zeros((len(read.cases), len(SCORES)), np.float32)
    for held, first in fold_layers(read):
        out[held] = first.scores(read.take(held))
    return out


# ── The second layer ──────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Second:
    risks: Net
    gate: Layer
    topic: Layer
    message: Layer


_ABSENT = -30.0  # the bias of a class that no case has


def _fit_classes(features: Array, labels: npt.NDArray[np.int64]) -> Layer:
    """One column of weights a topic; one that no case is on is never likely."""
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=_SECOND_C, max_iter=500).fit(scaler.transform(features), labels)
    two = len(model.classes_) == 2
    coefficients = np.concatenate([-model.coef_, model.coef_]) / 2 if two else model.coef_
    intercepts = np.concatenate([-model.intercept_, model.intercept_]) / 2 if two else model.intercept_
    weights, bias = np.zeros((features.shape[1], len(TOPICS)), np.float32), np.full(len(TOPICS), _ABSENT, np.float32)
    weights[:, model.classes_], bias[model.classes_] = coefficients.T, intercepts
    return Layer(scaler.mean_.astype(np.float32), scaler.scale_.astype(np.float32), weights, bias)


def _fit_flag(features: Array, label: Flags) -> Layer:
    """One column of weights."""
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=_SECOND_C, max_iter=500).fit(scaler.transform(features), label)
    return Layer(
        mean=scaler.mean_.astype(np.float32),
        spread=scaler.scale_.astype(np.float32),
        weights=model.coef_.T.astype(np.float32),
        bias=model.intercept_.astype(np.float32),
    )


def _fit_net(features: Array, labels: Flags) -> Net:
    """Some small nets side by side, their answers averaged: one alone depends on where it began."""
    scaler = StandardScaler().fit(features)
    scaled = scaler.transform(features)
    nets = [_one_net(seed, scaled, labels) for seed in range(_NETS)]
    return Net(
        mean=scaler.mean_.astype(np.float32),
        spread=scaler.scale_.astype(np.float32),
        hidden=np.concatenate([net.coefs_[0] for net in nets], axis=1).astype(np.float32),
        hidden_bias=np.concatenate([net.intercepts_[0] for net in nets]).astype(np.float32),
        weights=(np.concatenate([net.coefs_[1] for net in nets]) / _NETS).astype(np.float32),
        bias=np.mean([net.intercepts_[1] for net in nets], axis=0).astype(np.float32),
    )


def _one_net(seed: int, features: Array, labels: Flags) -> MLPClassifier:
    net = MLPClassifier((_HIDDEN,), alpha=3, learning_rate_init=0.002, max_iter=_ROUNDS, random_state=seed)
    with warnings.catch_warnings():
        # It stops by intent before it has converged: longer is learning by heart.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return net.fit(features, labels)


def gate_rows(read: Read, scores: Array) -> tuple[Array, Flags, Rows]:
    """What the gate reads of each tagged case, whether its rule is broken, and which cases these are."""
    rows, features, broken = [], [], []
    for topic, rule in GATES.items():
        here = np.flatnonzero(read.topic == TOPICS.index(topic))
        rows.append(here)
        features.append(gate_features(scores[here], read.seen[here], topic))
        broken.append(read.breaks[here, RULES.index(rule)])
    return np.concatenate(features), np.concatenate(broken), np.concatenate(rows)


def fit_second(read: Read, scores: Array) -> Second:
    drafted = np.flatnonzero(read.drafted)
    read, scores = read.take(drafted), scores[drafted]
    features = second_features(scores, read.seen)
    gate, broken, _ = gate_rows(read, scores)
    return Second(
        risks=_fit_net(features, read.breaks),
        gate=_fit_flag(gate, broken),
        topic=_fit_classes(features, read.topic),
        message=_fit_classes(message_features(scores), read.topic),
    )


@dataclass(frozen=True)
class Unseen:
    """What the models say of each case without having been trained on its situation."""

    risks: Array  # cases × RULES
    comments: Array  # cases; 0 where the case has no gated topic
    topic: Array  # cases × TOPICS, with the draft
    message_topic: Array  # cases × TOPICS, from the thread alone
    danger: Array

    def take(self, rows: Rows) -> Unseen:
        return Unseen(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def judge(first: Array, second: Second, read: Read) -> Unseen:
    features = second_features(first, read.seen)
    comments = np.zeros(len(read.cases), np.float32)
    gate, _, rows = gate_rows(read, first)
    comments[rows] = sigmoid(second.gate.scores(gate))[:, 0]
    return Unseen(
        risks=one_matter(sigmoid(second.risks.scores(features))),
        comments=comments,
        topic=np.apply_along_axis(softmax, 1, second.topic.scores(features)),
        message_topic=np.apply_along_axis(softmax, 1, second.message.scores(message_features(first))),
        danger=sigmoid(first[:, SCORES.index("danger.danger")]),
    )


def fold_seconds(read: Read, scores: Array) -> list[tuple[Rows, Second]]:
    """Held-out rows and the second layer that was trained without them, on cross-validated first-layer scores."""
    return [(held, fit_second(read.take(train), scores[train])) for train, held in folds(read)]


def unseen(read: Read, scores: Array, seconds: Sequence[tuple[Rows, Second]]) -> Unseen:
    """Each case's views from the second layer that did not see it."""
    parts = [(held, judge(scores[held], second, read.take(held))) for held, second in seconds]
    return Unseen(*(_joined(parts, name, len(read.cases)) for name in Unseen.__dataclass_fields__))


def _joined(parts: list[tuple[Rows, Unseen]], name: str, count: int) -> Array:
    first: Array = getattr(parts[0][1], name)
    out = np.zeros((count, *first.shape[1:]), np.float32)
    for held, part in parts:
        out[held] = getattr(part, name)
    return out
