"""The chain to play with: its formula, its cone and its picture say what the trace says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.field import chain
from explorer.analysis.field.chain import Chain
from explorer.backend.torch_module import GraphModule
from explorer.draw import fields

chains = st.builds(
    Chain,
    st.integers(1, chain.MOST_KERNEL),
    st.integers(1, chain.MOST_STRIDE),
    st.integers(1, chain.MOST_DILATION),
    st.integers(1, chain.MOST_DEPTH),
    st.booleans(),
)
small = st.builds(Chain, st.integers(1, 4), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.booleans())


@given(chains)
def test_the_terms_add_up_to_the_field(chosen: Chain) -> None:
    terms = chain.terms(chosen)
    field = chain.seen(chain.rows(chosen)[-1])
    assert 1 + sum((term.kernel - 1) * term.dilation * term.jump for term in terms) == field
    assert [term.jump for term in terms] == [chosen.stride**place for place in range(chosen.depth)]
    assert [term.field for term in terms] == [chain.seen(row) for row in chain.rows(chosen)[1:]]
    assert f"& = {field} " in chain.formula(chosen)


@pytest.mark.usefixtures("one_thread")
@given(small)
def test_the_cone_is_where_torchs_gradient_is(chosen: Chain) -> None:
    traced = chain.rows(chosen, outputs=5)
    module = GraphModule(chain.graph(chosen, traced[0].out_shape[2])).double()
    for parameter in module.parameters():
        parameter.data.fill_(1)
    image = torch.ones(1, *traced[0].out_shape, dtype=torch.float64, requires_grad=True)
    module(image)[0, 0, 0, 2].backward()
    assert chain.cone(traced, 2)[0] == set(image.grad[0, 0, 0].nonzero().flatten().tolist())


@given(chains)
def test_the_picture_has_a_dot_for_every_element(chosen: Chain) -> None:
    svg = fields.dots(chosen)
    traced = chain.rows(chosen)
    assert (svg is None) == (chain.rows(chosen, fields._outputs(chosen))[0].out_shape[2] > fields.MOST_DOTS)
    if svg is not None:
        circles = [one for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("circle")]
        lit = [one for one in circles if one.get("class") == "blue solid"]
        assert len(lit) == sum(map(len, chain.cone(traced, 0)))
        width = float(ElementTree.fromstring(svg).get("width"))
        assert all(0 < float(one.get("cx")) < width for one in circles)
