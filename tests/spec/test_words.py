"""What values are called: no key of the code stands on a screen."""

import re

import pytest

from explorer.spec import words
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

_KEY = re.compile(r"[a-z0-9]_[a-z0-9]")


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_setting_has_words_of_its_own_in_its_module(id: str) -> None:
    spec = Spec.make(id)
    titles: dict[tuple[str, str], str] = {}
    for key in spec.base.settings:
        title = words.setting(spec, key)
        assert not _KEY.search(title), title
        owner = key.rpartition(".")[0]
        assert titles.setdefault((owner, title), key) == key


def test_values_of_layers_are_called_by_the_fields_words() -> None:
    spec = Spec.make("googlenet", module="inception_3a")
    assert words.value(spec, "branch5x5.conv.out_channels") == "branch5x5.conv filters"
    assert words.value(spec, "branch5x5.conv.kernel_size") == "branch5x5.conv kernel"
    assert words.value(Spec.make("alexnet"), "fc6.width") == "fc6 features"
    assert words.value(Spec.make("googlenet"), "inception_3a.reduce_5x5") == "inception_3a 5×5 branch, 1×1 before it"
