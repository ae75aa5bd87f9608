from itertools import pairwise

import pytest
import torch

from explorer.runs.schedule import SCHEDULES, constant, cosine, one_cycle, step

SHARES = [place / 1_000 for place in range(1_001)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_goes_beyond_its_highest_rate_or_below_nothing(name: str) -> None:
    rates = [SCHEDULES[name].rate(share) for share in SHARES]
    assert max(rates) == pytest.approx(1)
    assert min(rates) >= -1e-12


def test_one_cycle_rises_falls_and_ends_at_nothing() -> None:
    rates = [one_cycle(share) for share in SHARES]
    assert rates[0] == 0
    assert rates.index(1.0) == 250
    assert abs(rates[-1]) < 1e-12
    assert all(a < b for a, b in pairwise(rates[:251]))
    assert all(a > b for a, b in pairwise(rates[250:]))


def scheduled(make: object, steps: int) -> list[float]:
    """The rates of one of torch's own schedulers."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer)  # type: ignore[operator]
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


def test_cosine_and_steps_are_torchs_own() -> None:
    cosines = scheduled(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 100), 100)
    assert [cosine(place / 100) for place in range(100)] == pytest.approx(cosines)
    steps = scheduled(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [50, 75]), 100)
    assert [step(place / 100) for place in range(100)] == pytest.approx(steps)


def test_the_constant_rate_stays() -> None:
    assert {constant(share) for share in SHARES} == {1.0}
