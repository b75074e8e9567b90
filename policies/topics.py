"""The trained models: which topic a thread is on, which rule a draft is likely to break, whether there is danger.

Linear models over hashed features, stacked: a first layer reads the texts, a second weighs the first layer's scores
and what the matchers count. Trained with scikit-learn (policies/training/), stored as plain arrays, scored with numpy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from policies.concepts import SUPPLIER, concepts
from policies.features import Block, Blocks, all_blocks, pieces, text_blocks, words
from policies.signs.loud import heard
from policies.signs.personal import asked, given
from policies.signs.promised import promised
from policies.signs.service import points
from policies.signs.summary import summary
from policies.text import Span, sentences
from policies.verdict import Context, TopicGuess, Turn

Array = npt.NDArray[np.float32]

RULES = (
    "rumours",
    "financials",
    "competitors",
    "reorganisation",
    "outage",
    "launches",
    "internal",
    "facts",
    "tone",
    "privacy",
    "selling",
    "follow_up",
)
TOPICS = ("none", "rumour", "financials", "competitor", "reorganisation", "outage", "launch", "internal")
# The rule that a tagged topic gates.
GATES = {
    "rumour": "rumours",
    "financials": "financials",
    "competitor": "competitors",
    "reorganisation": "reorganisation",
    "launch": "launches",
    "internal": "internal",
}
FIELDS = ("draft", "asked", "thread")  # the draft; the customer's words since our last answer; all that was written
KINDS = ("pieces", "words", "meanings")
BLOCKS = tuple(f"{field}.{kind}" for field in FIELDS for kind in KINDS)
LAYERS = ("gate", "topic", "message")
FOLDER = Path(__file__).with_name("trained")


class Points(TypedDict):
    """Operating points: from which probability on a view is shown (advise) and disturbs (warn)."""

    advise: dict[str, float]
    warn: dict[str, float]
    gate: dict[str, float]
    topic: float
    message_topic: float
    danger: float


class Card(TypedDict):
    """What is written down beside the arrays."""

    hash: str
    cases: int
    points: Points
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the models make of a draft in its thread.

    risks: by rule, the probability that the draft breaks it. scores and seen: what the gate reads of it.
    """

    risks: Mapping[str, float]
    scores: Array
    seen: Array
    topic: TopicGuess
    danger: float


@dataclass(frozen=True, slots=True)
class Weights:
    """One block's features: sorted hash keys, idf, and a row of weights a key, eight bits each under a scale."""

    keys: npt.NDArray[np.uint32]
    idf: Array
    rows: npt.NDArray[np.int8]
    scale: Array

    def scores(self, block: Block) -> Array:
        """The block's share of each first-layer score it takes part in."""
        places, _known, values = self._weighed(block)
        length = float(np.sqrt(values @ values)) or 1.0
        return np.asarray((values / length) @ self.rows[places].astype(np.float32) * self.scale, dtype=np.float32)

    def all_scores(self, blocks: Blocks, texts: int) -> Array:
        """As `scores`, a row a text."""
        places, known, values = self._weighed(blocks)
        owners = blocks.owners[known]
        lengths = np.sqrt(np.bincount(owners, values * values, texts)).astype(np.float32)
        weighted = (values / lengths[owners])[:, None] * self.rows[places].astype(np.float32)
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        scores = np.zeros((texts, self.rows.shape[1]), np.float32)
        if len(firsts):
            scores[owners[firsts]] = np.add.reduceat(weighted, firsts)
        return scores * self.scale

    def _weighed(self, block: Block | Blocks) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], Array]:
        """Of the features that are known: their rows, which of the block's they are, and what each weighs."""
        places = np.searchsorted(self.keys, block.buckets.astype(np.uint32))
        places[places == len(self.keys)] = 0
        known = self.keys[places] == block.buckets
        places = places[known]
        return places, known, (1 + np.log(block.counts[known])) * self.idf[places]


@dataclass(frozen=True, slots=True)
class Layer:
    """A second-layer model: standardise, weigh, add."""

    mean: Array
    spread: Array
    weights: Array
    bias: Array

    def scores(self, features: Array) -> Array:
        return np.asarray((features - self.mean) / self.spread @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Net:
    """A second-layer model with one hidden layer (rectified): what counts in one topic need not count in another."""

    mean: Array
    spread: Array
    hidden: Array
    hidden_bias: Array
    weights: Array
    bias: Array

    def scores(self, features: Array) -> Array:
        inside = np.maximum(0, (features - self.mean) / self.spread @ self.hidden + self.hidden_bias)
        return np.asarray(inside @ self.weights + self.bias, dtype=np.float32)


def sigmoid(scores: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -30, 30))), dtype=np.float32)


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


# ── The texts of a case ───────────────────────────────────────────────────────────────────────────────────────────────
def since_our_answer(thread: Sequence[Turn]) -> list[Turn]:
    """The customer's messages that the draft answers: those after our last one."""
    last = max((place for place, turn in enumerate(thread) if turn.sender == "us"), default=-1)
    return list(thread[last + 1 :]) or list(thread)


def _text(turns: Sequence[Turn]) -> str:
    return "\n".join(turn.text for turn in turns)


def _asked(thread: Sequence[Turn]) -> str:
    return _text(since_our_answer(thread))


def _named(field: str, blocks: Sequence[Block]) -> dict[str, Block]:
    return {f"{field}.{kind}": block for kind, block in zip(KINDS, blocks, strict=True)}


def thread_blocks(thread: Sequence[Turn]) -> dict[str, Block]:
    """The blocks of what was written before the draft."""
    asked_now, everything = _asked(thread), _text(thread)
    return {**_named("asked", text_blocks(asked_now)), **_named("thread", text_blocks(everything))}


def case_blocks(draft: str, thread: Sequence[Turn], signs: tuple[str, ...]) -> dict[str, Block]:
    """The blocks of a case, by the names in BLOCKS; `signs` are those of its draft (`summary`)."""
    return {**_named("draft", text_blocks(draft, signs)), **thread_blocks(thread)}


def before(thread: Sequence[Turn]) -> str:
    """What was written last, which a draft's "yes, write it here" answers."""
    return _text(thread[-2:])


def counts(draft: str, thread: Sequence[Turn], context: Context, unheard: Collection[str] = ()) -> Array:
    """What the matchers see, a number a rule: how many pieces of personal data, loud words, promises; the outage.

    Four more follow: is there an incident, is the draft public, is a supplier named by the customer, in the draft?
    unheard: rules whose signs are left out.
    """
    seen = dict.fromkeys(RULES, 0.0)
    if context.visibility == "public" and "privacy" not in unheard:
        seen["privacy"] = min(2, len(list(given(draft, thread, context))) + len(asked(draft, before(thread))))
    if "tone" not in unheard:
        seen["tone"] = min(2, len(heard(draft)))
    if "follow_up" not in unheard:
        seen["follow_up"] = min(2, len(promised(draft)))
    seen["outage"] = 1.0 if context.incident and not points(draft, context.language) else -1.0
    told = [context.incident, context.visibility == "public", _names_supplier(_asked(thread)), _names_supplier(draft)]
    return np.array([*(seen[rule] for rule in RULES), *map(float, told)], dtype=np.float32)


def _names_supplier(text: str) -> bool:
    return any(SUPPLIER in here for here in concepts(text))


# ── The models ────────────────────────────────────────────────────────────────────────────────────────────────────────
# First-layer scores: a block takes part in those whose group reads its field.
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "joint": (RULES, FIELDS),
    "alone": (RULES, ("draft",)),
    "topic": (TOPICS, ("asked", "thread")),
    "topic_joint": (TOPICS, FIELDS),
    "comment": (("matter", "others", "insides"), ("draft", "asked")),
    "danger": (("danger",), ("asked", "thread")),
}
SCORES = tuple(f"{group}.{name}" for group, (names, _) in GROUPS.items() for name in names)


@cache
def columns(field: str) -> list[int]:
    """Places in SCORES of the scores a field takes part in."""
    return [place for place, score in enumerate(SCORES) if field in GROUPS[score.partition(".")[0]][1]]


_SECOND = [place for place, score in enumerate(SCORES) if not score.startswith("danger")]
_PLACE = {score: place for place, score in enumerate(SCORES)}
_MESSAGE = [place for place, score in enumerate(SCORES) if score.startswith("topic.")]
_MATTERS = frozenset({"rumour", "financials", "reorganisation", "launch"})


# What a draft may comment on: one matter, one rule (POLICY). A view far below the strongest of these is an echo of it.
_COMMENTS = [RULES.index(rule) for rule in (*GATES.values(), "facts")]
_ECHO = 0.7


def one_matter(risks: Array) -> Array:
    """Rows of risks by rule, with the echoes of a stronger matter taken out."""
    strongest = risks[..., _COMMENTS].max(axis=-1, keepdims=True)
    left = risks.copy()
    left[..., _COMMENTS] = np.where(risks[..., _COMMENTS] < _ECHO * strongest, 0, risks[..., _COMMENTS])
    return left


def _unlikely(context: Context) -> frozenset[str]:
    """Topics not to suggest: refused ones, and an outage where no incident is on."""
    return context.topic_refused if context.incident else context.topic_refused | {"outage"}


def message_features(scores: Array) -> Array:
    """Rows of what tells a message's topic: the first-layer scores of the thread alone."""
    return np.asarray(scores[..., _MESSAGE], dtype=np.float32)


def _reader(topic: str) -> str:
    return "matter" if topic in _MATTERS else {"competitor": "others", "internal": "insides"}[topic]


# One place a gated topic, in the order of GATES.
_ON_TOPIC = [_PLACE[f"topic_joint.{topic}"] for topic in GATES]
_JOINT = [_PLACE[f"joint.{rule}"] for rule in GATES.values()]
_COMMENT = [_PLACE[f"comment.{_reader(topic)}"] for topic in GATES]
_ALL_RULES = [_PLACE[f"{group}.{rule}"] for group in ("joint", "alone") for rule in RULES]


def second_features(scores: Array, seen: Array) -> Array:
    """Rows of what the second layer reads: first-layer scores, the matchers' counts, and topic times comment."""
    on_topic, joint, comment = scores[..., _ON_TOPIC], scores[..., _JOINT], scores[..., _COMMENT]
    pairs = (
        sigmoid(2 * on_topic) * sigmoid(2 * comment),
        np.minimum(on_topic, comment),
        np.minimum(joint, comment),
    )
    return np.concatenate([scores[..., _SECOND], seen, *pairs], axis=-1, dtype=np.float32)


def gate_features(scores: Array, seen: Array, topic: str) -> Array:
    """Rows of what the gate reads, given the topic: its rule's scores, whether the draft comments, and all others."""
    rule, comment = GATES[topic], scores[..., _PLACE[f"comment.{_reader(topic)}"]]
    own = np.stack([scores[..., _PLACE[f"joint.{rule}"]], scores[..., _PLACE[f"alone.{rule}"]], comment], axis=-1)
    which = np.zeros((*own.shape[:-1], len(GATES)), dtype=np.float32)
    which[..., list(GATES).index(topic)] = 1
    return np.concatenate(
        [own, which, which * own[..., 2:], which * own[..., :1], scores[..., _ALL_RULES], seen],
        axis=-1,
        dtype=np.float32,
    )


@dataclass(frozen=True)
class Models:
    """All trained arrays, and the card that says what they are."""

    blocks: Mapping[str, Weights]
    bias: Array  # of the first-layer scores
    risks: Net
    gate: Layer
    topic: Layer
    message: Layer  # the topic before there is a draft
    card: Card

    def first(self, blocks: Mapping[str, Block]) -> Array:
        """First-layer scores from these blocks; what is missing adds nothing."""
        scores = self.bias.copy()
        for name, block in blocks.items():
            scores[columns(name.partition(".")[0])] += self.blocks[name].scores(block)
        return scores

    def understand(self, draft: str, thread: Sequence[Turn], context: Context) -> Understanding:
        scores = self.first(case_blocks(draft, thread, summary(draft, thread, context)))
        seen = counts(draft, thread, context)
        features = second_features(scores, seen)
        risks = one_matter(sigmoid(self.risks.scores(features)))
        return Understanding(
            risks=dict(zip(RULES, risks.tolist(), strict=True)),
            scores=scores,
            seen=seen,
            topic=self._guess(softmax(self.topic.scores(features)), self.card["points"]["topic"], _unlikely(context)),
            danger=float(sigmoid(scores[_PLACE["danger.danger"]])),
        )

    def comments(self, understood: Understanding, topic: str) -> float:
        """The probability that the draft says something about the matter, given that the thread is on this topic."""
        return float(sigmoid(self.gate.scores(gate_features(understood.scores, understood.seen, topic)))[0])

    def read(self, texts: Sequence[str]) -> list[tuple[TopicGuess, float]]:
        """Topic and danger of what customers wrote, each by itself, before anybody has answered."""
        scores = np.tile(self.bias, (len(texts), 1))
        for kind, blocks in zip(KINDS, all_blocks(texts), strict=True):
            # Where there is but one message, it is the thread and what was asked.
            for field in ("asked", "thread"):
                scores[:, columns(field)] += self.blocks[f"{field}.{kind}"].all_scores(blocks, len(texts))
        least = self.card["points"]["message_topic"]
        spreads = softmax(self.message.scores(message_features(scores)))
        dangers = sigmoid(scores[:, _PLACE["danger.danger"]])
        return [
            (self._guess(spread, least, frozenset()), float(danger))
            for spread, danger in zip(spreads, dangers, strict=True)
        ]

    def loudness(self, sentence: str) -> Array:
        """First-layer scores of its letters and words; to tell sentences apart, concepts are not worth their time."""
        return self.first({"draft.pieces": pieces(sentence), "draft.words": words(sentence)})

    def _guess(self, spread: Array, least: float, refused: frozenset[str]) -> TopicGuess:
        """The likeliest topic where any topic is likely enough, "none" otherwise. `least` bounds 1 - p(none)."""
        likely = max(
            (topic for topic in TOPICS[1:] if topic not in refused), key=lambda topic: spread[TOPICS.index(topic)]
        )
        score = float(1 - spread[0])
        return TopicGuess(likely, round(score, 4)) if score >= least else TopicGuess("none", round(score, 4))


def save(models: Models, folder: Path) -> None:
    """Write arrays and card. The hash of the arrays is what every verdict names."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, npt.NDArray[np.generic]] = {"bias": models.bias}
    for name, block in models.blocks.items():
        arrays |= {f"{name}/keys": block.keys, f"{name}/idf": block.idf.astype(np.float16)}
        arrays |= {f"{name}/rows": block.rows, f"{name}/scale": block.scale}
    for name in ("risks", *LAYERS):
        layer: Net | Layer = getattr(models, name)
        arrays |= {f"{name}/{each.name}": getattr(layer, each.name) for each in fields(layer)}
    np.savez_compressed(folder / "model.npz", **arrays)  # type: ignore[arg-type]
    card = {**models.card, "hash": _hash(folder / "model.npz")}
    (folder / "model.json").write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def load(folder: Path) -> Models:
    """Raises OSError where there are none and ValueError where arrays and card do not belong together."""
    card: Card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if _hash(folder / "model.npz") != card["hash"]:
        raise ValueError(f"{folder}: model.npz is not the one its card describes; train again or restore both.")
    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        return Models(
            blocks={
                name: Weights(
                    arrays[f"{name}/keys"],
                    arrays[f"{name}/idf"].astype(np.float32),
                    arrays[f"{name}/rows"],
                    arrays[f"{name}/scale"],
                )
                for name in BLOCKS
            },
            bias=arrays["bias"],
            risks=Net(**_parts(arrays, "risks", Net)),
            **{name: Layer(**_parts(arrays, name, Layer)) for name in LAYERS},
            card=card,
        )


def _parts(arrays: Mapping[str, Array], name: str, kind: type[Net | Layer]) -> dict[str, Array]:
    return {each.name: arrays[f"{name}/{each.name}"] for each in fields(kind)}


@cache
def shipped() -> Models | None:
    """The models in force, read on the first check; None where none are installed: rules only."""
    return load(FOLDER) if (FOLDER / "model.json").exists() else None


def passage(draft: str, rule: str) -> Span | None:
    """The sentence that speaks loudest for the rule; None where there is but one, or no models."""
    models = shipped()
    loud = _loudness(draft, models.card["hash"]) if models else ()
    if len(loud) < 2:
        return None
    place = _PLACE[f"alone.{rule}"]
    return max(loud, key=lambda each: float(each[1][place]))[0]


@lru_cache(maxsize=64)
def _loudness(draft: str, models_hash: str) -> tuple[tuple[Span, Array], ...]:
    """Each sentence with its scores, read once for all rules that ask; the hash tells one training from the next."""
    models, spans = shipped(), sentences(draft)
    if models is None or len(spans) < 2:
        return ()
    return tuple((span, models.loudness(draft[slice(*span)])) for span in spans)


@lru_cache(maxsize=64)
def understand(draft: str, thread: tuple[Turn, ...], context: Context) -> Understanding | None:
    """The models' view, once a check: every rule that asks for it gets the same."""
    models = shipped() if context.models else None
    return models.understand(draft, thread, context) if models else None
