"""Claims that are measured: on batch normalisation, learning rates, and the order of a separable convolution."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from explorer.common import formats
from explorer.studies import networks
from explorer.studies.claims.edits import pointwise_first
from explorer.studies.claims.entry import FAILS, HOLDS, Claim, Evidence, Finding, Network, holds_if, verdict

_NOTHING = 1e-4
"""A difference this small is rounding, or epsilon's."""


def _invariances(evidence: Evidence) -> Finding:
    seen = evidence.values
    scaled: dict[str, float] = seen["scaling moves"]
    kept = [scale for scale, moved in scaled.items() if moved < _NOTHING]
    no_bias = max(seen["bias moves"], seen["bias gradient"]) < _NOTHING
    corrected = abs(seen["corrected variance"] / seen["true variance"] - 1) < 0.01
    if not (no_bias and corrected and kept):
        decision = FAILS
    elif len(kept) == len(scaled):
        decision = HOLDS
    else:
        decision = holds_if("the scale is positive and leaves the variance far above epsilon")
    lost = " and ".join(f"{moved:.2g} at a = {scale}" for scale, moved in scaled.items() if scale not in kept)
    return Finding(
        "bias: no effect; scaling: no effect; variance: m/(m-1)",
        f"output moved by {seen['bias moves']:.0e} (bias), at most {max((scaled[s] for s in kept), default=0):.0e} "
        f"(a = {', '.join(kept)}){f', but {lost}' if lost else ''}; a batch's variance of "
        f"{seen['batch variance']:.2f} on average, times m/(m-1) {seen['corrected variance']:.2f}, is "
        f"{seen['true variance']:.2f} in truth",
        decision,
        "BN takes away the mean and with it any bias, and divides by the deviation and with it any positive scale; a "
        "negative one turns the sign, and one so small that the variance falls below epsilon shrinks the output.",
    )


def _learning_rates(evidence: Evidence) -> Finding:
    rate: float = evidence.values["rate"]
    means = {
        int(factor): {name: fmean(accuracies) for name, accuracies in row.items()}
        for factor, row in evidence.values["accuracies"].items()
    }
    best = means[1]["without"]
    permitted = {factor: row["with"] >= best for factor, row in means.items() if factor > 1}
    needed = any(row["without"] < best for factor, row in means.items() if factor > 1)
    if all(permitted.values()) and needed:
        decision = HOLDS
    else:
        decision = holds_if("the factor is 5") if permitted[5] and needed else FAILS
    lines = [
        f"{'x' + str(factor) if factor > 1 else f'rate {rate:g}'}: {formats.percent(row['without'])} without, "
        f"{formats.percent(row['with'])} with"
        for factor, row in means.items()
    ]
    return Finding(
        "x5 and x30",
        f"test accuracy at {'; '.join(lines)} BN",
        decision,
        "The step of a weight under BN grows smaller as the weight grows larger, so that a high rate cannot run away; "
        f"{rate:g} is the better of two rates for the network without BN, and each number the mean of "
        f"{len(evidence.values['accuracies']['1']['with'])} short runs on the digits.",
    )


def _order(evidence: Evidence) -> Finding:
    first, second = (evidence.values[name] for name in ("depthwise first", "pointwise first"))
    differences = [b - a for a, b in zip(first, second, strict=True)]
    mean, spread = fmean(differences), _spread(differences)
    depthwise, pointwise = (trace.totals for trace in evidence.traces)
    return Finding(
        "of little influence",
        f"test accuracy {_with_spread(first)} depthwise first, {_with_spread(second)} pointwise first, difference "
        f"{100 * mean:+.1f} ± {100 * spread:.1f} points; {formats.number(depthwise.params)} and "
        f"{formats.number(pointwise.params)} parameters, {formats.macs(depthwise.macs)} and "
        f"{formats.macs(pointwise.macs)}",
        # Twice the spread, or a point where all runs agree by chance.
        verdict(abs(mean) <= max(2 * spread, 0.01)),
        "In a stack of separable convolutions each order is the other one shifted by half a layer; with as many "
        f"channels in as out they cost the same; measured on {len(differences)} pairs of short runs on the digits, "
        "with the same seed in each pair.",
    )


def _spread(values: Sequence[float]) -> float:
    """Standard error of the mean."""
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


def _with_spread(values: Sequence[float]) -> str:
    return f"{100 * fmean(values):.1f} ± {100 * _spread(values):.1f} %"


_ORDERS = (
    Network("depthwise, then pointwise", networks.SEPARABLE),
    Network("pointwise, then depthwise", networks.SEPARABLE, edit=pointwise_first),
)

CLAIMS = (
    Claim(
        id="claim-12-invariances",
        source="003",
        title="BN: no bias, no scale, m/(m-1)",
        text="BN makes the bias of its layer redundant, BN(Wu) = BN((aW)u), and a population's variance is m/(m-1) "
        "times a batch's.",
        networks=(Network("a small net with BN", networks.NORMALISED),),
        judge=_invariances,
        needs_run=True,
    ),
    Claim(
        id="claim-13-learning-rates",
        source="003",
        title="BN permits rates x 5 and x 30",
        text="BN permits a learning rate 5 and 30 times higher.",
        networks=(Network("without BN", networks.INCEPTIONNET), Network("with BN", networks.NORMALISED)),
        judge=_learning_rates,
        needs_run=True,
    ),
    Claim(
        id="claim-15-order",
        source="004",
        title="Depthwise or pointwise first: no matter",
        text="Whether the depthwise or the pointwise convolution comes first matters little.",
        networks=_ORDERS,
        judge=_order,
        needs_run=True,
    ),
)
