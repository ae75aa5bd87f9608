"""The gallery shows every network with its own numbers, and a stamp of it that leaves nothing out."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis.gallery import ALL, FAMILIES, SORTS, cards, chosen
from explorer.draw import colours
from explorer.draw.thumbnail import HEIGHT, LEFT_OUT, WIDTH, segments, thumbnail
from explorer.spec.build import analyse, valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.strategies import specs

texts = st.text(st.sampled_from("abeginorv1357 "), max_size=8)


def test_every_network_has_a_card_with_its_own_numbers() -> None:
    for card, (id, entry) in zip(cards(), ARCHITECTURES.items(), strict=True):
        trace = valid(Spec.make(id))
        assert (card.entry, card.totals, card.spec) == (entry, trace.totals, Spec.make(id))
        assert card.field in (trace.field, None)
        assert card.entry.introduced.endswith(".")
        assert len(card.entry.introduced) < 70


def test_only_a_network_without_a_map_has_no_field() -> None:
    assert [card.entry.id for card in cards() if card.field is None] == ["mnist_mlp"]


@given(st.sampled_from(FAMILIES), texts, st.sampled_from(list(SORTS)))
def test_a_choice_is_sorted_and_leaves_out_only_what_does_not_fit(family: str, find: str, sort: str) -> None:
    shown = chosen(family, find, sort)
    keys = [SORTS[sort](card) for card in shown]
    assert keys == sorted(keys)
    for card in cards():
        words = f"{card.entry.id} {card.entry.title} {card.entry.family} {card.entry.year} {card.entry.summary} "
        holds = all(word in (words + card.entry.introduced).lower() for word in find.split())
        fits = family in (ALL, card.entry.family) and holds
        assert fits == any(card.entry.id == one.entry.id for one in shown)


def test_more_words_leave_fewer_networks() -> None:
    assert len(chosen()) == len(ARCHITECTURES)
    assert {card.entry.id for card in chosen(find="2016 INCEPTION")} >= {"inception_v4", "inception_resnet_v2"}
    assert chosen(find="no such words") == ()


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_a_stamp_holds_every_op_once_a_repeat(id: str) -> None:
    trace = valid(Spec.make(id))
    drawn = [row for row in trace.rows if colours.colour(row.op) not in LEFT_OUT and not row.auxiliary]
    found = segments(Spec.make(id))
    assert sum(len(segment.parts) * segment.times for segment in found) == len(drawn)
    assert sum(segment.macs for segment in found) == sum(row.macs for row in trace.rows if not row.auxiliary)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_no_two_boxes_of_a_module_lie_on_each_other(id: str) -> None:
    for segment in segments(Spec.make(id)):
        cells = [
            (part.column, lane) for part in segment.parts for lane in range(part.lanes[0], part.lanes[1] + part.joins)
        ]
        assert len(cells) == len(set(cells))
        for part in segment.parts:
            assert all(segment.parts[source].column < part.column for source in part.sources if source >= 0)


def test_modules_of_one_structure_are_drawn_once_with_their_number() -> None:
    by_times = [segment.times for segment in segments(Spec.make("googlenet")) if segment.lanes == 4]
    assert by_times == [2, 5, 2]
    assert [segment.times for segment in segments(Spec.make("inception_v4")) if segment.times > 3] == [4, 7]


@given(specs(st.just((3, 224, 224))).filter(lambda spec: analyse(spec).error is None))
def test_any_network_fits_its_stamp(spec: Spec) -> None:
    picture = ElementTree.fromstring(thumbnail(spec))
    for box in picture.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, width, height = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert width > 0
        assert height >= 0
        assert x + width <= WIDTH + 0.1
        assert y + height <= HEIGHT
