"""What every page needs: navigation by role, banners, the person's preferences."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inbox.access import roles_for
from inbox.models import Brake, Channel, ChannelState, Person
from inbox.templatetags.times import as_read


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Banner:
    kind: str
    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Duty:
    on: bool
    label: str
    url: str


def desk(request: HttpRequest) -> dict[str, object]:
    """For base.html; empty where nobody with a role is signed in."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {}
    preferences = {
        "theme": person.theme,
        "density": "compact" if person.compact else "",
        "keys": "" if person.letter_keys else "off",
    }
    if person.role not in roles_for("desk"):
        return {"preferences": preferences}
    return {
        "nav": navigation(request, person),
        "menu": [
            Link(reverse("preferences"), _("Settings")),
            Link(reverse("account_change_password"), _("Change password")),
        ],
        "duty": Duty(person.on_duty, _("On duty") if person.on_duty else _("Off duty"), reverse("duty")),
        "preferences": preferences,
        # Asked for by whole pages only, not by the parts that htmx fetches.
        "banners": SimpleLazyObject(lambda: banners(person)),
        "live_url": reverse("live_stream"),
        "shown_url": reverse("live_shown"),
        "heard": getattr(request, "heard", ""),
        "undo_url": reverse("leaving"),
        "search_url": reverse("desk"),
    }


def navigation(request: HttpRequest, person: Person) -> list[Link]:
    """The sections this role may open."""
    sections = [
        ("desk", pgettext("section", "Inbox")),
        ("board", pgettext("section", "Overview")),
        ("follow_ups", pgettext("section", "To follow up")),
        ("rules", pgettext("section", "Rules")),
        ("channels", pgettext("section", "Channels")),
        ("people", pgettext("section", "People")),
    ]
    here = request.resolver_match.view_name if request.resolver_match else ""
    current = SECTION_OF.get(here.split("_")[0], here)
    return [
        Link(reverse(route), label, current=route == current)
        for route, label in sections
        if person.role in roles_for(route)
    ]


SECTION_OF = {
    "thread": "desk",
    "reply": "desk",
    "rule": "rules",
    "rules": "rules",
    "situation": "rules",
    "snippets": "rules",
    "snippet": "rules",
    "channel": "channels",
    "clearance": "people",
    "follow": "follow_ups",
}


def banners(person: Person) -> list[Banner]:
    """What everyone must know wherever they are: a brake, a channel that does not work."""
    # Asked on every page, and nearly always there is nothing: one query, not one a kind.
    pulled, trouble = Exists(Brake.objects.pulled()), Exists(Channel.objects.troubled())
    is_pulled, is_trouble = Person.objects.values_list(pulled, trouble).get(pk=person.pk)
    return [*(stops(person) if is_pulled else ()), *(troubles(person) if is_trouble else ())]


def stops(person: Person) -> list[Banner]:
    return [Banner("brake", _("Nothing leaves: %(what)s is stopped.") % {"what": brake}) for brake in brakes(person)]


def troubles(person: Person) -> list[Banner]:
    shown = []
    link = {"url": reverse("channels"), "link": _("Open channels")} if person.leads else {}
    for channel in Channel.objects.troubled():
        if channel.state == ChannelState.ATTENTION:
            text = _("%(channel)s needs attention: %(error)s") % {"channel": channel.name, "error": channel.trouble}
            shown.append(Banner("danger", text, **link))
        elif person.leads and channel.token_expires_at:
            on = as_read(channel.token_expires_at)
            text = _("%(channel)s must be connected again before %(on)s.") % {"channel": channel.name, "on": on}
            shown.append(Banner("warning", text, **link))
    return shown


def brakes(person: Person) -> list[Brake]:
    """The brakes that concern this person: everything, a channel, or themselves."""
    return [
        brake
        for brake in Brake.objects.pulled().select_related("channel", "person")
        if person.leads or brake.person_id in (None, person.pk)
    ]
