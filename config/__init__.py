"""Settings, URLs, the ASGI and Celery applications, and the launcher of the demo."""
