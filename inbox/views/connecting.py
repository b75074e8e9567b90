"""Connecting a channel: consent on the network or a pasted token, connecting it again, disconnecting it."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

import connectors
from connectors.base import ConnectorError, ErrorKind
from connectors.login import Offer
from inbox.forms import PagesForm, TokenForm
from inbox.models import Channel, Consent
from inbox.models.channel import TROUBLE
from inbox.models.token import login_for, offer_of
from inbox.screens.channels import asked_for, offers_screen, staying
from inbox.views.answers import me


@require_GET
def channel_new(request: HttpRequest) -> HttpResponse:
    """The networks there are."""
    networks = [(key, label, way_in(key)) for key, label in connectors.choices()]
    return render(request, "channels/new.html", {"networks": networks})


def way_in(network: str) -> str:
    """What somebody needs to connect it, in words."""
    if login_for(network):
        return _("You sign in there and allow it.")
    return _("With a token that you paste.") if connectors.get(network).pasted else _("With its address.")


@require_http_methods(["GET", "POST"])
def channel_connect(request: HttpRequest, network: str) -> HttpResponse:
    """What will be asked for, the way to the network, and a form for who has a token already."""
    if network not in connectors.REGISTRY:
        raise Http404
    return connecting(request, network, None)


@require_http_methods(["GET", "POST"])
def channel_reconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for a channel that is there: all that is known of it stays."""
    channel = get_object_or_404(Channel, pk=pk)
    return connecting(request, channel.network, channel)


def connecting(request: HttpRequest, network: str, channel: Channel | None) -> HttpResponse:
    form = TokenForm(request.POST if request.method == "POST" else None, network=network)
    if form.is_valid() and (connected := paste(request, form, network, channel)):
        return connected
    login = login_for(network)
    back = request.build_absolute_uri(reverse("channel_connected"))
    context = {
        "network": network,
        "label": connectors.get(network).label,
        "channel": channel,
        "form": form,
        "pasted": connectors.get(network).pasted,
        "signs_in": network in connectors.LOGINS,
        "consent_url": Consent.begin(login, network, by=me(request), back=back, channel=channel) if login else "",
        "asked_for": asked_for(login.scopes) if login else [],
    }
    return render(request, "channels/connect.html", context, status=422 if form.errors else 200)


def paste(request: HttpRequest, form: TokenForm, network: str, channel: Channel | None) -> HttpResponse | None:
    """Connect by a pasted token; None where the form must say what is wrong with it."""
    try:
        offer = offer_of(network, form.secrets, form.account)
    except ConnectorError as error:
        form.add_error(None, paste_trouble(network, error))
        return None
    if channel and offer.account.remote_id != channel.account_id:
        form.add_error(None, another_account(channel, [offer]))
        return None
    return connected(request, [Channel.open(network, offer.account, offer.grant, by=me(request))])


@require_GET
def channel_connected(request: HttpRequest) -> HttpResponse:
    """Where the network sends people back to, with a code or the word that they refused."""
    consent = Consent.take(request.GET.get("state", ""), by=me(request))
    if consent is None:
        return begin_again(
            request, _("This answer belongs to nothing that you have begun here, or it took too long. Begin again.")
        )
    if refusal := refused_there(consent.network, request.GET):
        return begin_again(request, refusal, consent)
    try:
        offers = fetch_offers(request, consent)
    except ConnectorError as error:
        return begin_again(request, login_trouble(consent.network, error), consent)
    if consent.channel:
        return connect_again(request, consent, consent.channel, offers)
    if not offers:
        return begin_again(
            request,
            _("Nothing there can be connected: this person runs no page, or none with such an account."),
            consent,
        )
    consent.keep(offers)
    return redirect("channel_choose", consent.state)


def refused_there(network: str, answer: QueryDict) -> str:
    """Why there is no code; "" where there is one."""
    if answer.get("error") == "access_denied":
        return _("You did not allow it on %(network)s. Nothing has changed.") % label_of(network)
    if not answer.get("code"):
        return _("%(network)s gave no answer that can be used. Begin again.") % label_of(network)
    return ""


def fetch_offers(request: HttpRequest, consent: Consent) -> tuple[Offer, ...]:
    login = login_for(consent.network)
    back = request.build_absolute_uri(reverse("channel_connected"))
    code = request.GET["code"]
    return login.offers(code, redirect_uri=back, verifier=consent.verifier) if login else ()


def connect_again(request: HttpRequest, consent: Consent, channel: Channel, offers: tuple[Offer, ...]) -> HttpResponse:
    """Only the account that the channel is: another one would mix two histories."""
    if channel.account_id not in [offer.account.remote_id for offer in offers]:
        return begin_again(request, another_account(channel, offers), consent)
    consent.keep(offers)
    return connected(request, consent.choose([channel.account_id], by=me(request)))


@require_http_methods(["GET", "POST"])
def channel_choose(request: HttpRequest, state: str) -> HttpResponse:
    """Which of the pages that the network has opened to us."""
    consent = Consent.objects.begun_by(me(request)).filter(state=state, came_back=True).first()
    if consent is None:
        return begin_again(request, _("This took too long. Begin again."))
    offers = consent.offers
    form = PagesForm(request.POST if request.method == "POST" else None, offers=offers)
    if form.is_valid():
        return connected(request, consent.choose(form.cleaned_data["accounts"], by=me(request)))
    context = {"form": form, "offers": offers_screen(consent.network, offers), **label_of(consent.network)}
    return render(request, "channels/choose.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def channel_disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen to what, and then it does."""
    channel = get_object_or_404(Channel.objects.working(), pk=pk)
    if request.method == "POST":
        channel.disconnect(by=me(request))
        messages.success(request, _("%(channel)s is disconnected.") % {"channel": channel.name})
        return redirect("channels")
    return render(request, "channels/disconnect.html", {"channel": channel, **staying(channel)})


# --- answers ---------------------------------------------------------------------------------------------------------


def connected(request: HttpRequest, channels: list[Channel]) -> HttpResponse:
    """To the channels page, with what was connected; what was not allowed is named there."""
    names = ", ".join(channel.name for channel in channels)
    text = ngettext("%(names)s is connected.", "%(names)s are connected.", len(channels))
    messages.success(request, text % {"names": names})
    return redirect("channels")


def begin_again(request: HttpRequest, text: str, consent: Consent | None = None) -> HttpResponse:
    """Back to where it began, with a sentence that says what happened."""
    messages.error(request, text)
    if consent is None:
        return redirect("channel_new")
    if consent.channel_id:
        return redirect("channel_reconnect", consent.channel_id)
    return redirect("channel_connect", consent.network)


def label_of(network: str) -> Mapping[str, str]:
    return {"network": connectors.get(network).label}


def another_account(channel: Channel, offers: tuple[Offer, ...] | list[Offer]) -> str:
    names = ", ".join(offer.account.name or offer.account.handle for offer in offers) or "–"
    text = _("That was for %(other)s, but this channel is %(channel)s. Sign in there as somebody who runs it.")
    return text % {"other": names, "channel": channel.name}


def paste_trouble(network: str, error: ConnectorError) -> str:
    """What is wrong with what was pasted. Nothing is tried again by itself here."""
    if error.kind == ErrorKind.UNAVAILABLE:
        return _("%(network)s does not answer. Try again in a while.") % label_of(network)
    if connectors.get(network).pasted:
        return login_trouble(network, error) if error.kind != ErrorKind.INVALID else not_taken(network)
    return _("What is there is no feed. Give the address of the feed itself (RSS or Atom), not of the page.")


def not_taken(network: str) -> str:
    return _("%(network)s does not take this token. Copy it once more.") % label_of(network)


def login_trouble(network: str, error: ConnectorError) -> str:
    """What went wrong at connecting, in words that say what to do."""
    if error.kind == ErrorKind.INVALID:
        return _("The network's code has expired or was used before. Begin again.")
    if error.kind == ErrorKind.PERMISSION:
        text = _("%(network)s does not know our app: its id or secret in the settings is wrong.")
        return text % label_of(network)
    if error.kind == ErrorKind.TOKEN:
        return not_taken(network)
    return str(TROUBLE[error.kind])
