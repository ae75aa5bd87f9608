"""`field`: the effective receptive field of a node, measured."""

from __future__ import annotations

import argparse
import re
import sys

from explorer.analysis.field.box import central
from explorer.analysis.field.measured import Effective
from explorer.cli.options import Commands, add_networks, chosen, command
from explorer.common import formats, limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import unknown_name
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace
from explorer.runs import client
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec

IMAGES, SEED = 16, 0
_ELEMENT = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")


def add(commands: Commands) -> None:
    """Declares `field`."""
    parser = command(
        commands,
        "field",
        "Measures the effective receptive field of a node.\n"
        "It is the gradient that reaches the image from one element, the central one unless another is named, as\n"
        "the mean over random images (Luo et al. 2016); with random weights, or with those of a finished run.",
        _field,
        "googlenet --node inception_4a.concat",
        "inception10 --node block1_unit1.concat --images 4 --json",
    )
    about = "take the network and the weights of this training run"
    add_networks(parser, "--run", about, nargs="?", dest="trained", metavar="RUN")
    parser.add_argument("--node", metavar="NODE", required=True, help="its name, as 'trace' prints it")
    parser.add_argument("--element", metavar="ROWxCOLUMN", help="place in its map (default: the central one)")
    parser.add_argument("--images", metavar="N", default=IMAGES, help=f"random images (default: {IMAGES})")
    parser.add_argument("--seed", metavar="S", default=SEED, help=f"of images and weights (default: {SEED})")
    parser.add_argument("--json", action="store_true", help="as one JSON object, with the map")


def _field(args: argparse.Namespace) -> int:
    images = limits.whole_number("the number of images", args.images, 1, limits.MAX_FIELD_IMAGES)
    seed = limits.whole_number("the seed", args.seed, 0, limits.MAX_SEED)
    spec = _network(args)
    weights = client.weights(args.trained) if args.trained else None
    row = _node(spec, args.node)
    element = _element(row, args.element)
    # Only now, when everything has been found valid, is it worth the seconds.
    from explorer.backend.effective_field import measure
    from explorer.backend.train.checkpoint import load_weights

    measured = measure(
        build(spec),
        row.name,
        element,
        images=images,
        seed=seed,
        run=args.trained,
        weights=load_weights(weights) if weights else None,
        progress=lambda done: print(f"image {done + 1} of {images}", file=sys.stderr, flush=True),
    )
    print(measured.to_json() if args.json else _text(measured, row))
    return 0


def _network(args: argparse.Namespace) -> Spec:
    return client.status(args.trained).network if args.trained else chosen(args, args.id)


def _node(spec: Spec, name: str) -> NodeTrace:
    """The node, of which the network must be valid up to there."""
    trace, error = analyse(spec)
    rows = trace.by_name
    if name in rows:
        return rows[name]
    if error is not None and name in build(spec).by_name:
        raise error.with_traceback(None)
    raise unknown_name("node", name, rows)


def _element(row: NodeTrace, text: str | None) -> Pair | None:
    if len(row.out_shape) == 1:
        if text is not None:
            raise ExplorerError(
                f"{row.name} makes a vector of {row.out_shape[0]} features, which has no rows and columns"
            )
        return None
    if text is None:
        return central(row)
    match = _ELEMENT.fullmatch(text)
    if match is None:
        raise ExplorerError(f"the element is {quoted(text)}: it must be its row and column, such as 7x7")
    names = ("the row of the element", "the column of the element")
    down, across = (
        limits.whole_number(name, digits, 0, side - 1)
        for name, digits, side in zip(names, match.groups(), row.out_shape[1:], strict=True)
    )
    return down, across


def _text(measured: Effective, row: NodeTrace) -> str:
    theory = formats.pair(row.receptive_field)
    where = "as a whole" if measured.element is None else f"at row {measured.element[0]}, column {measured.element[1]}"
    return (
        f"{measured.node} {where}, the mean of {measured.images} random images\n"
        f"theoretical field: {theory}, {formats.number(measured.area)} pixels of the image\n"
        f"effective field: {formats.number(measured.pixels)} pixels, {formats.percent(measured.share)} of that\n"
        f"standard deviation: {measured.deviation[0]:.1f} rows, {measured.deviation[1]:.1f} columns around "
        f"({measured.middle[0]:.1f}, {measured.middle[1]:.1f}), with {formats.percent(measured.inside)} of the "
        "gradient inside"
    )
