"""The Celery application. A message is only a wake-up: what there is to do stands in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("samtal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def wait_for_broker(conf: Any, **_kwargs: Any) -> None:
    """A worker listens all day: unlike who wakes it, it must not hang up on a broker that is slow for a moment."""
    patience = {"socket_timeout": 5, "socket_connect_timeout": 5}
    conf.broker_transport_options = {**conf.broker_transport_options, **patience}
