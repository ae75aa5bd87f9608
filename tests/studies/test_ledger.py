"""The ledger: whole, in one form, and decided by the numbers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from explorer.cli import main
from explorer.common.errors import ExplorerError
from explorer.graph.ops import Conv2d
from explorer.graph.trace import Trace, total
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.studies.claims import CLAIMS, Claim, Entry, claim, entry, printed
from explorer.studies.claims.convolutions import weights
from explorer.studies.claims.entry import ENTRIES, Evidence, Network, Verdict, rows_of
from explorer.studies.claims.ledger import costs

KEYS = ["id", "source", "claim", "stated", "computed", "verdict", "why", "link"]
VERDICT = re.compile(r"holds|holds if \S.*|does not hold")
FROM_GRAPHS = [id for id, one in CLAIMS.items() if not one.needs_run]
SOURCES = {
    "000": [1, 2, 3, 4],
    "001": [5, 6],
    "002": [7, 8, 9],
    "003": [10, 11, 12, 13],
    "004": [14, 15, 16],
}


def numbers(text: str) -> list[float]:
    """All numbers in a text, with the typographic minus as a sign."""
    found = re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?", text)
    return [float(word.replace(",", "").replace("−", "-")) for word in found]


def found(id: str) -> Entry:
    return entry(CLAIMS[id], CLAIMS[id].find())


def test_every_claim_and_every_mistake_is_there_once() -> None:
    claims = [one for one in CLAIMS.values() if not one.is_mistake]
    assert [int(one.id.split("-")[1]) for one in claims] == list(range(1, 17))
    by_source: dict[str, list[int]] = {}
    for one in claims:
        by_source.setdefault(one.source, []).append(int(one.id.split("-")[1]))
    assert by_source == SOURCES
    mistakes = [one for one in CLAIMS.values() if one.is_mistake]
    assert [one.source for one in mistakes] == ["000", "001", "001", "003", "003", "004"]
    assert all(one.id.startswith(f"mistake-{one.source}-") for one in mistakes)
    assert [*CLAIMS.values()] == claims + mistakes


def test_only_what_speaks_of_training_or_numerics_needs_a_run() -> None:
    assert {id for id in CLAIMS if CLAIMS[id].needs_run and not CLAIMS[id].is_mistake} == {
        "claim-12-invariances",
        "claim-13-learning-rates",
        "claim-15-order",
    }


@pytest.mark.parametrize("id", FROM_GRAPHS)
def test_an_entry_has_its_form(id: str) -> None:
    one = found(id)
    assert list(one._asdict()) == KEYS
    assert all(str(text) and "\n" not in str(text) for text in one)
    assert VERDICT.fullmatch(str(one.verdict))
    assert Verdict.parse(str(one.verdict)) == one.verdict
    assert ENTRIES.validate_json(json.dumps([one.fields])) == (one,)
    assert one.why[0].isupper()
    assert one.why.endswith(".")
    assert one.link == f"/claims?claim={id}"
    assert one.source == CLAIMS[id].source


@pytest.mark.parametrize("one", CLAIMS.values(), ids=CLAIMS)
def test_what_a_claim_compares_can_be_opened(one: Claim) -> None:
    assert one.networks
    assert len(one.title) <= 42
    for network, cost in zip(one.networks, costs(one.id), strict=True):
        assert Spec.from_query({key: [value] for key, value in network.spec.to_query().items()}) == network.spec
        assert cost.totals.params > 0


VERDICTS = {
    "claim-01-reduction": "holds",
    "claim-02-fully-connected": "holds",
    "claim-03-halves-and-doubles": "holds if",
    "claim-04-global-pooling": "holds",
    "claim-05-sizes": "does not hold",
    "claim-06-printed-shapes": "holds",
    "claim-07-small-kernels": "holds if",
    "claim-08-dilation": "holds",
    "claim-09-accuracy": "does not hold",
    "claim-10-bn-inception-size": "does not hold",
    "claim-11-quarter-more": "does not hold",
    "claim-14-xception-rows": "holds",
    "claim-16-factorised-5x5": "holds if",
    "mistake-003-table-widths": "does not hold",
}


def test_the_verdicts() -> None:
    assert {id: found(id).verdict.summary.removesuffix(" ...") for id in FROM_GRAPHS} == VERDICTS


def with_networks(id: str, *specs: Spec) -> str:
    """The verdict on other networks in the place of the claim's own, each cut to the same part."""
    networks = [
        Network(old.label, spec, old.part, old.edit) for old, spec in zip(CLAIMS[id].networks, specs, strict=True)
    ]
    return CLAIMS[id]._replace(networks=tuple(networks)).find().verdict


BLOCK = CLAIMS["claim-01-reduction"].networks[1].spec
GOOGLENET = Spec.make("googlenet")
V3 = Spec.make("inception_v3")
SEEN_BY_5X5 = [network.spec for network in CLAIMS["claim-07-small-kernels"].networks]
STACKED = ["stack_5x5"]
OTHERWISE = [
    ("claim-01-reduction", [BLOCK.with_(rewrites=["no_reduction@branch5x5"]), BLOCK.with_setting("reduce_5x5", 64)]),
    ("claim-02-fully-connected", [Spec.make("vgg16", rewrites=["global_pool"]), Spec.make("vgg16")]),
    ("claim-03-halves-and-doubles", [Spec.make("inception10", rewrites=["no_reduction"])]),
    ("claim-04-global-pooling", [Spec.make("inception10", rewrites=["fully_connected"]), Spec.make("inception10")]),
    ("claim-06-printed-shapes", [Spec.make("googlenet", input="1x224x224", classes=1000)]),
    ("claim-07-small-kernels", [*SEEN_BY_5X5[:2], *SEEN_BY_5X5[:2]]),
    ("claim-08-dilation", [Spec.make("dilated_cnn"), Spec.make("dilated_cnn")]),
    ("claim-14-xception-rows", [Spec.make("xception"), Spec.make("xception")]),
    ("claim-16-factorised-5x5", [V3, V3.with_(rewrites=STACKED), V3, V3.with_(rewrites=STACKED)]),
    (
        "claim-16-factorised-5x5",
        [GOOGLENET, GOOGLENET.with_(rewrites=STACKED), GOOGLENET, GOOGLENET.with_(rewrites=STACKED)],
    ),
    (
        "mistake-003-table-widths",
        [Spec.make("bn_inception", settings={"inception_4c.width_pool": 96, "inception_4d.width_pool": 96})],
    ),
]


@pytest.mark.parametrize(("id", "specs"), OTHERWISE, ids=[f"{id}-{n}" for n, (id, _) in enumerate(OTHERWISE)])
def test_other_networks_get_another_verdict(id: str, specs: list[Spec]) -> None:
    assert with_networks(id, *specs) != found(id).verdict


def of_size(*params: float) -> Evidence:
    """Evidence in which only the totals of parameters are known."""
    return Evidence(tuple(Trace((), total(())._replace(params=round(p))) for p in params))


def test_sizes_decide_on_sizes() -> None:
    judge = CLAIMS["claim-05-sizes"].judge
    assert judge(of_size(5e6, 60e6, 180e6, 4e6)).verdict == Verdict.parse("holds")
    assert judge(of_size(5e6, 60e6, 138e6, 4e6)).verdict == Verdict.parse("does not hold")
    judge = CLAIMS["claim-10-bn-inception-size"].judge
    assert judge(of_size(13.6e6, 20e6, 13.6e6)).verdict == Verdict.parse("holds")
    assert judge(of_size(11.3e6, 13.6e6, 11.3e6)).verdict == Verdict.parse("holds if its auxiliary heads are counted")
    assert judge(of_size(11.3e6, 17.7e6, 13.61e6)).verdict == Verdict.parse(
        "holds if its first convolution is separable"
    )


def test_a_quarter_and_a_third_decide_on_the_appendix() -> None:
    def traces(*pairs: tuple[float, float]) -> Evidence:
        return Evidence(tuple(Trace((), total(())._replace(params=round(p), macs=round(m))) for p, m in pairs))

    judge, base = CLAIMS["claim-11-quarter-more"].judge, (1e6, 1e9)
    assert judge(traces(base, (1.25e6, 1.3e9), base)).verdict == Verdict.parse("holds")
    assert judge(traces(base, base, (1.25e6, 1.3e9))).verdict == Verdict.parse("holds if whole networks are compared")
    assert judge(traces(base, (1.25e6, 1e9), (1e6, 1.3e9))).verdict == Verdict.parse("does not hold")


# Central numbers, worked out another way.


def test_reduction_by_hand() -> None:
    assert numbers(found("claim-01-reduction").computed)[:3] == [5 * 5 * 128 * 32, 128 * 32 + 5 * 5 * 32 * 32, 29.0]
    assert found("claim-01-reduction").computed.startswith("102,400 and 29,696 weights, 29.0 %")


def test_fully_connected_share_and_sizes_as_torchvision_has_them() -> None:
    import torch
    import torchvision

    with torch.device("meta"):
        vgg, alexnet = torchvision.models.vgg16(), torchvision.models.alexnet()
    connected, whole, alex = (sum(p.numel() for p in part.parameters()) for part in (vgg.classifier, vgg, alexnet))
    assert numbers(found("claim-02-fully-connected").computed) == [round(100 * connected / whole, 1), connected, whole]
    google = googlenet_params()
    assert found("claim-05-sizes").computed == (
        f"{google / 1e6:.2f} M; AlexNet x {alex / google:.1f}; VGG x {whole / alex:.2f}"
    )


WIDTHS = {  # 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool: Szegedy et al. 2015, table 1
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet_params() -> int:
    """GoogLeNet's parameters from its table."""
    params, channels = (49 * 3 + 1) * 64 + (64 + 1) * 64 + (9 * 64 + 1) * 192, 192
    for one, reduce_3, three, reduce_5, five, pool in WIDTHS.values():
        params += (channels + 1) * (one + reduce_3 + reduce_5 + pool)
        params += (9 * reduce_3 + 1) * three + (25 * reduce_5 + 1) * five
        channels = one + three + five + pool
    return params + (1024 + 1) * 1000


def test_stacking_by_the_table() -> None:
    grown = sum((9 * r * w + 9 * w * w + w) - 25 * r * w for *_, r, w, _ in WIDTHS.values())
    share = 100 * grown / googlenet_params()
    assert f"+{grown:,} (+{share:.1f} %) in GoogLeNet" in found("claim-16-factorised-5x5").computed
    assert f"in GoogLeNet +{share:.1f} % parameters" in found("claim-11-quarter-more").computed


@pytest.mark.parametrize(("reads", "makes"), [(9, 15), (9, 16), (9, 17), (32, 32), (16, 32), (48, 64)])
def test_the_condition_on_stacking_is_exact(reads: int, makes: int) -> None:
    spec = Spec.make(
        "inception_block", input=(reads, 8, 8), settings={"width_5x5": makes}, rewrites=["no_reduction@branch5x5"]
    )
    stacked = spec.with_(rewrites=["no_reduction@branch5x5", "stack_5x5@branch5x5"])
    before, after = (weights(rows_of(Network("", s, "branch5x5").trace(), Conv2d)) for s in (spec, stacked))
    assert (before, after) == (25 * reads * makes, 9 * reads * makes + 9 * makes * makes)
    assert (after < before) == (makes / reads < 16 / 9)


def test_dilation_by_hand() -> None:
    # conv 3x3: 3; pool 2x2: 4, jump 2; conv 3x3: 4 + 2*2 = 8, or 4 + 4*2 = 12 with dilation 2.
    assert found("claim-08-dilation").computed.startswith("field 8x8 grows to 12x12 input pixels, 0 extra parameters")


def test_global_pooling_by_hand() -> None:
    # Two blocks of 16 and 32: 128 channels of 8x8 at the end, ten classes.
    assert numbers(found("claim-04-global-pooling").computed) == [0, (128 + 1) * 10, (128 * 64 + 1) * 10]


BN_WIDTHS = {  # 1x1, 3x3 reduce, 3x3, double reduce, double, pool; 0 where there is none
    "3a": (64, 64, 64, 64, 96, 32),
    "3b": (64, 64, 96, 64, 96, 64),
    "3c": (0, 128, 160, 64, 96, 0),
    "4a": (224, 64, 96, 96, 128, 128),
    "4b": (192, 96, 128, 96, 128, 128),
    "4c": (160, 128, 160, 128, 160, 128),
    "4d": (96, 128, 192, 160, 192, 128),
    "4e": (0, 128, 192, 192, 256, 0),
    "5a": (352, 192, 320, 160, 224, 128),
    "5b": (352, 192, 320, 192, 224, 128),
}


def test_bn_inception_by_its_table() -> None:
    # Three values a filter beside its weights: bias, BN scale, BN shift.
    params, channels = (49 * 3 + 3) * 64 + (64 + 3) * 64 + (9 * 64 + 3) * 192, 192
    after = {}
    for module, (one, reduce_3, three, reduce_double, double, pool) in BN_WIDTHS.items():
        params += (channels + 3) * (one + reduce_3 + reduce_double + pool)
        params += (9 * reduce_3 + 3) * three + (9 * reduce_double + 3) * double + (9 * double + 3) * double
        channels = one + three + double + (pool or channels)
        after[module] = channels
    params += (1024 + 1) * 1000
    assert numbers(found("claim-10-bn-inception-size").computed)[0] == params
    widths = [after["4c"], after["4d"], after["4e"]]
    assert numbers(found("mistake-003-table-widths").computed) == widths == [608, 608, 1056]


def test_halving_and_doubling_by_hand() -> None:
    shapes = [(16, 32), *((64 * 2**block, 16 // 2**block) for block in range(4))]
    assert found("claim-03-halves-and-doubles").computed == " to ".join(f"{c}x{s}x{s}" for c, s in shapes)


def test_the_printed_summary_adds_up_to_its_printed_total() -> None:
    assert len(printed.XCEPTION) == 100
    assert sum(line.values for line in printed.XCEPTION) == 22_817_480
    trace = Network("", Spec.make("xception_as_printed")).trace()
    assert printed.keras_lines(trace) == printed.XCEPTION
    assert (trace.totals.params, trace.totals.statistics) == (22_805_848, 11_632)


def test_the_printed_shapes_are_those_of_the_sources_own_code() -> None:
    import torch
    from torch import nn

    halve = nn.MaxPool2d(3, 2, 1)
    with torch.device("meta"):
        steps = (nn.Conv2d(1, 64, 7, 2, 3), halve, nn.Conv2d(64, 64, 1), nn.Conv2d(64, 192, 3, padding=1), halve)
        x = torch.empty(1, 1, 224, 224)
        shapes = []
        for step in steps:
            x = step(x)
            shapes.append(tuple(x.shape[1:]))
    assert shapes == [*printed.GOOGLENET.values()][:5]
    assert tuple(build(Spec.make("googlenet", input="1x224x224", classes=10)).shapes["fc"]) == (10,)


# The command line


def test_the_command_says_what_the_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--json", "--id", *FROM_GRAPHS]) == 0
    document: Any = json.loads(capsys.readouterr().out)
    assert [list(one) for one in document] == [KEYS] * len(FROM_GRAPHS)
    assert document == [found(id).fields for id in FROM_GRAPHS]


def test_the_text_names_each_entry_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--id", "claim-05-sizes", "--id", "claim-01-reduction"]) == 0
    first, second = capsys.readouterr().out.strip().split("\n\n")
    assert first.startswith("claim-05-sizes  (Learning PyTorch from scratch (18): GoogLeNet)\n")
    assert "verdict   does not hold\n" in first
    assert "verdict   holds\n" in second


def test_an_unknown_claim_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--id", "claim-99"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("explorer: there is no claim 'claim-99'")
    assert output.err.count("\n") == 1
    with pytest.raises(ExplorerError, match="mistake-004-residual"):
        claim("")
