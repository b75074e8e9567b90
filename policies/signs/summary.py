"""The signs of a draft by name, as features for the trained models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.concepts import names, plain
from policies.signs.acts import Clause, clauses
from policies.signs.loud import heard
from policies.signs.personal import asked, given
from policies.signs.promised import promised
from policies.signs.service import points
from policies.verdict import Context, Turn

_MOST = 3  # counts above it are one
_LENGTH = 60  # characters a step


def summary(draft: str, thread: Sequence[Turn], context: Context) -> tuple[str, ...]:
    """Names of everything the signs see in the draft, and of how it stands to its thread."""
    return tuple(sorted({*_of_signs(draft, thread, context), *_of_clauses(clauses(draft)), *_of_names(draft, thread)}))


def _of_signs(draft: str, thread: Sequence[Turn], context: Context) -> Iterator[str]:
    yield context.visibility
    yield f"length{min(2 * _MOST, len(draft) // _LENGTH)}"
    for kind, _ in (*given(draft, thread, context), *asked(draft, "\n".join(turn.text for turn in thread[-2:]))):
        yield f"personal.{kind}"
    for kind, _ in heard(draft):
        yield f"loud.{kind}"
    if promised(draft):
        yield "promises"
    if points(draft, context.language):
        yield "points"


def _of_clauses(found: Sequence[Clause]) -> Iterator[str]:
    yield f"clauses{min(2 * _MOST, len(found))}"
    yield f"adds{min(_MOST, sum(clause.adds for clause in found))}"
    for clause in found:
        if clause.declines:
            yield "declines"
        if clause.refers:
            yield "refers"
        if clause.confirms:
            yield "confirms"


def _of_names(draft: str, thread: Sequence[Turn]) -> Iterator[str]:
    """How many names, and whether draft and thread share one: a supplier named by the customer and then judged."""
    ours, theirs = names(draft), frozenset().union(*(names(turn.text) for turn in thread))
    low, asked_low = plain(draft), plain("\n".join(turn.text for turn in thread))
    yield f"names{min(_MOST, len(ours))}"
    yield f"names.asked{min(_MOST, len(theirs))}"
    if any(name in asked_low for name in ours):
        yield "names.shared"
    if any(name in low for name in theirs):
        yield "names.taken"
