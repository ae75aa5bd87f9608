"""What a page compares its network with: the original, what it was before the last step, a pin, or a link's network."""

from __future__ import annotations

from typing import NamedTuple

from explorer.analysis.candidates import Candidate, candidate
from explorer.spec.build import analyse
from explorer.spec.chips import named
from explorer.spec.spec import Spec
from explorer.ui.components.chip_line import Choice
from explorer.ui.frame import pins, site
from explorer.ui.frame.site import STEP
from explorer.ui.session import state
from explorer.ui.session.view import View

_TITLES = {"": "the original", STEP: "the last step"}


class Baseline(NamedTuple):
    """What a network is compared with.

    Args:
        spec: the other network.
        title: what the page calls it.
        text: its query as one value of a link; empty for the original.
        in_hand: the same while a hand changes the network: the last step is then the one that the hand starts from.
    """

    spec: Spec
    title: str
    text: str
    in_hand: str


def of(view: View) -> Baseline:
    """What a view compares its network with."""
    value = view.get(site.BASELINE)
    if value == STEP:
        before = state.before()
        spec = view.spec if before is None or analyse(before).error else before
        now = "" if analyse(view.spec).error else Candidate(view.spec).text
        return Baseline(spec, _TITLES[STEP], Candidate(spec).text if spec != view.spec else now, now)
    if value:
        return Baseline(candidate(value).spec, _title(value), value, value)
    return Baseline(view.spec.unedited, _TITLES[""], "", "")


def choice(view: View) -> Choice:
    """What can be chosen: pins of the same architecture, as near as it is seen."""
    value = view.get(site.BASELINE)
    texts = ["", STEP, *_pinned(view), *([value] if value else [])]
    return Choice(value, {text: _title(text) for text in texts}, lambda value: state.put(site.BASELINE, value))


def settled(view: View) -> View:
    """The view as a link can hand it on: the last step is a network there."""
    return view.set(site.BASELINE, of(view).text) if view.get(site.BASELINE) == STEP else view


def _pinned(view: View) -> dict[str, str]:
    """The networks of pins, by how a link names them."""
    near = (view.spec.architecture, view.spec.module)
    specs = {pin.view.spec: pin.name for pin in pins.pinned() if pin.page.slot}
    alike = {spec: name for spec, name in specs.items() if (spec.architecture, spec.module) == near}
    return {Candidate(spec).text: name for spec, name in alike.items() if analyse(spec).error is None}


def _title(text: str) -> str:
    if text in _TITLES:
        return _TITLES[text]
    spec = candidate(text).spec
    names = (pin.name for pin in pins.pinned() if pin.page.slot and pin.view.spec == spec)
    return next(names, named(spec, 40))
