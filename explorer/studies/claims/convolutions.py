"""Claims on what a convolution costs and sees: reductions, stacked small kernels, dilation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from explorer.common import formats
from explorer.graph.ops import Conv2d, Pair
from explorer.graph.trace import NodeTrace, Trace
from explorer.spec.spec import Spec
from explorer.studies.claims.entry import (
    FAILS,
    HOLDS,
    Claim,
    Evidence,
    Finding,
    Network,
    Verdict,
    holds_if,
    row,
    rows_of,
    verdict,
)


def weights(rows: tuple[NodeTrace, ...]) -> int:
    """Parameters of convolutions without their biases, as the sources count."""
    return sum(r.params - (r.out_shape[0] if isinstance(r.op, Conv2d) and r.op.bias else 0) for r in rows)


_REDUCED = Spec.make("inception_block", input="128x100x100", settings={"reduce_5x5": 32, "width_5x5": 32})


def _reduction(evidence: Evidence) -> Finding:
    direct, reduced = (weights(rows_of(trace, Conv2d)) for trace in evidence.traces)
    cost = [formats.macs(trace.totals.macs) for trace in evidence.traces]
    share = reduced / direct
    numbers = f"{formats.number(direct)} and {formats.number(reduced)} weights"
    return Finding(
        "102,400 and 29,696 weights, about 30 %",
        f"{numbers}, {formats.percent(share)}; {cost[0]} and {cost[1]}",
        verdict((direct, reduced) == (102_400, 29_696) and abs(share - 0.3) < 0.015),
        "The 5x5 then reads 32 channels in place of 128, and the 1x1 before it is cheap; "
        f"{formats.percent(share)} is also the share of the work, as both work at every position of the map.",
    )


class _Swap(NamedTuple):
    """One 5x5 and the two 3x3 that took its place."""

    reads: int
    makes: int
    before: int
    after: int
    keeps_field: bool

    @property
    def cheaper(self) -> bool:
        return self.after < self.before

    @property
    def should_be_cheaper(self) -> bool:
        """9*in*out + 9*out*out < 25*in*out, with as many channels between the two as the 5x5 makes."""
        return 9 * self.makes < 16 * self.reads


def _swaps(before: Trace, after: Trace) -> Iterator[_Swap]:
    for old in rows_of(before, Conv2d):
        if isinstance(old.op, Conv2d) and old.op.kernel_size == (5, 5):
            first, second = row(after, f"{old.name}_1"), row(after, old.name)
            field = old.local_field == second.local_field and old.jump == second.jump
            costs = weights((old,)), weights((first, second))
            yield _Swap(old.in_shapes[0][0], old.out_shape[0], *costs, field)


_CHEAPER = "the 5x5 makes fewer than 16/9 times as many channels as it reads"


def _stacked(evidence: Evidence) -> tuple[list[_Swap], Verdict]:
    """All swaps in networks given in pairs, before and after, and the verdict on them."""
    traces = evidence.traces
    swaps = [swap for old, new in zip(traces[::2], traces[1::2], strict=True) for swap in _swaps(old, new)]
    if not swaps or not all(swap.keeps_field for swap in swaps) or not any(swap.cheaper for swap in swaps):
        return swaps, FAILS
    if all(swap.cheaper for swap in swaps):
        return swaps, HOLDS
    explained = all(swap.cheaper == swap.should_be_cheaper for swap in swaps)
    return swaps, holds_if(_CHEAPER) if explained else FAILS


_CONDITION = (
    "From c to d channels a 5x5 has 25cd weights and the two 3x3, d wide, 9cd + 9dd, which is fewer while d is below "
    "16/9 c"
)


def _small_kernels(evidence: Evidence) -> Finding:
    swaps, decision = _stacked(evidence)
    costs = "; ".join(f"{s.reads} to {s.makes} channels {formats.change(s.before, s.after)}" for s in swaps)
    fields = " and ".join(dict.fromkeys(formats.pair(_span(trace)) for trace in evidence.traces))
    return Finding(
        "5x5 seen by two 3x3; fewer parameters",
        f"{fields} seen by both; weights from {costs}",
        decision,
        f"{_CONDITION}; the field is the same at any width.",
    )


def _span(trace: Trace) -> Pair | None:
    """The field of the last row of a part that reads the image itself."""
    return trace.rows[-1].receptive_field


def _factorised(evidence: Evidence) -> Finding:
    swaps, decision = _stacked(evidence)
    pairs = [*zip(evidence.traces[::2], evidence.traces[1::2], strict=True)]
    changes = [formats.change(old.totals.params, new.totals.params) for old, new in pairs]
    kept = sum(swap.keeps_field for swap in swaps)
    saved = sum(swap.cheaper for swap in swaps)
    return Finding(
        "same field, fewer parameters",
        f"field kept in {kept} of {len(swaps)}, fewer weights in {saved} of {len(swaps)}; parameters "
        f"{changes[0]} in GoogLeNet and {changes[1]} in Inception v3",
        decision,
        f"{_CONDITION}: the 5x5 that get cheaper make {_ratios(s for s in swaps if s.cheaper)} as many channels as "
        f"they read, those that get dearer {_ratios(s for s in swaps if not s.cheaper)}.",
    )


def _ratios(swaps: Iterable[_Swap]) -> str:
    growths = sorted({swap.makes / swap.reads for swap in swaps})
    return " to ".join(f"{ratio:.3g}" for ratio in dict.fromkeys((*growths[:1], *growths[-1:]))) + " times"


def _quarter_more(evidence: Evidence) -> Finding:
    plain, stacked, successor = (trace.totals for trace in evidence.traces)
    growths = [(new.params / plain.params - 1, new.macs / plain.macs - 1) for new in (stacked, successor)]
    near = [abs(params - 0.25) < 0.025 and abs(macs - 0.30) < 0.03 for params, macs in growths]
    swap, whole = (f"{formats.gain(params)} parameters and {formats.gain(macs)} MACs" for params, macs in growths)
    return Finding(
        "+25 % parameters, +30 % computation",
        f"in GoogLeNet {swap}; BN-Inception against GoogLeNet {whole}",
        HOLDS if near[0] else holds_if("whole networks are compared") if near[1] else FAILS,
        f"The swap alone brings {swap}; BN-Inception as a whole differs from GoogLeNet by {whole}, and that holds its "
        "third 28x28 module and its new widths as well.",
    )


def _dilation(evidence: Evidence) -> Finding:
    dense, dilated = evidence.traces
    before, after = (row(trace, "conv2.conv") for trace in evidence.traces)
    extra = dilated.totals.params - dense.totals.params
    assert isinstance(after.op, Conv2d)
    span = (after.op.kernel_size[0] - 1) * after.op.dilation[0] + 1
    assert before.local_field is not None
    assert after.local_field is not None
    return Finding(
        "larger field, no extra parameters",
        f"field {formats.pair(before.receptive_field)} grows to {formats.pair(after.receptive_field)} input pixels, "
        f"{formats.number(extra)} extra parameters, {formats.number(dilated.totals.macs - dense.totals.macs)} extra "
        "MACs",
        verdict(after.local_field > before.local_field and extra == 0),
        f"The same 9 weights a channel are spread over {span}x{span} of their map, and what lies between them is not "
        "looked at by this output.",
    )


def _branch(label: str, *rewrites: str, **fields: object) -> Network:
    made = Spec.make("inception_block", rewrites=[f"{verb}@branch5x5" for verb in rewrites], **fields)
    return Network(label, made, "branch5x5")


_EQUAL = {"input": "32x28x28", "settings": {"width_5x5": 32}}
_DOUBLE = {"input": "16x28x28", "settings": {"width_5x5": 32}}
_STACK = ["stack_5x5"]

CLAIMS = (
    Claim(
        id="claim-01-reduction",
        source="000",
        title="A 1x1 before a 5x5 saves 70 %",
        text="32 filters of 5x5 on 100x100x128 cost 102,400 weights; through 32 filters of 1x1 first they cost 29,696, "
        "about 30 %.",
        networks=(
            Network("5x5 alone", _REDUCED.with_(rewrites=["no_reduction@branch5x5"]), "branch5x5"),
            Network("1x1, then 5x5", _REDUCED, "branch5x5"),
        ),
        judge=_reduction,
    ),
    Claim(
        id="claim-07-small-kernels",
        source="002",
        title="Two 3x3 see 5x5 and cost less",
        text="Two 3x3 convolutions see 5x5, and small kernels cost fewer parameters for the same field.",
        networks=(
            _branch("5x5, 32 to 32", "no_reduction", **_EQUAL),
            _branch("two 3x3, 32 to 32", "no_reduction", "stack_5x5", **_EQUAL),
            _branch("5x5, 16 to 32", "no_reduction", **_DOUBLE),
            _branch("two 3x3, 16 to 32", "no_reduction", "stack_5x5", **_DOUBLE),
        ),
        judge=_small_kernels,
    ),
    Claim(
        id="claim-08-dilation",
        source="002",
        title="Dilation widens the field for nothing",
        text="A dilated 3x3 enlarges the receptive field without more parameters.",
        networks=(
            Network("3x3, dilation 1", Spec.make("dilated_cnn", settings={"conv2.dilation": 1})),
            Network("3x3, dilation 2", Spec.make("dilated_cnn")),
        ),
        judge=_dilation,
    ),
    Claim(
        id="claim-11-quarter-more",
        source="003",
        title="Two 3x3 for 5x5: +25 %, +30 %",
        text="Replacing 5x5 convolutions by two 3x3 adds 25 % to the parameters and 30 % to the computation.",
        networks=(
            Network("GoogLeNet", Spec.make("googlenet")),
            Network("GoogLeNet, each 5x5 as two 3x3", Spec.make("googlenet", rewrites=_STACK)),
            Network("BN-Inception", Spec.make("bn_inception")),
        ),
        judge=_quarter_more,
    ),
    Claim(
        id="claim-16-factorised-5x5",
        source="004",
        title="Two 3x3 keep the field, save weights",
        text="Two 3x3 in place of a 5x5 keep the receptive field and reduce the parameters.",
        networks=(
            Network("GoogLeNet", Spec.make("googlenet")),
            Network("GoogLeNet, each 5x5 as two 3x3", Spec.make("googlenet", rewrites=_STACK)),
            Network("Inception v3", Spec.make("inception_v3")),
            Network("Inception v3, each 5x5 as two 3x3", Spec.make("inception_v3", rewrites=_STACK)),
        ),
        judge=_factorised,
    ),
)
