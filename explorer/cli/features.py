"""`features`: the feature maps of a node of a trained network."""

from __future__ import annotations

import argparse

from explorer.analysis.tables import grid
from explorer.cli.options import Commands, command
from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.runs import client
from explorer.runs.feature_maps import MOST, FeatureMaps
from explorer.spec.build import valid


def add(commands: Commands) -> None:
    """Declares `features`."""
    parser = command(
        commands,
        "features",
        "Makes the feature maps of a node of a trained network.\n"
        f"They are its channels for one held-out image, the {MOST} with the largest root mean square at most.",
        _features,
        "--run 20260131-140509-123456-0a1b2c3d --node inception_3a.concat --image 7",
    )
    parser.add_argument("--run", dest="trained", metavar="RUN", required=True, help="a finished training run")
    parser.add_argument("--node", metavar="NODE", required=True, help="its name, as 'trace' prints it")
    parser.add_argument("--image", metavar="N", default=0, help="which of the held-out images (default: 0)")
    parser.add_argument("--json", action="store_true", help="as one JSON object, with the pictures")


def _features(args: argparse.Namespace) -> int:
    run = client.status(args.trained)
    weights = client.weights(args.trained)
    spec = run.network
    rows = valid(spec).by_name
    if args.node not in rows:
        raise unknown_name("node", args.node, rows)
    if len(shape := rows[args.node].out_shape) != 3:
        raise ExplorerError(f"{args.node} makes a vector of {shape[0]} features, which is no map")
    image = limits.whole_number("the number of the image", args.image, 0, run.data.held_out - 1)
    # Only now, when everything has been found valid, is it worth the seconds.
    from explorer.backend.feature_maps import measure

    maps = measure(run.id, spec, run.config.data, weights, args.node, image)
    print(maps.to_json() if args.json else _text(maps))
    return 0


def _text(maps: FeatureMaps) -> str:
    rows = [(str(m.channel), f"{m.low:.4g}", f"{m.high:.4g}", f"{m.strength:.4g}") for m in maps.maps]
    return (
        f"{maps.node} makes {formats.size(maps.shape)} of image {maps.number}, class {maps.label}\n\n"
        f"{grid((('channel', 'lowest', 'highest', 'rms'), *rows), right=range(4))}"
    )
