"""The live stream and what its tabs show."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from inbox import live
from inbox.models import Person
from inbox.views.answers import me

MOST_SHOWN = 50


@require_GET
async def live_stream(request: HttpRequest) -> StreamingHttpResponse:
    """Server-sent events. The database connection goes back before the first byte: a stream must not hold one."""
    person = await request.auser()
    assert isinstance(person, Person)
    last_id = request.headers.get("Last-Event-ID", "")
    await sync_to_async(give_back)()
    events = live.stream_events(person.pk, stream_name(request.GET.get("stream", "")), last_id)
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def give_back() -> None:
    """Return this request's connection to the pool. In the thread that took it: a connection belongs to its thread."""
    connection.close()


def stream_name(text: str) -> str:
    """A browser names its stream itself; nothing but letters and digits gets into a notification."""
    return "".join(letter for letter in text[:32] if letter.isascii() and letter.isalnum())


@require_POST
def live_shown(request: HttpRequest) -> HttpResponse:
    """Which threads a browser's tabs show: their leases are renewed as long as its stream lives."""
    key = stream_name(request.POST.get("stream", ""))
    threads = [int(pk) for pk in request.POST.getlist("threads") if pk.isdecimal()][:MOST_SHOWN]
    payload = live.shown_payload(me(request).pk, key, threads)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('samtal_shown', %s)", [payload])
    return HttpResponse(status=204)
