"""The icons of the screens."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from django.template import Context, Template

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
