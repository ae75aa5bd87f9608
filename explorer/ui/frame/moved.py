"""Pages that there were: what their links open now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from explorer.spec.spec import DEFAULT
from explorer.ui.frame.site import AREAS, BUILD, UNFOLDED
from explorer.ui.session.state import FIRST_MODULE
from explorer.ui.session.view import Page, last

PAGES: Mapping[str, Page] = {"pages/lab.py": BUILD, "pages/network.py": BUILD}
"""The page that took over from each file."""
_SHOWN = {UNFOLDED.name: "diagram", AREAS.name: "cost"}
"""What is to be seen where a link says something of it."""


def query(file: str, old: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The query of a link to a page that there was, as the page that took over reads it.

    Args:
        file: of the page.
        old: each key with its list of values.
    """
    page, new = PAGES[file], last(old)
    if file == "pages/lab.py" and "network" not in new and "module" not in new:
        new = {"network": DEFAULT, "module": FIRST_MODULE, **new}
    if "hide" in new:
        new["hide"] = ",".join(part for part in new["hide"].split(",") if part in page.sections)
    below = [panel for key, panel in _SHOWN.items() if key in new]
    return {**({"below": ",".join(below)} if below else {}), **new}
