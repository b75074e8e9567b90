"""The icons of the screens, and where their forms go."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SPRITE = ElementTree.parse(ROOT / "static" / "icons" / "sprite.svg")
DRAWN = {symbol.attrib["id"] for symbol in SPRITE.getroot()}


def draw(tag: str) -> str:
    return Template("{% load screen %}" + tag).render(Context({"label": '<b>"x"</b>'}))


def test_an_icon_beside_a_word_is_hidden_from_assistive_technology() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "clock" %}')
    assert "icons/sprite.svg#clock" in draw('{% icon "clock" %}')


def test_an_icon_that_stands_alone_says_its_name() -> None:
    assert 'role="img" aria-label="Facebook"' in draw('{% icon "facebook" "Facebook" %}')


def test_a_label_from_outside_is_escaped() -> None:
    assert "<b>" not in draw('{% icon "clock" label %}')


def test_every_icon_the_templates_name_is_drawn() -> None:
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', template.read_text())
    }
    assert named - DRAWN == set()


def test_a_finding_is_heard_by_the_word_that_is_seen() -> None:
    for effect in ("block", "hold", "warn", "advise"):
        seen = render_to_string("policies/_effect.html", {"effect": effect})
        assert draw(f'{{{{ "{effect}"|effect_word }}}}') in seen


def test_a_form_goes_to_the_same_place_with_and_without_htmx() -> None:
    drawn = draw('{% posts_to "thread_claim" 7 %}')
    assert 'action="/threads/7/claim/" hx-post="/threads/7/claim/"' in drawn
    assert drawn.startswith('method="post"')


def test_a_form_that_goes_nowhere_fails_where_it_is_drawn() -> None:
    with pytest.raises(NoReverseMatch):
        draw('{% posts_to "thread_clam" 7 %}')
