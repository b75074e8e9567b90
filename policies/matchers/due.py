"""By when: the moment that "imorgon", "innen fredag", "i løbet af ugen" or "within an hour" names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import lru_cache

from policies.text import fold

NOON, DAY_END, EVENING = time(12), time(17), time(21)
_FRIDAY = 4
_SOME_DAY = datetime(2024, 1, 3, 9)  # a Wednesday: where only "is there a time?" is asked

_NUMBERS = {
    "en": 1, "ett": 1, "et": 1, "én": 1, "ei": 1, "a": 1, "an": 1, "one": 1, "två": 2, "to": 2, "two": 2, "tre": 3, "three": 3,
    "fyra": 4, "fire": 4, "four": 4, "fem": 5, "five": 5, "sex": 6, "seks": 6, "six": 6, "sju": 7, "syv": 7, "seven": 7,
    "åtta": 8, "åtte": 8, "otte": 8, "eight": 8, "tio": 10, "ti": 10, "ten": 10, "några": 3, "noen": 3, "nogle": 3, "a few": 3,
    "ett par": 2, "et par": 2, "a couple of": 2, "fjorton": 14, "fjorten": 14, "half an": 0.5, "en halv": 0.5, "en halvtimme": 0.5,
}  # fmt: skip
_COUNT = "|".join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True))
_UNITS = {
    "minutes": r"minut\w*|min\b",
    "hours": r"timm[ae]\w*|timer?\b|timene|hours?",
    "days": r"dygn\w*|døgn\w*|dag(?:ar|er|e|en)?\b|days?|arbetsdag\w*|arbeidsdag\w*|arbejdsdag\w*|vardag\w*|virkedag\w*|hverdag\w*|working days?|business days?",
    "weeks": r"veck[ao]\w*|uker?\b|uger?\b|weeks?",
    "months": r"månad\w*|måned\w*|months?",
}
_WITHIN = re.compile(
    rf"\b(?:inom|innen|inden(?: for)?|within|in|om|i løpet av|i løbet af|ge mig|gi meg|giv mig|give me|the next|de närmaste|de neste|de næste|senest om)\s+"
    rf"(?:de |the |next |neste |næste |närmaste |ca\.? |about |cirka |omkring |högst |max )*"
    rf"(?:(\d{{1,3}})(?:\s?[-–]\s?(\d{{1,3}}))?|({_COUNT}))\s+(?:(?:till|til|or) (?:\w+ ))?(?:bankdagar|{'|'.join(f'(?P<{unit}>{words})' for unit, words in _UNITS.items())})"
)
_WEEKDAYS = (
    r"måndag\w*|mandag\w*|monday", r"tisdag\w*|tirsdag\w*|tuesday", r"onsdag\w*|wednesday", r"torsdag\w*|thursday",
    r"fredag\w*|friday", r"lördag\w*|lørdag\w*|saturday", r"söndag\w*|søndag\w*|sunday",
)  # fmt: skip
_WEEKDAY = re.compile(r"\b(?:" + "|".join(f"({names})" for names in _WEEKDAYS) + r")\b")
_CLOCK = re.compile(
    r"\b(?:kl\.?|klockan|klokka|klokken|at|by|before|före|før|inden|innen|senast)\s*(\d{1,2})(?:[.:](\d\d))?\s*(am|pm)?\b(?!\s*(?:\.|/)\s*\d|\s*(?:jan|feb|mar|apr|ma[jiy]|jun|jul|aug|sep|o[kc]t|nov|de[csz]))"
)
_MONTHS = ("jan", "feb", "mar", "apr", "ma[jiy]", "jun", "jul", "aug", "sep", "o[kc]t", "nov", "de[sc]")
_DATE_WORDS = re.compile(
    r"\b(\d{1,2})(?:\.|:?e|st|nd|rd|th)?\s+(?:of\s+)?(?:" + "|".join(f"({month}\\w*)" for month in _MONTHS) + r")\b"
)
_DATE_DIGITS = re.compile(r"(?<![\w.,/])(\d{1,2})[./](\d{1,2})(?:[./](?:20)?\d\d)?(?![\w,/]|\.\d)")

_Moment = Callable[[datetime], datetime]


def _at(moment: datetime, clock: time) -> datetime:
    return moment.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def _days(count: int, clock: time = DAY_END) -> _Moment:
    return lambda at: _at(at + timedelta(days=count), clock)


def _this_friday(at: datetime) -> datetime:
    return _at(at + timedelta(days=(_FRIDAY - at.weekday()) % 7), DAY_END)


def _next_friday(at: datetime) -> datetime:
    return _at(at + timedelta(days=7 - at.weekday() + _FRIDAY), DAY_END)


def _month_end(at: datetime) -> datetime:
    return _at((at.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1), DAY_END)


# The longer and more exact come first: "i morgon bitti" before "i morgon", "i morgen" before "i dag".
_PHRASES: tuple[tuple[re.Pattern[str], _Moment], ...] = tuple(
    (re.compile(rf"\b(?:{pattern})(?!\w)"), moment)
    for pattern, moment in (
        (r"i ?övermorgon|i overmorgen|overmorgen|day after tomorrow", _days(2)),
        (r"i ?morgon (?:bitti|bitt[ie]|förmiddag)|i morgen (?:tidlig|tidligt|formiddag)|tomorrow morning|first thing tomorrow", _days(1, NOON)),
        (r"i ?morgon|i ?morgen|tomorrow", _days(1)),
        (r"i eftermiddag\w*|i ettermiddag\w*|this afternoon|under eftermiddagen|i løpet av ettermiddagen|i løbet af eftermiddagen", _days(0)),
        (r"i kväll|ikväll|i kveld|i aften|utover kvelden|under kvällen|i løpet av kvelden|i løbet af aftenen|tonight|this evening|later tonight", _days(0, EVENING)),
        (r"i natt|i nat|overnight", _days(1, time(7))),
        (r"under förmiddagen|i förmiddag|i formiddag|this morning|før lunsj|före lunch|inden frokost|before lunch|before noon", _days(0, NOON)),
        (r"i ?dag|i løpet av dagen|i løbet af dagen|under dagen|senare i dag|today|later today|by the end of the day|end of day|within the day|före dagens slut|før dagen er omme", _days(0)),
        (r"nästa vecka|neste uke|næste uge|next week|i nästa vecka|kommande vecka|kommende uge", _next_friday),
        (r"före helgen|innan helgen|til helgen|før helgen|før helga|inden weekenden|før weekenden|before the weekend|by the weekend|i veckan|denna vecka|den här veckan|under veckan|denne uken|denne uka|i løpet av uken|i løpet av uka|i denne uge|i ugens løb|i løbet af ugen|this week|during the week|later this week|by the end of the week|senare i veckan|senere i uken|senere på ugen", _this_friday),
        (r"(?:före |innan |under |i )?månadens slut|denna månad|den här månaden|innen utgangen av måneden|denne måneden|inden månedens udgang|denne måned|this month|by the end of the month", _month_end),
        (r"inom kort|innan kort|om en stund|om litt|om lidt|om ett ögonblick|strax|straks|shortly|in a moment|in a bit|in a minute|any minute|snarast", lambda at: at + timedelta(hours=1)),
        (r"inom timmen|innen timen|inden for en time|within the hour", lambda at: at + timedelta(hours=1)),
    )
)  # fmt: skip


def due(phrase: str, at: datetime | None) -> datetime | None:
    """The moment a phrase names, counted from `at` (in its time zone), None if it names none.

    With `at` None the answer only tells whether there is one. A day without a clock time ends at 17, an evening at 21.
    """
    low = fold(phrase).low
    found = _moment(low)
    if found is None:
        return None
    moment = found(at or _SOME_DAY)
    clock = _clock(low)
    return _at(moment, clock) if clock and moment.time() in (DAY_END, NOON, EVENING) else moment


@lru_cache(maxsize=256)
def _moment(low: str) -> _Moment | None:
    for read in (_within, _dated, _phrase, _on_weekday, _at_clock):
        if moment := read(low):
            return moment
    return None


def _within(low: str) -> _Moment | None:
    found = _WITHIN.search(low)
    if not found:
        return None
    count = float(found.group(2) or found.group(1) or 0) or _NUMBERS[found.group(3)]
    if found.lastgroup is None:
        return _days(int(count))
    return lambda at: _later(at, count, str(found.lastgroup))


def _later(at: datetime, count: float, unit: str) -> datetime:
    if unit in ("minutes", "hours"):
        return at + timedelta(**{unit: count})
    days = {"days": 1, "weeks": 7, "months": 30}[unit] * count
    return _at(at + timedelta(days=days), DAY_END)


def _dated(low: str) -> _Moment | None:
    found = _DATE_WORDS.search(low)
    if found:
        month = next(place for place, name in enumerate(found.groups()[1:], start=1) if name)
        return _date(int(found.group(1)), month)
    found = _DATE_DIGITS.search(low)
    return _date(int(found.group(1)), int(found.group(2))) if found else None


def _date(day: int, month: int) -> _Moment | None:
    """The next such day; None where the calendar has none ("32/13")."""
    try:
        datetime(_SOME_DAY.year, month, day)
    except ValueError:
        return None
    return lambda at: _next_date(at, day, month)


def _next_date(at: datetime, day: int, month: int) -> datetime:
    year = at.year if (month, day) >= (at.month, at.day) else at.year + 1
    last = day if (month, day) != (2, 29) else 28
    return _at(at.replace(year=year, month=month, day=last), DAY_END)


def _phrase(low: str) -> _Moment | None:
    return next((moment for pattern, moment in _PHRASES if pattern.search(low)), None)


def _on_weekday(low: str) -> _Moment | None:
    found = _WEEKDAY.search(low)
    if not found:
        return None
    wanted = next(place for place, name in enumerate(found.groups()) if name)
    return lambda at: _at(at + timedelta(days=(wanted - at.weekday() - 1) % 7 + 1), DAY_END)


def _clock(low: str) -> time | None:
    found = _CLOCK.search(low)
    if not found:
        return None
    hour = int(found.group(1)) + (12 if found.group(3) == "pm" and int(found.group(1)) < 12 else 0)
    minute = int(found.group(2) or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _at_clock(low: str) -> _Moment | None:
    """Only a clock time: today, or tomorrow where it has passed."""
    clock = _clock(low)
    if clock is None:
        return None
    return lambda at: _at(at if clock > at.time() else at + timedelta(days=1), clock)
