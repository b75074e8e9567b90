from datetime import datetime
from zoneinfo import ZoneInfo

from policies.verdict import Effect
from tests.policies.ground import passages, verdict

AT = datetime(2026, 3, 4, 10, 30, tzinfo=ZoneInfo("Europe/Oslo"))


def test_a_promise_carries_its_date_and_its_words_and_stops_nothing() -> None:
    draft = "Takk for tipset! Jeg sjekker og gir beskjed innen fredag. Ha en fin dag."
    found = verdict("follow_up", draft, at=AT)
    assert found.effect is Effect.SEND
    (violation,) = found.violations
    assert violation.effect is Effect.ADVISE
    assert violation.finding.data == {
        "kind": "promise",
        "due": "2026-03-06T17:00:00+01:00",
        "phrase": "Jeg sjekker og gir beskjed innen fredag.",
    }
    assert passages(draft, found) == ["Jeg sjekker og gir beskjed innen fredag."]


def test_a_promise_without_a_time_has_no_date() -> None:
    found = verdict("follow_up", "Vi återkommer när vi vet mer.", at=AT)
    assert found.violations[0].finding.data["due"] == ""


def test_two_promises_are_two_findings() -> None:
    draft = "Jag ringer dig i morgon. Vi återkommer om fakturan nästa vecka."
    assert len(verdict("follow_up", draft, at=AT).violations) == 2


def test_the_customer_asked_to_come_back_is_none() -> None:
    assert verdict("follow_up", "Hör av dig om det inte fungerar.", at=AT).violations == ()
