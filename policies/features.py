"""A text as numbers: hashed pieces of words, words and concepts. The same code trains and scores."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from policies.concepts import concepts, plain

BITS = 26
PIECES = (2, 3, 4, 5)  # letters of a piece of a word, the blank at its edge counted
_REACH = 5  # tokens within which two concepts make a pair
_WORD = re.compile(r"\w+|[!?:;]+")
_BASE = np.uint64(1_000_003)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPACE = ord(" ")

Buckets = npt.NDArray[np.int64]
Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of features of one text: distinct buckets and how often each occurs."""

    buckets: Buckets
    counts: Values


def _block(hashes: npt.NDArray[np.uint64]) -> Block:
    """Distinct buckets in order, counted; what numpy.unique does, without its checks."""
    found = np.sort((hashes >> np.uint64(64 - BITS)).astype(np.int64))
    firsts = np.flatnonzero(np.r_[True, found[1:] != found[:-1]]) if len(found) else np.empty(0, np.int64)
    counts = np.diff(firsts, append=len(found))
    return Block(found[firsts], counts.astype(np.float32))


def pieces(text: str) -> Block:
    """Pieces of 2 to 5 letters that do not reach over a word's edge; the blank before and after belongs to the word."""
    squeezed = f" {' '.join(_WORD.findall(plain(text)))} "
    points = np.frombuffer(squeezed.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    blank = points == _SPACE
    found = [_windows(points, blank, length) for length in PIECES if len(points) >= length]
    return _block(np.concatenate(found) if found else np.empty(0, np.uint64))


def _windows(points: npt.NDArray[np.uint64], blank: npt.NDArray[np.bool_], length: int) -> npt.NDArray[np.uint64]:
    """Hashes of all windows of this length with blanks at their edges only."""
    count = len(points) - length + 1
    hashes = np.full(count, length, np.uint64)
    inside = np.zeros(count, np.bool_)
    with np.errstate(over="ignore"):
        for place in range(length):
            hashes = hashes * _BASE + points[place : place + count]
            if 0 < place < length - 1:
                inside |= blank[place : place + count]
        hashes *= _MIX
    whole_blank = blank[:count] & blank[length - 1 :]
    return hashes[~inside & ~whole_blank] if length == 2 else hashes[~inside]


def words(text: str) -> Block:
    """Words and pairs of neighbours."""
    found = _WORD.findall(plain(text))
    pairs = (f"{one} {other}" for one, other in pairwise(found))
    return _hashed([*found, *pairs])


def meanings(text: str, more: Iterable[str] = ()) -> Block:
    """Concepts, pairs of them in their order, and names of what the matchers saw (`more`)."""
    tokens = concepts(text)
    names = [name for here in tokens for name in here]
    alone = _codes([*names, *(f"={name}" for name in more), *(f"^{name}" for name in (tokens[0] if tokens else ()))])
    places = np.repeat(np.arange(len(tokens)), [len(here) for here in tokens])
    return _mixed(np.concatenate([alone, _pairs(alone[: len(names)], places)]))


def _pairs(codes: npt.NDArray[np.uint64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Codes of each two concepts that stand within reach of each other, the earlier first."""
    apart = places[None, :] - places[:, None]
    one, other = np.nonzero((apart > 0) & (apart < _REACH))
    with np.errstate(over="ignore"):
        return codes[one] * _BASE + codes[other]


def _codes(names: list[str]) -> npt.NDArray[np.uint64]:
    return np.array([zlib.crc32(name.encode()) for name in names], np.uint64)


def _mixed(codes: npt.NDArray[np.uint64]) -> Block:
    with np.errstate(over="ignore"):
        return _block((codes + np.uint64(1)) * _MIX)


def _hashed(names: list[str]) -> Block:
    return _mixed(_codes(names))


@lru_cache(maxsize=256)
def text_blocks(text: str, more: tuple[str, ...] = ()) -> tuple[Block, Block, Block]:
    """pieces, words and meanings of a text."""
    return pieces(text), words(text), meanings(text, more)
