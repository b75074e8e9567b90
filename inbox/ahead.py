"""What every process of a worker needs, read before the first fork, so that they share it."""

from __future__ import annotations

import gc

from django.conf import settings

from policies.engine import check
from policies.language import guess
from policies.reading import read
from policies.rulebook import starter
from policies.verdict import Context, Turn

# Long enough for its language to be asked for.
ASKED, ANSWERED = "Hvorfor er nettet nede hjemme hos meg?", "Takk for at du skriver til oss. Vi ringer deg i morgen."


def read_ahead(**_kwargs: object) -> None:
    """Read one message and check one answer, which reads the models, the words, the rules and the languages.

    Frozen, since a collection would write to each of its pages and so make each process a copy of its own.
    """
    read(ASKED)
    guess(ASKED)
    context = Context(language="nb", models=settings.SAMTAL_MODELS)
    check(ANSWERED, [Turn("customer", ASKED)], starter(settings.SAMTAL_PROFILE), context)
    gc.collect()
    gc.freeze()
