"""Networks that train in a moment, and one that overflows."""

from explorer.spec.spec import Spec
from explorer.zoo import architecture

TINY = Spec.make("inception10", input="1x8x8", settings={"init_ch": 4, "num_blocks": 1})

_WIDTHS = {key: 16 for key in architecture("googlenet").settings}
OVERFLOWS = Spec.make("googlenet", input="1x32x32", settings={**_WIDTHS, "avg_pool.kernel_size": 1})
"""Twenty-two layers without normalisation: one step at a learning rate of 10 is past float32."""
OVERFLOWING = {"lr": 10, "batch": 256, "epochs": 1, "device": "cpu"}
