"""The MNIST experiment on the batch norm page: two networks that train in a process of their own."""

from __future__ import annotations

import streamlit as st

from explorer.cli.batchnorm import EPOCHS, mnist_args
from explorer.common.errors import ExplorerError
from explorer.draw.charts import batchnorm as charts
from explorer.draw.charts.layout import STATIC
from explorer.lessons.batchnorm.record import Mnist, words
from explorer.runs.datasets import info
from explorer.spec.spec import Spec
from explorer.ui.components import task_status
from explorer.ui.frame import frame, links, site
from explorer.ui.pages.batchnorm import controls
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(view: View) -> None:
    """The part: what is trained, and what came of it."""
    if frame.is_visible("text"):
        st.markdown(
            plain(
                "Three fully connected layers of 100 sigmoids, small Gaussian weights, batches of 60: once as they "
                "are, once with batch norm in front of each sigmoid. Both start from the same weights and see the "
                f"same {info('mnist_5k').train:,} images in the same order, for {EPOCHS} epochs."
            )
        )
    if frame.is_visible("controls"):
        _choice()
    about = "Trains both networks in a process of its own, which takes about half a minute. The answer is kept."
    task_status.show("Train both", mnist_args(view.get(site.RATE)), _answer, about=about)


def _choice() -> None:
    """The rate, and the networks themselves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.rate()
        for label, setting in (("Network without BN", 0), ("Network with BN", 1)):
            query = site.BUILD.link(View(Spec.make("mnist_mlp", settings={"batch_norm": setting})))
            links.follow(site.BUILD, label, query)


def _answer(text: bytes) -> None:
    try:
        result = Mnist.from_json(text)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return
    if frame.is_visible("text"):
        st.markdown("\n".join(f"- :small[{plain(sentence)}]" for sentence in words(result)))
    if frame.is_visible("chart"):
        _charts(result)
    st.caption(
        plain(
            f"SGD at a rate of {result.rate:g}, {result.epochs} epochs of {result.train:,} images, seed {result.seed}, "
            f"{result.seconds:.0f} s on one core. Accuracy on {result.held_out:,} images that neither has trained on. "
            "Typical is the unit of the last hidden layer whose median moves by the middle range of all 100, "
            f"{result.normalised.unit} with BN and {result.plain.unit} without; the percentiles are over "
            "the held-out images."
        )
    )


def _charts(result: Mnist) -> None:
    first, second, third = st.columns(3, gap="small")
    ends = (result.normalised.accuracy[-1], result.plain.accuracy[-1])
    first.markdown("**Accuracy**")
    alt = (
        f"Two lines over the training: accuracy with batch norm, {ends[0]:.1%} at the end, and without, {ends[1]:.1%}."
    )
    first.plotly_chart(charts.accuracy(result), key="accuracy", config=STATIC, alt=alt)
    for column, title, curve in ((second, "without BN", result.plain), (third, "with BN", result.normalised)):
        column.markdown(f"**Input of a sigmoid, {title}**")
        alt = f"A sigmoid's input {title}: median, 15th and 85th percentile. The median moves over {curve.wander:.2f}."
        column.plotly_chart(charts.percentiles(result, curve), key=f"percentiles {title}", config=STATIC, alt=alt)
