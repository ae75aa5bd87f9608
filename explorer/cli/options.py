"""What the commands share: how a network is named, and how a command is declared."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from explorer.common.lookup import unknown_name
from explorer.edits.layers import FIELDS
from explorer.edits.rewrites import REWRITES
from explorer.spec.parse import parse_setting
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

Run = Callable[[argparse.Namespace], int]
"""A command: its arguments in, its exit status out."""


class Parser(argparse.ArgumentParser):
    """A parser to which a command or an action that there is not is a bad input like any other."""

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            raise unknown_name(str(action.metavar).split()[0].lower(), value, action.choices, most=len(action.choices))
        super()._check_value(action, value)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help whose usage is made from what is declared. argparse's own breaks on names with brackets in them."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        if usage is None:
            # A line never ends within an argument.
            parts = [part.replace(" ", _JOINED) for part in _parts(actions, groups)]
            lines = textwrap.wrap(" ".join([self._prog, *parts]), _WIDTH - len(_INDENT), break_on_hyphens=False)
            usage = f"\n{_INDENT}".join(lines).replace(_JOINED, " ").replace("%", "%%")
        super().add_usage(usage, actions, groups, prefix)


_WIDTH, _INDENT, _JOINED = 110, " " * len("usage: "), "\0"


def _parts(actions: Iterable[argparse.Action], groups: Iterable[argparse._MutuallyExclusiveGroup]) -> Iterator[str]:
    """What a command takes: its positional arguments, then its options, those that exclude each other in one."""
    together = {id(action): group for group in groups for action in group._group_actions}
    shown = [action for action in actions if action.help is not argparse.SUPPRESS]
    for action in sorted(shown, key=_turn):
        group = together.get(id(action))
        if group is None:
            yield _part(action)
        elif action is group._group_actions[0]:
            alike = " | ".join(_part(other, optional=False) for other in group._group_actions)
            yield f"({alike})" if group.required else f"[{alike}]"


def _turn(action: argparse.Action) -> int:
    """What is named by its place comes first, and an action with arguments of its own last."""
    if action.nargs == argparse.PARSER:
        return 2
    return 1 if action.option_strings else 0


def _part(action: argparse.Action, *, optional: bool = True) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    if action.nargs in ("*", "+", argparse.PARSER):
        value += " ..."
    if not action.option_strings:
        return value if action.required or not optional else f"[{value}]"
    text = f"{action.option_strings[0]} {value}".rstrip()
    if isinstance(action, argparse._AppendAction) and action.nargs is None:  # what it takes may begin with a dash
        text = f"{action.option_strings[0]}={value} ..."
    return f"[{text}]" if optional and not action.required else text


def command(commands: Commands, name: str, about: str, run: Run, *examples: str) -> Parser:
    """Declares a command.

    Args:
        commands: where to add it.
        name: of the command.
        about: what it does; the first sentence is what `--help` of the whole lists.
        run: does it.
        examples: arguments to try.
    """
    lines = "\n".join(f"  python -m explorer {name} {example}".rstrip() for example in examples)
    parser = commands.add_parser(
        name,
        help=about[0].lower() + about[1:].partition(".")[0],
        description=about,
        epilog=f"example{'s' if len(examples) > 1 else ''}:\n{lines}",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def actions(parser: Parser, *, required: bool = False) -> Commands:
    """What a command can do, of which one is named behind it; without one it does what it was declared with,
    unless that is not allowed.
    """
    parser.set_defaults(json=False)
    return parser.add_subparsers(metavar="ACTION ARGS", required=required)


def action(of: Commands, name: str, about: str, run: Run, *, json: str = "") -> Parser:
    """Declares an action of a command.

    Args:
        of: where to add it.
        name: of the action.
        about: what it does, in a few words.
        run: does it.
        json: what it prints as JSON where that is asked for; empty where it cannot.
    """
    parser = of.add_parser(
        name, help=about, description=f"{about[0].upper()}{about[1:]}.", formatter_class=_Formatter, allow_abbrev=False
    )
    parser.set_defaults(run=run, parser=parser)
    if json:  # the command may have been asked for it already
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=json)
    return parser


def add_network(parser: Parser) -> None:
    """Adds the ID of an architecture and the options that change it."""
    parser.add_argument("id", metavar="ID", help=_ID)
    add_changes(parser)


def add_networks(parser: Parser, flag: str, help: str, *, nargs: str, **more: Any) -> None:
    """Adds IDs of architectures or an option in their place, and the options that change them.

    Args:
        parser: of the command.
        flag: the option.
        help: of the option.
        nargs: of the IDs: `?` one, `*` several.
        more: what else the option is declared with.
    """
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("id", metavar="ID", nargs=nargs, default=None if nargs == "?" else [], help=_ID)
    group.add_argument(flag, help=help, **more)
    add_changes(parser)


_ID = f"architecture: {', '.join(ARCHITECTURES)}"


def add_changes(parser: Parser) -> None:
    """Adds the options that change an architecture."""
    parser.add_argument(
        "--module",
        metavar="NAME",
        help="only this module of it, cut out with an input of its own, such as inception_3a",
    )
    parser.add_argument("--input", metavar="CxHxW", help="channels, height and width of the image, such as 3x224x224")
    parser.add_argument("--classes", metavar="N", help="classes that it tells apart")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="change a setting, such as inception_4b.width_5x5=96; 'list' names them all. Any value of a layer is "
        "NODE.FIELD, such as inception_4b.branch5x5.conv.kernel_size=7, the NODE as 'trace' prints it, "
        f"the FIELD one of {', '.join(FIELDS)}",
    )
    parser.add_argument(
        "--layer",
        metavar="CHANGE",
        action="append",
        default=[],
        help="put a layer in behind another, as 'NAME:conv3x3:64@NODE', or as a new branch of a join, as "
        "'NAME:maxpool3x3>JOIN', or take a layer or a branch out, as --layer=-NAME; again for each change, in order",
    )
    parser.add_argument(
        "--rewrite",
        metavar="VERB[:VALUE][@PREFIX]",
        nargs="+",
        action="extend",
        default=[],
        help=f"rewrite the network, or the part of it under a name: {', '.join(REWRITES)}",
    )


def chosen(args: argparse.Namespace, id: str) -> Spec:
    """The network that the options name. The ID may also be a whole network as JSON (`Spec.to_json`), which
    the options then edit.

    Raises:
        ExplorerError: the first of them that is unknown or out of bounds.
    """
    base = Spec.from_json(id) if id.startswith("{") else Spec.make(id)
    return base.with_(
        module=base.module if args.module is None else args.module,
        input=base.input if args.input is None else args.input,
        classes=base.classes if args.classes is None else args.classes,
        settings={**dict(base.settings), **dict(map(parse_setting, args.set))},
        layers=[*base.layers, *args.layer],
        rewrites=[*base.rewrites, *args.rewrite],
    )
