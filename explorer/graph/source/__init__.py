"""Graph to readable Python, from each op's record: the same that `explorer.backend.torch_module` builds from.

Groups of nodes become modules: one after the other a `chain`, with branches a class. Groups of one
structure share a class, and what differs between them becomes its parameters.
"""

from __future__ import annotations

import re
import textwrap
from keyword import iskeyword

from explorer.common.errors import ExplorerError
from explorer.graph.attribute_paths import module_paths
from explorer.graph.graph import Graph
from explorer.graph.ops import Input
from explorer.graph.source.blocks import plan
from explorer.graph.source.classes import TAKEN, Classes
from explorer.graph.source.writer import class_lines
from explorer.graph.trace import trace

__all__ = ["source"]

_WORD = re.compile(r"[A-Za-z0-9]+")
_CLASS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_CALLS_HELPER = re.compile(r"(?<![\w.])chain\(")

_HELPER = '''\
def chain(**layers: nn.Module) -> nn.Sequential:
    """Named layers, one after the other."""
    return nn.Sequential(OrderedDict(layers))
'''

_MAIN = """\
if __name__ == "__main__":
    model = {name}().eval()
    with torch.inference_mode():
        {result} = model(torch.rand(1, {image}))
    print("output:", {shown})
    print(f"parameters: {{sum(p.numel() for p in model.parameters()):,}}")
"""


def source(graph: Graph, title: str = "Network", class_name: str = "") -> str:
    """Python source of a network that needs torch and nothing else.

    Its module has the state dict keys of `explorer.backend.torch_module.GraphModule`, so weights move from
    one to the other. Run as a program, it prints the output's shape and the number of parameters.

    Args:
        graph: any valid graph.
        title: what the network is called, for the first line.
        class_name: what its class is called; made from the title where empty.

    Raises:
        ExplorerError: the graph is not valid, or a name cannot be written as Python.
    """
    rows = trace(graph).rows
    paths = module_paths(row.name for row in rows if not isinstance(row.op, Input))
    shapes = {row.name: row.out_shape for row in rows}
    name = _class_name(title, class_name)
    classes = Classes(plan(graph, rows, paths), name)
    sections = ["\n".join(class_lines(classes, entry, shapes)) + "\n" for entry in classes]
    # `self.chain(x)` is not the helper.
    if any(_CALLS_HELPER.search(section) for section in sections):
        sections.insert(0, _HELPER)
    sections.append(_main(graph, name))
    ordered = any("OrderedDict(" in section for section in sections)
    collections = "from collections import OrderedDict\n\n" if ordered else ""
    head = f"{_docstring(title)}\n\n{collections}import torch\nfrom torch import Tensor, nn\n"
    return "\n\n".join([head, *sections])


def _main(graph: Graph, name: str) -> str:
    several = len(graph.outputs) > 1
    return _MAIN.format(
        name=name,
        image=", ".join(map(str, graph.input_shape)),
        result="outputs" if several else "output",
        shown="[tuple(output.shape) for output in outputs]" if several else "tuple(output.shape)",
    )


def _class_name(title: str, asked: str) -> str:
    words = _WORD.findall(title)
    made = "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789")[:64]
    made = made[:1].upper() + made[1:]
    if not asked:
        return f"{made}Network"[:64] if iskeyword(made) or made in TAKEN or not made else made
    if not _CLASS_NAME.fullmatch(asked) or iskeyword(asked) or asked in TAKEN:
        raise ExplorerError(
            f"the class name is {asked[:80]!r}: it must be a letter followed by at most 63 letters, digits and "
            "underscores, and no word that Python or the source itself uses"
        )
    return asked


def _docstring(title: str) -> str:
    # A title may come from anywhere: nothing in it may end the string or escape from it.
    plain = "".join(c if c.isprintable() else " " for c in title[:200]).replace("\\", "/").replace('"', "'")
    text = textwrap.fill(f"{plain.strip() or 'Network'} in PyTorch.", 110 if plain.isascii() else 55)
    return f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'
