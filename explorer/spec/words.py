"""What values are called on a screen: the field's words for the keys that stand in code and links."""

from __future__ import annotations

from explorer.spec.spec import Spec

_SETTINGS = {
    "width": "filters",
    "width_1x1": "1×1 branch: filters",
    "reduce_3x3": "3×3 branch: 1×1 before it",
    "width_3x3": "3×3 branch: filters",
    "reduce_5x5": "5×5 branch: 1×1 before it",
    "width_5x5": "5×5 branch: filters",
    "reduce_double": "double 3×3 branch: 1×1 before it",
    "width_double": "double 3×3 branch: filters",
    "width_7x7": "7×7 branches: filters inside",
    "width_pool": "pool branch: filters",
    "width_percent": "width of every layer, percent",
    "kernel_size": "window",
    "auxiliary_kernel_size": "auxiliary heads: window of the pool",
    "init_ch": "filters of the first block",
    "num_blocks": "blocks",
    "block35_blocks": "blocks on the largest map",
    "block17_blocks": "blocks on the middle map",
    "block8_blocks": "blocks on the smallest map",
    "inception_a_modules": "modules on the largest map",
    "inception_b_modules": "modules on the middle map",
    "inception_c_modules": "modules on the smallest map",
    "middle_blocks": "blocks of the middle flow",
}
"""By the last part of a setting's key; the others are called as they are."""
_FIELDS = {"out_channels": "filters", "out_features": "features", "kernel_size": "kernel"}
_FEATURES = "out_features"


def setting(spec: Spec, key: str) -> str:
    """What a setting is called within its module: `5×5 branch: filters` for `inception_3a.width_5x5`.

    Args:
        spec: the network.
        key: of one of its settings.
    """
    owner, _, name = key.rpartition(".")
    if name == "width" and (not owner or spec.base.settings[key].layer.endswith(_FEATURES)):
        return "features"
    return _SETTINGS.get(name, name.replace("_", " "))


def value(spec: Spec, key: str) -> str:
    """What any value is called in the whole network: `inception_3a 5×5 branch, filters`, `branch5x5.conv filters`."""
    owner, _, name = key.rpartition(".")
    known = key in spec.base.settings
    word = setting(spec, key).replace(": ", ", ") if known else _FIELDS.get(name, name.replace("_", " "))
    return f"{owner} {word}".strip()
