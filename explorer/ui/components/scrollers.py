"""Lets a keyboard reach what is wider than its place and is scrolled there."""

from __future__ import annotations

from explorer.ui.components.asset import component, read

_component = component("scrollers", html="<span hidden></span>", js=read("scrollers.js"))


def show() -> None:
    """Watches the page for it."""
    _component(key="scrollers", data={}, height="content")
