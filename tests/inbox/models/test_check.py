"""The conversation and what is in force, put before the rules."""

from django.conf import LazySettings

from inbox.models import Channel
from inbox.models.check import check_text
from tests import make


def test_the_rules_ask_the_trained_models_unless_told_not_to(settings: LazySettings, facebook: Channel) -> None:
    thread = make.thread(facebook)
    settings.SAMTAL_MODELS = True
    assert check_text(thread, make.FINE, visibility="public").model, "a verdict names the models it asked"
    settings.SAMTAL_MODELS = False
    assert not check_text(thread, make.FINE, visibility="public").topic.score
