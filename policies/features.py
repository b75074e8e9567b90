"""A text as numbers: hashed pieces of words, senses of words and concepts. The same code trains and scores.

A page of messages is read at once (`all_blocks`): numpy takes as long for one text as for some dozens.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from policies.concepts import concepts, plain
from policies.dictionary import sense

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


@dataclass(frozen=True, slots=True)
class Blocks:
    """One kind of features of many texts, one text after the other. owners: the number of the text, a bucket each."""

    buckets: Buckets
    counts: Values
    owners: Buckets


def _block(hashes: npt.NDArray[np.uint64]) -> Block:
    return Block(*_counted(_buckets(hashes)))


def _blocks(hashes: Sequence[npt.NDArray[np.uint64]]) -> Blocks:
    """One array of hashes a text."""
    owners = np.repeat(np.arange(len(hashes)), [len(each) for each in hashes])
    return _owned(np.concatenate(hashes), owners)


def _owned(hashes: npt.NDArray[np.uint64], owners: Buckets) -> Blocks:
    """The text's number above the bucket, so that one sorting does for all texts."""
    found, counts = _counted(owners << BITS | _buckets(hashes))
    return Blocks(found & (1 << BITS) - 1, counts, found >> BITS)


def _buckets(hashes: npt.NDArray[np.uint64]) -> Buckets:
    return (hashes >> np.uint64(64 - BITS)).astype(np.int64)


def _counted(buckets: Buckets) -> tuple[Buckets, Values]:
    """Distinct ones in order, and how often each occurs; what numpy.unique does, without its checks."""
    if not len(buckets):
        return buckets, np.empty(0, np.float32)
    found = np.sort(buckets)
    is_first = np.empty(len(found), np.bool_)
    is_first[0] = True
    np.not_equal(found[1:], found[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    counts = np.empty(len(firsts), np.float32)
    counts[:-1] = firsts[1:] - firsts[:-1]
    counts[-1] = len(found) - firsts[-1]
    return found[firsts], counts


def pieces(text: str) -> Block:
    """Pieces of 2 to 5 letters that do not reach over a word's edge; the blank before and after belongs to the word."""
    return _block(_pieces(_squeezed(text))[0])


def _squeezed(text: str) -> str:
    return f" {' '.join(_WORD.findall(plain(text)))} "


def _pieces(squeezed: str) -> tuple[npt.NDArray[np.uint64], Buckets]:
    """The pieces' hashes, and where each begins."""
    points = np.frombuffer(squeezed.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    blank = points == _SPACE
    found = [_windows(points, blank, length) for length in PIECES if len(points) >= length]
    hashes, places = zip(*found, strict=True)
    return np.concatenate(hashes), np.concatenate(places)


def _windows(
    points: npt.NDArray[np.uint64], blank: npt.NDArray[np.bool_], length: int
) -> tuple[npt.NDArray[np.uint64], Buckets]:
    """Hashes and places of all windows of this length with blanks at their edges only."""
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
    places = np.flatnonzero(~inside & ~whole_blank if length == 2 else ~inside)
    return hashes[places], places


def words(text: str) -> Block:
    """Senses of words (`policies.dictionary`) and pairs of neighbours."""
    return _block(_words(text))


def _words(text: str) -> npt.NDArray[np.uint64]:
    found = [sense(word) for word in _WORD.findall(plain(text))]
    pairs = (f"{one} {other}" for one, other in pairwise(found))
    return _mixed(_codes([*found, *pairs]))


def meanings(text: str, more: Iterable[str] = ()) -> Block:
    """Concepts, pairs of them in their order, and names of what the matchers saw (`more`)."""
    return _block(_meanings(text, more))


def _meanings(text: str, more: Iterable[str] = ()) -> npt.NDArray[np.uint64]:
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


def _mixed(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return (codes + np.uint64(1)) * _MIX


@lru_cache(maxsize=256)
def text_blocks(text: str, more: tuple[str, ...] = ()) -> tuple[Block, Block, Block]:
    """pieces, words and meanings of a text."""
    return pieces(text), words(text), meanings(text, more)


def all_blocks(texts: Sequence[str]) -> tuple[Blocks, Blocks, Blocks]:
    """pieces, words and meanings of many texts."""
    return _all_pieces(texts), _blocks([_words(text) for text in texts]), _blocks([_meanings(text) for text in texts])


def _all_pieces(texts: Sequence[str]) -> Blocks:
    """Each text ends and begins with a blank, and no piece reaches over two of them."""
    squeezed = [_squeezed(text) for text in texts]
    owners = np.repeat(np.arange(len(texts)), [len(each) for each in squeezed])
    hashes, places = _pieces("".join(squeezed))
    return _owned(hashes, owners[places])
