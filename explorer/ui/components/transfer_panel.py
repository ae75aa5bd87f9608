"""What goes out of a network's page and comes back: export, import, and a second opinion by PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from explorer.analysis import tables
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.graph.source import source
from explorer.spec.build import analyse, build, valid
from explorer.spec.spec import Spec
from explorer.spec.transfer import Verified, check_onnx, from_file, stem, verified
from explorer.ui.components import task_status
from explorer.ui.session import state
from explorer.ui.session.text import plain

_PANELS = {
    "export": ":material/download: Export",
    "code": ":material/code: PyTorch",
    "import": ":material/upload: Import",
    "verify": ":material/verified: Verify with PyTorch",
}
_PANEL, _TEXT, _FILE = "exchange panel", "exchange text", "exchange file"
_REFUSED = "exchange refused"
_CODE = 480
"""Pixels of the source, from which on it scrolls."""


def show(spec: Spec) -> None:
    """One line of choices; a panel under it once one is chosen, so that a closed one costs nothing."""
    panel = st.pills(
        "Export, import, verify",
        list(_PANELS),
        format_func=_PANELS.__getitem__,
        key=_PANEL,
        label_visibility="collapsed",
    )
    if panel == "import":
        _import()
    elif panel is not None and (error := analyse(spec).error):
        st.info(plain(f"Nothing to {panel} yet: {error}."))
        if panel == "export":
            _file("JSON", spec.to_json, f"{stem(spec)}.json", "application/json")
    elif panel == "export":
        _export(spec)
    elif panel == "code":
        st.code(source(build(spec), title=spec.title), language="python", height=_CODE)
    elif panel == "verify":
        _verify(spec)


def _export(spec: Spec) -> None:
    name = stem(spec)
    with st.container(horizontal=True, gap="small"):
        _file("Python", lambda: source(build(spec), title=spec.title), f"{name}.py", "text/x-python")
        _file("JSON", spec.to_json, f"{name}.json", "application/json")
        _file("CSV of the trace", lambda: tables.to_csv(valid(spec)), f"{name}.csv", "text/csv")
    st.caption(
        "The Python file needs PyTorch and nothing else; the JSON file can be imported here again; the CSV file has a "
        "line for each layer."
    )
    try:
        check_onnx(valid(spec).totals)
    except ExplorerError as error:
        st.caption(plain(f"No ONNX: {error}."))
        return
    task_status.show(
        "Make an ONNX file",
        ("onnx", spec.to_json()),
        partial(_onnx, f"{name}.onnx"),
        about="Torch's exporter writes it in a process of its own, with untrained weights from a fixed seed, in about "
        "ten seconds.",
    )


def _onnx(name: str, answer: bytes) -> None:
    _file(f"ONNX, {formats.bytes_(len(answer))}", lambda: answer, name, "application/octet-stream")


def _file(label: str, make: Callable[[], str | bytes], name: str, mime: str) -> None:
    """A button for a file that is made when it is clicked."""
    st.download_button(label, make, name, mime, icon=":material/download:", on_click="ignore", key=f"export {name}")


def _import() -> None:
    st.caption(
        "A network as its JSON file or text has it. What cannot be used is answered in a sentence, and everything "
        "stays as it is."
    )
    left, right = st.columns(2, gap="medium")
    left.text_area("JSON", placeholder=Spec.make("googlenet", rewrites=["stack_5x5"]).to_json(), key=_TEXT, height=120)
    left.button("Use this network", icon=":material/upload:", on_click=_use_text)
    right.file_uploader("or a .json file", type="json", key=_FILE, on_change=_use_file, max_upload_size=1)
    if refused := st.session_state.get(_REFUSED):
        st.error(plain(f"It was not imported: {refused}."), icon=":material/error:")


def _use_text() -> None:
    _use(lambda: Spec.from_json(str(st.session_state[_TEXT])))


def _use_file() -> None:
    if (file := st.session_state[_FILE]) is not None:
        _use(lambda: from_file(file.getvalue()))


def _use(read: Callable[[], Spec]) -> None:
    try:
        spec = read()
        build(spec)
        st.session_state[_REFUSED] = None
    except ExplorerError as error:
        st.session_state[_REFUSED] = str(error)
        return
    state.edit(lambda _: spec)
    state.redraw()


def _verify(spec: Spec) -> None:
    task_status.show(
        "Verify with PyTorch",
        ("verify", spec.to_json(), "--json", "--nodes"),
        lambda answer: _found(verified(answer)),
        about="Builds the network in PyTorch, in a process of its own, and compares every layer with torch, torchinfo "
        "and torch's FLOP counter; it takes some seconds.",
    )


def _found(result: Verified) -> None:
    words = (
        f"{formats.number(result.comparisons)} comparisons with torch, torchinfo and FlopCounterMode, "
        f"{formats.number(result.differences)} differences."
    )
    if result.differences:
        st.warning(plain(words), icon=":material/rule:")
    else:
        st.success(plain(words), icon=":material/verified:")
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format=formats.COLUMN) for name, (_, counts) in _COLUMNS.items() if counts
    }
    columns["layer"] = st.column_config.TextColumn(width=235, pinned=True)
    rows = [
        {
            "layer": row["name"],
            "": "✓" if row["agrees"] else "✗",
            **{name: row.get(field) for name, (field, _) in _COLUMNS.items()},
        }
        for row in result.rows
    ]
    st.dataframe(rows, hide_index=True, column_config=columns, height=min(420, 38 + 35 * len(rows)), placeholder="")


_COLUMNS = {
    "shape": ("out_shape", False),
    "shape by torchinfo": ("out_shape by torchinfo", False),
    "shape by torch": ("out_shape by torch", False),
    "parameters": ("params", True),
    "parameters by torchinfo": ("params by torchinfo", True),
    "statistics": ("statistics", True),
    "statistics by torch": ("statistics by torch", True),
    "MACs": ("macs", True),
    "MACs by FlopCounterMode": ("macs by FlopCounterMode", True),
}
"""Titles of the table with the field of a row that each shows, and whether it is a count."""
