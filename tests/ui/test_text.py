"""Text of a visitor in Streamlit's Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.edits.rewrites import REWRITES
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.ui.session.text import label, plain
from explorer.zoo import ARCHITECTURES

MARKUP = set("\\`*_{}[]()<>#+-.!|$:~&^=")


@given(st.text())
def test_plain_text_has_no_markup_left_and_reads_back(text: str) -> None:
    escaped = plain(text)
    assert not re.search(r"(?<!\\)(\\\\)*[`*_{}\[\]()<>#+\-.!|$:~&^=]", escaped)
    # Spaces of no width take addresses apart, which a browser would make links of.
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u200b", "") == text.replace("\n", " ").replace("\u200b", "")


@pytest.mark.parametrize("text", ["http://e.org", "HTTPS://e.org", "see www.e.org", "WWW.e.org", "a@b.c"])
def test_an_address_is_no_link(text: str) -> None:
    assert "\u200b" in plain(text)
    assert not re.search(r"(?i)https?:|www\.|\w@", re.sub(r"\\(.)", r"\1", plain(text)))


@given(st.text(alphabet="ab1 .,_/()*[]:$<>\\`-#~\n") | st.text())
def test_a_label_is_the_text_or_plain_text(text: str) -> None:
    assert label(text) in (text, plain(text))
    if label(text) != plain(text):
        # Underscores, dots, commas and brackets between words are never markup.
        assert not set(text) & (MARKUP - set("_.()"))
        assert not re.search(r"__|\]|\bwww\.|http|^\d|^[ \t]", text)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_names_of_nodes_titles_and_verbs_are_labels_as_they_are(id: str) -> None:
    for node in build(Spec.make(id)).nodes:
        assert label(node.name) == node.name


def test_a_verb_reads_as_it_is_written() -> None:
    for verb in REWRITES:
        assert label(verb) == verb


@pytest.mark.parametrize(
    "text",
    [
        "**bold**",
        "[link](x)",
        ":material/home:",
        "$x$",
        "<b>",
        "# title",
        "1. one",
        "- one",
        "a_",
        "_a_",
        "`code`",
        "www.example.org",
        "http example",
        "https://example.org",
        "a\nb",
        " a",
        "",
        "~~a~~",
        "é",
    ],
)
def test_anything_else_is_escaped(text: str) -> None:
    assert label(text) == plain(text)
