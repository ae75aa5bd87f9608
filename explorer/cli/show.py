"""`list`, `trace` and `code`: what there is, what it costs, and its source."""

from __future__ import annotations

import argparse
import textwrap

from explorer.analysis import tables
from explorer.cli import answers
from explorer.cli.options import Commands, add_network, chosen, command
from explorer.common import formats
from explorer.edits.layers import FIELDS
from explorer.edits.rewrites import REWRITES, Rewrite
from explorer.graph.source import source
from explorer.graph.trace import Trace
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, Architecture


def add_list(commands: Commands) -> None:
    """Declares `list`."""
    about = "Lists the architectures.\nShows their cost at their defaults, their settings, and the rewrites there are."
    parser = command(commands, "list", about, _list, "", "--json")
    parser.add_argument("--json", action="store_true", help="the architectures as JSON, with the bounds of settings")


def add_trace(commands: Commands) -> None:
    """Declares `trace`."""
    parser = command(
        commands,
        "trace",
        "Shows a network row by row.\n"
        "Each node has its shape, parameters, multiply-adds (MACs), receptive field and jump, in input pixels.\n"
        "MACs are those of convolutions and linear layers; FLOPs are twice as many.",
        _trace,
        "googlenet",
        "googlenet --set inception_4b.width_5x5=96 --rewrite batch_norm stack_5x5@inception_3a",
        "googlenet --module inception_3a --set branch5x5.conv.kernel_size=7 --layer=-branch_pool",
        "inception10 --input 1x28x28 --classes 10 --csv",
    )
    add_network(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as one JSON object")
    form.add_argument("--csv", action="store_true", help="as CSV with the same columns")


def add_code(commands: Commands) -> None:
    """Declares `code`."""
    about = "Prints a network as Python source.\nIt needs PyTorch and nothing else."
    example = "googlenet --rewrite batch_norm > googlenet_bn.py"
    parser = command(commands, "code", about, _code, example)
    add_network(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object: the network and its source")


def _list(args: argparse.Namespace) -> int:
    if args.json:
        print(answers.architectures())
        return 0
    traces = {id: valid(Spec.make(id)) for id in ARCHITECTURES}
    print(tables.grid([_HEADER, *(_line(entry, traces[id]) for id, entry in ARCHITECTURES.items())], right=(5, 6, 7)))
    print("\nsettings (--set KEY=VALUE)")
    for entry in ARCHITECTURES.values():
        print("\n".join([f"  {entry.id}", *_settings(entry)]))
    print("\nvalues of any layer (--set NODE.FIELD=VALUE, the NODE as 'trace' prints it)")
    print("\n".join(f"  .{name.ljust(max(map(len, FIELDS)))}  {field.help}" for name, field in FIELDS.items()))
    print("\nrewrites (--rewrite VERB, VERB:VALUE, and with @PREFIX on a part of the network)")
    for rewrite in REWRITES.values():
        print("\n".join(_rewrite(rewrite)))
    return 0


_HEADER = ("id", "title", "year", "input", "classes", "params", "stats", "MACs", "field")


def _line(entry: Architecture, cost: Trace) -> tuple[str, ...]:
    classes = "none" if entry.classes is None else str(entry.classes)
    return (
        entry.id,
        entry.title,
        str(entry.year),
        formats.size(entry.input_shape),
        classes,
        formats.number(cost.totals.params),
        formats.number(cost.totals.statistics),
        formats.macs(cost.totals.macs),
        formats.pair(cost.field),
    )


def _settings(entry: Architecture) -> list[str]:
    """The keys in a few lines, those of equal modules together: `inception_3a, inception_3b: .width_1x1, ...`."""
    fields: dict[str, list[str]] = {}
    for key in entry.settings:
        module, dot, field = key.rpartition(".")
        fields.setdefault(module, []).append(f"{dot}{field}")
    modules: dict[str, list[str]] = {}
    for module, names in fields.items():
        modules.setdefault(", ".join(names), []).append(module)
    lines = [f"{', '.join(alike)}: {names}" if any(alike) else names for names, alike in modules.items()]
    return [textwrap.fill(line, 100, initial_indent=" " * 4, subsequent_indent=" " * 6) for line in lines]


def _rewrite(rewrite: Rewrite) -> list[str]:
    """What a rewrite does, and on a second line what it can be told."""
    margin = max(map(len, REWRITES)) + 4
    lines = [f"  {rewrite.id.ljust(margin - 4)}  {rewrite.summary}"]
    if option := rewrite.option:
        values = " or ".join(option.words) or f"{formats.number(option.minimum)} to {formats.number(option.maximum)}"
        lines.append(f"{' ' * margin}{rewrite.id}:VALUE, {values}: {option.help} ({option.default} if left out)")
    return lines


def _trace(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    if args.json:
        print(answers.trace(spec))
    elif args.csv:
        print(tables.to_csv(valid(spec)), end="")
    else:
        print(tables.to_text(valid(spec)))
    return 0


def _code(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    if args.json:
        print(answers.code(spec))
    else:
        valid(spec)
        print(source(build(spec), title=spec.title), end="")
    return 0
