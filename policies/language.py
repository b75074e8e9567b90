"""Which of our languages a text is in, for the wording of a suggestion; no verdict depends on it."""

from __future__ import annotations

import mmap
import tempfile
from array import array
from functools import cache, lru_cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from policies.rulebook import LANGUAGES

# The model's codes for our languages; it tells bokmål from nynorsk, the desk answers both in bokmål.
_CODES = {"sv": "sv", "no": "nb", "nn": "nb", "da": "da", "en": "en"}
_SHORTEST = 30  # characters; below that a guess is worth less than what the channel speaks

# The channel serves more than one language: above this the text itself is the better witness (3 % wrong, not 22 %).
_SURE = 0.5


@cache
def _identifier() -> LanguageIdentifier:
    """Limited to our languages; read on the first guess. Of the library's 75 MB a fifth stays in memory."""
    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages(list(_CODES))
    return LanguageIdentifier(
        np.ascontiguousarray(whole.nb_ptc),  # our languages' columns alone: without a view on all the others
        whole.nb_pc,
        whole.nb_classes,
        _in_a_file(whole.tk_nextmove),
        array("i", whole.tk_output),
        norm_probs=True,
        tk_row=whole.tk_row,
    )


def _in_a_file(table: array[int]) -> memoryview:
    """The steps from letter to letter: 40 MB in an unnamed file, of which only the rows that texts take are read."""
    with tempfile.TemporaryFile() as file:
        table.tofile(file)
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(mapped).cast("I" if table.typecode == "I" else "H")


@lru_cache(maxsize=512)
def guess(text: str, prior: str = "") -> str:
    """sv, nb, da or en. `prior` is the channel's language, which wins where the text is short or in doubt."""
    if prior in LANGUAGES and len(text) < _SHORTEST:
        return prior
    sure = dict.fromkeys(LANGUAGES, 0.0)
    for code, probability in _identifier().rank(text):
        sure[_CODES[code]] += float(probability)
    language = max(sure, key=lambda each: sure[each])
    return prior if prior in LANGUAGES and sure[language] < _SURE else language
