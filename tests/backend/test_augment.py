"""What augmentation may do to an image, and that each has its own."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch._subclasses.fake_tensor import DataDependentOutputException
from torch.nn import functional as F

from explorer.backend.train.augment import augment
from explorer.runs.config import AUGMENTATIONS

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(4, 20), st.integers(4, 20))


def drawn(how: str, images: Tensor, seed: int = 0) -> Tensor:
    return augment(images, how, torch.Generator().manual_seed(seed))


def noise(*shape: int) -> Tensor:
    """Images in which every place tells itself apart, and none is black."""
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(7))


def moved(image: Tensor, how: str) -> list[Tensor]:
    """All that shifts and flips may make of one image (channels, height, width), by slicing."""
    height, width = image.shape[1:]
    down, across = (height // 8, width // 8) if "shift" in how else (0, 0)
    padded = F.pad(image, (across, across, down, down))
    shifted = [padded[:, y : y + height, x : x + width] for y, x in product(range(2 * down + 1), range(2 * across + 1))]
    return shifted + ([image.flip(2) for image in shifted] if "flip" in how else [])


def squares(image: Tensor) -> list[Tensor]:
    """All masks of a square that may be cut out of an image."""
    height, width = image.shape[1:]
    side = min(height, width) // 4
    found = []
    for y, x in product(range(height - side + 1), range(width - side + 1)):
        mask = torch.zeros(height, width, dtype=torch.bool)
        mask[y : y + side, x : x + side] = True
        found.append(mask)
    return found


@given(SHAPES, st.integers(0, 99), st.sampled_from(["shift", "flip", "shift_flip"]))
def test_every_image_becomes_one_of_its_allowed_forms(shape: tuple[int, ...], seed: int, how: str) -> None:
    images = noise(*shape)
    result = drawn(how, images, seed)
    assert (result.shape, result.dtype) == (images.shape, torch.uint8)
    for before, after in zip(images, result, strict=True):
        assert any(torch.equal(after, allowed) for allowed in moved(before, how))


@given(SHAPES, st.integers(0, 99))
def test_a_cut_out_is_one_square_of_a_shifted_and_flipped_image(shape: tuple[int, ...], seed: int) -> None:
    how = "shift_flip_cutout"
    images = noise(*shape)
    for before, after in zip(images, drawn(how, images, seed), strict=True):
        masks = squares(before)
        cut = [mask for mask in masks if not after[:, mask].any()]
        assert any(torch.equal(after[:, ~mask], form[:, ~mask]) for mask, form in product(cut, moved(before, how)))


@given(SHAPES)
def test_none_returns_the_images_and_draws_nothing(shape: tuple[int, ...]) -> None:
    images, generator = noise(*shape), torch.Generator().manual_seed(1)
    before = generator.get_state()
    assert augment(images, "none", generator) is images
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("how", sorted(set(AUGMENTATIONS) - {"none"}))
def test_the_same_state_leads_to_the_same_and_the_images_stay(how: str) -> None:
    images = noise(16, 3, 16, 16)
    kept = images.clone()
    first = drawn(how, images)
    assert torch.equal(first, drawn(how, images))
    assert not torch.equal(first, drawn(how, images, seed=1))
    assert torch.equal(images, kept)


@pytest.mark.parametrize("how", AUGMENTATIONS)
def test_no_decision_waits_for_the_device(how: str) -> None:
    """Tensors without values, which raise where their values would be read."""
    with FakeTensorMode():
        images = torch.empty(5, 3, 16, 16, dtype=torch.uint8)
        assert augment(images, how, torch.Generator()).shape == images.shape
        with pytest.raises(DataDependentOutputException):
            images[0, 0, 0, 0].item()


@pytest.mark.parametrize("how", ["flip", "shift_flip"])
def test_each_image_is_flipped_by_a_coin_of_its_own(how: str) -> None:
    image = noise(1, 1, 8, 8)
    result = drawn(how, image.expand(4_000, -1, -1, -1))
    forms = moved(image[0], how)
    counts = torch.stack([(result == form).flatten(1).all(1) for form in forms]).sum(1)
    assert counts.sum() == 4_000
    # Four standard deviations of a fair coin.
    assert abs(counts[len(forms) // 2 :].sum() / 4_000 - 0.5) < 4 * 0.5 / 4_000**0.5
    assert counts.min() > 0  # and every shift occurs, in both directions


def test_every_square_is_as_likely_as_any_other() -> None:
    image = noise(1, 1, 8, 8)
    places = drawn("shift_flip_cutout", torch.full_like(image, 255).expand(9_000, -1, -1, -1))[:, 0]
    # Where a shift of one pixel leaves nothing black, only the square does.
    inner = (places == 0)[:, 1:-1, 1:-1].float().mean(0)
    side, free = 2, 7
    expected = torch.tensor([min(place + 1, side, 8 - place) for place in range(1, 7)]) / free
    share = expected[:, None] * expected[None, :]
    assert (inner - share).abs().max() < 4 * (0.25 / 9_000) ** 0.5
