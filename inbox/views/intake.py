"""What a lead decides about intake: a gap is taken note of, what could not be read is read again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inbox.models import Channel, Gap, Quarantined
from inbox.models.replay import replay, replay_all
from inbox.views.answers import back_to, me, refused


@require_POST
def gap_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """The banner goes; the gap and who took note of it stay on the record."""
    if not get_object_or_404(Gap, pk=pk).acknowledge(by=me(request)):
        return refused(request, _("Somebody else has taken note of it already."))
    return back_to(request, "channels")


@require_POST
def quarantine_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """One piece."""
    if not replay(get_object_or_404(Quarantined, pk=pk), by=me(request)):
        return refused(request, _("It still cannot be read."), status=422)
    return back_to(request, "channels")


@require_POST
def quarantine_replay_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything of a channel; what still cannot be read stays."""
    read, left = replay_all(get_object_or_404(Channel, pk=pk), by=me(request))
    told = ngettext("%(count)s could be read.", "%(count)s could be read.", read) % {"count": read}
    if left:
        told += " " + ngettext("%(count)s still cannot be read.", "%(count)s still cannot be read.", left) % {
            "count": left
        }
    messages.success(request, told)
    return back_to(request, "channels")
