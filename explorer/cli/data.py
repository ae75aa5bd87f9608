"""`data`: the data sets of this machine, and own images put among them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from explorer.analysis import tables
from explorer.cli.options import Commands, action, actions, command
from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.runs import datasets, own_images

_SIDE = 32


def add(commands: Commands) -> None:
    """Declares `data` with its three actions."""
    parser = command(
        commands,
        "data",
        "Lists the data sets, and adds or removes own images.\n"
        "'add' takes FOLDER/CLASS/*.png, jpg, jpeg or webp, two classes or more of two pictures or more. It cuts each\n"
        "picture to its middle square, holds out a fifth of each class, and keeps the result in the data folder\n"
        "(EXPLORER_DATA, else data/) as own:NAME, which is used wherever a data set is named.",
        _list,
        "add pets ~/pictures/pets --size 48",
        "list",
        "remove pets",
    )
    of = actions(parser, required=True)
    adding = action(of, "add", "keep the pictures of a folder", _add)
    adding.add_argument("name", metavar="NAME", help=f"letters, digits, - and _, at most {limits.MAX_OWN_NAME}")
    adding.add_argument("folder", metavar="FOLDER", type=Path, help="with a folder of pictures for each class")
    adding.add_argument("--size", metavar="N", default=_SIDE, help=f"side in pixels (default: {_SIDE})")
    adding.add_argument("--grey", action="store_true", help="leave the colours out")
    action(of, "list", "list all data sets with their facts", _list, json="as JSON, with the names of the classes")
    removing = action(of, "remove", "remove own images", _remove)
    removing.add_argument("name", metavar="NAME", help="as it was added")


def _add(args: argparse.Namespace) -> int:
    side = limits.whole_number("the size", args.size, limits.MIN_OWN_SIDE, limits.MAX_OWN_SIDE)
    own_images.path(args.name)
    # Only now, when the options have been found valid, is it worth the seconds.
    from explorer.backend.data import own

    own.add(args.name, args.folder, side, args.grey, lambda words: print(words, file=sys.stderr, flush=True))
    print(_sentence(f"own:{args.name}"))
    return 0


def _sentence(id: str) -> str:
    info, names = datasets.info(id), ", ".join(datasets.classes(id))
    return (
        f"{id} has {formats.number(info.train)} images to train on and {formats.number(info.held_out)} held out, "
        f"{formats.size((info.channels, *info.size))}, of {info.classes} classes: {names}"
    )


def _list(args: argparse.Namespace) -> int:
    if args.json:
        print(json.dumps(list(map(_facts, datasets.ids())), indent=2))
    else:
        print(tables.grid([_HEADER, *map(_line, datasets.ids())], right=(2, 4, 5)))
    return 0


def _remove(args: argparse.Namespace) -> int:
    own_images.remove(args.name)
    print(f"own:{args.name} has been removed")
    return 0


_HEADER = ("id", "title", "classes", "image", "train", "held out", "where")


def _facts(id: str) -> tables.Record:
    try:
        names, here = list(datasets.classes(id)), datasets.is_here(id)
        return {
            "id": id,
            **datasets.info(id)._asdict(),
            "class_names": names,
            "here": here,
            "about": datasets.about(id),
        }
    except ExplorerError as error:
        return {"id": id, "error": str(error)}


def _line(id: str) -> tuple[str, ...]:
    try:
        info = datasets.info(id)
    except ExplorerError:
        return (id, "damaged: remove it", "", "", "", "", "")
    return (
        id,
        info.title,
        formats.number(info.classes),
        formats.size((info.channels, *info.size)),
        formats.number(info.train),
        formats.number(info.held_out),
        "here" if datasets.is_here(id) else "downloaded at its first use",
    )
