"""Channels: their health, their settings, a pause."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.forms import ChannelForm
from inbox.models import Audit, Channel
from inbox.screens.channels import channels_screen
from inbox.views.answers import back_to, me, refused


@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """Complete up to when, how far back, and what went wrong last."""
    template = "inbox/_channels.html" if request.headers.get("HX-Target") == "channels" else "inbox/channels.html"
    return render(request, template, channels_screen())


@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is for, who speaks there, how replies are signed; a new token."""
    shown = get_object_or_404(Channel, pk=pk)
    form = ChannelForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        form.save()
        Audit.write("channel_changed", by=me(request), channel=shown, fields=sorted(form.changed_data))
        messages.success(request, _("Saved."))
        return redirect("channels")
    return render(request, "inbox/channel.html", {"form": form, "channel": shown}, status=422 if form.errors else 200)


@require_POST
def channel_pause(request: HttpRequest, pk: int) -> HttpResponse:
    if not get_object_or_404(Channel, pk=pk).pause(by=me(request)):
        return refused(request, _("The channel was disconnected."))
    return back_to(request, "channels")


@require_POST
def channel_resume(request: HttpRequest, pk: int) -> HttpResponse:
    if not get_object_or_404(Channel, pk=pk).resume(by=me(request)):
        return refused(request, _("The channel was disconnected."))
    return back_to(request, "channels")
