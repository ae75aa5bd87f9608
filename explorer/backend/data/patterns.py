"""Generated images whose class is a fine texture and a coarse arrangement, so that both must be seen."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.backend.data.split import Split
from explorer.runs.datasets import ARRANGEMENTS, PERIOD, SETS, TEXTURES

_SEED = 0
_SIDE = 32
_NEAR, _SPREAD = 7.0, 2.0
"""A disc's centre is at least the first, at most both together, away from the outer edges of its quarter."""
_RADIUS = (2.5, 3.25)
_BASE, _CONTRAST, _BRIGHT, _NOISE = (56.0, 96.0), (6.0, 16.0), (50.0, 110.0), 8.0
"""Grey levels of the ground, of the texture on it, of the discs, and of the noise (its standard deviation):
together they stay within 0 to 255, where nothing is cut off.
"""


def read() -> tuple[Split, Split]:
    """The training and the held-out images; every class has the same number of both."""
    info = SETS["patterns"].info
    labels = torch.arange(info.train + info.held_out) % info.classes
    images = draw(labels, torch.Generator().manual_seed(_SEED))
    return Split(images[: info.train], labels[: info.train]), Split(images[info.train :], labels[info.train :])


def draw(labels: Tensor, generator: torch.Generator, noise: float = _NOISE) -> Tensor:
    """Images of given classes: ground, texture, two discs and noise, added up.

    Each disc by itself is as likely in any quarter whatever the class, and no window smaller than `REACH`
    sees both. Every texture has the same grey levels, and the same mean in any window of `PERIOD`.

    Args:
        labels: the classes (count,), the arrangements of each texture in turn.
        generator: on the CPU.
        noise: standard deviation in grey levels; none shows what the classes are.

    Returns:
        uint8 (count, 3, 32, 32).
    """
    count = len(labels)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=generator, dtype=torch.float32)

    contrast = uniform(*_CONTRAST, 3) * (1 - 2 * torch.randint(2, (count, 3), generator=generator))
    ground = uniform(*_BASE, 3)[:, :, None, None]
    texture = contrast[:, :, None, None] * _texture(labels // len(ARRANGEMENTS), generator)[:, None]
    centres = _centres(labels % len(ARRANGEMENTS), uniform(_NEAR, _NEAR + _SPREAD, 2, 2), generator)
    discs = _discs(centres, uniform(*_RADIUS, 2))
    bright = torch.einsum("ndc,ndyx->ncyx", uniform(*_BRIGHT, 2, 3), discs)
    grain = noise * torch.randn(count, 3, _SIDE, _SIDE, generator=generator, dtype=torch.float32)
    return (ground + texture + bright + grain).round().clamp(0, 255).to(torch.uint8)


def _texture(kinds: Tensor, generator: torch.Generator) -> Tensor:
    """-1 and 1 (count, 32, 32) in rows, columns or checks of two pixels, shifted at random."""
    phases = torch.randint(PERIOD, (2, len(kinds), 1), generator=generator)
    down, across = 1 - 2 * ((torch.arange(_SIDE) + phases) % PERIOD // (PERIOD // 2)).float()
    rows, columns = down[:, :, None], across[:, None, :]
    textures = {"rows": rows.expand(-1, -1, _SIDE), "columns": columns.expand(-1, _SIDE, -1), "checks": rows * columns}
    return torch.stack([textures[name] for name in TEXTURES])[kinds, torch.arange(len(kinds))]


def _centres(kinds: Tensor, inset: Tensor, generator: torch.Generator) -> Tensor:
    """(row, column) of two discs (count, 2, 2): the first in any quarter, the second where the kind puts it.

    Args:
        kinds: indices into `ARRANGEMENTS` (count,).
        inset: of each centre from the outer edges of its quarter (count, 2, 2).
        generator: of the quarter.
    """
    other = torch.tensor(list(ARRANGEMENTS.values()))[kinds]
    first = torch.randint(2, (len(kinds), 2), generator=generator)
    far = torch.stack([first, first ^ other], dim=1) == 1
    return torch.where(far, _SIDE - 1 - inset, inset)


def _discs(centres: Tensor, radii: Tensor) -> Tensor:
    """How much of each pixel a disc covers, with a soft edge (count, 2, 32, 32)."""
    pixels = torch.arange(_SIDE)
    rows, columns = ((pixels - centres[..., axis, None]) ** 2 for axis in (0, 1))
    distance = (rows[..., :, None] + columns[..., None, :]).sqrt()
    return (radii[..., None, None] + 0.5 - distance).clamp(0, 1)
