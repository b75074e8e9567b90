"""Clock times as people read them: today's as 14:02, others with their day."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def when(at: datetime | None, css: str = "") -> SafeString:
    """<time>14:02</time>, or <time>12 Nov 14:02</time> for another day; nothing for None."""
    if at is None:
        return format_html("")
    local = timezone.localtime(at)
    shown = local.strftime("%H:%M")
    if local.date() != timezone.localdate():
        day = date_format(local, "j M" if local.year == timezone.localdate().year else "j M Y")
        shown = f"{day} {shown}"
    if css:
        return format_html('<time class="{}" datetime="{}">{}</time>', css, local.isoformat(), shown)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), shown)


@register.simple_tag
def seconds_left(at: datetime | None) -> str:
    """Seconds from now until then, never negative, for a countdown that the browser goes on with."""
    return f"{max((at - timezone.now()).total_seconds(), 0):.1f}" if at else "0"
