"""The files of a run that a visitor can take along."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.runs import client
from explorer.runs.client import Run
from explorer.runs.table import curve_csv
from explorer.spec.transfer import stem


def show(run: Run) -> None:
    """A menu of the files, each made when it is clicked."""
    with st.popover("Export", icon=":material/download:"):
        name = f"{stem(run.spec)}_{run.id[:15]}"
        _file("Network (JSON)", run.spec.to_json, f"{name}_spec.json", "application/json")
        _file("Configuration (JSON)", run.config.to_json, f"{name}_config.json", "application/json")
        _file("Curve (CSV)", lambda: curve_csv(client.curve(run.id)), f"{name}_curve.csv", "text/csv")
        try:
            path = client.weights(run.id)
        except ExplorerError:
            st.caption("No weights: only the newest finished runs keep theirs.")
        else:
            _file("Weights (safetensors)", path.read_bytes, f"{name}.safetensors", "application/octet-stream")


def _file(label: str, make: Callable[[], str | bytes], name: str, mime: str) -> None:
    st.download_button(label, make, name, mime, icon=":material/download:", on_click="ignore", width="stretch")
