"""The Celery application. A message is only a wake-up: what there is to do stands in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("samtal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
