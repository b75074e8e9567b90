"""Is it alive, is it ready, and its figures for a monitor."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from psycopg_pool import PoolTimeout
from redis import Redis, RedisError

from inbox.models import Channel, Reply


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


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The outbox and the channels for Prometheus: depths, ages in seconds, doubts."""
    return HttpResponse(generate_latest(figures()), content_type=CONTENT_TYPE_LATEST)


def figures() -> CollectorRegistry:
    registry = CollectorRegistry()
    outbox = Gauge("samtal_replies", "Replies by state, sent ones apart", ["state"], registry=registry)
    for state, number in Reply.objects.on_their_way():
        outbox.labels(state).set(number)
    oldest = Gauge("samtal_oldest_due_seconds", "How long the oldest due reply has waited", registry=registry)
    oldest.set(Reply.objects.oldest_due_seconds())
    behind = Gauge(
        "samtal_channel_behind_seconds", "Time since the channel was complete", ["channel"], registry=registry
    )
    for name, seconds in Channel.objects.behind():
        behind.labels(name).set(seconds)
    return registry


def redis_state() -> str:
    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2)
    try:
        client.ping()
    except RedisError:
        return "unreachable: workers are woken by the sweep"
    finally:
        client.close()
    return "ok"
