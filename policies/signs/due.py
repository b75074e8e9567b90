"""By when: the moment that "imorgon", "innen fredag", "i løbet af ugen" or "within an hour" names."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

from policies.patterns import expressions, pattern_lists, says
from policies.text import fold

NOON, DAY_END, EVENING = time(12), time(17), time(21)
_FRIDAY, _WEEKEND = 4, 5
_SOME_DAY = datetime(2024, 1, 3, 9)  # a Wednesday of a leap year: where only "is there a time?" is asked

Moment = Callable[[datetime], datetime]


def _at(moment: datetime, clock: time) -> datetime:
    return moment.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def _days(count: int, clock: time = DAY_END) -> Moment:
    return lambda at: _at(at + timedelta(days=count), clock)


def _hours(count: float) -> Moment:
    return lambda at: at + timedelta(hours=count)


def _this_friday(at: datetime) -> datetime:
    return _at(at + timedelta(days=(_FRIDAY - at.weekday()) % 7), DAY_END)


def _next_friday(at: datetime) -> datetime:
    return _at(at + timedelta(days=7 - at.weekday() + _FRIDAY), DAY_END)


def _month_end(at: datetime) -> datetime:
    return _at(at.replace(day=monthrange(at.year, at.month)[1]), DAY_END)


def _working_days(at: datetime, count: int) -> datetime:
    while count:
        at += timedelta(days=1)
        count -= at.weekday() < _WEEKEND
    return _at(at, DAY_END)


# In this order: "i morgon bitti" before "i morgon", "i morgen" before "i dag".
_MOMENTS: dict[str, Moment] = {
    "day_after_tomorrow": _days(2),
    "tomorrow_noon": _days(1, NOON),
    "tomorrow": _days(1),
    "this_afternoon": _days(0),
    "this_evening": _days(0, EVENING),
    "overnight": _days(1, time(7)),
    "this_noon": _days(0, NOON),
    "today": _days(0),
    "next_week": _next_friday,
    "this_week": _this_friday,
    "this_month": _month_end,
    "within_the_hour": _hours(1),
    "shortly": _hours(1),
}


def due(phrase: str, at: datetime | None) -> datetime | None:
    """The moment a phrase names, counted from `at` (in its time zone), None if it names none.

    With `at` None the answer only tells whether there is one. A day without a clock time ends at 17, an evening at 21.
    """
    low = fold(phrase).low
    moment = _moment(low)
    if moment is None:
        return None
    named = moment(at or _SOME_DAY)
    clock = _clock(low)
    return _at(named, clock) if clock and named.time() in (DAY_END, NOON, EVENING) else named


@lru_cache(maxsize=256)
def _moment(low: str) -> Moment | None:
    for read in (_within, _dated, _in_week, _phrase, _on_weekday, _at_clock):
        if moment := read(low):
            return moment
    return None


# ── "within two working days" ─────────────────────────────────────────────────────────────────────────────────────────
_LEADS = (
    r"inom|innen|inden(?: for)?|within|in|om|i løpet av|i løbet af|ge mig|gi meg|giv mig|give me|the next"
    r"|de närmaste|de neste|de næste|senest om"
)
_ABOUT = r"(?:de|the|next|neste|næste|närmaste|ca\.?|about|cirka|omkring|högst|max|senest|lige)"


@cache
def _count_pattern() -> re.Pattern[str]:
    units = "|".join(f"(?P<{unit}>{words})" for unit, words in expressions("due", "units").items())
    counts = "|".join(sorted(expressions("due", "numbers").values(), key=len, reverse=True))
    return re.compile(
        rf"\b(?:{_LEADS})\s+(?:{_ABOUT}\s+)*"
        rf"(?:(?P<least>\d{{1,3}})(?:\s?[-–]\s?(?P<most>\d{{1,3}}))?|(?P<word>{counts}))\s+(?:{units})(?!\w)"
    )


def _within(low: str) -> Moment | None:
    found = _count_pattern().search(low)
    if not found:
        return None
    count = float(found["most"] or found["least"] or _number(found["word"]))
    unit = next(unit for unit in expressions("due", "units") if found[unit])
    return lambda at: _later(at, count, unit)


def _number(word: str) -> str:
    return next(number for number, words in expressions("due", "numbers").items() if re.fullmatch(words, word))


def _later(at: datetime, count: float, unit: str) -> datetime:
    if unit == "working_days":
        return _working_days(at, int(count))
    if unit in ("minutes", "hours"):
        return at + timedelta(**{unit: count})
    days = {"days": 1, "weeks": 7, "months": 30}[unit] * count
    return _at(at + timedelta(days=days), DAY_END)


# ── Dates, weekdays, clock times ──────────────────────────────────────────────────────────────────────────────────────
_MONTHS = ("jan", "feb", "mar", "apr", "ma[jiy]", "jun", "jul", "aug", "sep", "o[kc]t", "nov", "de[sc]")
_MONTH_NAMES = "|".join(f"({month}[a-z]*)" for month in _MONTHS)
_DATE_WORDS = re.compile(rf"\b(\d{{1,2}})(?:\.|:?e|st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH_NAMES})(?!\w)")
# "24/7" and "version 3.2" are no dates: figures alone need a word that leads to a day.
_DAY_LEAD = (
    r"(?:den|d\.|senast|senest|innen|inden|innan|før|före|by|on|before|til|till|\w+dag|\w+day)\s+(?:den\s+|d\.\s*)?"
)
_DATE_DIGITS = re.compile(rf"\b{_DAY_LEAD}(\d{{1,2}})[./](\d{{1,2}})(?:[./](?:20)?\d\d)?(?![\w,/]|\.\d)")
_CLOCK = re.compile(
    r"\b(?:kl\.?|klockan|klokka|klokken|mellan|mellom|mellem|between|at|by|before|före|før|inden|innen|senast)\s*(\d{1,2})(?:[.:](\d\d))?\s*(am|pm)?\b"
    rf"(?!\s*[./]\s*\d|\.?\s*(?:{'|'.join(_MONTHS)}))"
)


def _dated(low: str) -> Moment | None:
    if found := _DATE_WORDS.search(low):
        month = next(place for place, name in enumerate(found.groups()[1:], start=1) if name)
        return _date(int(found[1]), month)
    found = _DATE_DIGITS.search(low)
    return _date(int(found[1]), int(found[2])) if found else None


def _date(day: int, month: int) -> Moment | None:
    """The next such day; None where the calendar has none ("32/13")."""
    try:
        datetime(_SOME_DAY.year, month, day)
    except ValueError:
        return None
    return lambda at: _next_date(at, day, month)


def _next_date(at: datetime, day: int, month: int) -> datetime:
    year = at.year if (month, day) >= (at.month, at.day) else at.year + 1
    return _at(at.replace(year=year, month=month, day=min(day, monthrange(year, month)[1])), DAY_END)


_WEEK = re.compile(r"\b(?:vecka|veckan|uke|uge|week|v\.) ?([1-9]|[1-4]\d|5[0-3])\b(?! ?(?:\d|kr|%|gange?r?\b))")


def _in_week(low: str) -> Moment | None:
    """ "In week 49": that week's Friday, the next one so called."""
    found = _WEEK.search(low)
    return (lambda at: _friday_of(at, int(found[1]))) if found else None


def _friday_of(at: datetime, week: int) -> datetime:
    year, this_week, _ = at.isocalendar()
    first = date.fromisocalendar(year + (week < this_week), 1, _FRIDAY + 1)
    day = first + timedelta(weeks=week - 1)
    return _at(at.replace(year=day.year, month=day.month, day=day.day), DAY_END)


def _phrase(low: str) -> Moment | None:
    return next((moment for name, moment in _MOMENTS.items() if says("due", name, low)), None)


@cache
def _weekdays() -> tuple[re.Pattern[str], ...]:
    """A pattern a weekday, Monday first: the lists of all languages stand in that order."""
    languages = [lists["weekday"] for lists in pattern_lists("due") if "weekday" in lists]
    return tuple(re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)") for names in zip(*languages, strict=True))


def _on_weekday(low: str) -> Moment | None:
    wanted = next((place for place, names in enumerate(_weekdays()) if names.search(low)), None)
    if wanted is None:
        return None
    return lambda at: _at(at + timedelta(days=(wanted - at.weekday() - 1) % 7 + 1), DAY_END)


def _clock(low: str) -> time | None:
    found = _CLOCK.search(low)
    if not found:
        return None
    hour = int(found[1]) + (12 if found[3] == "pm" and int(found[1]) < 12 else 0)
    minute = int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _at_clock(low: str) -> Moment | None:
    """Only a clock time: today, or tomorrow where it has passed."""
    clock = _clock(low)
    if clock is None:
        return None
    return lambda at: _at(at if clock > at.time() else at + timedelta(days=1), clock)
