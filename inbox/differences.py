"""What was changed between two texts, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, was taken out or put in."""

    what: str  # "same", "out", "in"
    text: str


def compared(before: str, after: str) -> list[Piece]:
    """The two texts word by word, as one."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    pieces = []
    for how, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            pieces.append(Piece("same", "".join(old[start:end])))
            continue
        pieces += [Piece("out", "".join(old[start:end])), Piece("in", "".join(new[new_start:new_end]))]
    return [piece for piece in pieces if piece.text]
