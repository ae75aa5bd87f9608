"""Networks that are small or short, and one that overflows."""

from collections.abc import Mapping

from explorer.spec.spec import Spec
from explorer.zoo import architecture

TINY = Spec.make("inception10", input="1x8x8", settings={"init_ch": 4, "num_blocks": 1})

_WIDTHS = {key: 16 for key in architecture("googlenet").settings}
OVERFLOWS = Spec.make("googlenet", input="1x32x32", settings={**_WIDTHS, "avg_pool.kernel_size": 1})
"""Twenty-two layers without normalisation: one step at a learning rate of 10 is past float32."""
OVERFLOWING = {"lr": 10, "batch": 256, "epochs": 1, "device": "cpu"}


def short(id: str, settings: Mapping[str, int] | None = None) -> Spec:
    """An architecture with as few repetitions of its blocks as it can have: all its kinds of blocks are there."""
    known = architecture(id).settings
    fewest = {key: setting.minimum for key, setting in known.items() if key.endswith(("blocks", "_modules"))}
    return Spec.make(id, settings={**fewest, **(settings or {})})
