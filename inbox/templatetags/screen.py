"""Template tags of the screens: the icons."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of static/icons/sprite.svg; without a label it is decoration that stands beside its word."""
    return _drawn(name, str(label))


# A list of 50 rows draws 200 icons: there are few different ones, so each is formatted once a process.
@cache
def _drawn(name: str, label: str) -> SafeString:
    sprite = static("icons/sprite.svg")
    if not label:
        return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', label, sprite, name
    )
