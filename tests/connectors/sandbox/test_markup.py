"""HTML that cannot be anything but what was meant."""

from connectors.sandbox.markup import document, el, join


def test_text_and_attributes_are_escaped_and_elements_are_not() -> None:
    made = el("p", "<b>", el("i", "x"), title='"><script>')
    assert made == '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;<i>x</i></p>'


def test_joining_text_to_markup_makes_it_text_again() -> None:
    assert el("p", el("b", "x") + "<i>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;i&gt;</p>"


def test_attributes_are_left_out_or_bare_and_names_are_translated() -> None:
    made = el("input", type="text", disabled=True, hidden=False, id=None, aria_label="x", for_="y")
    assert made == '<input type="text" disabled aria-label="x" for="y">'


def test_children_may_be_lists_and_nothing() -> None:
    assert join([el("b"), None, ["x", el("i")]]) == "<b></b>x<i></i>"


def test_a_document_says_its_language() -> None:
    assert document(el("body"), lang="da") == '<!DOCTYPE html>\n<html lang="da"><body></body></html>'
