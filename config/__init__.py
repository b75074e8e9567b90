"""Settings, URLs, the ASGI and Celery applications, and the launcher of the demo."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
