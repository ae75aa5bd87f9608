"""Batch norm in numbers: the transform, its statistics and its gradient against torch and closed forms."""

from __future__ import annotations

import re
from itertools import pairwise
from math import isclose
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.common.errors import ExplorerError
from explorer.draw import number_lines
from explorer.lessons.batchnorm import formulas, numbers, parts, running, scaling, transform
from explorer.lessons.batchnorm.transform import backward, dot, forward

VALUES = st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=transform.LEAST, max_size=transform.MOST)
SCALES = st.floats(-transform.GAMMAS, transform.GAMMAS)
SHIFTS = st.floats(-transform.BETAS, transform.BETAS)
EPSILONS = st.sampled_from(transform.EPSILONS)


def column(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)


def near(ours: object, theirs: Tensor, scale: float = 1.0) -> bool:
    found = torch.as_tensor(ours, dtype=torch.float64).flatten()
    return torch.allclose(found, theirs.detach().flatten(), rtol=1e-9, atol=1e-9 * max(1.0, scale))


@given(VALUES, SCALES, SHIFTS, EPSILONS)
def test_the_outputs_are_torchs(x: list[float], gamma: float, beta: float, epsilon: float) -> None:
    of = forward(x, gamma, beta, epsilon)
    scale, shift = column([gamma])[0], column([beta])[0]
    assert near(of.y, F.batch_norm(column(x), None, None, scale, shift, training=True, eps=epsilon))


@given(VALUES, st.data(), SCALES, SHIFTS, EPSILONS)
def test_every_gradient_is_autograds(
    x: list[float], data: st.DataObject, gamma: float, beta: float, epsilon: float
) -> None:
    upstream = data.draw(st.lists(st.floats(-100, 100), min_size=len(x), max_size=len(x)))
    by = backward(forward(x, gamma, beta, epsilon), upstream)
    values, scale, shift = (one.requires_grad_() for one in (column(x), column([gamma])[0], column([beta])[0]))
    mean = values.mean()
    variance = ((values - mean) ** 2).mean()
    normalised = (values - mean) / (variance + epsilon).sqrt()
    inside = torch.autograd.grad(scale * normalised + shift, (normalised, variance, mean), column(upstream))
    y = F.batch_norm(values, None, None, scale, shift, training=True, eps=epsilon)
    outside = torch.autograd.grad(y, (values, scale, shift), column(upstream))
    # Where all values are nearly the same, everything is divided by the root of epsilon, twice or thrice.
    size = 1e3 / (variance.item() + epsilon) ** 1.5
    for ours, theirs in zip(
        (by.normalised, by.variance, by.mean, by.x, by.gamma, by.beta), (*inside, *outside), strict=True
    ):
        assert near(ours, theirs, size)


@given(VALUES, VALUES)
@example([0.0, 0.5], [0.0, 32.0])
def test_no_gradient_is_left_for_what_batch_norm_takes_away(x: list[float], upstream: list[float]) -> None:
    of = forward(x, epsilon=1e-8)
    by = backward(of, transform.fitted(upstream, len(x)))
    size = max(1.0, *map(abs, by.x), *(abs(g) / of.deviation for g in by.normalised))
    assert abs(sum(by.x)) < 1e-9 * size * len(x)
    # Along x itself nothing is left but what epsilon keeps: the normalised values have a variance of v / (v + epsilon).
    kept = of.epsilon / (of.variance + of.epsilon)
    left = dot(by.normalised, of.normalised) / of.deviation * kept
    assert abs(dot(by.x, of.normalised) - left) < 1e-9 * size * len(x)
    if of.variance > 0.01:
        assert kept < 1e-6


@given(st.lists(VALUES, min_size=1, max_size=5), st.sampled_from(running.MOMENTA))
def test_the_running_statistics_are_torchs(batches: list[list[float]], momentum: float) -> None:
    norm, kept = nn.BatchNorm1d(1, momentum=momentum, dtype=torch.float64), running.FRESH
    for batch in batches:
        norm(column(batch))
        kept = running.update(kept, batch, momentum)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert near(kept, torch.cat([norm.running_mean, norm.running_var]))


def test_the_variance_of_a_batch_is_too_small_by_the_factor_that_is_claimed() -> None:
    whole = torch.tensor(running.population(), dtype=torch.float64)
    true = running.true()
    assert near(true, torch.stack([whole.mean(), whole.var(unbiased=False)]))
    for found in running.estimates():
        assert isclose(found.expected, true.variance * (found.m - 1) / found.m)
        assert isclose(found.biased, found.expected, rel_tol=0.05)
        assert isclose(found.corrected, true.variance, rel_tol=0.05)
    assert [one.m for one in running.estimates()] == list(range(running.LEAST, running.MOST + 1))
    assert all(a.expected < b.expected for a, b in pairwise(running.estimates()))


def test_running_statistics_settle_and_the_start_fades() -> None:
    steps = running.history(32, 0.03)
    assert len(steps) == running.STEPS
    means = [abs(step.kept.mean - running.true().mean) for step in steps]
    assert means[-1] < 0.2 * means[0]
    assert running.history(8, 1.0)[-1].kept == running.history(8, 1.0)[-1].batch
    assert running.remaining(0.1, 2) == pytest.approx(0.81)
    # With nothing but the start kept, a batch of zeros leaves exactly that share of it.
    kept = running.FRESH
    for _ in range(5):
        kept = running.update(kept, [0.0, 0.0], 0.3)
    assert kept.variance == pytest.approx(running.remaining(0.3, 5))


@pytest.mark.parametrize("m", [2, 8, 32])
def test_batch_mates_decide_only_where_training_is_left_on(m: int) -> None:
    found = running.answers(9.0, m)
    norm = nn.BatchNorm1d(1, dtype=torch.float64).eval()
    assert near([found.fresh], norm(column([9.0])))
    true = running.true()
    norm.running_mean, norm.running_var = column([true.mean])[0], column([true.variance])[0]
    assert near([found.right], norm(column([9.0])))
    least, most = found.spread
    assert least < found.right < most or m == 2
    assert len(set(found.among)) > 1
    # Of m values none can be further than this from their mean, in deviations.
    assert max(map(abs, found.among)) <= (m - 1) ** 0.5


@given(st.sampled_from(scaling.SCALES), st.booleans(), st.integers(-scaling.SHIFT, scaling.SHIFT))
def test_scale_and_bias_against_autograd(a: float, negative: bool, b: int) -> None:
    a = -a if negative else a
    now = scaling.compare(a, float(b))
    for layer, times, shift in ((now.plain, 1.0, 0.0), (now.scaled, a, float(b))):
        weights = (times * torch.tensor(scaling.WEIGHTS, dtype=torch.float64)).requires_grad_()
        bias = torch.tensor([shift], dtype=torch.float64, requires_grad=True)
        z = torch.tensor(scaling.INPUTS, dtype=torch.float64) @ weights + bias
        y = F.batch_norm(z[:, None], None, None, training=True, eps=transform.EPSILON)
        (y[:, 0] * torch.tensor(scaling.UPSTREAM, dtype=torch.float64)).sum().backward()  # type: ignore[no-untyped-call]
        assert near(layer.z, z)
        assert near(layer.normalised.y, y)
        assert weights.grad is not None
        assert near(layer.by_weights, weights.grad, 1 / abs(times))
        assert abs(layer.by_bias) < 1e-9 / abs(times)


@given(st.sampled_from(scaling.SCALES), st.integers(-scaling.SHIFT, scaling.SHIFT))
def test_only_epsilon_and_the_sign_tell_a_scaled_layer_from_a_plain_one(a: float, b: int) -> None:
    now, mirrored = scaling.compare(a, float(b)), scaling.compare(-a, float(b))
    variance = now.scaled.normalised.variance
    off = 1 - (variance / (variance + transform.EPSILON)) ** 0.5
    assert now.moved_normalised <= 2 * (off + 1e-5)
    assert (now.moved_normalised > 0.01) == (a <= 0.01)
    assert mirrored.moved_normalised == pytest.approx(now.moved_normalised, abs=1e-6)
    assert near(mirrored.scaled.normalised.y, -torch.tensor(now.scaled.normalised.y, dtype=torch.float64))
    if a >= 0.1:
        assert now.ratio == pytest.approx(1 / a, rel=0.01)
        assert now.step_ratio == pytest.approx(1 / a**2, rel=0.01)


@given(VALUES)
def test_a_list_of_numbers_goes_through_a_link(x: list[float]) -> None:
    assert transform.parse_values("values", numbers.spelled(x)) == tuple(x)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,two,3", "number 2 of the values is 'two': it must be a number from -100 to 100"),
        ("1,2,101", "number 3 of the values is 101"),
        ("1,nan", "number 2 of the values is 'nan'"),
        ("1,1e400", "number 2 of the values is inf"),
        ("1,\u0661", "number 2 of the values is '\u0661'"),
        ("1,,2", "number 2 of the values is ''"),
        ("7", "must be 2 to 6 numbers with commas between them, and these are 1"),
        ("", "these are 0"),
        (",".join("1" * 7), "these are 7"),
        ("1," * 10_000, "the values are '1,1,"),
    ],
)
def test_a_bad_list_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ExplorerError) as error:
        transform.parse_values("the values", text)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 200
    assert "\n" not in str(error.value)


def test_only_offered_numbers_are_taken() -> None:
    assert transform.parse_epsilon("0.00001") == transform.parse_epsilon("1e-5") == 1e-5
    with pytest.raises(ExplorerError, match=r"a is '3': .* the nearest is 2"):
        scaling.parse_scale("3")
    with pytest.raises(ExplorerError, match=r"momentum is 2: it must be a number from 0.01 to 1"):
        running.parse_momentum("2")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (6.0, "6"), (5.5, "5.5"), (-1.17444, "−1.174"), (1e-5, "0.00001"), (12345.6, "12,346"),
     (1e-17, "0"), (0.1 + 0.2, "0.3"), (999.96, "1,000"), (100.0, "100")],
)  # fmt: skip
def test_numbers_as_people_read_them(value: float, text: str) -> None:
    assert numbers.written(value) == text


@given(st.floats(-1e6, 1e6))
def test_four_digits_are_enough(value: float) -> None:
    read = float(numbers.written(value).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=1e-3, abs=1e-10)


def test_differences_keep_their_size() -> None:
    assert numbers.difference(1.11e-16) == "1.1 × 10⁻¹⁶"
    assert numbers.difference(-0.5) == "−0.5"
    assert numbers.difference(0.0) == "0"


def circles(svg: str) -> list[tuple[float, float]]:
    found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")
    return [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in found]


@given(VALUES, SCALES, SHIFTS)
def test_every_value_is_a_dot_in_the_order_of_its_line(x: list[float], gamma: float, beta: float) -> None:
    lines = number_lines.steps(forward(x, gamma, beta))
    dots = circles(number_lines.draw(lines))
    assert len(dots) == len(lines) * len(x)
    for place, line in enumerate(lines):
        row = dots[place * len(x) : (place + 1) * len(x)]
        assert all(0 < across < number_lines.WIDE for across, _ in row)
        assert len({down for _, down in row}) == 1
        # The picture is written with two decimals.
        rising = sorted(zip(line.values, (across for across, _ in row), strict=True))
        assert all(a[1] <= b[1] + 0.02 for a, b in pairwise(rising))


def test_on_one_scale_the_same_number_is_at_the_same_place() -> None:
    lines = number_lines.steps(forward((2.0, 4.0, 5.0, 7.0, 12.0)))
    assert not number_lines.has_own_scales(lines)
    dots = circles(number_lines.draw(lines))
    assert [x for x, _ in dots[10:15]] == pytest.approx([x for x, _ in dots[15:]])  # gamma 1 and beta 0
    shift = {round(before - after, 1) for (before, _), (after, _) in zip(dots[:5], dots[5:10], strict=True)}
    assert len(shift) <= 2  # but for rounding
    assert number_lines.has_own_scales(number_lines.steps(forward((-100.0, 100.0))))
    assert "5 dots" not in number_lines.alt_text(lines)
    assert f"{running.MATES} dots from" in number_lines.alt_text(number_lines.answers(running.answers(9.0, 8)))


def test_formulas_hold_their_numbers() -> None:
    of = forward((2.0, 4.0, 5.0, 7.0, 12.0))
    text = formulas.transform(of)
    assert r"(2 + 4 + 5 + 7 + 12) = 6" in text
    assert "-1.174" in text
    now = scaling.compare(-10.0, 3.0)
    expected, found = (line.partition("& ")[2] for line in formulas.invariance(now).split(r" \\[5pt] ")[-2:])
    assert expected == found.removesuffix(r" \end{array}")
    assert numbers.latex(now.scaled.by_weights[0]) in found


@given(VALUES, VALUES, SCALES, SHIFTS)
def test_no_formula_is_wider_than_the_page(x: list[float], upstream: list[float], gamma: float, beta: float) -> None:
    of = forward(x, gamma, beta)
    by = backward(of, transform.fitted(upstream, len(x)))
    for text in (formulas.transform(of), formulas.gradient(of, by)):
        assert text.count("{") == text.count("}")
        rows = re.sub(r"\\[a-zA-Z]+|[{}\\;,_^]", "", text.replace(r"\\[5pt]", "\n")).splitlines()
        assert max(len(" ".join(row.split())) for row in rows) < 100


@pytest.mark.parametrize("x", [(2.0, 4.0, 5.0, 7.0, 12.0), (3.0, 3.0)])
def test_sentences_hold_their_numbers(x: tuple[float, ...]) -> None:
    of = forward(x, 2.0, 1.5)
    said = " ".join(parts.transform(of))
    assert ("the mean 6 and the variance 11.6" in said) == (of.variance > 0)
    assert ("nothing is left of them but beta, 1.5" in said) == (of.variance == 0)
    steps = running.history(2, 1.0)
    assert "Of the start, 0 and 1, 0 % is left" in " ".join(parts.statistics(2, 1.0, steps))
    assert "its 1 batch mate decides" in " ".join(parts.answers(9, 2, running.answers(9, 2)))
    assert "Mirrored" not in " ".join(parts.scale(scaling.compare(5.0, 0.0)))
    assert "Mirrored, as a is negative, the outputs" in " ".join(parts.scale(scaling.compare(-5.0, 0.0)))
    assert "is no longer large beside epsilon" in " ".join(parts.scale(scaling.compare(0.002, 0.0)))
