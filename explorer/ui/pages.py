"""The pages of the app: what each is called, and what of it stands in a link."""

from __future__ import annotations

from typing import Any

from explorer import limits
from explorer.contenders import contender
from explorer.field import chain
from explorer.field.image import BUNDLED
from explorer.gallery import FAMILIES, SORTS
from explorer.lessons import LESSONS
from explorer.training.config import TrainConfig
from explorer.ui.keys import Key, switch, text, whole, word
from explorer.ui.state import MODULE, SHARED
from explorer.ui.view import Page


def _network(name: str, default: str, *, optional: bool = False) -> Key[str]:
    """A network within a page's link, and empty for none where it is optional."""
    return Key(name, default, lambda text: "" if optional and not text else contender(text).text)


FAMILY = word("family", FAMILIES)
FIND = text("find")
"""Words that a network in the gallery must have."""
SORT = word("sort", SORTS)
HOME = Page("app.py", "Home", ":material/home:", keys=(FAMILY, FIND, SORT), parts=("text", "start", "gallery"))

NODE = text("node", longest=200)
"""The node that the page looks at."""
LAB = Page(
    "pages/lab.py",
    "Block lab",
    ":material/science:",
    keys=(NODE,),
    slot=MODULE,
    parts=(
        "preset",
        "widths",
        "layers",
        "verbs",
        "text",
        "diagram",
        "node",
        "cost",
        "field",
        "arithmetic",
        "difference",
        "exchange",
    ),
)

UNFOLDED: Key[tuple[str, ...]] = Key("unfolded", (), lambda text: tuple(text.split(",")) if text else (), ",".join)
"""Modules, and repeats by their id, that the diagram shows in detail."""
AREAS = word("areas", ("params", "macs"))
"""What the areas of the treemap stand for."""
NETWORK = Page(
    "pages/network.py",
    "Network",
    ":material/account_tree:",
    keys=(NODE, UNFOLDED, AREAS),
    slot=SHARED,
    parts=(
        "network",
        "settings",
        "verbs",
        "widths",
        "text",
        "diagram",
        "node",
        "cost",
        "field",
        "difference",
        "nodes",
        "exchange",
    ),
)

LESSON = word("lesson", LESSONS)
COUNT = word("count", ("weights", "macs"))
"""What a lesson counts."""
LESSON_VALUES = {
    (lesson.id, one.letter): whole(f"{lesson.id}_{one.name}", one.start, one.least, one.most)
    for lesson in LESSONS.values()
    for one in lesson.variables
}
"""The numbers of every lesson, by its id and the letter."""
COST = Page(
    "pages/cost.py",
    "Cost math",
    ":material/calculate:",
    keys=(LESSON, COUNT, *LESSON_VALUES.values()),
    parts=("sliders", "text", "formula", "picture", "chart", "steps"),
)

ROW, COLUMN = whole("row", -1, -1, limits.MAX_SIDE), whole("column", -1, -1, limits.MAX_SIDE)
"""The element of its map; the central one at -1."""
PICTURE = word("picture", BUNDLED)
RUN = text("run", longest=40)
"""A training run: the one that is shown, or whose weights are measured beside untrained ones."""
KERNEL, STRIDE = whole("kernel", 3, 1, chain.MOST_KERNEL), whole("stride", 1, 1, chain.MOST_STRIDE)
DILATION, DEPTH = whole("dilation", 1, 1, chain.MOST_DILATION), whole("depth", 3, 1, chain.MOST_DEPTH)
DOUBLING = switch("doubling")
"""The chain of layers to play with."""
FIELD = Page(
    "pages/field.py",
    "Receptive field",
    ":material/center_focus_strong:",
    keys=(NODE, ROW, COLUMN, PICTURE, RUN, KERNEL, STRIDE, DILATION, DEPTH, DOUBLING),
    slot=SHARED,
    parts=("picture", "growth", "paths", "effective", "playground"),
)

SIDES = (
    _network("a", "network=googlenet"),
    _network("b", "network=bn_inception"),
    _network("c", "", optional=True),
    _network("d", "", optional=True),
)
"""The networks that are compared, each as the query of its own page."""
AGAINST = whole("against", 1, 1, len(SIDES) - 1)
"""Which of them after the first stands in the table of differences."""
UNCHANGED = switch("unchanged")
INSIDE = text("inside", longest=200)
"""The module whose nodes are listed; all of them where empty."""
COMPARE = Page(
    "pages/compare.py",
    "Compare",
    ":material/compare_arrows:",
    keys=(*SIDES, AGAINST, UNCHANGED, INSIDE),
    parts=("choice", "totals", "charts", "difference", "zoo"),
)


def _trained(name: str) -> Key[Any]:
    """One value of a run's configuration, held to what the configuration allows."""
    return Key(name, getattr(TrainConfig(), name), lambda text: getattr(TrainConfig.make(**{name: text}), name))


CONFIG = {name: _trained(name) for name in TrainConfig.model_fields}
"""The configuration of the next run, by the names of its fields."""
TRAINING = Page(
    "pages/training.py",
    "Training",
    ":material/model_training:",
    keys=(*CONFIG.values(), RUN),
    slot=SHARED,
    parts=("form", "runs"),
)

CLAIM = text("claim")
CLAIMS = Page("pages/claims.py", "Claims", ":material/fact_check:", keys=(CLAIM,), parts=("text", "table"))

PAGES = (HOME, LAB, NETWORK, COST, FIELD, COMPARE, TRAINING, CLAIMS)
