"""What is remembered stays within its bound, and is never wrong."""

from __future__ import annotations

import random
import threading

import pytest

from explorer.common import memory
from explorer.common.memory import Memory, remembered


def test_what_is_asked_for_stays() -> None:
    kept = Memory(100)
    for number in range(1_000):
        kept.put(number, str(number), 10)
        kept.get(7)
        assert kept.size <= 100
    assert kept.get(7) == "7"
    assert kept.get(500) is None
    assert kept.get(500, "gone") == "gone"


def test_what_is_too_large_is_not_kept() -> None:
    kept = Memory(100)
    kept.put("small", 1, 10)
    kept.put("large", 2, 51)
    assert (kept.get("small"), kept.get("large")) == (1, None)
    kept.clear()
    assert (kept.get("small"), kept.size) == (None, 0)


def test_a_function_is_asked_once_and_an_error_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMORY", Memory(10_000))
    asked = []

    @remembered(lambda answer: 10)
    def half(number: int) -> int:
        asked.append(number)
        if number % 2:
            raise ValueError(number)
        return number // 2

    assert [half(4), half(4), half(6)] == [2, 2, 3]
    for _ in range(2):
        with pytest.raises(ValueError):
            half(3)
    assert asked == [4, 6, 3, 3]
    assert memory.MEMORY.size > 0


def test_threads_find_what_they_have_put() -> None:
    kept = Memory(2_000)
    wrong = []

    def work(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(20_000):
            question = draw.randrange(300)
            answer = kept.get(question)
            if answer is None:
                kept.put(question, question * 7, 10)
            elif answer != question * 7:
                wrong.append(question)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert kept.size <= 2_000
