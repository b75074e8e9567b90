"""Is it alive, is it ready, and its figures for a monitor."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from psycopg_pool import PoolTimeout
from redis import Redis, RedisError


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers; without it nothing works. Redis is only named: its loss slows nothing but wake-ups."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout):
        return JsonResponse({"ok": False, "database": "unreachable"}, status=503)
    return JsonResponse({"ok": True, "database": "ok", "redis": redis_state()})


def redis_state() -> str:
    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2)
    try:
        client.ping()
    except RedisError:
        return "unreachable: workers are woken by the sweep"
    finally:
        client.close()
    return "ok"
