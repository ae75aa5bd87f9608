"""The views that a page has shown, to go back and forward in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from explorer.ui.session.view import View

LONGEST = 200
_SAME_GESTURE = 1.0
"""Seconds within which changes of one control are one step back."""


@dataclass
class History:
    """The views of one page, the present one at `place`."""

    views: list[View]
    place: int = 0
    label: str = ""
    when: float = 0.0

    @property
    def view(self) -> View:
        """The present one."""
        return self.views[self.place]

    def push(self, view: View, label: str) -> None:
        """Makes a view the present one. One gesture, such as a drag, leaves one step."""
        if view == self.view:
            return
        now = time.monotonic()
        goes_on = bool(label) and label == self.label and now - self.when < _SAME_GESTURE and self.place > 0
        del self.views[self.place + (not goes_on) :]
        self.views.append(view)
        del self.views[:-LONGEST]
        self.place, self.label, self.when = len(self.views) - 1, label, now

    def amend(self, view: View) -> None:
        """Makes the present view another one, without a step."""
        self.views[self.place] = view

    def forget(self) -> None:
        """Makes the present view the first: what a link opens has nothing before it."""
        self.views, self.place = [self.view], 0

    def step(self, by: int) -> bool:
        """Goes so many views back or forward; returns whether there are as many."""
        if not 0 <= self.place + by < len(self.views):
            return False
        self.place, self.label = self.place + by, ""
        return True
