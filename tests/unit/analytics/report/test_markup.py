"""Whatever is shown is text, and never markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.report.markup import Markup, escaped, joined, tag


def test_an_element_has_attributes_and_children() -> None:
    made = tag("p", "one ", tag("b", "two"), None, [Markup("<i>3</i>"), " & 4"], class_="x", aria_label=None)
    assert made == '<p class="x">one <b>two</b><i>3</i> &amp; 4</p>'


def test_a_void_element_closes_itself() -> None:
    assert tag("meta", name="viewport", content="a") == '<meta name="viewport" content="a"/>'


def test_underscores_in_names_of_attributes_are_hyphens() -> None:
    assert tag("text", "x", text_anchor="end") == '<text text-anchor="end">x</text>'


def test_coordinates_have_a_tenth_of_a_pixel() -> None:
    assert tag("rect", x=1.25, y=2.0, width=3) == '<rect x="1.2" y="2" width="3"></rect>'


def test_joined_children_are_escaped_one_by_one() -> None:
    assert joined("<", Markup("<br/>"), [">"]) == "&lt;<br/>&gt;"


@pytest.mark.parametrize("text", ["</script><b>", "\"' onload=x", "&amp;", "]]>"])
def test_nothing_breaks_out_of_a_text_or_an_attribute(text: str) -> None:
    element = ElementTree.fromstring(tag("p", text, title=text))
    assert (element.text, element.get("title"), list(element)) == (text, text, [])


@given(st.text())
def test_any_text_gives_well_formed_markup(text: str) -> None:
    assert list(ElementTree.fromstring(tag("p", text, title=text))) == []


def test_characters_that_no_document_may_hold_are_replaced() -> None:
    assert escaped("a\x00b\x1b") == "a\ufffdb\ufffd"
