import pytest

from policies.verdict import ActiveSituation, Effect, ReferralTarget
from tests.policies.ground import kinds, verdict

SILENT = {
    "sv": "Vi vet om det, tekniker är på plats.",
    "nb": "Vi jobber med saken, det er et kabelbrudd.",
    "da": "Vi er klar over det, der er gravet et kabel over.",
    "en": "We know, engineers are on site.",
}


@pytest.mark.parametrize("language", SILENT)
def test_a_reply_that_points_nowhere_is_blocked(language: str) -> None:
    found = verdict("outage", SILENT[language], language=language, incident=True)
    assert found.effect is Effect.BLOCK
    assert kinds(found) == ["no_referral"]
    assert not found.violations[0].final


@pytest.mark.parametrize("language", SILENT)
def test_the_suggested_sentence_added_makes_it_pass(language: str) -> None:
    found = verdict("outage", SILENT[language], language=language, incident=True)
    assert found.violations[0].finding.data["append"] is True
    mended = f"{SILENT[language]} {found.violations[0].finding.suggestion}"
    assert verdict("outage", mended, language=language, incident=True).violations == ()


def test_the_incidents_target_in_the_threads_language_is_offered() -> None:
    targets = (ReferralTarget("page", "status.kraft.example", "nb"), ReferralTarget("phone", "kundtjänst 020-12", "sv"))
    outage = ActiveSituation(1, "outage", "Bergen", targets=targets)
    found = verdict("outage", SILENT["sv"], language="sv", incident=True, situations=(outage,))
    assert "kundtjänst 020-12" in found.violations[0].finding.suggestion


def test_without_an_incident_nothing_is_asked_for() -> None:
    assert verdict("outage", SILENT["sv"], incident=False).violations == ()


NOT_US = ("Titta i appen, tiderna där stämmer!", "The times in the app are right.", "Ja, mange får feilmelding nå.")


@pytest.mark.parametrize("draft", NOT_US)
def test_apps_and_error_messages_are_not_customer_service(draft: str) -> None:
    assert kinds(verdict("outage", draft, incident=True)) == ["no_referral"]
