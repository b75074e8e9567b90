"""What people read, in four languages: nothing missing, nothing bypassing gettext, and the words of the screens kept.

Pure Python: a fresh machine has no gettext, so the compiled files are committed and this proves that they are current.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from inbox.models import Person
from inbox.templatetags.times import when
from tests import make

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("sv", "nb", "da")
# A public body's own words, which come before the others; English has some of these too.
PUBLIC_BODY = tuple(f"public_body/{language}" for language in ("en", *LANGUAGES))
SOURCES = ("config", "inbox", "policies")

# Where the context and the plural stand among the arguments: (context, message, plural).
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
Text = tuple[str, str, str]

# SCREENS, "Words on screen": the English word and what it is called in each language.
WORDS = {
    "Inbox": ("Inkorg", "Innboks", "Indbakke"),
    "Overview": ("Översikt", "Oversikt", "Overblik"),
    "Threads": ("Trådar", "Tråder", "Tråde"),
    "Customer": ("Kund", "Kunde", "Kunde"),
    "Take": ("Ta", "Ta", "Tag"),
    "%(name)s has it": ("%(name)s har den", "%(name)s har den", "%(name)s har den"),
    "Put back": ("Lägg tillbaka", "Legg tilbake", "Læg tilbage"),
    "Assign": ("Tilldela", "Tildel", "Tildel"),
    "Take over": ("Ta över", "Ta over", "Overtag"),
    "Draft": ("Utkast", "Utkast", "Kladde"),
    "For approval": ("För godkännande", "Til godkjenning", "Til godkendelse"),
    "Ask for approval": ("Be om godkännande", "Be om godkjenning", "Bed om godkendelse"),
    "Approve": ("Godkänn", "Godkjenn", "Godkend"),
    "Send back": ("Skicka tillbaka", "Send tilbake", "Send tilbage"),
    "Stopped": ("Stoppat", "Stoppet", "Stoppet"),
    "Check this": ("Kontrollera", "Sjekk dette", "Tjek dette"),
    "Remark": ("Anmärkning", "Merknad", "Bemærkning"),
    "To follow up": ("Att följa upp", "Til oppfølging", "Til opfølgning"),
    "by": ("senast", "innen", "senest"),
    "Outage": ("Driftstörning", "Driftsforstyrrelse", "Driftsforstyrrelse"),
    "In force now": ("Gäller nu", "Gjelder nå", "Gælder nu"),
    "quiet period": ("tyst period", "stille periode", "stilleperiode"),
    "embargo": ("embargo", "sperrefrist", "embargo"),
    "Saved replies": ("Standardsvar", "Standardsvar", "Standardsvar"),
    "May answer": ("Får svara", "Kan svare", "Må svare"),
    "Rules": ("Regler", "Regler", "Regler"),
    "Topic": ("Ämne", "Tema", "Emne"),
    "Close without reply": ("Avsluta utan svar", "Avslutt uten svar", "Afslut uden svar"),
    "Later": ("Senare", "Senere", "Senere"),
    "Waiting for customer": ("Väntar på kunden", "Venter på kunden", "Afventer kunden"),
    "Undo": ("Ångra", "Angre", "Fortryd"),
    "May be out, check": ("Oklart om det gick ut", "Usikkert om det er ute", "Uvist om det er sendt"),
    "On duty": ("I tjänst", "På vakt", "På vagt"),
    "Team lead": ("Teamledare", "Teamleder", "Teamleder"),
    "Colleague": ("Medarbetare", "Medarbeider", "Medarbejder"),
}

# The same table, column "not". Samtal with a capital is the program's name; with a small letter it is a phone call.
NOT_SAID = {
    "en": r"(?i)\b(agents?|tickets?|makro|desk)\b",
    "sv": r"\bsamtal|(?i:\b(skrivbord|tavlan?\b|ärende|sak(en|er)?\b|gör anspråk|frigör|parkera|på vent|blockera"
    r"|brott|dom(en)?\b|uppföljning|incident|händelse|makro|klarering|lägg åt sidan|agent))",
    "nb": r"(?i)\b(saks?(en|er)?\b|krev\b|frigi|på vent|parker|blokker|brudd|dom(men)?\b|incident|hendelse|makro"
    r"|klarering|agent|legg til side)",
    "da": r"(?i)\b(sag(en|er)?\b|afsender|kræv\b|frigiv|frigør|udkast|på vent|parkér|parker|bloker|brud\b|dom(men)?\b"
    r"|incident|hændelse|makro|klarering|agent|læg til side)",
}
FOREIGN_LETTERS = {"sv": "[æøÆØ]", "nb": "[äöÄÖ]", "da": "[äöÄÖ]"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|</?\w+>")


def catalog(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))


def key(entry: polib.POEntry | polib.MOEntry) -> Text:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


# --- what the sources say --------------------------------------------------------------------------------------------


def as_text(name: str, arguments: list[str]) -> Text:
    context, message, plural = CALLS[name]
    return (
        arguments[context] if context is not None else "",
        arguments[message],
        arguments[plural] if plural is not None else "",
    )


def literals(call: ast.Call, name: str) -> list[str]:
    """The texts of a gettext call. Anything but a literal could never be collected."""
    needed = call.args[: max(place for place in CALLS[name] if place is not None) + 1]
    assert all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in needed), ast.unparse(call)
    return [str(each.value) for each in needed if isinstance(each, ast.Constant)]


def texts_in_code(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS:
                yield as_text(name, literals(node, name))


def texts_in_template(source: str) -> Iterator[Text]:
    """Django's own lexer turns a template into something like code, with everything but the texts crossed out."""
    line = " ".join(templatize(source).split("\n"))
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(line).readline) if token.string.strip()]
    for at, token in enumerate(tokens[:-1]):
        if token.string in CALLS and tokens[at + 1].string == "(":
            yield as_text(token.string, list(leading_strings(tokens[at + 2 :])))


def leading_strings(tokens: list[tokenize.TokenInfo]) -> Iterator[str]:
    for token in tokens:
        if token.type == tokenize.STRING:
            yield ast.literal_eval(token.string)
        elif token.string not in (",", "u"):
            return


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.*"))


@cache
def source_texts() -> frozenset[Text]:
    code = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    return frozenset(
        [text for path in code for text in texts_in_code(path.read_text(encoding="utf-8"))]
        + [text for path in templates() for text in texts_in_template(path.read_text(encoding="utf-8"))]
    )


def test_collecting_sees_every_way_to_mark_a_text() -> None:
    code = 'gettext("a"); pgettext_lazy("c", "b"); ngettext("one", "many", 3); other("no")'
    template = """{% load i18n %}{% translate "d" %}{% translate 'e' context "c" %}{{ x|default:_("f") }}<p>not me</p>
    {% blocktranslate with name=x %}hello {{ name }}{% endblocktranslate %}
    {% blocktranslate count n=n %}one {{ n }}{% plural %}many {{ n }}{% endblocktranslate %}{# _("g") #}"""
    assert set(texts_in_code(code)) == {("", "a", ""), ("c", "b", ""), ("", "one", "many")}
    assert set(texts_in_template(template)) == {
        ("", "d", ""),
        ("c", "e", ""),
        ("", "f", ""),
        ("", "hello %(name)s", ""),
        ("", "one %(n)s", "many %(n)s"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_sources_is_in_the_file_and_nothing_else_is(language: str) -> None:
    """`make messages` would find nothing new and drop nothing."""
    assert {key(entry) for entry in catalog(language)} == source_texts()


# --- what the translations say ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES + PUBLIC_BODY)
def test_nothing_is_missing_fuzzy_or_obsolete(language: str) -> None:
    entries = catalog(language)
    assert [entry.msgid for entry in entries if not all(translations(entry))] == []
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []


@pytest.mark.parametrize("language", LANGUAGES + PUBLIC_BODY)
def test_the_compiled_file_is_what_the_text_file_compiles_to(language: str) -> None:
    written = catalog(language)
    compiled = polib.mofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"))
    assert {key(entry): translations(entry) for entry in compiled} == {
        key(entry): translations(entry) for entry in written
    }
    assert compiled.metadata["Plural-Forms"] == written.metadata["Plural-Forms"] == "nplurals=2; plural=(n != 1);"


@pytest.mark.parametrize("language", LANGUAGES + PUBLIC_BODY)
def test_placeholders_and_markup_survive_translation(language: str) -> None:
    for entry in catalog(language):
        wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in translations(entry):
            assert sorted(PLACEHOLDER.findall(text)) == wanted, text


@pytest.mark.parametrize("language", LANGUAGES + PUBLIC_BODY)
def test_a_translation_begins_and_ends_as_its_source_does(language: str) -> None:
    """A full stop, a colon or an ellipsis too many or too few shows on a button."""
    ends = ("…", ":", "?", ".")
    for entry in catalog(language):
        for text in translations(entry):
            assert text == text.strip(), repr(text)
            assert [text.endswith(end) for end in ends] == [entry.msgid.endswith(end) for end in ends], text


@pytest.mark.parametrize(("place", "language"), list(enumerate(LANGUAGES)))
def test_the_words_of_the_screens_are_kept(place: int, language: str) -> None:
    said = {entry.msgid: entry.msgstr for entry in catalog(language) if not entry.msgctxt}
    assert {word: said[word] for word in WORDS} == {word: named[place] for word, named in WORDS.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_said_that_the_screens_avoid(language: str) -> None:
    avoided = re.compile(NOT_SAID[language])
    assert [text for entry in catalog(language) for text in translations(entry) if avoided.search(text)] == []


def test_no_english_word_is_said_that_the_screens_avoid() -> None:
    avoided = re.compile(NOT_SAID["en"])
    assert [text for _context, text, _plural in source_texts() if avoided.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_of_a_neighbour_has_slipped_in(language: str) -> None:
    foreign = re.compile(FOREIGN_LETTERS[language])
    assert [text for entry in catalog(language) for text in translations(entry) if foreign.search(text)] == []


@pytest.mark.parametrize("language", PUBLIC_BODY)
def test_a_public_body_has_a_word_of_its_own_wherever_customers_are_spoken_of(language: str) -> None:
    customers = {text for text in source_texts() if re.search(r"(?i)\bcustomers?\b(?! service)", text[1])}
    unknown = set() if language.endswith("en") else {("", "Unknown author", "")}
    entries = catalog(language)
    assert {key(entry) for entry in entries} == customers | unknown
    assert [entry.msgstr for entry in entries if re.search(r"(?i)\b(customer|kund)", entry.msgstr)] == []


@pytest.mark.parametrize(
    ("profile", "said"), [("company", "Customer Kund Kunde"), ("public_body", "Resident Invånare Borger")]
)
def test_the_profile_decides_between_customers_and_residents(profile: str, said: str) -> None:
    """In a process of its own: a process reads its languages once."""
    script = """import django; django.setup()
from django.utils.translation import gettext, override
for language in ("en", "sv", "da"):
    with override(language): print(gettext("Customer"))"""
    environment = {**os.environ, "SAMTAL_PROFILE": profile, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == said.split()


# --- what bypasses gettext -------------------------------------------------------------------------------------------

# Names and keys, which are the same in every language.
SAME_EVERYWHERE = {"Samtal", "Ctrl", "Facebook", "Instagram", "X", "Mastodon", "s"}
SPOKEN_ATTRIBUTES = {"aria-label", "alt", "title", "placeholder", "data-label", "data-announce", "content", "value"}
# Blocks of base.html that stand inside a tag: classes and attributes.
IN_A_TAG = "(?:shell|shell_attrs|main_class|main_attrs)"
NOT_SPOKEN = {"viewport", "color-scheme", "robots", "htmx-config"}


class Bare(HTMLParser):
    """Collects the words of a page that stand in the template itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        if ("name", None) in attrs or any(name == "name" and value in NOT_SPOKEN for name, value in attrs):
            return
        spoken = SPOKEN_ATTRIBUTES - ({"value"} if tag in ("input", "option", "button") else set())
        self.said += [value for name, value in attrs if name in spoken and value]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"kbd", "style", "script"} & set(self.inside):
            self.said.append(data)


def bare_words(source: str) -> list[str]:
    """Words of a template that no gettext tag stands around."""
    source = re.sub(r"(?s)\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", " ", source)
    source = re.sub(rf"(?s)\{{% block {IN_A_TAG} %\}}.*?\{{% endblock %\}}", " ", source)
    source = re.sub(r"(?s)\{% blocktranslate.*?\{% endblocktranslate %\}|\{%.*?%\}|\{\{.*?\}\}", " ", source)
    page = Bare()
    page.feed(source)
    page.close()
    words = re.findall(r"[^\W\d_]+", " ".join(page.said))
    return [word for word in words if word not in SAME_EVERYWHERE]


def test_a_bare_word_is_found_in_text_and_in_attributes() -> None:
    assert bare_words('<p class="no">Hello {{ name }} {% translate "you" %}</p>') == ["Hello"]
    assert bare_words('<button aria-label="Close {% translate \'it\' %}" value="{{ x }}"></button>') == ["Close"]
    assert bare_words('<kbd>Ctrl</kbd><input name="text" value="off"> Samtal · {# not said #}') == []


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_no_page_says_a_word_past_gettext(path: Path) -> None:
    assert bare_words(path.read_text(encoding="utf-8")) == []


# --- how it reaches people -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "march", "november"),
    [
        ("en", "3 Mar 2024 14:02", "12 Nov 2024 14:02"),
        ("sv", "3 mars 2024 14:02", "12 nov 2024 14:02"),
        ("nb", "3. mar. 2024 14:02", "12. nov. 2024 14:02"),
        ("da", "3. marts 2024 14:02", "12. nov. 2024 14:02"),
    ],
)
def test_a_day_reads_as_people_write_it(language: str, march: str, november: str) -> None:
    with translation.override(language):
        assert f">{march}<" in when(datetime(2024, 3, 3, 13, 2, tzinfo=UTC))
        assert f">{november}<" in when(datetime(2024, 11, 12, 13, 2, tzinfo=UTC))


def language_of(page: str) -> str:
    """What the page's first element says, and a browser reads aloud by."""
    (said,) = re.findall(r'<html\s+lang="(\w+)"', page)
    return said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"), [("en", "Sign in"), ("sv", "Logga in"), ("nb", "Logg inn"), ("da", "Log ind")]
)
def test_the_sign_in_page_speaks_the_language_of_the_browser(language: str, said: str) -> None:
    page = Client().get(reverse("account_login"), headers={"accept-language": language}).content.decode()
    assert language_of(page) == language
    assert f"<h1>{said}</h1>" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Use at least 10 characters."),
        ("sv", "Använd minst 10 tecken."),
        ("nb", "Bruk minst 10 tegn."),
        ("da", "Brug mindst 10 tegn."),
    ],
)
def test_a_short_password_is_refused_in_the_readers_language(language: str, said: str) -> None:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        validate_password("kv7-Zq9")
    assert refused.value.messages == [said]
    validate_password("kv7-Zq9-åö")


@pytest.fixture
def dane(db: None) -> Person:
    return make.person("dane", language="da")


def test_a_persons_own_language_comes_before_the_browsers(dane: Person) -> None:
    browser = Client()
    browser.force_login(dane)
    page = browser.get(reverse("desk"), headers={"accept-language": "sv"}).content.decode()
    assert language_of(page) == "da"
    assert "Indbakke" in page
    assert "Inkorg" not in page


def test_a_person_chooses_language_and_colours_from_lists(dane: Person) -> None:
    browser = Client()
    browser.force_login(dane)
    answer = browser.post(reverse("preferences"), {"language": "sv", "theme": "dark", "undo_seconds": "20"})
    dane.refresh_from_db()
    assert (answer.status_code, dane.language, dane.theme) == (302, "sv", "dark")
    refused = browser.post(reverse("preferences"), {"language": "xx", "theme": "pink"})
    dane.refresh_from_db()
    assert (refused.status_code, dane.language, dane.theme) == (422, "sv", "dark")
