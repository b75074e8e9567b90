"""Where the networks tell what has happened. Only the signature is believed here; what is told is read by a worker."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

import connectors
from connectors.base import Connector
from inbox.models.event import RawEvent, secrets_of
from inbox.tasks import wake_after_commit

# What the networks answer with themselves: text, or JSON.
PLAIN, JSON = "text/plain; charset=utf-8", "application/json"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, network: str) -> HttpResponse:
    """GET verifies our address, POST tells. Nothing here looks into what is told."""
    connector = connectors.REGISTRY.get(network)
    if connector is None:
        raise Http404
    return told(request, connector) if request.method == "POST" else greeted(request, connector)


def greeted(request: HttpRequest, connector: type[Connector]) -> HttpResponse:
    """The network asks whether it is us: 403 for who does not know what was agreed upon."""
    query = request.GET.dict()
    for secret in secrets_of(connector.network).values() or [""]:
        answer = connector.handshake(query, secret=secret, token=settings.SAMTAL_WEBHOOK_TOKEN)
        if answer is not None:
            return HttpResponse(answer, content_type=JSON if answer.startswith("{") else PLAIN)
    return HttpResponse(status=403, content_type=PLAIN)


def told(request: HttpRequest, connector: type[Connector]) -> HttpResponse:
    """Kept as it came, in one insert, if one of our apps has signed it. The same again is answered the same."""
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413, content_type=PLAIN)
    except UnreadablePostError:
        return HttpResponse(status=400, content_type=PLAIN)
    # Django looks at the promised length only, and there may be none.
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return HttpResponse(status=413, content_type=PLAIN)
    headers = {name.lower(): value for name, value in request.headers.items()}
    for channel_id, secret in secrets_of(connector.network).items():
        if connector.signed(body, headers, secret):
            event_id = RawEvent.keep(connector.network, channel_id, body)
            if event_id:
                wake_after_commit("hear", event_id)
            return HttpResponse(status=200, content_type=PLAIN)
    return HttpResponse(status=403, content_type=PLAIN)
