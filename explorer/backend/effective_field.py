"""The effective receptive field, measured by the gradient that reaches the image.

Luo, Li, Urtasun and Zemel 2016, "Understanding the Effective Receptive Field in Deep Convolutional Neural
Networks": how much a pixel moves an element is the absolute gradient of the element with respect to the
pixel, averaged over random images. Channels of the element are mixed by random weights for each image,
and those of a pixel summed up.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.analysis.field.box import box
from explorer.analysis.field.measured import CELLS, Effective
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.initialise import initialise
from explorer.common.errors import ExplorerError
from explorer.graph.graph import Graph
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace, trace
from explorer.runs.preflight import check_forward

_FLOOR = 1 - 0.9545
"""Of the strongest pixel: what moves the element less is outside of the effective field (section 3.2)."""
_MAPS_KEPT = 3
"""Copies of every activation: the value, its gradient, and work space."""


def part(graph: Graph, node: str) -> Graph:
    """The part of a network that a node is made from, which is all that has to be run.

    Raises:
        ExplorerError: it does not fit into memory.
    """
    wanted = graph.ancestors([node])
    made = Graph(tuple(inner for inner in graph.nodes if inner.name in wanted), (node,))
    totals = trace(made).totals
    check_forward(totals._replace(activations=_MAPS_KEPT * totals.activations))
    return made


def module(graph: Graph, seed: int, weights: dict[str, Tensor] | None = None) -> GraphModule:
    """The network as it is measured: batch norms use their running statistics, dropout is off.

    Args:
        graph: as `part` makes it.
        seed: of the weights where none are given.
        weights: of a trained network that holds this one.
    """
    made = GraphModule(graph)
    initialise(made, seed)
    if weights is not None:
        made.load_state_dict({name: weights[name] for name in made.state_dict()})
    return made.eval().requires_grad_(False)


def gradient(network: GraphModule, element: Pair | None, image: Tensor, mixture: Tensor) -> Tensor:
    """The gradient (height, width) of one element, its channels mixed, summed in absolute value over the
    channels of the image.

    Args:
        network: whose first output holds the element.
        element: row and column; None for a vector.
        image: (1, channels, height, width).
        mixture: a weight for each channel of the output.
    """
    image = image.requires_grad_()
    output = network(image)[0]
    values = output if element is None else output[:, element[0], element[1]]
    (gradient,) = torch.autograd.grad((values * mixture).sum(), image)
    return gradient[0].abs().sum(0)


def measure(
    graph: Graph,
    node: str,
    element: Pair | None,
    *,
    images: int,
    seed: int,
    run: str | None = None,
    weights: dict[str, Tensor] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Effective:
    """Measures what a node sees.

    Args:
        graph: a valid network.
        node: one of its nodes.
        element: row and column in its map; None for a vector.
        images: how many random images are averaged.
        seed: of everything that is random.
        run: where the weights are from.
        weights: of a training run; random ones where None.
        progress: told how many images are done.

    Raises:
        ExplorerError: it does not fit into memory, or no gradient reaches the image.
    """
    network = module(part(graph, node), seed, weights)
    generator = torch.Generator().manual_seed(seed)
    row = trace(network.graph).rows[-1]
    mean = torch.zeros(graph.input_shape[1:], dtype=torch.float64)
    for done in range(images):
        progress(done)
        image = torch.randn(1, *graph.input_shape, generator=generator)
        mixture = torch.randn(row.out_shape[0], generator=generator)
        mean += gradient(network, element, image, mixture).double() / images
    strongest = float(mean.max())
    if not 0 < strongest < float("inf"):
        raise ExplorerError(f"no gradient reaches the image from {node}: with these weights it sees nothing")
    return _summary(mean / strongest, row, element, images, seed, run)


def _summary(map: Tensor, row: NodeTrace, element: Pair | None, images: int, seed: int, run: str | None) -> Effective:
    height, width = map.shape
    middle, deviation, inside = _spread(map)
    cell = (ceil(height / CELLS), ceil(width / CELLS))
    theory = box(row, element) if element is not None and not row.whole_image else None
    clipped = theory.within((height, width)) if theory else None
    return Effective(
        node=row.name,
        element=element,
        image=(height, width),
        images=images,
        seed=seed,
        run=run,
        cell=cell,
        grid=_shrunk(map, cell),
        middle=middle,
        deviation=deviation,
        inside=inside,
        pixels=int((map > _FLOOR).sum()),
        area=clipped.area if clipped else height * width,
    )


def _spread(map: Tensor) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Centre of mass, standard deviation along both axes, and the share within one of them."""
    whole = map.sum()
    middle, deviation, near = [], [], []
    for axis in (0, 1):
        weights = map.sum(1 - axis) / whole
        pixels = torch.arange(len(weights), dtype=map.dtype)
        centre = (weights * pixels).sum()
        spread = (weights * (pixels - centre) ** 2).sum().sqrt()
        middle.append(float(centre))
        deviation.append(float(spread))
        near.append((pixels - centre).abs() <= spread)
    inside = float((map * near[0][:, None] * near[1][None, :]).sum() / whole)
    return (middle[0], middle[1]), (deviation[0], deviation[1]), inside


def _shrunk(map: Tensor, cell: Pair) -> tuple[tuple[float, ...], ...]:
    """The largest value in each cell; cells at the lower and right edge may be incomplete."""
    height, width = map.shape
    padded = F.pad(map, (0, -width % cell[1], 0, -height % cell[0]))
    cells = F.max_pool2d(padded[None, None], cell)[0, 0]
    return tuple(tuple(round(value, 4) for value in line) for line in cells.tolist())
