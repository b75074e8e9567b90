"""Clock times as people read them: today's as 14:02, others with their day."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def when(at: datetime | None, css: str = "") -> SafeString:
    """<time>14:02</time>, or <time>12 Nov 14:02</time> for another day; nothing for None."""
    if at is None:
        return format_html("{}", "")
    local, shown = timezone.localtime(at), as_read(at)
    if css:
        return format_html('<time class="{}" datetime="{}">{}</time>', css, local.isoformat(), shown)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), shown)


def as_read(at: datetime) -> str:
    """14:02, or 12 Nov 14:02 for another day."""
    local = timezone.localtime(at)
    clock = local.strftime("%H:%M")
    return clock if local.date() == timezone.localdate() else f"{_day(local)} {clock}"


def _day(local: datetime) -> str:
    """12 Nov, or 12 Nov 2025 for another year, the format itself translated: Swedish 12 nov, Danish 12. nov."""
    if local.year == timezone.localdate().year:
        return date_format(local, pgettext("day and month", "j M"))
    return date_format(local, pgettext("day, month and year", "j M Y"))


@register.simple_tag
def seconds_left(at: datetime | None) -> str:
    """Seconds from now until then, never negative, for a countdown that the browser goes on with."""
    return f"{max((at - timezone.now()).total_seconds(), 0):.1f}" if at else "0"
