"""`picture`: a module as boxes and ribbons, or a network as a strip, as SVG."""

from __future__ import annotations

import argparse

from explorer.analysis.candidates import candidate
from explorer.cli.options import Commands, add_network, chosen, command
from explorer.draw.flow import module
from explorer.draw.flow.labels import AREAS
from explorer.draw.flow.module import Paper
from explorer.draw.flow.picture import GROUND, svg
from explorer.draw.flow.strip import MEASURES, strip
from explorer.spec.build import valid


def add(commands: Commands) -> None:
    """Declares `picture`."""
    parser = command(
        commands,
        "picture",
        "Draws a module as SVG, or with --strip the whole network.\n"
        "A box is as wide as its layer has filters and as high as each of them costs, so that its area is what the\n"
        "layer costs; the network without its edits stands behind, on the same scale.",
        _picture,
        "googlenet --module inception_3a --rewrite stack_5x5 > 3a.svg",
        "googlenet --rewrite separable --strip > strip.svg",
    )
    add_network(parser)
    parser.add_argument("--at", default="", metavar="NAME", help="this module of the network, in its place")
    parser.add_argument("--strip", action="store_true", help="a column for each module of the network")
    parser.add_argument("--by", default="cost", choices=list(MEASURES), help="what the columns of the strip stand for")
    parser.add_argument("--against", default="", metavar="QUERY", help="what it is compared with, in place of itself")
    parser.add_argument("--size", default="", metavar="WxH", help="pixels, such as 1240x520")
    parser.add_argument("--area", default="", help=f"what areas are: {', '.join(AREAS)}")
    parser.add_argument("--type", default="", metavar="PIXELS", help="of the text")
    parser.add_argument("--ground", default="light", choices=list(GROUND), help="what it is drawn for")


def _picture(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    paper = Paper.parse(args.size, args.area, args.type)
    against = candidate(args.against).spec if args.against else spec.unedited
    if args.strip:
        now, before = valid(spec), valid(against)
        drawn = strip(now, before, width=paper.width, opened=args.at, type_size=paper.type_size, by=args.by)
    else:
        drawn = module.required(spec, against, paper, args.at)
    print(svg(drawn, args.ground))
    return 0
