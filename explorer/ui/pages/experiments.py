"""The experiments page: a question, the paired runs that answer it as they go, and what their numbers say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.analysis.candidates import Candidate
from explorer.common import formats, limits
from explorer.common.articles import named
from explorer.common.errors import ExplorerError
from explorer.draw.charts import experiment as charts
from explorer.draw.charts.layout import STATIC
from explorer.runs.executor import base
from explorer.runs.measures import MEASURES
from explorer.studies.claims import CLAIMS
from explorer.studies.experiments import EXPERIMENTS, Experiment, results, study
from explorer.studies.experiments.conclusion import FAILED, Comparison
from explorer.studies.experiments.results import ArmSummary, Band
from explorer.studies.experiments.study import Study
from explorer.ui.frame import frame, links, site
from explorer.ui.session import state, visitor
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_SAID = "experiment said"
_INTERVAL = (
    "Percentage points, paired by seed, with Student's interval. One that reaches over 0 shows no difference. Of "
    "twenty such intervals one is wrong by chance."
)
_ONE_SEED = (
    "Percentage points. With one seed the interval holds only what the choice of the held-out images does, and "
    "nothing of what another seed would."
)
# On a narrow screen Streamlit lets a table run out of its page, and breaks a number from its unit.
_SCROLLED = """<style>
[data-testid=stMarkdownContainer]:has(table) { overflow-x: auto; }
[data-testid=stMarkdownContainer] :is(td, th) { white-space: nowrap; font-size: 0.875rem; padding: 0.25rem 0.6rem; }
</style>"""


def show(view: View) -> None:
    """The whole page under its frame."""
    experiment = EXPERIMENTS[view.get(site.EXPERIMENT)]
    left, right = st.columns([2, 5], gap="large")
    with left:
        _question(experiment)
        if frame.is_visible("start"):
            _start_form(view, experiment)
        if frame.is_visible("text"):
            st.markdown(f":small[{plain(named(experiment.about))}]")
            st.caption(plain(f"{results.describe(experiment)} From {named(experiment.source)}."))
        if frame.is_visible("arms"):
            _links(experiment)
    with right:
        if words := st.session_state.get(_SAID):
            st.warning(plain(f"{words}."), icon=":material/info:")
        _results(view, experiment)


def _question(experiment: Experiment) -> None:
    ids = list(EXPERIMENTS)
    st.selectbox(
        "Experiment", ids, format_func=lambda id: EXPERIMENTS[id].title, **state.bind_key(site.EXPERIMENT, ids)
    )
    st.markdown(f"**{plain(named(experiment.question))}**")


def _start_form(view: View, experiment: Experiment) -> None:
    seeds = view.get(site.SEEDS) or experiment.seeds
    st.slider(
        "Seeds, for each arm",
        1,
        limits.MAX_SEEDS,
        help="Each arm, a row of the table, is run once a seed. Runs of one seed share first weights and order of "
        "the images. One seed alone knows no spread.",
        **state.bind_key(site.SEEDS, shown=seeds),
    )
    runs, seconds = seeds * len(experiment.arms), formats.duration(study.expected_seconds(experiment, seeds))
    st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=_start,
        args=(experiment, seeds),
    )
    st.caption(plain(f"{runs} runs, about {seconds} on two idle cores. They go on when you leave this page."))


def _start(experiment: Experiment, seeds: int) -> None:
    def start() -> None:
        state.put(site.STUDY, study.start(experiment, seeds, visitor.owner()))

    _act(start)


def _links(experiment: Experiment) -> None:
    """Each network in its own page, those that differ side by side, and what only the ledger can show."""
    with st.container(gap=None):
        networks = results.networks(experiment)
        for name, spec in networks:
            name = name if len(networks) > 1 else "the network"
            query = site.BUILD.link(View(spec))
            links.follow(site.BUILD, f"Open {name}", query)
        _compare_link(experiment)
        for id in experiment.claims:
            query = site.CLAIMS.link(View(experiment.arms[0].spec).set(site.CLAIM, id))
            links.follow(site.CLAIMS, f"Ledger: {CLAIMS[id].title}", query)


def _compare_link(experiment: Experiment) -> None:
    view = View(experiment.arms[0].spec)
    networks = results.networks(experiment)[: len(site.SIDES)]
    if len(networks) > 1:
        for key, (name, spec) in zip(site.SIDES, networks, strict=False):
            view = view.set(key, Candidate(spec, name).text)
        query = site.COMPARE.link(view)
        links.follow(site.COMPARE, "Compare the networks", query)


def _results(view: View, experiment: Experiment) -> None:
    id = _chosen(view, experiment)
    current = _load(experiment, id) if id else None
    if current is None:
        base.current().prewarm()  # so that the first run begins at once
        words = "Not started yet. The table shows the arms, which are the networks and settings that are compared."
        st.info(words, icon=":material/science:")
        if frame.is_visible("chart"):
            _charts(experiment, {}, ())
        if frame.is_visible("table"):
            _table(experiment, results.plan(experiment), ())
        return
    st.fragment(_watch, run_every=1.0 if current.under_way else None)(experiment, current.id, current.under_way)


def _chosen(view: View, experiment: Experiment) -> str:
    """The study in the link, or the newest, this browser's own first; empty where there is none."""
    try:
        started = study.find(experiment)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return ""
    asked, mine = view.get(site.STUDY), visitor.owner()
    if asked and asked not in started and study.is_of(experiment, asked):
        st.info(plain(f"The study {asked} is not here any more."), icon=":material/info:")
    if not started:
        return ""
    ids = [id for id, begun in started.items() if begun.owner == mine]
    shown = asked if asked in started else next(iter(ids or started))

    def title(id: str) -> str:
        whose = "" if started[id].owner == mine else ", by another browser"
        return f"{started[id].when:%d %b, %H:%M:%S} UTC{whose}"

    st.selectbox(
        "Started", list(started), format_func=title, width=340, **state.bind_key(site.STUDY, started, shown=shown)
    )
    return shown


def _load(experiment: Experiment, id: str) -> Study | None:
    try:
        return study.load(experiment, id)
    except ExplorerError as error:
        st.info(plain(f"{error}."), icon=":material/info:")
        return None


def _watch(experiment: Experiment, id: str, was_under_way: bool) -> None:
    current = _load(experiment, id)
    if current is None or current.under_way != was_under_way:
        st.rerun()  # the whole page once more: the polling begins or ends with it
    _headline(current)
    comparisons = results.conclusions(current)
    if frame.is_visible("conclusion"):
        _conclusion(comparisons)
    if frame.is_visible("chart"):
        bands = results.curves(current, state.view().get(site.MEASURED))
        _charts(experiment, bands, comparisons, len(current.seeds))
    if frame.is_visible("table"):
        _table(experiment, results.lines(current), current.seeds)


def _headline(current: Study) -> None:
    whole, left = len(current.cells), formats.duration(current.seconds_left)
    with st.container(horizontal=True, vertical_alignment="center"):
        if current.under_way:
            st.progress(current.share, plain(f"{current.ended} of {whole} runs have ended, about {left} left"))
            st.button("Stop", icon=":material/stop:", on_click=_act, args=(lambda: study.cancel(current),))
        else:
            ended = sum(cell.outcome is not None for cell in current.cells)
            st.progress(current.share, plain(f"{'Finished' if ended == whole else 'Stopped'}: {ended} of {whole} runs"))
        if current.can_resume:
            st.button("Resume", icon=":material/resume:", on_click=_act, args=(lambda: study.resume(current),))
    for cell in current.cells:
        if cell.broken:
            st.error(plain(f"{cell.run.label} was lost: {cell.run.reason}."), icon=":material/error:")


def _conclusion(comparisons: Sequence[Comparison]) -> None:
    if not comparisons:
        st.caption("A conclusion follows as soon as two arms have ended with the same seed.")
        return
    st.markdown("\n".join(f"- {plain(comparison.sentence)}" for comparison in comparisons))


def _charts(experiment: Experiment, bands: dict[str, Band], comparisons: Sequence[Comparison], seeds: int = 0) -> None:
    """The arms over the epochs, empty at first so that nothing moves when a point comes, and how far they are apart."""
    measure = state.view().get(site.MEASURED)
    st.segmented_control(
        "Drawn",
        list(MEASURES),
        format_func=lambda name: MEASURES[name].title,
        required=True,
        label_visibility="collapsed",
        **state.bind_key(site.MEASURED, default="default"),
    )
    measured = [comparison for comparison in comparisons if comparison.verdict != FAILED]
    left, right = st.columns([3, 2], gap="medium")
    names = [arm.name for arm in experiment.arms]
    figure = charts.curves(bands, names, measure, epochs=experiment.config.epochs, chance=1 / experiment.data.classes)
    alt = f"{MEASURES[measure].title} on held-out images over the epochs, a line and a band of each arm."
    left.plotly_chart(figure, key="curves", config=STATIC, alt=alt)
    if seeds > 1:
        left.caption("A line is the mean over the seeds so far, its band one standard deviation to both sides.")
    if measured:
        alt = "How many points each arm is ahead, with intervals: " + " ".join(
            comparison.sentence for comparison in measured
        )
        right.plotly_chart(charts.differences(measured), key="differences", config=STATIC, alt=alt)
        right.caption(plain(_INTERVAL if seeds > 1 else _ONE_SEED))


def _table(experiment: Experiment, lines: Sequence[ArmSummary], seeds: Sequence[int]) -> None:
    """Every arm in numbers; before a start, what it costs."""
    columns = {
        "parameters": [formats.number(line.totals.params) for line in lines],
        "MACs": [formats.short(line.totals.macs) for line in lines],
        **results.settings(experiment),
    }
    if seeds:
        columns |= _measured(lines, seeds)
    rows = zip(*([plain(cell) for cell in cells] for cells in columns.values()), strict=True)
    body = [f"| {plain(line.arm.name)} | {' | '.join(row)} |" for line, row in zip(lines, rows, strict=True)]
    st.html(_SCROLLED)
    header = f"| arm | {' | '.join(map(plain, columns))} |"
    st.markdown("\n".join([header, f"|---|{'---:|' * len(columns)}", *body]))
    if len(seeds) > 1:
        st.caption(
            plain(
                "Accuracy: on held-out images, mean ± standard deviation over the seeds. Epochs to an accuracy: until "
                f"an arm is as good as “{experiment.arms[0].name}” is at its end, and a dash where a seed never is."
            )
        )


def _measured(lines: Sequence[ArmSummary], seeds: Sequence[int]) -> dict[str, list[str]]:
    """The columns of what the runs have shown."""
    columns = {"accuracy": [line.written for line in lines]}
    if reached := results.reaching(lines):
        columns[f"epochs to {reached}"] = ["–" if line.reached is None else f"{line.reached:.1f}" for line in lines]
    columns["seconds"] = ["–" if line.seconds is None else f"{line.seconds:.1f}" for line in lines]
    if len(seeds) > 1:
        columns |= {f"seed {seed}": [line.each[index] for line in lines] for index, seed in enumerate(seeds)}
    return columns


def _act(do: Callable[[], None]) -> None:
    """Does something, or keeps the sentence of why it cannot be done."""
    try:
        do()
        st.session_state[_SAID] = None
    except ExplorerError as error:
        st.session_state[_SAID] = str(error)
