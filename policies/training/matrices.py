"""Cases as sparse matrices, one a block, weighted like the scorer weighs them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from policies.cases import Case
from policies.features import Block
from policies.signs.summary import summary
from policies.topics import BLOCKS, GATES, RULES, TOPICS, Array, case_blocks, counts
from policies.training.corpus import READ_BY_US, TOPICS_HEARD, USUAL, situations

# Cases a feature must occur in: pieces are many and cheap to do without.
LEAST = {"pieces": 3, "words": 2, "meanings": 2}

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Read:
    """Cases with their features (blocks by the names in BLOCKS) and labels."""

    cases: Sequence[Case]
    blocks: Sequence[dict[str, Block]]
    seen: Array
    breaks: npt.NDArray[np.bool_]  # cases × RULES
    topic: npt.NDArray[np.int64]  # index in TOPICS
    tagged: npt.NDArray[np.bool_]  # whether anybody said what the topic is
    danger: npt.NDArray[np.bool_]
    situation: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]  # who wrote it: the file
    usual: npt.NDArray[np.bool_]  # by an author who tells what is usual

    @property
    def drafted(self) -> npt.NDArray[np.bool_]:
        """Which cases have a draft; a message alone trains only what tells danger and topics."""
        return np.array([bool(case.draft) for case in self.cases])

    def take(self, rows: Rows) -> Read:
        return Read(
            [self.cases[row] for row in rows],
            [self.blocks[row] for row in rows],
            self.seen[rows],
            self.breaks[rows],
            self.topic[rows],
            self.tagged[rows],
            self.danger[rows],
            self.situation[rows],
            self.source[rows],
            self.usual[rows],
        )


def read_cases(files: Mapping[str, Sequence[Case]]) -> Read:
    """Features and labels of the cases of these files; the topic a person gave is a label here, never a feature."""
    cases = [case for file in files.values() for case in file]
    unheard = [
        _unheard(case) if name in READ_BY_US else frozenset[str]() for name, file in files.items() for case in file
    ]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(situations(cases)))}
    return Read(
        cases=cases,
        blocks=[_blocks(case, rules) for case, rules in zip(cases, unheard, strict=True)],
        seen=np.stack([_counts(case, rules) for case, rules in zip(cases, unheard, strict=True)]),
        breaks=np.array([[rule in case.violations for rule in RULES] for case in cases]),
        topic=np.array([TOPICS.index(_topic(case)) for case in cases]),
        tagged=np.array([bool(case.draft) or name in TOPICS_HEARD for name, file in files.items() for case in file]),
        danger=np.array([case.danger for case in cases]),
        situation=np.array([numbers[name] for name in situations(cases)]),
        source=np.array([place for place, file in enumerate(files.values()) for _ in file]),
        usual=np.array([name in USUAL for name, file in files.items() for _ in file]),
    )


# The signs find more in the files that they were widened by (`READ_BY_US`) than in what others write. So that models
# learn to trust them no more than they deserve, this share of what they find there is hidden: by how much less they
# found in cases that nobody had read. In the other files they are as good as they are.
UNHEARD = {"tone": 0.55, "follow_up": 0.2, "privacy": 0.15}
_SIGNS = {"tone": "loud.", "follow_up": "promises", "privacy": "personal."}


def _unheard(case: Case) -> frozenset[str]:
    """The rules whose signs are hidden in this case: by lot, but always the same."""
    return frozenset(
        rule for rule, share in UNHEARD.items() if zlib.crc32(f"{rule} {case.id}".encode()) / 2**32 < share
    )


def _blocks(case: Case, unheard: Collection[str]) -> dict[str, Block]:
    hidden = tuple(_SIGNS[rule] for rule in unheard)
    signs = summary(case.draft, case.thread, case.context)
    return case_blocks(case.draft, case.thread, tuple(sign for sign in signs if not sign.startswith(hidden)))


def _counts(case: Case, unheard: Collection[str]) -> Array:
    return counts(case.draft, case.thread, case.context, unheard)


def _topic(case: Case) -> str:
    """The tag; an untagged thread in which a gated rule is broken was on that rule's topic all the same."""
    if case.context.topic:
        return case.context.topic
    broken = [topic for topic, rule in GATES.items() if rule in case.violations]
    return broken[0] if len(broken) == 1 else "none"


@dataclass(frozen=True)
class Vocabulary:
    """One block's keys and idf, as the scorer keeps them."""

    keys: npt.NDArray[np.uint32]
    idf: Array

    def matrix(self, blocks: Sequence[Block]) -> sparse.csr_matrix:
        """Rows of unit length."""
        values, columns, ends = [], [], [0]
        for block in blocks:
            places = np.searchsorted(self.keys, block.buckets.astype(np.uint32))
            places[places == len(self.keys)] = 0
            known = self.keys[places] == block.buckets
            found = (1 + np.log(block.counts[known])) * self.idf[places[known]]
            length = float(np.sqrt(found @ found)) or 1.0
            values.append(found / length)
            columns.append(places[known])
            ends.append(ends[-1] + len(found))
        shape = (len(blocks), len(self.keys))
        return sparse.csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=shape, dtype=np.float32)


def vocabularies(read: Read) -> dict[str, Vocabulary]:
    return {name: _vocabulary(name, [blocks[name] for blocks in read.blocks]) for name in BLOCKS}


def _vocabulary(name: str, blocks: Sequence[Block]) -> Vocabulary:
    keys, occurs = np.unique(np.concatenate([block.buckets for block in blocks]), return_counts=True)
    often = occurs >= LEAST[name.partition(".")[2]]
    idf = np.log((1 + len(blocks)) / (1 + occurs[often])) + 1
    # The idf is stored in 16 bits; training on the stored value keeps the scorer's numbers the same.
    return Vocabulary(keys[often].astype(np.uint32), idf.astype(np.float16).astype(np.float32))


def matrices(read: Read, known: dict[str, Vocabulary]) -> dict[str, sparse.csr_matrix]:
    return {name: known[name].matrix([blocks[name] for blocks in read.blocks]) for name in BLOCKS}
