"""Feature maps of a trained network, made by running it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from explorer.backend.data import load
from explorer.backend.effective_field import module, part
from explorer.backend.train.checkpoint import load_weights
from explorer.backend.train.evaluate import picture
from explorer.common.png import png
from explorer.runs.feature_maps import MOST, FeatureMap, FeatureMaps
from explorer.spec.build import build
from explorer.spec.spec import Spec


@torch.no_grad()
def measure(run: str, spec: Spec, data: str, weights: Path, node: str, number: int) -> FeatureMaps:
    """What a node makes of a held-out image, with batch norms on their running statistics.

    Args:
        run: the id of the run.
        spec: its network as it was trained.
        data: the id of its data set.
        weights: its file.
        node: one with maps.
        number: of an image among the held-out ones.

    Raises:
        ExplorerError: the weights or the data cannot be read, or it does not fit into memory.
    """
    network = module(part(build(spec), node), 0, load_weights(weights))
    images = load(data, torch.device("cpu"))
    image, label = (values[number] for values in images.held_out)
    output = network(images.inputs(image[None], build(spec).input_shape))[0]
    channels, height, width = output.shape
    source = picture(image, int(images.held_out.images.max()))
    return FeatureMaps(
        run=run,
        node=node,
        shape=(channels, height, width),
        number=number,
        label=int(label),
        source=source,
        maps=strongest(output.double()),
    )


def strongest(maps: Tensor, most: int = MOST) -> tuple[FeatureMap, ...]:
    """The maps with the largest root mean square, each normalised by itself.

    Args:
        maps: (channels, height, width).
        most: how many at most.
    """
    strengths = maps.square().mean((1, 2)).sqrt()
    order = strengths.argsort(descending=True, stable=True)[:most].tolist()
    return tuple(_drawn(channel, maps[channel], float(strengths[channel])) for channel in order)


def _drawn(channel: int, map: Tensor, strength: float) -> FeatureMap:
    low, high = float(map.min()), float(map.max())
    grey = ((map - low) / (high - low or 1.0) * 255).round().to(torch.uint8)
    height, width = map.shape
    return FeatureMap(channel, low, high, strength, png(grey.contiguous().numpy().tobytes(), height, width))
