"""The batch norm page: five parts, each with what can be moved at the left and what follows from it at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.cli.batchnorm import check_args
from explorer.common.articles import named
from explorer.common.errors import ExplorerError
from explorer.draw import number_lines
from explorer.draw.charts import batchnorm as charts
from explorer.draw.charts.layout import STATIC
from explorer.lessons.batchnorm import formulas, parts, running, scaling, transform
from explorer.lessons.batchnorm.numbers import difference, written
from explorer.lessons.batchnorm.parts import PARTS
from explorer.lessons.batchnorm.record import Autograd
from explorer.lessons.batchnorm.transform import Backward, Forward, Values
from explorer.ui.components import svg_picture, task_status
from explorer.ui.frame import frame, site
from explorer.ui.pages.batchnorm import controls, mnist_panel
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(view: View) -> None:
    """The whole page under its frame."""
    st.pills(
        "Part",
        list(PARTS),
        format_func=lambda id: PARTS[id].title,
        required=True,
        label_visibility="collapsed",
        **state.bind_key(site.PART, default="default"),
    )
    part = PARTS[view.get(site.PART)]
    st.markdown(f"**{plain(part.question)}** :small[:gray[{plain(named(part.source))}]]")
    _SHOWN[view.get(site.PART)](view)


def _transform(view: View) -> None:
    of = _forward(view)

    def draw() -> None:
        if frame.is_visible("formula"):
            st.latex(formulas.transform(of))
        if frame.is_visible("picture"):
            _lines(number_lines.steps(of), "steps")
            st.caption("A grey band reaches one standard deviation to both sides of its mark.")
        _text(parts.transform(of))

    def move() -> None:
        controls.values(view, singly=True)
        controls.scale_and_shift()

    _beside(move, draw)


def _forward(view: View) -> Forward:
    values: Values = view.get(site.VALUES)
    return transform.forward(values, view.get(site.GAMMA), view.get(site.BETA), view.get(site.EPSILON))


def _inference(view: View) -> None:
    m, momentum, value = view.get(site.BATCH), view.get(site.MOMENTUM), view.get(site.LOOKED_AT)
    steps, outputs = running.history(m, momentum), running.answers(value, m)

    def draw() -> None:
        if frame.is_visible("chart"):
            left, right = st.columns(2, gap="medium")
            alt = f"Lines: the variance that batches of 2 to {running.MOST} say on average, with and without m/(m − 1)."
            left.plotly_chart(charts.variances(m), key="variances", config=STATIC, alt=alt)
            alt = f"Lines: running mean and variance over {len(steps)} batches, and dots: those of each batch."
            right.plotly_chart(charts.running(steps), key="running", config=STATIC, alt=alt)
            st.caption(
                plain(
                    f"Dashed in red: the variance and the mean of all values, which are {len(running.population()):,} "
                    "numbers that stand for one channel over all images. Dots at the right: single batches."
                )
            )
        if frame.is_visible("picture"):
            st.markdown(plain(f"What becomes of the value {value}, by the statistics that it is normalised with:"))
            _lines(number_lines.answers(outputs), "answers")
        _text(parts.answers(value, m, outputs))

    _beside(controls.statistics, draw, parts.statistics(m, momentum, steps))


def _gradient(view: View) -> None:
    of = _forward(view)
    upstream: Values = view.get(site.UPSTREAM)
    by = transform.backward(of, transform.fitted(upstream, len(of.x)))

    def draw() -> None:
        if frame.is_visible("formula"):
            st.latex(formulas.gradient(of, by))
        if frame.is_visible("picture"):
            _lines(number_lines.gradients(by), "gradients")
        _text(parts.gradient(of, by))
        if frame.is_visible("torch"):
            args = check_args(of, by.y)
            about = "Computes the same with torch's batch_norm and autograd in a process of its own. Some seconds."
            task_status.show("Check with PyTorch", args, lambda text: _checked(text, of, by), about=about)

    def move() -> None:
        controls.values(view, singly=False)
        controls.upstream(by.y)
        controls.gamma()

    _beside(move, draw)


def _checked(text: bytes, of: Forward, by: Backward) -> None:
    try:
        measured = Autograd.from_json(text)
        lines = measured.beside(of, by)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return
    largest = max(line.difference for line in lines)
    st.markdown(
        plain(f"PyTorch {measured.version} agrees: the largest difference of all numbers is {difference(largest)}.")
        if largest < transform.AGREES
        else plain(f"PyTorch {measured.version} differs by up to {difference(largest)}.")
    )
    rows = [
        {
            "": line.name,
            "chain rule": ", ".join(map(written, line.ours)),
            "autograd": ", ".join(map(written, line.torch)),
            "difference": difference(line.difference),
        }
        for line in lines
    ]
    widths = {"": 170, "chain rule": 290, "autograd": 290, "difference": 110}
    columns = {name: st.column_config.TextColumn(width=width) for name, width in widths.items()}
    st.dataframe(rows, hide_index=True, column_config=columns)


def _scale(view: View) -> None:
    a = -view.get(site.TIMES) if view.get(site.NEGATIVE) else view.get(site.TIMES)
    now = scaling.compare(a, float(view.get(site.SHIFT)))

    def draw() -> None:
        _metrics(
            ("Without BN, outputs move by", written(now.moved)),
            ("With BN", difference(now.moved_normalised)),
            ("Gradient by the weights", f"×{difference(now.ratio)}"),
            ("Gradient by the bias", written(now.scaled.by_bias)),
        )
        if frame.is_visible("formula"):
            st.latex(formulas.invariance(now))
        if frame.is_visible("picture"):
            left, right = st.columns(2, gap="medium")
            with left:
                _lines(number_lines.outputs(now), "outputs", number_lines.NARROW)
            with right:
                _lines(number_lines.normalised(now), "normalised", number_lines.NARROW)

    _beside(controls.scaling_and_bias, draw, parts.scale(now))


_SHOWN: dict[str, Callable[[View], None]] = {
    "transform": _transform,
    "inference": _inference,
    "gradient": _gradient,
    "scale": _scale,
    "mnist": mnist_panel.show,
}


def _beside(move: Callable[[], None], draw: Callable[[], None], sentences: Sequence[str] = ()) -> None:
    """Controls, and sentences where there is room for them, at the left of what they are about."""
    right = st.container()
    if frame.is_visible("controls") or (sentences and frame.is_visible("text")):
        left, right = st.columns([11, 30], gap="medium")
        with left:
            if frame.is_visible("controls"):
                move()
            _text(sentences)
    with right:
        draw()


def _text(sentences: Sequence[str]) -> None:
    if sentences and frame.is_visible("text"):
        st.markdown("\n".join(f"- :small[{plain(sentence)}]" for sentence in sentences))


def _lines(lines: Sequence[number_lines.NumberLine], key: str, width: float = number_lines.WIDE) -> None:
    svg_picture.show(number_lines.draw(lines, width), key=key, alt=number_lines.alt_text(lines), shrinks=False)
    if number_lines.has_own_scales(lines):
        st.caption("Each line has a scale of its own.")


def _metrics(*shown: tuple[str, str]) -> None:
    for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(plain(label), value)
