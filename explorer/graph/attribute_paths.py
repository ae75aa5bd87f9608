"""Node names as attribute paths of a module, for the built module and for its source alike."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from explorer.common.errors import ExplorerError

_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

# What torch.nn.Module, nn.Sequential and GraphModule call their own; a layer of such a name would hide it.
_TORCH = """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule graph
    half insert ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters
    parameters pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad run set_extra_state set_submodule share_memory state_dict steps to
    to_empty train training type xpu zero_grad
"""
RESERVED = frozenset(_TORCH.split()).union(keyword.kwlist)


def module_paths(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each node name, the attributes that lead to its layer.

    `block.conv` is `("block", "conv")`. A part that Python or torch keeps for itself gets a trailing
    underscore, as in `block.forward_`.

    Raises:
        ExplorerError: a part of a name is no plain identifier, or a name is also the module of another.
    """
    paths = {name: tuple(_attribute(name, part) for part in name.split(".")) for name in names}
    holders = {name.rpartition(".")[0]: name for name in paths}
    for holder, name in list(holders.items()):
        while holder := holder.rpartition(".")[0]:
            holders.setdefault(holder, name)
    for name in paths:
        if name in holders:
            raise ExplorerError(
                f"{name} is a node and also holds {holders[name]}: a name must be either a node or a module", node=name
            )
    return paths


def _attribute(name: str, part: str) -> str:
    if not _PART.fullmatch(part):
        raise ExplorerError(
            f"the node name {name[:80]!r} cannot be an attribute: each of its dotted parts must be a letter "
            "followed by at most 63 letters, digits and underscores",
            node=name,
        )
    # The underscore also goes to parts that already have one, so that no two parts become one.
    return f"{part}_" if part.rstrip("_") in RESERVED else part
