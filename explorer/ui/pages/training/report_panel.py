"""What a finished run's answers were, what it sees, and what its nodes make of an image."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw.charts import run as charts
from explorer.draw.charts.layout import STATIC
from explorer.graph.trace import NodeTrace
from explorer.runs import client, evaluation
from explorer.runs.client import Run
from explorer.runs.evaluation import Evaluation, Misclassified
from explorer.runs.feature_maps import MOST, FeatureMap, FeatureMaps
from explorer.runs.store import DONE
from explorer.spec.build import valid
from explorer.ui.components import map_tiles, task_status
from explorer.ui.components.map_tiles import Tile
from explorer.ui.frame import frame, links, site
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_SIDE = 76
"""Pixels of a tile."""


def show(view: View, run: Run) -> None:
    """All of it, for a run that has come to its end; nothing for another."""
    if run.state != DONE:
        return
    try:
        answers = evaluation.read(run.id)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        answers = None
    if answers is not None:
        _answers(answers, run.images.classes)
    if frame.is_visible("maps"):
        _maps(view, run)


def _answers(evaluated: Evaluation, classes: tuple[str, ...]) -> None:
    names = evaluation.names(evaluated, classes)
    st.markdown("## Its answers on the held-out images")
    words = f"{formats.number(evaluated.correct)} of {formats.number(evaluated.images)} images are right."
    if evaluated.most_confused:
        label, answer, count = evaluated.most_confused
        words += f" The commonest mistake: {names[label]} answered as {names[answer]}, {formats.number(count)} times."
    st.caption(plain(words))
    left, right = st.columns(2)
    figure = charts.confusion(evaluated.confusion, names, dark=st.context.theme.type == "dark")
    left.plotly_chart(figure, key="confusion", config=STATIC, alt=f"The confusion matrix. {words}")
    known = [(share, index) for index, share in enumerate(evaluated.by_class) if share is not None]
    worst, best = min(known), max(known)
    alt = (
        f"The accuracy of each class, from {names[worst[1]]} with {formats.percent(worst[0])} "
        f"to {names[best[1]]} with {formats.percent(best[0])}."
    )
    right.plotly_chart(charts.by_class(evaluated.by_class, names), key="by class", config=STATIC, alt=alt)
    if evaluated.wrong:
        st.markdown("**Most wrong**, by their loss: what each is, what it was taken for, and how sure the network was")
        map_tiles.show([_wrong(mistake, names) for mistake in evaluated.wrong], key="wrong", side=_SIDE)


def _wrong(mistake: Misclassified, names: tuple[str, ...]) -> Tile:
    label, answer = (names[min(index, len(names) - 1)] for index in (mistake.label, mistake.predicted))
    sure = formats.percent(mistake.probability, 0)
    alt = f"Held-out image {mistake.number}: {label}, taken for {answer} with {sure}."
    return Tile(mistake.image, f"{label} → {answer}, {sure}", alt)


def _maps(view: View, run: Run) -> None:
    """What it sees and how its maps look: both need the weights."""
    st.markdown("## What it has learned to see")
    try:
        client.weights(run.id)
        rows = _nodes(run)
    except ExplorerError:
        st.caption("Its weights are not kept any more: train it again to look at its maps and its receptive field.")
        return
    chosen = view.get(site.NODE) if view.get(site.NODE) in rows else ""
    node = chosen or next(iter(rows))  # the first maps still look like the image; the field says more of the last
    query = site.FIELD.link(View(run.spec).set(site.RUN, run.id).set(site.NODE, chosen))
    links.follow(site.FIELD, "The receptive field after training", query)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        st.selectbox("Layer", list(rows), **state.bind_key(site.NODE, rows, shown=node))
    last = run.data.held_out - 1
    with right:
        number = min(view.get(site.IMAGE), last)
        st.number_input("Held-out image", 0, last, step=1, **state.bind_key(site.IMAGE, shown=number))
    args = ("features", f"--run={run.id}", f"--node={node}", f"--image={number}", "--json")
    drawn = partial(_drawn, classes=run.images.classes)
    task_status.show("Show its feature maps", args, drawn, about="Some seconds, in a process of its own.")


def _nodes(run: Run) -> dict[str, NodeTrace]:
    """The nodes that make maps, by name."""
    rows = valid(run.network).rows
    return {row.name: row for row in rows if len(row.out_shape) == 3 and row.inputs}


def _drawn(answer: bytes, classes: tuple[str, ...]) -> None:
    try:
        maps = FeatureMaps.from_json(answer)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return
    channels, height, width = maps.shape
    parts = (
        f"the {MOST} strongest of its {formats.number(channels)}"
        if channels > MOST
        else f"all {channels}, strongest first"
    )
    st.caption(
        plain(
            f"{maps.node} makes {formats.number(channels)} maps of {height}x{width} of held-out image {maps.number}; "
            f"shown: {parts} (by the root of the mean square). Each runs from its own smallest value in black to its "
            "largest in white; below it stand its channel and these two."
        )
    )
    name = classes[maps.label] if maps.label < len(classes) else str(maps.label)
    source = Tile(maps.source, f"image: {name}", f"Held-out image {maps.number}, {name}.")
    map_tiles.show([source, *map(_map, maps.maps)], key="maps", side=_SIDE)


def _map(feature_map: FeatureMap) -> Tile:
    span = f"{feature_map.low:.2g} to {feature_map.high:.2g}"
    return Tile(
        feature_map.image, f"{feature_map.channel}: {span}", f"Channel {feature_map.channel}, values from {span}."
    )
