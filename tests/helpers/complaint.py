"""The sentence that a wrong input gets."""

from __future__ import annotations

from typing import Any

import pytest

from explorer.common.errors import ExplorerError


def complaint(make: Any) -> str:
    with pytest.raises(ExplorerError) as caught:
        make()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message
