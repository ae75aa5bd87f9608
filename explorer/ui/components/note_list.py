"""Sentences for a student, as a list of plain text: nothing in them is read as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.common.articles import named
from explorer.ui.components.asset import component

_CSS = """
ul { margin: 0; padding-left: 1.1rem; font-size: 14px; line-height: 1.5; }
li { margin-bottom: 0.3rem; }
"""

_JS = """
export default function ({ data, parentElement }) {
  parentElement.querySelector("ul").replaceChildren(...data.sentences.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
}
"""

_component = component("notes", html="<ul></ul>", css=_CSS, js=_JS)


def show(sentences: Sequence[str], *, key: str) -> None:
    """Draws them, one below the other."""
    _component(key=key, data={"sentences": [named(sentence) for sentence in sentences]})
