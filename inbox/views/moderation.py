"""What a person who may does to a customer's message: hide it, show it again, delete it, like it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inbox.forms import ModerateForm
from inbox.models import Channel, Deed, Message, Thread, TooMany, What
from inbox.models.deed import offered
from inbox.tasks import wake_after_commit
from inbox.views.answers import back_to, me, refused


def get_message(request: HttpRequest, pk: int) -> Message:
    """404 for a message of a thread that this person may not read."""
    readable = Thread.objects.readable_by(me(request))
    found = Message.objects.filter(thread__in=readable).select_related("thread__channel", "author")
    return get_object_or_404(found, pk=pk)


def not_allowed(request: HttpRequest, channel: Channel) -> HttpResponse | None:
    """403 where no lead lets this person hide and delete on the channel; None where one does."""
    if me(request).clearance_for(channel).moderates:
        return None
    return refused(request, _("A lead has not let you hide or delete messages on this channel."), status=403)


@require_http_methods(["GET", "POST"])
def message_moderate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what and why, then let a worker do it."""
    message = get_message(request, pk)
    if answer := not_allowed(request, message.thread.channel):
        return answer
    capabilities = message.thread.channel.capabilities
    possible = offered(message, capabilities)
    form = ModerateForm(request.POST if request.method == "POST" else None, offered=possible, capabilities=capabilities)
    if form.is_valid():
        return do(request, message, What(form.cleaned_data["what"]), form.cleaned_data["reason"])
    context = {"form": form, "message": message, "thread": message.thread}
    return render(request, "inbox/moderate.html", context, status=422 if form.errors else 200)


@require_POST
def message_like(request: HttpRequest, pk: int) -> HttpResponse:
    """Like it in the organisation's name."""
    message = get_message(request, pk)
    if answer := not_allowed(request, message.thread.channel):
        return answer
    if What.LIKE not in offered(message, message.thread.channel.capabilities):
        return refused(request, _("The network does not let us like this message."))
    return do(request, message, What.LIKE, "")


@require_POST
def deed_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try once more what the network refused, or of which nobody knows."""
    readable = Thread.objects.readable_by(me(request))
    deed = get_object_or_404(Deed.objects.filter(thread__in=readable).select_related("channel", "thread"), pk=pk)
    if answer := not_allowed(request, deed.channel):
        return answer
    if not deed.again(by=me(request)):
        return refused(request, _("It is under way already, or done."))
    wake_after_commit("do", deed.pk)
    return back_to(request, "thread", deed.thread_id)


def do(request: HttpRequest, message: Message, what: What, reason: str) -> HttpResponse:
    try:
        deed = Deed.ask(message, what, by=me(request), reason=reason)
    except TooMany:
        text = _("You have hidden or deleted as many messages this hour as one person may. Ask a colleague to look.")
        return refused(request, text)
    wake_after_commit("do", deed.pk)
    return back_to(request, "thread", message.thread_id)
