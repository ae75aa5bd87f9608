"""The cost math page: one lesson with its sliders, formula, tensors and chart."""

from __future__ import annotations

import streamlit as st

from explorer.common import formats
from explorer.common.articles import named
from explorer.common.errors import ExplorerError
from explorer.draw.charts.layout import STATIC
from explorer.draw.charts.lessons import COUNTS, along, along_steps
from explorer.draw.tensors import alt_text, tensors
from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.equations import equations
from explorer.lessons.cost.lesson import Count, Lesson, Study, Variable, Way, decimal, study, written
from explorer.lessons.inception_to_xception import cost, steps
from explorer.ui.components import svg_picture
from explorer.ui.frame import frame, links, site
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(view: View) -> None:
    """The whole page under its frame."""
    lesson, count = _picked(view)
    now = study(lesson, _fitting(lesson, view))
    if frame.is_visible("sliders") or frame.is_visible("text"):
        left, right = st.columns([11, 40], gap="medium")
        with left:
            _controls(now)
    else:
        right = st.container()
    with right:
        _numbers(now, count)
        if frame.is_visible("formula"):
            st.latex(equations(now, count))
        _figures(now, count)
        if lesson.id == "groups" and frame.is_visible("steps"):
            _steps(count)
    st.caption(plain(f"Counted are weights, without biases. From {named(lesson.source)}."))


def _controls(now: Study) -> None:
    """The sliders, and what they show in sentences."""
    if frame.is_visible("sliders"):
        with st.container(gap=None):
            for variable in now.lesson.variables:
                _slider(now.lesson, variable, now.values)
    if frame.is_visible("text"):
        st.markdown("\n".join(f"- :small[{plain(sentence)}]" for sentence in now.lesson.explain(now)))


def _picked(view: View) -> tuple[Lesson, Count]:
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, names, key in (
            ("Lesson", {id: lesson.title for id, lesson in LESSONS.items()}, site.LESSON),
            ("Count", COUNTS, site.COUNT),
        ):
            st.pills(
                label,
                list(names),
                format_func=names.__getitem__,
                required=True,
                label_visibility="collapsed",
                width="content",
                wrap=True,
                **state.bind_key(key, default="default"),
            )
    lesson = LESSONS[view.get(site.LESSON)]
    st.markdown(f"**{plain(lesson.question)}**")
    return lesson, "macs" if view.get(site.COUNT) == "macs" else "weights"


def _values(lesson: Lesson, view: View) -> dict[str, int]:
    return {variable.letter: view.get(site.LESSON_VALUES[lesson.id, variable.letter]) for variable in lesson.variables}


def _fitting(lesson: Lesson, view: View) -> dict[str, int]:
    """The link's values, and where they do not go together, why, and the nearest that do."""
    values = _values(lesson, view)
    try:
        lesson.check(values)
    except ExplorerError as error:
        st.error(plain(f"That cannot be used: {error}. The nearest one is shown."), icon=":material/error:")
    return lesson.fitted(values)


def _slider(lesson: Lesson, variable: Variable, values: dict[str, int]) -> None:
    key = site.LESSON_VALUES[lesson.id, variable.letter]

    def take(value: int) -> None:
        state.move(lambda view: _moved(lesson, variable, view, value), key.name)

    label = f"{variable.words}, *{variable.letter}*"
    tied = state.bind_widget(f"cost {key.name}", values[variable.letter], take)
    if variable.choices:
        st.select_slider(label, variable.offered(values), **tied)
    else:
        st.slider(label, variable.least, variable.most, **tied)


def _moved(lesson: Lesson, variable: Variable, view: View, value: int) -> View:
    """The view with one number changed, and with it those that would not go together with it any more."""
    view = view.set(site.LESSON_VALUES[lesson.id, variable.letter], value)
    for letter, fitted in lesson.fitted(_values(lesson, view)).items():
        view = view.set(site.LESSON_VALUES[lesson.id, letter], fitted)
    return view


def _numbers(now: Study, count: Count) -> None:
    first, second, share, even = st.columns(4)
    with first:
        _way(now.plain, count)
    with second:
        _way(now.saving, count)
    with share:
        _metric("Ratio", formats.percent(now.share(count)), "cheaper" if now.pays else "not cheaper")
    with even:
        balance = now.balance.value
        below = f"cheaper {now.lesson.pays}" if balance else "never cheaper"
        _metric(f"Break-even of {now.lesson.swept}", decimal(balance) if balance else "none", below)


def _way(way: Way, count: Count) -> None:
    weights, macs = f"{written(way.totals, 'weights')} weights", written(way.totals, "macs")
    _metric(way.side.label, written(way.totals, count), macs if count == "weights" else weights)


def _metric(label: str, value: str, below: str) -> None:
    st.metric(plain(label), value, below, delta_color="off", delta_arrow="off")


def _figures(now: Study, count: Count) -> None:
    """Tensors and chart side by side, or the one of them that is not hidden."""
    drawings = [draw for part, draw in (("picture", _picture), ("chart", _chart)) if frame.is_visible(part)]
    for column, draw in zip(st.columns(len(drawings), gap="medium") if drawings else (), drawings, strict=True):
        with column:
            draw(now, count)


def _picture(now: Study, count: Count) -> None:
    svg_picture.show(tensors(now, count), key="tensors", alt=alt_text(now, count))


def _chart(now: Study, count: Count) -> None:
    swept = now.lesson.variable(now.lesson.swept).words.lower()
    alt = f"Lines: {COUNTS[count]} of both ways over the {swept}, with the present value and the break-even."
    st.plotly_chart(along(now, count), key="along", config=STATIC, alt=alt)


def _steps(count: Count) -> None:
    """From Inception to Xception: what each step costs, and a link that opens it."""
    st.markdown(
        "**Six steps from GoogLeNet's module 3a to one of Xception's kind.** Each opens in Build; "
        "here parameters count their biases."
    )
    left, right = st.columns(2, gap="medium")
    stops = steps()
    with left:
        for index, step in enumerate(stops):
            query = site.BUILD.link(View(step.spec))
            links.follow(site.BUILD, f"{index}. {step.title}", query, has_icon=False)
    with right:
        costs = [cost(step.spec) for step in stops]
        alt = "Bars: the cost of each step, " + ", ".join(written(step.totals, count) for step in costs) + "."
        st.plotly_chart(along_steps(costs, count), key="steps", config=STATIC, alt=alt)
