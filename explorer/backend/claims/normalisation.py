"""What batch normalisation does, measured in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.claims.runs import accuracy, digits, fresh, inputs, settings, train
from explorer.backend.torch_module import GraphModule
from explorer.spec.build import build
from explorer.studies import networks

SCALES = (0.5, 2.0, 100.0, -1.0, 1e-3)
_BATCH = 64


def invariances() -> dict[str, Any]:
    """Claim 12 on one linear layer of 20 to 8 in double precision: how far BN's output moves when the
    layer gets a bias and when its weights are scaled, and which variance estimate meets the truth.
    """
    torch.manual_seed(0)
    weight, bias = (torch.randn(*shape, dtype=torch.float64) for shape in ((8, 20), (8,)))
    u = torch.randn(_BATCH, 20, dtype=torch.float64)
    target = torch.randn(_BATCH, 8, dtype=torch.float64)
    plain = _normalised(u @ weight.T)
    biased = bias.requires_grad_()
    with_bias = _normalised(u @ weight.T + biased)
    (F.mse_loss(with_bias, target)).backward()  # type: ignore[no-untyped-call]
    assert biased.grad is not None
    moved = {scale: _furthest(_normalised(u @ (scale * weight).T), plain) for scale in SCALES}
    return {
        "bias moves": _furthest(with_bias, plain),
        "bias gradient": float(biased.grad.abs().max()),
        "scaling moves": {f"{scale:g}": by for scale, by in moved.items()},
        "gradient ratio": _gradient(u, weight, target) / _gradient(u, 2 * weight, target),
        **_variances(),
    }


def _normalised(x: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, training=True, eps=1e-5)


def _furthest(a: Tensor, b: Tensor) -> float:
    return float((a - b).detach().abs().max())


def _gradient(u: Tensor, weight: Tensor, target: Tensor) -> float:
    """Size of the gradient by the weights."""
    weight = weight.clone().requires_grad_()
    F.mse_loss(_normalised(u @ weight.T), target).backward()  # type: ignore[no-untyped-call]
    assert weight.grad is not None
    return float(weight.grad.norm())


def _variances(batch: int = 5, draws: int = 40_000) -> dict[str, Any]:
    """Estimates of a variance of 4 from batches of 5, by their mean, and what torch's BN keeps of one."""
    x = 2 * torch.randn(batch, draws, dtype=torch.float64)
    biased = x.var(0, unbiased=False)
    norm = nn.BatchNorm1d(draws, momentum=None, dtype=torch.float64)
    norm(x)
    assert norm.running_var is not None
    return {
        "true variance": 4.0,
        "batch variance": float(biased.mean()),
        "corrected variance": float(biased.mean()) * batch / (batch - 1),
        "kept variance": float(norm.running_var.mean()),
    }


def frozen_while_training(epochs: int = 2) -> dict[str, Any]:
    """Mistake of source 000: BN with `training=False` while training, beside BN as it is meant."""
    return {name: _with_norms(training, epochs) for name, training in (("as written", False), ("right", True))}


def _with_norms(training: bool, epochs: int) -> dict[str, float]:
    def prepare(module: nn.Module) -> None:
        module.train()
        for norm in _norms(module):
            norm.train(training)

    module = fresh(build(networks.INCEPTION10), seed=0)
    prepare(module)
    variances, means = _channels(module)
    train(module, settings(0.05, epochs=epochs), prepare)
    return {
        "smallest variance": float(variances.min()),
        "largest variance": float(variances.max()),
        "largest mean": float(means.abs().max()),
        "accuracy": accuracy(module),
    }


def _norms(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


@torch.no_grad()
def _channels(module: GraphModule) -> tuple[Tensor, Tensor]:
    """Variance and mean of every channel that comes out of a BN, on a batch of 64."""
    outputs: list[Tensor] = []
    hooks = [n.register_forward_hook(lambda _, __, output: outputs.append(output)) for n in _norms(module)]
    module(inputs(module, digits().train, torch.arange(_BATCH)))
    for hook in hooks:
        hook.remove()
    flat = [output.transpose(0, 1).flatten(1) for output in outputs]
    return torch.cat([f.var(1, unbiased=False) for f in flat]), torch.cat([f.mean(1) for f in flat])


def batch_mates(epochs: int = 2, batch: int = 8) -> dict[str, Any]:
    """Mistake of source 003: `is_training=True` at inference, beside the running statistics."""
    module = train(fresh(build(networks.NORMALISED), seed=0), settings(0.1, epochs=epochs))
    modes: dict[str, Callable[[nn.Module], object]] = {"as written": nn.Module.train, "right": nn.Module.eval}
    return {"batch": batch, **{name: _twice(module, prepare, batch) for name, prepare in modes.items()}}


@torch.no_grad()
def _twice(module: GraphModule, prepare: Callable[[nn.Module], object], batch: int) -> dict[str, float]:
    """The test images predicted twice, among different batch mates."""
    # Training mode moves the running statistics; the second mode must find them as training left them.
    kept = {name: values.clone() for name, values in module.state_dict().items()}
    prepare(module)
    count = len(digits().held_out.labels)
    first, second = (_predicted(module, torch.randperm(count, generator=_seeded(seed)), batch) for seed in (1, 2))
    module.load_state_dict(kept)
    labels = digits().held_out.labels
    return {
        "changed": int((first.argmax(1) != second.argmax(1)).sum()),
        "images": count,
        "largest change": _furthest(first, second),
        "accuracy": float((first.argmax(1) == labels).float().mean()),
    }


def _predicted(module: GraphModule, order: Tensor, batch: int) -> Tensor:
    """Probabilities of every test image, computed batch by batch in this order."""
    split = digits().held_out
    scores = torch.cat([module(inputs(module, split, part)).softmax(1) for part in torch.split(order, batch)])
    return scores[order.argsort()]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
