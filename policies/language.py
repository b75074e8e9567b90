"""Which of our languages a text is in, for the wording of a suggestion; no verdict depends on it."""

from __future__ import annotations

from functools import cache, lru_cache

import py3langid.langid

from policies.rulebook import LANGUAGES

# The model's codes for our languages; it tells bokmål from nynorsk, the desk answers both in bokmål.
_CODES = {"sv": "sv", "no": "nb", "nn": "nb", "da": "da", "en": "en"}
_SHORTEST = 20  # characters; below that a guess is worth less than what the channel speaks

_SURE = 0.8


@cache
def _identifier() -> py3langid.langid.LanguageIdentifier:
    """Limited to our languages; loaded on the first guess, since it costs 80 MB that few processes need."""
    identifier = py3langid.langid.LanguageIdentifier.from_model_file(py3langid.langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_CODES))
    return identifier


@lru_cache(maxsize=512)
def guess(text: str, prior: str = "") -> str:
    """sv, nb, da or en. `prior` is the channel's language, which wins where the text is short or in doubt."""
    if prior in LANGUAGES and len(text) < _SHORTEST:
        return prior
    language, probability = _identifier().classify(text)
    return prior if prior in LANGUAGES and probability < _SURE else _CODES[language]
