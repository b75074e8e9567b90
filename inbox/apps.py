from collections.abc import Iterable

from django.apps import AppConfig
from django.utils.module_loading import import_string

from policies.cases import Case
from policies.training.corpus import also_read


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = "Samtal"

    def ready(self) -> None:
        also_read("decisions", decided)


def decided() -> Iterable[Case]:
    """What people decided, for training. Found when it is called: models cannot be imported with their app."""
    cases: Iterable[Case] = import_string("inbox.models.decisions.decided")()
    return cases
