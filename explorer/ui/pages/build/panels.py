"""What can be shown below a network or a module: text, diagram, costs, receptive field, layers, differences."""

from __future__ import annotations

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from explorer.analysis import notes
from explorer.analysis.unproductive import wasted
from explorer.common import formats
from explorer.common.articles import named
from explorer.draw import branch_fields, cost_bars, diagram
from explorer.draw.charts.cost import treemap
from explorer.draw.charts.layout import STATIC
from explorer.draw.charts.network import field_growth
from explorer.draw.flow.module import drawn_first, is_drawn
from explorer.graph.trace import Trace
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui import live
from explorer.ui.components import (
    difference_table,
    graph_diagram,
    note_list,
    svg_picture,
    trace_table,
    transfer_panel,
)
from explorer.ui.frame import baseline, site
from explorer.ui.pages import drawn
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_TALL = 460
"""Pixels of the bars, from which on they scroll."""


def pick(name: str) -> None:
    """Looks at a node."""
    # Without a label: two clicks in a second are two steps back.
    state.move(lambda view: view.set(site.NODE, name))


def open_module(name: str) -> None:
    """Draws a module below the strip of its network."""
    state.move(lambda view: view.set(site.OPENED, name))


def notes_of(spec: Spec, trace: Trace) -> tuple[str, ...]:
    """What is true of a network, or of a module."""
    return notes.of_module(spec, trace) if spec.module else notes.of_network(trace)


def text(view: View) -> None:
    """What it is, where it comes from, and what follows."""
    spec = view.spec
    about = f"One module by itself, {spec.module} of {spec.entry.title}." if spec.module else spec.entry.summary
    st.caption(plain(f"{about} Source: {named(spec.entry.source).rstrip('.')}."))
    note_list.show(notes_of(spec, analyse(spec).trace), key="notes")


def drawn_at(view: View) -> str:
    """The module that is drawn below the strip of its network; empty where there is no strip."""
    return "" if view.spec.module else view.get(site.OPENED) or drawn_first(view.spec)


def layouts(view: View) -> tuple[str, ...]:
    """How the module that is drawn can be drawn."""
    return site.LAYOUTS if is_drawn(view.spec, drawn_at(view)) else site.LAYOUTS[1:]


def layout_of(view: View) -> str:
    """How it is drawn."""
    wanted: str = view.get(site.LAYOUT)
    return wanted if wanted in layouts(view) else layouts(view)[0]


def graph_of(view: View) -> None:
    """The layers of a module as a graph, in the place of its picture: within its network, where it is not by itself."""
    at = drawn_at(view)
    boxes = _boxes(view, (diagram.ALL,) if view.spec.module or not at else (at,))
    alt = f"Graph of {at or view.spec.title}; the table of layers says the same in text."
    name = f"{view.spec.title} {at} graph".replace(" ", "_")
    graph_diagram.show(
        boxes,
        key="graph",
        name=name,
        alt=alt,
        on_click=_look,
        type_size=drawn.type_size(view),
        focus=at,
        follows=_followed(view.spec, live.DIAGRAM),
    )


def _look(id: str) -> None:
    """A node is picked, a folded module is the next that is drawn."""
    view = state.view()
    if any(row.name == id for row in analyse(view.spec).trace.rows):
        pick(id)
    elif not view.spec.module:
        open_module(id.partition(" ")[0])


def _boxes(view: View, unfolded: tuple[str, ...]) -> diagram.Diagram:
    now, against = analyse(view.spec), _against(view)
    return diagram.network(now.trace, unfolded, now.error, None if against is None else analyse(against).trace)


def graph(view: View) -> None:
    """Every node as a box: a module's all, a network's by modules that unfold."""
    spec = view.spec
    if layout_of(view) == "graph":
        st.caption("It stands above, in the place of the picture.")
        return
    unfolded: tuple[str, ...] = (diagram.ALL,) if spec.module else view.get(site.UNFOLDED)
    boxes = _boxes(view, unfolded)
    if not spec.module:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{len(boxes.boxes)} boxes. Click a module to unfold it, its frame to fold it.")
            st.button("Unfold all", type="tertiary", on_click=_unfold, args=((diagram.ALL,),))
            st.button("Fold all", type="tertiary", on_click=_unfold, args=((),), disabled=not unfolded)
    alt = f"Diagram of {len(boxes.boxes)} boxes; the table of layers says the same in text."
    name, size = spec.title.replace(" ", "_"), drawn.type_size(view)
    graph_diagram.show(
        boxes, key="diagram", name=name, alt=alt, on_click=_click, type_size=size, follows=_followed(spec, live.DIAGRAM)
    )


def _click(id: str) -> None:
    """A node is picked; a folded module or repeat is unfolded, an unfolded one folded."""
    view = state.view()
    trace = analyse(view.spec).trace
    if any(row.name == id for row in trace.rows):
        pick(id)
    elif not view.spec.module:
        unfolded: tuple[str, ...] = view.get(site.UNFOLDED)
        _unfold(diagram.toggled(trace, unfolded, id))


def _unfold(ids: tuple[str, ...]) -> None:
    state.move(lambda view: view.set(site.UNFOLDED, ids))


# A click changes neither the network nor its figures, which take longest of all that is drawn here.
@lru_cache(maxsize=32)
def _growth(spec: Spec) -> go.Figure:
    return field_growth(analyse(spec).trace)


@lru_cache(maxsize=32)
def _treemap(spec: Spec, count: str) -> go.Figure:
    return treemap(analyse(spec).trace, count)


@lru_cache(maxsize=32)
def _bars(spec: Spec, against: Spec) -> str:
    return cost_bars.by_module_beside(analyse(spec).trace, analyse(against).trace)


def cost(view: View) -> None:
    """Where parameters, MACs and activations are. A module's areas are its picture."""
    spec = view.spec
    if spec.module:
        _cost_bars(view, "branch")
        return
    left, right = st.columns(2, gap="medium")
    # Many modules scroll beside the map instead of pushing the page apart.
    with left.container(height=_TALL, border=False):
        _cost_bars(view, "module")
    with right:
        count = st.segmented_control(
            "Areas",
            ["params", "macs"],
            format_func=_COUNTS.__getitem__,
            required=True,
            **state.bind_key(site.AREAS, default="default"),
        )
        alt = f"Areas: the share of each layer in the {_COUNTS[count]}, by module and branch."
        st.plotly_chart(_treemap(spec, count), key="treemap", config=STATIC, alt=alt)


def _cost_bars(view: View, what: str) -> None:
    alt = f"Bars: parameters, MACs and activations of each {what}; the table of layers says the same in text."
    svg_picture.show(
        _bars(view.spec, baseline.of(view).spec),
        key="cost",
        alt=alt,
        shrinks=False,
        follows=live.COST if view.spec.module else "",
    )


_COUNTS = {"params": "parameters", "macs": "MACs"}


def field(view: View) -> None:
    """What each branch of a module sees; of a network, each module, and which windows see nothing new."""
    spec, trace = view.spec, analyse(view.spec).trace
    if spec.module:
        branches = branch_fields.branches(trace)
        words = "; ".join(
            f"{branch.name}: {', '.join(formats.pair(seen) for _, seen in branch.fields)}" for branch in branches
        )
        svg_picture.show(
            branch_fields.picture(branches), key="squares", alt=f"What each branch sees. {words}", shrinks=False
        )
        return
    st.plotly_chart(_growth(spec), key="field", config=STATIC, alt="Line: what each module's output sees.")
    waste = wasted(trace)
    if waste.rows:
        st.caption(
            plain(
                f"Unproductive layers: {len(waste.rows)} convolutions, {formats.number(waste.totals.params)} "
                f"parameters ({formats.percent(waste.share)}), read what sees the whole image already, from "
                f"{waste.rows[0].name} on: a window larger than 1x1 shows them no new pixel."
            )
        )
    else:
        st.caption(
            "No layer is unproductive: every convolution larger than 1x1 reads what has not yet seen the whole image."
        )


def layers(view: View) -> None:
    """A line for every node, with its arithmetic."""
    follows = _followed(view.spec, live.ROWS)
    trace_table.show(view.spec, _against(view), key="rows", on_click=pick, follows=follows)


def difference(view: View) -> None:
    """What differs from the baseline, by module."""
    against = baseline.of(view)
    difference_table.show(analyse(against.spec).trace, analyse(view.spec).trace, title=against.title, key="differences")


def _followed(spec: Spec, part: str) -> str:
    return part if spec.module else ""


def _against(view: View) -> Spec | None:
    """What the network is compared with; None where that is what it is."""
    against = baseline.of(view).spec
    return None if against == view.spec else against


def exchange(view: View) -> None:
    """Files, and a second opinion by PyTorch."""
    transfer_panel.show(view.spec)
