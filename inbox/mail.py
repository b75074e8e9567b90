"""What leaves by mail: warnings to the administrators about a channel."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.clock import read_clock
from inbox.models import Channel, ChannelState, Person, Role
from inbox.templatetags.times import as_read

log = logging.getLogger(__name__)


def warn_about(channel: Channel) -> int:
    """Write to every administrator; the number of mails. Raises SMTPException or OSError where none can leave."""
    admins = list(Person.objects.filter(role=Role.ADMIN, is_active=True).exclude(email=""))
    if not admins:
        log.warning("channel %s: no administrator has a mail address to be warned at", channel.pk)
    mails = [warning(channel, admin) for admin in admins]
    return get_connection().send_messages(mails) or 0


def warning(channel: Channel, admin: Person) -> EmailMessage:
    with translation.override(admin.language or settings.LANGUAGE_CODE):
        subject, lines = broken(channel) if channel.state == ChannelState.ATTENTION else ending(channel)
        lines.append(_("Samtal: Channels → Connect again."))
        return EmailMessage(subject, "\n\n".join(lines), to=[admin.email])


def broken(channel: Channel) -> tuple[str, list[str]]:
    waiting = channel.replies.filter(state="queued").count()
    replies = ngettext(
        "%(number)s reply waits and leaves by itself afterwards.",
        "%(number)s replies wait and leave by themselves afterwards.",
        waiting,
    )
    told = [channel.trouble, *([replies % {"number": waiting}] if waiting else ())]
    told.append(_("What is written meanwhile is fetched afterwards."))
    return _("%(channel)s does not work") % {"channel": channel.name}, told


def ending(channel: Channel) -> tuple[str, list[str]]:
    now = read_clock()
    days = channel.days_left(now) or 0
    subject = ngettext(
        "%(channel)s: the connection ends in %(days)s day",
        "%(channel)s: the connection ends in %(days)s days",
        days,
    )
    told = _("The network lets us in until %(on)s. Connect the channel again before then; nothing is lost.")
    return subject % {"channel": channel.name, "days": days}, [told % {"on": as_read(channel.token_expires_at or now)}]
