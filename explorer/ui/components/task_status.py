"""A task in the page: its button, its progress, why it failed, and its answer."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.runs import tasks
from explorer.ui.session.text import plain


def show(label: str, args: tuple[str, ...], answered: Callable[[bytes], None], *, about: str = "") -> None:
    """Offers to put a question to the command line in a process of its own, and shows what becomes of it.

    Args:
        label: of the button, unique on its page.
        args: of the command line, made from values that have been checked: `("verify", spec.to_json())`.
        answered: shows the answer, which is what the command prints.
        about: what it does and how long that takes, in a sentence under the button.
    """
    id = tasks.id_of(*args)
    task = tasks.state(id)
    if task is not None and task.answer is not None:
        answered(task.answer)
    elif task is not None and task.running:
        st.fragment(_watch, run_every=1.0)(label, id)
    else:
        # Outside of the fragment: a click in there would start the task and no polling.
        st.button(label, icon=":material/play_arrow:", key=f"ask {label}", on_click=_ask, args=(label, args))
        if about:
            st.caption(plain(about))
        _say_why_not(label, args, task)


def _watch(label: str, id: str) -> None:
    task = tasks.state(id)
    if task is None or not task.running:
        st.rerun()  # the whole page once more: with the answer, and without polling
    st.info(plain(f"In a process of its own: {task.words} ..."), icon=":material/hourglass_empty:")
    st.button("Stop", icon=":material/stop:", key=f"stop {label}", on_click=tasks.stop, args=(id,))


def _say_why_not(label: str, args: tuple[str, ...], task: tasks.Task | None) -> None:
    asked, refused = st.session_state.get(_refused(label)) or ((), "")
    if refused and asked == args:
        st.error(plain(f"It was not started: {refused}."), icon=":material/error:")
    elif task is not None and task.failed:
        st.error(plain(f"There is no answer: {task.failed}."), icon=":material/error:")


def _ask(label: str, args: tuple[str, ...]) -> None:
    try:
        tasks.ask(*args)
        st.session_state[_refused(label)] = None
    except ExplorerError as error:
        st.session_state[_refused(label)] = (args, str(error))


def _refused(label: str) -> str:
    return f"task refused {label}"
