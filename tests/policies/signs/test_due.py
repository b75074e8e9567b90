from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from policies.signs.due import due

AT = datetime(2026, 3, 4, 10, 30, tzinfo=ZoneInfo("Europe/Stockholm"))  # a Wednesday


@pytest.mark.parametrize(
    ("phrase", "day", "clock"),
    [
        ("Vi återkommer imorgon", "2026-03-05", "17:00"),
        ("jag svarar i morgon bitti", "2026-03-05", "12:00"),
        ("du hør fra os i morgen kl. 15", "2026-03-05", "15:00"),
        ("innen fredag", "2026-03-06", "17:00"),
        ("senest onsdag", "2026-03-11", "17:00"),
        ("på mandag", "2026-03-09", "17:00"),
        ("i løbet af ugen", "2026-03-06", "17:00"),
        ("i løpet av dagen", "2026-03-04", "17:00"),
        ("before the weekend", "2026-03-06", "17:00"),
        ("nästa vecka", "2026-03-13", "17:00"),
        ("i kväll", "2026-03-04", "21:00"),
        ("within an hour", "2026-03-04", "11:30"),
        ("ge mig en halv timme", "2026-03-04", "11:00"),
        ("om 20 minuter", "2026-03-04", "10:50"),
        ("inom två arbetsdagar", "2026-03-06", "17:00"),
        ("inden for 3 hverdage", "2026-03-09", "17:00"),
        ("i løpet av 2-3 dager", "2026-03-07", "17:00"),
        ("within two weeks", "2026-03-18", "17:00"),
        ("senast 24 mars", "2026-03-24", "17:00"),
        ("by the 2nd of February", "2027-02-02", "17:00"),
        ("inden 24/12", "2026-12-24", "17:00"),
        ("før 29/2", "2027-02-28", "17:00"),
        ("senest i uge 12", "2026-03-20", "17:00"),
        ("vecka 2", "2027-01-15", "17:00"),
        ("før månedsskiftet", "2026-03-31", "17:00"),
        ("mellan 15 och 17", "2026-03-04", "15:00"),
        ("innen utgangen av måneden", "2026-03-31", "17:00"),
        ("kl. 9", "2026-03-05", "09:00"),
        ("by 3 pm", "2026-03-04", "15:00"),
    ],
)
def test_a_time_in_four_languages_becomes_a_moment(phrase: str, day: str, clock: str) -> None:
    moment = due(phrase, AT)
    assert moment is not None
    assert moment.strftime("%Y-%m-%d %H:%M") == f"{day} {clock}"
    assert moment.tzinfo is AT.tzinfo


@pytest.mark.parametrize(
    "phrase", ["när jag vet mer", "så snart som mulig", "den 31/2", "version 3.2", "det koster 40 kr"]
)
def test_no_time_is_no_moment(phrase: str) -> None:
    assert due(phrase, AT) is None


def test_without_a_clock_the_answer_only_tells_whether_there_is_a_time() -> None:
    assert due("i morgen", None) is not None
    assert due("snart", None) is None
