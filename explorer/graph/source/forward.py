"""The statements of a `forward`: what is called on what, and what the results are called."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from keyword import iskeyword

from explorer.graph.ops import Function
from explorer.graph.source.blocks import Block, Leaf
from explorer.graph.source.layout import WIDTH, Call, Expression, Infix, lines

_INFIX = {"add": "+", "mul": "*"}
_TAKEN = frozenset({"self", "torch", "x", "l", "O", "I", *dir(builtins)})


class Forward:
    """The `forward` of a block.

    Args:
        block: what is to be called.
        comment: a remark behind the statement that makes some nodes; nothing where empty.
    """

    def __init__(self, block: Block, comment: Callable[[Sequence[str]], str]) -> None:
        self._block, self._comment = block, comment
        self._names: dict[str, str] = {}
        for name in block.inputs or ("x",):
            self._names[name] = "x" if len(block.inputs) < 2 else self._free(name, self._names)
        self.arguments = list(self._names.values())
        self._inlined = {unit.outputs[0]: unit for unit in _inlined(block)}
        self._crowded: set[str] = set()

    def lines(self) -> list[str]:
        """The body, without indentation."""
        names = dict(self._names)
        body = self._body()
        # Sums and products that are too long for a line get a statement for each of their calls.
        while self._crowded:
            self._inlined = {name: unit for name, unit in self._inlined.items() if name not in self._crowded}
            self._names, self._crowded = dict(names), set()
            body = self._body()
        return body

    def _body(self) -> list[str]:
        self._statements = [unit for unit in self._block.units if not self._inlined.keys() & set(unit.outputs)]
        last_use = self._last_uses()
        body: list[str] = []
        for number, unit in enumerate(self._statements):
            expression = self._expression(unit)
            is_last = number == len(self._statements) - 1
            if is_last and unit.outputs == self._block.outputs:
                return [*body, *self._statement(unit, "return ", expression)]
            alive = {name for name in self._names if last_use.get(name, -1) > number}
            self._name(unit.outputs, alive)
            body += self._statement(unit, f"{', '.join(self._names[name] for name in unit.outputs)} = ", expression)
        return [*body, *_listing("return ", [self._names[name] for name in self._block.outputs])]

    def _last_uses(self) -> dict[str, int]:
        uses = {name: number for number, unit in enumerate(self._statements) for name in self._reads(unit)}
        return {**uses, **dict.fromkeys(self._block.outputs, len(self._statements))}

    def _reads(self, unit: Leaf | Block) -> Iterable[str]:
        for name in unit.inputs:
            yield from self._inlined[name].inputs if name in self._inlined else (name,)

    def _expression(self, unit: Leaf | Block) -> Expression:
        terms = [self._value(name) for name in unit.inputs]
        if isinstance(unit, Leaf) and isinstance(unit.record, Function):
            return _function(unit.record, terms)
        return Call(f"self.{'.'.join(unit.path)}", [("", term) for term in terms])

    def _value(self, name: str) -> Expression:
        return self._expression(self._inlined[name]) if name in self._inlined else self._names[name]

    def _name(self, outputs: Sequence[str], alive: set[str]) -> None:
        """`x` for what is the only thing to remember, the node's own name otherwise."""
        for name in list(self._names):
            if name not in alive:
                del self._names[name]
        if len(outputs) == 1 and not self._names:
            self._names[outputs[0]] = "x"
            return
        for name in outputs:
            self._names[name] = self._free(name, self._names)

    def _free(self, name: str, names: dict[str, str]) -> str:
        """A variable for a node: its last part, more of it where that is taken."""
        taken = _TAKEN.union(names.values())
        parts = name.split(".")
        choices = ["_".join(parts[-length:]) for length in range(1, len(parts) + 1)]
        number = 2
        while True:
            for choice in choices:
                if choice.isidentifier() and choice not in taken and not iskeyword(choice):
                    return choice
            choices, number = [f"{'_'.join(parts)}_{number}"], number + 1

    def _statement(self, unit: Leaf | Block, before: str, expression: Expression) -> list[str]:
        code, comment = lines(expression, before=before, indent=8), self._comment(unit.outputs)
        if isinstance(expression, Infix) and len(code) > 1:
            self._crowded.update(self._inlined.keys() & set(unit.inputs))
        if not comment:
            return code
        if len(code) == 1 and len(code[0]) + len(comment) + 4 <= WIDTH:
            return [f"{code[0]}  # {comment}"]
        return [f"        # {comment}", *code]


def _listing(before: str, names: Sequence[str]) -> list[str]:
    line = f"        {before}{', '.join(names)}"
    return [line] if len(line) <= WIDTH else lines(Call("", [("", name) for name in names]), before=before, indent=8)


def _inlined(block: Block) -> list[Leaf | Block]:
    """Calls that are written inside the join that alone reads them: `torch.cat([self.a(x), self.b(x)])`."""
    reads = Counter(name for unit in block.units for name in unit.inputs)
    reads.update(block.outputs)
    joined = {name for unit in block.units if _is_join(unit) for name in unit.inputs}
    return [
        unit
        for unit in block.units
        if not _is_join(unit) and len(unit.outputs) == 1 and unit.outputs[0] in joined and reads[unit.outputs[0]] == 1
    ]


def _is_join(unit: Leaf | Block) -> bool:
    return isinstance(unit, Leaf) and not unit.layers


def _function(record: Function, terms: Sequence[Expression]) -> Expression:
    options = [(name, repr(value)) for name, value in record.kwargs]
    if record.variadic:
        return Call(f"torch.{record.name}", [("", Call("", [("", term) for term in terms], "[]")), *options])
    if record.name in _INFIX and not options:
        return Infix(_INFIX[record.name], terms)
    if len(terms) == 1:
        return Call(f"torch.{record.name}", [("", terms[0]), *options])
    result, *rest = terms
    for term in rest:
        result = Call(f"torch.{record.name}", [("", result), ("", term), *options])
    return result
