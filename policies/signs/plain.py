"""A short reply that only declines or refers: no word of it says anything about the matter."""

from __future__ import annotations

import re
from functools import lru_cache

from policies.lexicon import hits
from policies.signs.acts import declines_or_refers
from policies.text import fold

MOST = 12  # words; a longer reply has room for more than a refusal and is left to the models
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_EMPTY = ("glue", "saying", "negations", "declines", "referrals", "customer_service", "courtesy")
# What such words can say between the lines: watch this space, not yet, more than I may tell.
_HINTS = re.compile(
    r"\b(?:håll|hold|keep|watch|stay|snart|soon|still|än|ännu|endnu|ennå|yet|mer|mere|more|den dag\w*|the day|hemlig\w*"
    r"|secret|officiel\w*|offisiel\w*|official\w*)\b|[\U0001F300-\U0001FAFF;…]|\d"
)


@lru_cache(maxsize=256)
def only_declines(draft: str) -> bool:
    """Is the draft, word for word, a refusal or a referral and civility?"""
    low = fold(draft).low
    words = list(_WORD.finditer(draft))
    if not 0 < len(words) <= MOST or _HINTS.search(low) or not declines_or_refers(draft):
        return False
    empty = [span for name in _EMPTY for span in hits(draft).get(name, ())]
    return all(any(start <= word.start() < end for start, end in empty) for word in words)
