"""All networks of the zoo around those that are compared, and what was published of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.analysis.candidates import uses
from explorer.common import formats
from explorer.draw.charts import compare as charts
from explorer.draw.charts.layout import STATIC
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.session.text import plain
from explorer.zoo import ARCHITECTURES
from explorer.zoo.published import TOP_1


def show(labels: dict[str, Spec]) -> None:
    """Their parameters against their MACs."""
    zoo = {entry.title: valid(Spec.make(id)).totals for id, entry in ARCHITECTURES.items()}
    chosen = {label: valid(spec).totals for label, spec in labels.items()}
    ratios = "; ".join(
        f"{label}: {formats.number(t.params)} parameters, {formats.macs(t.macs)}" for label, t in chosen.items()
    )
    least, most = uses(zoo.values())
    st.caption(
        plain(
            f"Each point is a network at its own input size. A parameter takes part in {least:.0f} to {most:.0f} MACs "
            "an image: a linear layer uses each weight once, a convolution once at every position of its map."
        )
    )
    st.plotly_chart(charts.scatter(zoo, chosen), key="zoo", config=STATIC, alt=f"Parameters against MACs. {ratios}.")
    with st.expander("What was published of each", on_change="rerun", key="published"):
        if st.session_state.get("published"):
            _published()


def _published() -> None:
    """Every network with its year, its costs, and what was published of its accuracy."""
    rows = [
        {
            "network": entry.title,
            "year": str(entry.year),
            "top-1, %": TOP_1[id].top_1 if id in TOP_1 else None,
            "parameters": (totals := valid(Spec.make(id)).totals).params,
            "MACs": totals.macs,
            "source": TOP_1[id].source if id in TOP_1 else "",
        }
        for id, entry in ARCHITECTURES.items()
    ]
    rows.sort(key=lambda row: row["top-1, %"] or 0, reverse=True)
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format=formats.COLUMN) for name in ("parameters", "MACs")
    }
    columns["top-1, %"] = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(rows, hide_index=True, column_config=columns, height=300)
