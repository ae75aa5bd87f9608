"""Graph to an ONNX file, by torch's exporter. Imports torch: runs in a worker or on the command line only."""

from __future__ import annotations

import contextlib
import sys
import warnings

import torch
from torch import Tensor

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.trace import trace
from explorer.spec.transfer import check_onnx

OPSET = 20
"""Version of ONNX' operators: that of ONNX 1.15, which current runtimes read."""
INPUT, OUTPUT = "image", "output"
SEED = 0


def module(graph: Graph) -> GraphModule:
    """The network with the weights that an exported file holds: torch's initial ones from a fixed seed."""
    torch.manual_seed(SEED)
    return GraphModule(graph).eval()


def export(graph: Graph) -> bytes:
    """A network as ONNX, as it computes in inference: an input `image` of (1, channels, height, width),
    outputs `output` and, for auxiliary heads, `auxiliary_1` and on; untrained weights under the names of
    their nodes.

    Raises:
        ExplorerError: the graph is not valid, or has more parameters than such a file is made for.
    """
    check_onnx(trace(graph).totals)
    image: tuple[Tensor, ...] = (torch.zeros(1, *graph.input_shape),)
    names = [OUTPUT, *(f"auxiliary_{number}" for number in range(1, len(graph.outputs)))]
    # Standard output belongs to the file.
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module(graph),
            image,
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=names,
            optimize=False,  # which would fold BN into the convolutions, and every count would change
            verbose=False,
        )
    assert program is not None
    written: bytes = program.model_proto.SerializeToString()
    return written
