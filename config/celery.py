"""The Celery application. A message is only a wake-up: what there is to do stands in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Beat sends names at their times and runs nothing: without Django and the tasks it takes half the memory.
is_beat = os.environ.get("SAMTAL_PROCESS") == "beat"
app = Celery("samtal", fixups=[] if is_beat else None)
app.config_from_object("django.conf:settings", namespace="CELERY")
if not is_beat:
    app.autodiscover_tasks()


@celeryd_init.connect
def wait_for_broker(conf: Any, **_kwargs: Any) -> None:
    """A worker listens all day: unlike who wakes it, it must not hang up on a broker that is slow for a moment."""
    patience = {"socket_timeout": 5, "socket_connect_timeout": 5}
    conf.broker_transport_options = {**conf.broker_transport_options, **patience}
