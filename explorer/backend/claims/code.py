"""The sources' training and network code as it is written, beside what it should be."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional as F

from explorer.backend.claims.runs import accuracy, digits, fresh, inputs, settings, train
from explorer.backend.torch_module import GraphModule
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.studies import networks
from explorer.studies.claims.edits import with_dropout, with_first_residual

_BATCH = 16
"""Of source 001."""


def printed_loss() -> dict[str, Any]:
    """Mistake of source 001: the mean of mean losses, divided by the batch size once more."""
    module = fresh(build(networks.INCEPTIONNET), seed=0).eval()
    order = torch.split(torch.arange(len(digits().train.labels) // _BATCH * _BATCH), _BATCH)
    with torch.no_grad():
        losses = [_loss(module, part) for part in order]
        each = torch.cat([_loss(module, part, reduction="none") for part in order])
    summed = sum(float(loss) for loss in losses)
    return {"as written": summed / (len(order) * _BATCH), "right": float(each.mean()), "batch": _BATCH}


def _loss(module: GraphModule, part: Tensor, reduction: str = "mean") -> Tensor:
    return F.cross_entropy(
        module(inputs(module, digits().train, part)), digits().train.labels[part], reduction=reduction
    )


def dropout_at_test(epochs: int = 2, passes: int = 8) -> dict[str, Any]:
    """Mistake of source 001: testing with dropout on, and with the gradient's memory."""
    module = train(fresh(with_dropout(build(networks.INCEPTIONNET)), seed=0), settings(0.06, epochs=epochs))
    torch.manual_seed(1)
    return {
        "as written": [accuracy(module, nn.Module.train) for _ in range(passes)],
        "right": [accuracy(module) for _ in range(passes)],
        "bytes kept": {"as written": _kept(module, grad=True), "right": _kept(module, grad=False)},
    }


def _kept(module: GraphModule, grad: bool) -> int:
    """Bytes that one test batch leaves in memory for a gradient that nobody asks for."""
    kept: dict[int, int] = {}

    def keep(values: Tensor) -> Tensor:
        kept[values.data_ptr()] = values.numel() * values.element_size()
        return values

    with torch.set_grad_enabled(grad), saved_tensors_hooks(keep, lambda values: values):
        scores = module(inputs(module, digits().held_out, torch.arange(_BATCH)))
    weights = {values.data_ptr() for values in module.parameters()}
    del scores
    return sum(size for address, size in kept.items() if address not in weights)


def dropped_residual(side: int = 64) -> dict[str, Any]:
    """Mistake of source 004: Xception without its first residual, beside the same weights with it."""
    spec = Spec.make("xception_as_printed", input=(3, side, side), classes=10)
    without, restored = fresh(build(spec), seed=0), fresh(with_first_residual(build(spec)), seed=0)
    restored.load_state_dict(without.state_dict(), strict=False)
    torch.manual_seed(0)
    images, labels = torch.randn(4, 3, side, side), torch.arange(4)
    plain, added = (_outputs_and_gradient(module, images, labels) for module in (without, restored))
    return {
        "outputs differ": _relative(plain[0], added[0]),
        "gradient differs": _relative(plain[1], added[1]),
    }


def _outputs_and_gradient(module: GraphModule, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and the gradient of the loss by the first convolution's weights."""
    scores = module.train()(images)
    F.cross_entropy(scores, labels).backward()  # type: ignore[no-untyped-call]
    first = next(module.parameters())
    assert first.grad is not None
    return scores.detach(), first.grad


def _relative(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm() / b.norm())
