import pytest

from policies.signs.service import points_to_service
from policies.verdict import ActiveSituation, Context, ReferralTarget


@pytest.mark.parametrize(
    "draft",
    [
        "Ring kundtjänst, de vet mer.",
        "Chatta med oss så hjälper vi dig.",
        "020-22 55 55 har senaste läget.",
        "Skriv til kundeservice.",
        "Følg driftsmeldingene våre.",
        "Se driftsstatus.",
        "Hele natta: 09000.",
        "Kontakt innbyggertorget for mer.",
        "Borgerservice svarer på spørgsmål.",
        "See the status page.",
        "Følg fjellnett.example/vik",
        "Dial 105, it's free.",
        "Kundeservice på 21 90 00 00 har oppdatert info.",
    ],
)
def test_words_numbers_and_links_point_there(draft: str) -> None:
    assert points_to_service(draft, Context())


@pytest.mark.parametrize(
    "draft",
    [
        "Vi jobber med saken, det er et kabelbrudd.",
        "Vi lagar det kl. 14.30 den 3 mars.",
        "Ring 112 om det är fara för liv.",
        "Du behöver inte ringa kundtjänst.",
        "No need to call customer service.",
        "We know, engineers are on site.",
    ],
)
def test_other_words_do_not(draft: str) -> None:
    assert not points_to_service(draft, Context())


def test_the_incidents_own_targets_count() -> None:
    outage = ActiveSituation(1, "outage", "Bergen", targets=(ReferralTarget("post", "det festede innlegget vårt"),))
    assert points_to_service("Se det festede innlegget vårt.", Context(situations=(outage,)))
