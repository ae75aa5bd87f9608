"""The receptive field page: what one element sees of the image, how that grows, and what of it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from explorer.analysis.field import box as boxes
from explorer.analysis.field.box import Box
from explorer.analysis.field.growth import Step, growth, outgrown
from explorer.analysis.field.paths import Path, choices, default, entrance, every, paths, windows
from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.common.glossary import explained
from explorer.draw import fields
from explorer.draw.charts import field as charts
from explorer.draw.charts.layout import STATIC
from explorer.draw.images import BUNDLED, brought, bundled
from explorer.graph.graph import Graph
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace, Trace
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec
from explorer.ui.components import chip_line, controls, svg_picture
from explorer.ui.frame import frame, site
from explorer.ui.pages.field import chain_panel, effective_panel
from explorer.ui.session import state
from explorer.ui.session.keys import Key
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_PICTURE = "field picture"
"""Of the session: the picture as a data URL."""


class _Shown(NamedTuple):
    """What the page is about."""

    spec: Spec
    graph: Graph
    trace: Trace
    row: NodeTrace
    element: Pair | None
    """None for a vector."""
    seen: Box | None
    """None where it is the whole image."""

    @property
    def image(self) -> Pair:
        height, width = self.trace.rows[0].out_shape[1:]
        return height, width


def show(view: View) -> None:
    """The whole page under its frame."""
    graph, (trace, error) = build(view.spec), analyse(view.spec)
    chip_line.show(view.spec, key="chips")
    if error is not None:
        st.error(plain(f"{error}. Everything before it can be looked at."), icon=":material/error:")
    shown = _shown(view, graph, trace)
    if shown is not None:
        _sections(view, shown)
    if frame.is_visible("playground"):
        chain_panel.show(view)


def sidebar(view: View) -> None:
    """The network, and the picture to draw on."""
    controls.architecture(view.spec)
    controls.input_and_classes(view.spec)
    st.session_state[_PICTURE] = (view.get(site.PICTURE), _picture())


def _sections(view: View, shown: _Shown) -> None:
    if frame.is_visible("picture"):
        # Where the page stands alone, nothing stands beside it to choose a picture in.
        name, href = st.session_state.get(_PICTURE, ("", ""))
        wanted = view.get(site.PICTURE)
        _on_image(shown, href if name == wanted else bundled(wanted))
    if shown.row.field is not None:
        if frame.is_visible("growth"):
            _growth(shown)
        if frame.is_visible("paths"):
            _paths(shown)
    if frame.is_visible("effective"):
        effective_panel.show(view, shown.row, shown.element, shown.seen)


def _shown(view: View, graph: Graph, trace: Trace) -> _Shown | None:
    """The chosen node and element, or what stands for them where this network has no such."""
    rows = trace.by_name
    name = view.get(site.NODE)
    if name and name not in rows:
        st.info(plain(f"{view.spec.title} has no valid layer {name}: another one is shown."), icon=":material/info:")
    row = rows.get(name) or default(graph, trace)
    if row is None:
        return None
    if len(row.out_shape) == 1:
        return _Shown(spec=view.spec, graph=graph, trace=trace, row=row, element=None, seen=None)
    down, across = boxes.central(row)
    chosen = (view.get(site.ROW), view.get(site.COLUMN))
    element = boxes.nearest(row, (down if chosen[0] < 0 else chosen[0], across if chosen[1] < 0 else chosen[1]))
    return _Shown(spec=view.spec, graph=graph, trace=trace, row=row, element=element, seen=boxes.box(row, element))


def _picture() -> str:
    """The picture to draw on, as a data URL: a bundled one, or the visitor's own."""
    st.selectbox("Picture", list(BUNDLED), format_func=BUNDLED.__getitem__, **state.bind_key(site.PICTURE, BUNDLED))
    file = st.file_uploader(
        "Or your own",
        type=list(limits.PICTURE_ENDINGS),
        help="It is made small, kept in this server's memory for this visit, and stands in no link.",
    )
    if file is not None:
        try:
            if file.size > limits.MAX_UPLOAD:
                raise ExplorerError(f"a picture may have at most {formats.bytes_(limits.MAX_UPLOAD)}")
            href = brought(file.getvalue())
            st.caption("Your picture is not in the link: others who open it see the bundled one.")
            return href
        except ExplorerError as error:
            st.error(plain(f"It is not shown: {error}."), icon=":material/error:")
    return bundled(state.view().get(site.PICTURE))


def _on_image(shown: _Shown, href: str) -> None:
    left, right = st.columns([11, 10], gap="large")
    with right:
        _choose(shown)
        _numbers(shown)
    with left:
        element = shown.element or (0, 0)
        before = boxes.before(shown.graph, shown.trace, shown.row.name, element)
        branches = boxes.branches(shown.graph, shown.trace, shown.row.name, element)
        svg = fields.on_image(href, shown.image, shown.seen, before, branches)
        svg_picture.show(svg, key="field on image", alt=_alt(shown))
        if branches:
            sizes = ", ".join(f"{branch.name} {formats.pair(branch.box.size)}" for branch in branches)
            svg_picture.show(fields.legend(branches), key="field branches", alt=f"The fields of its branches: {sizes}.")
        is_cut = shown.seen is not None and fields.is_cut(shown.image, shown.seen)
        st.caption(plain(_key(before, is_cut=is_cut)))


def _key(before: Sequence[boxes.Nested], *, is_cut: bool) -> str:
    """What the colours mean that have no name in the picture."""
    beyond = "; it goes on beyond the picture" if is_cut else ""
    key = f"Red: the receptive field{beyond}. Grey: padding."
    if not before:
        return key
    names = f"{before[0].name} ({formats.pair(before[0].box.size)}) to {before[-1].name}"
    return f"{key} White: what earlier layers see at the same place, from {names}."


def _alt(shown: _Shown) -> str:
    if shown.seen is None:
        return f"The whole image, which {shown.row.name} sees."
    top, left, bottom, right = shown.seen
    return f"A picture with the field of {shown.row.name}: rows {top} to {bottom}, columns {left} to {right}."


def _choose(shown: _Shown) -> None:
    names = [row.name for row in shown.trace.rows]
    rows = shown.trace.by_name

    def pick(name: str) -> None:
        state.move(lambda view: view.set(site.NODE, name).set(site.ROW, -1).set(site.COLUMN, -1))

    st.selectbox(
        "Layer",
        names,
        format_func=lambda name: f"{name}: {formats.pair(rows[name].local_field)}" if name in rows else name,
        **state.bind_widget("field node", shown.row.name, pick, names),
    )
    if shown.element is not None:
        columns = st.columns([3, 3, 2], vertical_alignment="bottom")
        for column, key, index, size in zip(
            columns[:2], (site.ROW, site.COLUMN), shown.element, shown.row.out_shape[1:], strict=True
        ):
            with column:
                _slider(key, index, size)
        columns[2].button("Centre", icon=":material/center_focus_strong:", on_click=_centre, width="stretch")


def _slider(key: Key[int], index: int, size: int) -> None:
    if size > 1:
        st.slider(f"{key.name.capitalize()} of the element", 0, size - 1, **state.bind_key(key, shown=index))
    else:
        st.caption(f"One {key.name} only.")


def _centre() -> None:
    state.move(lambda view: view.set(site.ROW, -1).set(site.COLUMN, -1))


def _numbers(shown: _Shown) -> None:
    row, image = shown.row, shown.image
    if shown.seen is None or shown.element is None:
        kind = "a vector" if shown.element is None else "a map behind a pool of the whole image"
        st.info(
            plain(f"{row.name} makes {kind}: each of its values sees the whole image, {formats.pair(image)} pixels."),
            icon=":material/info:",
        )
        return
    of_image, padding = boxes.shares(shown.seen, image)
    columns = st.columns(2)
    columns[0].metric("Receptive field", formats.pair(shown.seen.size), border=True, help=explained("receptive field"))
    columns[1].metric(
        "Effective stride",
        formats.pair(row.jump) if row.jump else "several",
        border=True,
        help=explained("effective stride"),
    )
    columns = st.columns(2)
    columns[0].metric("Of the image", formats.percent(of_image), border=True)
    columns[1].metric("In the padding", formats.percent(padding), border=True)
    top, left, bottom, right = shown.seen
    neighbour = f" Its neighbours see as much, {formats.pair(row.jump)} pixels further on." if row.jump else ""
    whole = " Through a gate it also feels the mean of the whole image." if row.whole_image else ""
    st.markdown(
        plain(
            f"The element at row {shown.element[0]}, column {shown.element[1]} of {row.name} "
            f"({formats.size(row.out_shape)}) is computed from the rows {top} to {bottom} and the columns {left} to "
            f"{right} of the {formats.pair(image)} image, and from nothing else. What lies outside of the image is "
            f"padding.{neighbour}{whole}"
        )
    )


def _growth(shown: _Shown) -> None:
    st.markdown("## How it grows, layer by layer")
    steps = growth(shown.graph, shown.trace, shown.row.name)
    ways = paths(shown.graph, shown.trace, shown.row.name)
    st.caption(plain(_grown(steps, shown.image)))
    figure = charts.growth(steps, ways, max(shown.image))
    alt = (
        "Lines: receptive field and effective stride over depth, up to "
        f"{formats.pair(steps[-1].field)} pixels at {shown.row.name}."
    )
    st.plotly_chart(figure, key="field growth", config=STATIC, alt=alt)
    with st.expander(f"The same as a table: {formats.number(len(steps))} layers"):
        st.dataframe([_cells(step) for step in steps], hide_index=True, height=360)


def _grown(steps: tuple[Step, ...], image: Pair) -> str:
    """The rule, and where the field outgrows the image."""
    rule = (
        "A window of k positions adds (k − 1) times its dilation times the effective stride of the map that it slides "
        "over."
    )
    first = outgrown(steps, image)
    if first is None:
        return f"{rule} Up to this layer, the field stays within the {formats.pair(image)} pixels of the image."
    return (
        f"{rule} From {first.row.name} on, {formats.pair(first.field)} pixels are more than the image has: what is "
        "added there is padding for the element in the middle, and new pixels only for those at the edge."
    )


def _cells(step: Step) -> dict[str, object]:
    return {
        "node": step.row.name,
        "op": step.row.op.describe(),
        "output": formats.size(step.row.out_shape),
        "depth": step.depth,
        "field": formats.pair(step.field),
        "grew by": formats.pair(step.grew) if any(step.grew) else "",
        "effective stride": formats.pair(step.row.jump) if step.row.jump else "several",
    }


def _paths(shown: _Shown) -> None:
    st.markdown("## Paths through the branches")
    name = shown.row.name
    start = entrance(shown.graph, name)
    module = every(shown.graph, shown.trace, name, start)
    whole = paths(shown.graph, shown.trace, name)
    if whole.total == 1:
        st.caption(plain(f"There is one path from the image to {name}, and the field is what it sees."))
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**From {plain(start)}**, where the branches begin")
        if module:
            st.dataframe([_path_cells(shown, path) for path in module], hide_index=True)
        else:
            inner = paths(shown.graph, shown.trace, name, start)
            st.caption(f"{formats.count(inner.total)} paths are too many to list.")
    with right:
        st.markdown(f"**From the image**: {formats.count(whole.total)} paths")
        for words, path in (("The largest field", whole.largest), ("The smallest field", whole.smallest)):
            if path is not None:
                taken = " → ".join(choices(shown.graph, path)) or "no branch"
                st.markdown(f"{words}, **{formats.pair(path.size)}**, is seen by way of")
                st.caption(plain(taken))
        if whole.whole:
            st.caption(f"{formats.count(whole.whole)} more paths go through a gate and see the whole image.")


def _path_cells(shown: _Shown, path: Path) -> dict[str, object]:
    taken = choices(shown.graph, path)
    return {
        "by way of": taken[-1] if taken else path.names[-1],
        "field": formats.pair(path.size),
        "layers": ", ".join(windows(shown.trace, path)),
    }
