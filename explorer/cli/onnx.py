"""`onnx`: a network as a file that other runtimes read."""

from __future__ import annotations

import argparse
import sys

from explorer.cli.options import Commands, add_network, chosen, command
from explorer.common.errors import ExplorerError
from explorer.spec.build import build, valid
from explorer.spec.transfer import check_onnx


def add(commands: Commands) -> None:
    """Declares `onnx`."""
    parser = command(
        commands,
        "onnx",
        "Writes a network as ONNX.\n"
        "The file goes to standard output. It holds the network as it computes in inference, with untrained weights\n"
        "from a fixed seed under the names of their nodes.",
        _onnx,
        "googlenet --rewrite batch_norm > googlenet_bn.onnx",
    )
    add_network(parser)


def _onnx(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    check_onnx(valid(spec).totals)
    if sys.stdout.isatty():
        raise ExplorerError("an ONNX file is no text: send it to a file, such as `> network.onnx`")
    # Only now, when the network has been found valid, is it worth the seconds.
    from explorer.backend.onnx import export

    sys.stdout.buffer.write(export(build(spec)))
    return 0
