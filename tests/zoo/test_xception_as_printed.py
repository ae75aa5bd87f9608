"""Source 004's Xception against every row of the summary that the article prints."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from explorer.graph.graph import Graph
from explorer.graph.ops import Add, BatchNorm2d
from explorer.graph.trace import NodeTrace, Totals, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers import references

SUMMARY = Path(__file__).with_name("xception_summary.txt")
TOTAL, TRAINABLE, STATISTICS = 22_817_480, 22_805_848, 11_632

ROW = re.compile(
    r"(?P<name>\w+) \(\w+\)? *\[?\(None, (?P<shape>\d+(?:, \d+)*)\)? "
    r"(?P<count>\d+) *(?P<inputs>(?:[a-z]\w*\[0\]\[0\] *)*)"
)


class Printed(NamedTuple):
    """One row of the summary: its shape (height, width, channels), its count and what it is fed by."""

    name: str
    shape: tuple[int, ...]
    count: int
    inputs: frozenset[str]


def printed() -> list[Printed]:
    """The rows of the article's table. Keras cuts long cells off, some just before a bracket."""
    rows = []
    for line in SUMMARY.read_text().splitlines():
        found = ROW.fullmatch(line)
        assert found, line
        shape = tuple(int(size) for size in found["shape"].split(", "))
        rows.append(
            Printed(found["name"], shape, int(found["count"]), frozenset(re.findall(r"(\w+)\[0\]", found["inputs"])))
        )
    return rows


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(Spec.make("xception_as_printed"))


def layer(name: str) -> str:
    """The printed layer that a node belongs to: a separable convolution is two nodes and one row, and
    Keras flattens what it pools.
    """
    last = name.rpartition(".")[2]
    last = {"input": "input_1", "flatten": "global_average_pooling2d"}.get(last, last)
    return re.sub("_(depthwise|pointwise)$", "", last)


def as_keras(rows: list[NodeTrace]) -> Printed:
    """Layers of one layer as Keras would print them."""
    first, last = rows[0], rows[-1]
    channels, *size = last.out_shape
    return Printed(
        layer(first.name),
        (*size, channels),
        sum(row.params + row.statistics for row in rows),
        frozenset(layer(name) for name in first.inputs),
    )


def test_every_row_in_order(graph: Graph) -> None:
    layers: dict[str, list[NodeTrace]] = {}
    for row in trace(graph).rows:
        layers.setdefault(layer(row.name), []).append(row)
    rows = [as_keras(rows) for rows in layers.values()]
    table = printed()
    assert len(table) == 100
    for ours, theirs in zip(rows, table, strict=True):
        assert ours == theirs


def test_the_rows_of_a_layer_follow_each_other(graph: Graph) -> None:
    names = [layer(node.name) for node in graph.nodes]
    changes = [name for before, name in zip(["", *names], names, strict=False) if name != before]
    assert len(changes) == len(set(changes))


def test_totals(graph: Graph) -> None:
    totals: Totals = trace(graph).totals
    assert (totals.params, totals.statistics) == (TRAINABLE, STATISTICS)
    assert totals.params + totals.statistics == TOTAL == sum(row.count for row in printed())


def test_what_the_article_gets_wrong(graph: Graph) -> None:
    names = {node.name.rpartition(".")[2] for node in graph.nodes}
    # Keras had numbered the shortcut that is never added.
    assert not names & {"conv2d_2", "batch_normalization_2"}
    assert {"conv2d_1", "conv2d_3", "batch_normalization_1", "batch_normalization_3"} <= names
    assert not any(isinstance(node.op, Add) for node in graph.nodes if node.name.startswith("entry_1."))
    biased = [node.name for node in graph.nodes if getattr(node.op, "bias", False)]
    assert biased == ["entry_2.conv2d_3", "entry_3.conv2d_4", "head.dense"]
    pointwise = [node for node in graph.nodes if node.name.endswith("_pointwise")]
    normalised = [n for n in pointwise if any(isinstance(next.op, BatchNorm2d) for next in graph.consumers[n.name])]
    assert (len(pointwise), len(normalised)) == (34, 3)


def twin(keras: ModuleType) -> Any:
    """The article's network in Keras, line by line."""
    layers = keras.layers

    def conv_block(x: Any, filters: int, stride: int) -> Any:
        x = layers.Conv2D(filters, (3, 3), strides=stride, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    def sep_conv_block(x: Any, filters: int) -> Any:
        x = layers.ReLU()(x)
        return layers.SeparableConv2D(filters, (3, 3), strides=1, padding="same", use_bias=False)(x)

    def res_block(x: Any, filters: int) -> Any:
        residual = layers.BatchNormalization()(layers.Conv2D(filters, (1, 1), strides=2)(x))
        x = sep_conv_block(sep_conv_block(x, filters), filters)
        x = layers.MaxPooling2D((3, 3), strides=2, padding="same")(x)
        return layers.Add()([residual, x])

    def projected(x: Any, filters: int) -> Any:
        return layers.BatchNormalization()(layers.Conv2D(filters, (1, 1), strides=2, padding="same", use_bias=False)(x))

    inputs = keras.Input(shape=(299, 299, 3))
    x = conv_block(conv_block(inputs, 32, 2), 64, 1)
    projected(x, 128)  # never added
    x = layers.BatchNormalization()(layers.SeparableConv2D(128, (3, 3), padding="same", use_bias=False)(x))
    x = layers.MaxPooling2D((3, 3), strides=2, padding="same")(sep_conv_block(x, 128))
    x = res_block(res_block(x, 256), 728)
    for _ in range(8):
        residual = x
        for _ in range(3):
            x = sep_conv_block(x, 728)
        x = layers.Add()([residual, x])
    residual = projected(x, 1024)
    x = sep_conv_block(sep_conv_block(x, 728), 1024)
    x = layers.Add()([residual, layers.MaxPooling2D((3, 3), strides=2, padding="same")(x)])
    for filters in (1536, 2048):
        x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return keras.Model(inputs, layers.Dense(1000)(layers.GlobalAveragePooling2D()(x)))


def test_keras_prints_the_same_table(graph: Graph) -> None:
    keras = references.keras()
    keras.utils.clear_session()
    with keras.device("meta"):
        model = twin(keras)
    rows = [(each.name, tuple(each.output.shape[1:]), each.count_params()) for each in model.layers]
    # Keras 3 calls the input differently.
    assert rows[0] == ("input_layer", (299, 299, 3), 0)
    assert rows[1:] == [row[:3] for row in printed()[1:]]
    assert references.keras_counts(model) == (TRAINABLE, STATISTICS)
    epsilons = {each.epsilon for each in model.layers if isinstance(each, keras.layers.BatchNormalization)}
    assert epsilons == {node.op.eps for node in graph.nodes if isinstance(node.op, BatchNorm2d)}
