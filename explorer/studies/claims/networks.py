"""Claims on whole networks: their size, their shapes, and what is known of their accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from explorer.common import formats
from explorer.graph.graph import under
from explorer.graph.ops import GlobalAvgPool2d, Linear, Shape
from explorer.graph.trace import Trace
from explorer.spec.spec import Spec
from explorer.studies.claims import printed
from explorer.studies.claims.entry import (
    FAILS,
    HOLDS,
    Claim,
    Evidence,
    Finding,
    Network,
    holds_if,
    params,
    rows_of,
    verdict,
)


def _fully_connected(evidence: Evidence) -> Finding:
    shares = [params(rows_of(trace, Linear)) / trace.totals.params for trace in evidence.traces]
    vgg = evidence.traces[0]
    part, whole = params(rows_of(vgg, Linear)), vgg.totals.params
    return Finding(
        "90 %",
        f"{formats.percent(shares[0])}: {formats.number(part)} of {formats.number(whole)}",
        verdict(abs(shares[0] - 0.9) < 0.01),
        "The first of the three reads every value of the last map, so the share hangs on the image: at 32x32 it is "
        f"{formats.percent(shares[1])}.",
    )


def _halves_and_doubles(evidence: Evidence) -> Finding:
    sizes = _block_ends(evidence.traces[0])
    pairs = [*pairwise(sizes)]
    halves = all((-(-a[1] // 2), -(-a[2] // 2)) == b[1:] for a, b in pairs)
    growth = [b[0] / a[0] for a, b in pairs]
    if not halves or not growth or any(factor != 2 for factor in growth[1:]):
        decision = FAILS
    else:
        decision = HOLDS if growth[0] == 2 else holds_if("counted from the first block on, not from the stem")
    return Finding(
        "map 1/2, channels x 2 with every block",
        " to ".join(map(formats.size, sizes)),
        decision,
        "Each convolution of a block is twice as wide as one of the block before, but a unit ends in four of them side "
        f"by side, so that the first block makes {growth[0]:g} times the stem's channels."
        if growth
        else "No block.",
    )


def _block_ends(trace: Trace) -> list[Shape]:
    """Output shapes of the stem and of every block."""
    ends: dict[str, Shape] = {}
    for row in trace.rows:
        module = row.name.partition(".")[0]
        if module == "stem" or module.startswith("block_"):
            ends[module] = row.out_shape
    return [*ends.values()]


def _global_pooling(evidence: Evidence) -> Finding:
    pooled, connected = evidence.traces
    pools = rows_of(pooled, GlobalAvgPool2d)
    heads = [formats.number(params(rows_of(trace, Linear))) for trace in evidence.traces]
    return Finding(
        "0 parameters",
        f"{formats.number(params(pools))} in the pool; {heads[0]} in the linear layer behind it, {heads[1]} without it",
        verdict(bool(pools) and params(pools) == 0 and pooled.totals.params < connected.totals.params),
        "A mean has nothing to learn, and the linear layer behind it reads one value a channel in place of the whole "
        "map.",
    )


def _sizes(evidence: Evidence) -> Finding:
    google, alex, vgg, few = (trace.totals.params for trace in evidence.traces)
    factors = alex / google, vgg / alex
    true = abs(google / 5e6 - 1) < 0.1 and abs(factors[0] - 12) < 0.5 and abs(factors[1] - 3) < 0.5
    return Finding(
        "5 M; AlexNet x 12; VGG x 3",
        f"{formats.short(google)}; AlexNet x {factors[0]:.1f}; VGG x {factors[1]:.2f}",
        verdict(true),
        f"GoogLeNet has {formats.number(google)} parameters at 1000 classes and {formats.number(few)} at the "
        "source's 10, "
        f"AlexNet {formats.number(alex)} and VGG-16 {formats.number(vgg)}.",
    )


def shapes_as_printed(trace: Trace, table: Mapping[str, Shape]) -> int:
    """How many lines of a printed table a trace has as well."""
    shapes = {row.name: row.out_shape for row in trace.rows}
    return sum(shapes.get(name) == shape for name, shape in table.items())


def _printed_shapes(evidence: Evidence) -> Finding:
    (trace,) = evidence.traces
    table = printed.GOOGLENET
    right, first, last = shapes_as_printed(trace, table), *[*table.values()][:: len(table) - 1]
    return Finding(
        f"{len(table)} shapes, {formats.size(first)} to {formats.size(last)}",
        f"{right} of {len(table)} the same",
        verdict(right == len(table)),
        "Strides of 2 with half a window of padding halve the map, and every branch of a module keeps it, or it could "
        "not be concatenated.",
    )


_TOP_1 = {"claimed": 0.964, "single crop": 0.801}
_TOP_5 = 0.951


def _published_accuracy(evidence: Evidence) -> Finding:
    claimed, published = _TOP_1.values()
    return Finding(
        f"{formats.percent(claimed)} top-1",
        f"not computed here; published: {formats.percent(published)} top-1, {formats.percent(_TOP_5)} top-5, single "
        "crop",
        verdict(abs(claimed - published) < 0.005),
        "Szegedy et al. 2017 print errors of 19.9 % (top-1) and 4.9 % (top-5) for one crop of one network, and even "
        "their four networks together have a top-5 error of 3.08 %.",
    )


_CLAIMED = 13.6e6


def _bn_inception(evidence: Evidence) -> Finding:
    sizes = [trace.totals.params for trace in evidence.traces]
    near = [abs(size / _CLAIMED - 1) < 0.01 for size in sizes]
    conditions = ("", "its auxiliary heads are counted", "its first convolution is separable")
    decision = HOLDS if near[0] else holds_if(conditions[near.index(True)]) if any(near) else FAILS
    plain, heads, separable = (formats.number(size) for size in sizes)
    return Finding(
        "13.6 M",
        f"{plain}; with auxiliary heads {heads}; with a separable first convolution {separable}",
        decision,
        f"The table's widths give {formats.gain(sizes[0] / _CLAIMED - 1)} against the text, and no variant of the "
        "table "
        "comes to its number.",
    )


def _row_by_row(evidence: Evidence) -> Finding:
    trace, paper = evidence.traces
    ours, theirs = printed.keras_lines(trace), printed.XCEPTION
    right = sum(a == b for a, b in zip(ours, theirs, strict=False)) if len(ours) == len(theirs) else 0
    totals = trace.totals
    whole, stated = totals.params + totals.statistics, sum(line.values for line in theirs)
    return Finding(
        f"{formats.number(stated)} in {len(theirs)} rows",
        f"{formats.number(whole)} = {formats.number(totals.params)} trainable + {formats.number(totals.statistics)} "
        f"statistics; {right} of {len(theirs)} rows the same",
        verdict(right == len(theirs) and whole == stated),
        "Keras counts the running mean and variance of BN in its total and calls them non-trainable; the network is "
        f"the printed one, not the paper's, which has {formats.number(paper.totals.params)} parameters.",
    )


def _spec(id: str, **fields: object) -> Network:
    made = Spec.make(id, **fields)
    return Network(made.entry.title, made)


_BN = Spec.make("bn_inception")

CLAIMS = (
    Claim(
        id="claim-02-fully-connected",
        source="000",
        title="VGG is 90 % fully connected layers",
        text="Fully connected layers hold 90 % of VGG's parameters.",
        networks=(_spec("vgg16"), Network("VGG-16 on 32x32", Spec.make("vgg16", input="3x32x32"))),
        judge=_fully_connected,
    ),
    Claim(
        id="claim-03-halves-and-doubles",
        source="000",
        title="A block halves the map, doubles channels",
        text="With every block of Inception10 the feature map becomes half as large and has twice as many channels.",
        networks=(Network("Inception10 of 4 blocks", Spec.make("inception10", settings={"num_blocks": 4})),),
        judge=_halves_and_doubles,
    ),
    Claim(
        id="claim-04-global-pooling",
        source="000",
        title="Global average pooling is free",
        text="Global average pooling adds no parameters.",
        networks=(
            _spec("inception10"),
            Network("Inception10 without the pool", Spec.make("inception10", rewrites=["fully_connected"])),
        ),
        judge=_global_pooling,
    ),
    Claim(
        id="claim-05-sizes",
        source="001",
        title="GoogLeNet 5 M, AlexNet x 12, VGG x 3",
        text="GoogLeNet has 5 million parameters, AlexNet 12 times as many, and VGG 3 times as many as AlexNet.",
        networks=(
            _spec("googlenet"),
            _spec("alexnet"),
            _spec("vgg16"),
            Network("GoogLeNet with 10 classes", Spec.make("googlenet", classes=10)),
        ),
        judge=_sizes,
    ),
    Claim(
        id="claim-06-printed-shapes",
        source="001",
        title="GoogLeNet's printed shapes",
        text="The printed shapes of GoogLeNet, from 64x112x112 to the scores.",
        networks=(_spec("googlenet", input="1x224x224", classes=10),),
        judge=_printed_shapes,
    ),
    Claim(
        id="claim-09-accuracy",
        source="002",
        title="Inception-ResNet-v2: 96.4 % top-1",
        text="Inception-ResNet-v2 reaches 96.4 % top-1 accuracy on ImageNet.",
        networks=(_spec("inception_resnet_v2"),),
        judge=_published_accuracy,
    ),
    Claim(
        id="claim-10-bn-inception-size",
        source="003",
        title="BN-Inception: 13.6 M parameters",
        text="BN-Inception has 13.6 million parameters.",
        networks=(
            Network("BN-Inception", _BN),
            Network("with auxiliary heads", _BN.with_setting("auxiliary_heads", 1)),
            Network("with a separable first convolution", _BN.with_setting("separable_stem", 1)),
        ),
        judge=_bn_inception,
    ),
    Claim(
        id="claim-14-xception-rows",
        source="004",
        title="Xception's summary, row by row",
        text="Xception as its summary prints it: 22,817,480 parameters, row by row.",
        networks=(_spec("xception_as_printed"), _spec("xception")),
        judge=_row_by_row,
    ),
)


def _table_widths(evidence: Evidence) -> Finding:
    (trace,) = evidence.traces
    published = {"inception_4c": 576, "inception_4d": 576, "inception_4e": 1024}
    built = {module: _channels(trace, module) for module in published}
    branches = [row.in_shapes for row in trace.rows if row.name == "inception_4c.concat"]
    sum_4c = " + ".join(str(shape[0]) for shape in branches[0])
    return Finding(
        "576, 576 and 1024 channels after 4c, 4d and 4e",
        " and ".join(", ".join(map(str, built.values())).rsplit(", ", 1)) + " channels",
        verdict(built == published),
        f"The branches of 4c are {sum_4c} = {built['inception_4c']} wide, and a concat can only add them up; the "
        "network here is built as its widths say.",
    )


def _channels(trace: Trace, module: str) -> int:
    return [row.out_shape[0] for row in trace.rows if under(module, row.name)][-1]


MISTAKES = (
    Claim(
        id="mistake-003-table-widths",
        source="003",
        title="Code: widths that do not add up",
        text="The module table of BN-Inception agrees with itself: 576 channels after 4c and 4d, 1024 after 4e.",
        networks=(Network("BN-Inception as its widths say", _BN),),
        judge=_table_widths,
        is_mistake=True,
    ),
)
