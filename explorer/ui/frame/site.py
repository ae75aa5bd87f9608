"""The pages of the app: what each is called, and what of it stands in a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from explorer.analysis.candidates import candidate
from explorer.analysis.field import chain
from explorer.analysis.gallery import FAMILIES, SORTS
from explorer.api import questions
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.draw.flow import labels, strip
from explorer.draw.images import BUNDLED
from explorer.lessons.batchnorm import numbers, running, scaling, transform
from explorer.lessons.batchnorm.parts import PARTS
from explorer.lessons.batchnorm.record import RATE as RATE_AT_FIRST
from explorer.lessons.batchnorm.record import parse_rate
from explorer.lessons.cost import LESSONS
from explorer.runs.config import TrainConfig
from explorer.runs.measures import MEASURES
from explorer.runs.paths import folder
from explorer.runs.table import OVER as RUNS_OVER
from explorer.runs.table import PRICES
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.studies.experiments import EXPERIMENTS
from explorer.ui.session.keys import Key, switch, text, whole, word, word_list
from explorer.ui.session.state import MODULE, SHARED
from explorer.ui.session.view import Page


def _network(name: str, default: str, *, optional: bool = False) -> Key[str]:
    """A network within a page's link, and empty for none where it is optional."""
    return Key(name, default, lambda text: "" if optional and not text else candidate(text).text)


def _real(name: str, default: float, minimum: float, maximum: float) -> Key[float]:
    """A number between bounds."""
    return Key(name, default, lambda text: limits.number(name, text, minimum, maximum), numbers.one)


FAMILY = word("family", FAMILIES)
FIND = text("find")
"""Words that a network in the gallery must have."""
SORT = word("sort", SORTS)
NODE = text("node", longest=200)
"""The node that the page looks at."""
AREA = word("area", labels.AREAS)
"""What the area of a box stands for."""
VERDICTS = {"true": "holds", "depends": "holds if ...", "false": "does not hold"}
"""What a visitor can say of a claim, and the ledger's word for it."""
JUDGED = word("judged", VERDICTS, "")
"""What was said of the claim on the first page; nothing yet where empty."""
HOME = Page(
    "app.py",
    "Start",
    ":material/home:",
    keys=(FAMILY, FIND, SORT, NODE, AREA, JUDGED),
    slot=MODULE,
    sections=("text", "module", "claim", "start", "gallery"),
)

UNFOLDED: Key[tuple[str, ...]] = Key("unfolded", (), lambda text: tuple(text.split(",")) if text else (), ",".join)
"""Modules, and repeats by their id, that the diagram shows in detail."""
AREAS = word("areas", ("params", "macs"))
"""What the areas of the treemap stand for."""
OPENED = text("opened", longest=200)
"""The module that is drawn below the strip of its network."""
BELOW_WORDS = {
    "change": "Widths and input",
    "rewrites": "Every switch",
    "notes": "What follows",
    "diagram": "Diagram",
    "cost": "Cost",
    "field": "Receptive field",
    "layers": "Layers",
    "difference": "Difference",
    "exchange": "Export and verify",
}
"""What can be shown below the picture, as the page calls it."""
BELOW = word_list("below", BELOW_WORDS)
"""What is shown there; what is not is not computed."""
COLUMNS = word("columns", strip.MEASURES)
"""What the columns of the strip stand for."""
LAYOUTS = ("flow", "graph")
LAYOUT = word("layout", LAYOUTS)
"""Whether a module is drawn as boxes and ribbons, or as a graph of its layers."""


def _any_network(text: str) -> str:
    """A network as the query of its own page, also one that does not fit its input; empty for none."""
    if not text:
        return ""
    spec = Spec.from_query(questions.parsed(text))
    build(spec)
    return urlencode(spec.to_query())


AROUND = Key("around", "", _any_network)
"""The network that a module was taken out of, and can be put back into; as it was published where empty."""
STEP = "step"
_BASELINE = _network("baseline", "", optional=True)
BASELINE = Key(_BASELINE.name, "", lambda text: text if text == STEP else _BASELINE.parse(text))
"""What the network is compared with: its original where empty, what it was before the last step, or a network."""
BUILD = Page(
    "pages/build.py",
    "Build",
    ":material/science:",
    keys=(NODE, UNFOLDED, AREAS, AREA, OPENED, BELOW, AROUND, BASELINE, COLUMNS, LAYOUT),
    slot=SHARED,
    sections=("choice", "switches", "text", "picture", "node", "below"),
)

LESSON = word("lesson", LESSONS)
COUNT = word("count", ("weights", "macs"))
"""What a lesson counts."""
LESSON_VALUES = {
    (lesson.id, variable.letter): whole(f"{lesson.id}_{variable.name}", variable.start, variable.least, variable.most)
    for lesson in LESSONS.values()
    for variable in lesson.variables
}
"""The numbers of every lesson, by its id and the letter."""


def takes(lesson: str, letter: str, value: int) -> bool:
    """Whether a lesson can show a number."""
    variable = next(variable for variable in LESSONS[lesson].variables if variable.letter == letter)
    return variable.least <= value <= variable.most


COST = Page(
    "pages/cost.py",
    "Cost math",
    ":material/calculate:",
    keys=(LESSON, COUNT, *LESSON_VALUES.values()),
    sections=("sliders", "text", "formula", "picture", "chart", "steps"),
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
    sections=("picture", "growth", "paths", "effective", "playground"),
)

PART = word("part", PARTS)
VALUES = Key("values", transform.START, lambda text: transform.parse_values("the values", text), numbers.spelled)
"""The batch that is worked through."""
UPSTREAM = Key(
    "gradients", transform.UPSTREAM, lambda text: transform.parse_upstream("the gradients", text), numbers.spelled
)
"""The gradient by its outputs; of those that are lacking, 0."""
GAMMA = _real("gamma", 1.0, -transform.GAMMAS, transform.GAMMAS)
BETA = _real("beta", 0.0, -transform.BETAS, transform.BETAS)
EPSILON: Key[float] = Key("epsilon", transform.EPSILON, transform.parse_epsilon, numbers.one)
BATCH = whole("batch", 8, running.LEAST, running.MOST)
MOMENTUM: Key[float] = Key("momentum", 0.1, running.parse_momentum, numbers.one)
LOOKED_AT = whole("value", running.START, 0, running.LARGEST)
"""One value, whose output depends on the statistics that it is normalised with."""
TIMES: Key[float] = Key("a", 10.0, scaling.parse_scale, numbers.one)
NEGATIVE = switch("negative")
"""By how much the weights in front of the batch norm are scaled, and whether by minus that."""
SHIFT = whole("b", 0, -scaling.SHIFT, scaling.SHIFT)
"""The bias in front of it."""
RATE: Key[float] = Key("rate", RATE_AT_FIRST, parse_rate, numbers.one)
BATCHNORM = Page(
    "pages/batchnorm.py",
    "Batch norm",
    ":material/equalizer:",
    keys=(PART, VALUES, UPSTREAM, GAMMA, BETA, EPSILON, BATCH, MOMENTUM, LOOKED_AT, TIMES, NEGATIVE, SHIFT, RATE),
    sections=("controls", "text", "formula", "picture", "chart", "torch"),
)

SIDES = tuple(_network(key, text, optional=not text) for key, text in questions.SIDES.items())
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
    sections=("choice", "bars", "networks", "totals", "charts", "difference", "zoo"),
)


def _trained(name: str) -> Key[Any]:
    """One value of a run's configuration, held to what the configuration allows."""

    def parse(text: str) -> Any:
        return getattr(TrainConfig.make(**{name: text}), name)

    return Key(name, getattr(TrainConfig(), name), parse, lambda value: "" if value is None else str(value))


CONFIG = {name: _trained(name) for name in TrainConfig.model_fields}
"""The configuration of the next run, by the names of its fields."""


def _run_ids(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(filter(None, text.split(","))))
    for id in ids:
        folder(id)  # raises for what is no id
    if len(ids) > limits.MAX_OVERLAID:
        raise ExplorerError(f"{len(ids)} runs are chosen: the curves of at most {limits.MAX_OVERLAID} are drawn")
    return ids


SHOWN = word("show", ("run", "runs"))
"""Whether the training page shows one run or all."""
WHOSE = word("whose", ("mine", "all"))
NAMED, DRAWN_FROM, IN_STATE = text("named"), text("from"), text("state", longest=10)
"""What the table of runs is filtered by: network, data, and how a run stands; nothing where empty."""
OVERLAID: Key[tuple[str, ...]] = Key("overlay", (), _run_ids, ",".join)
"""The runs whose curves are drawn into one chart."""
MEASURE, OVER, PRICE = word("measure", MEASURES), word("over", RUNS_OVER), word("price", PRICES)
IMAGE = whole("image", 0, 0, 1_000_000)
"""The held-out image whose feature maps are shown."""
TRAINING = Page(
    "pages/training.py",
    "Training",
    ":material/model_training:",
    keys=(
        *CONFIG.values(), RUN, NODE, IMAGE, SHOWN, WHOSE, NAMED, DRAWN_FROM, IN_STATE, OVERLAID, MEASURE, OVER, PRICE
    ),
    slot=SHARED,
    sections=("form", "runs", "report", "maps"),
    first=Spec.make("inceptionnet"),  # of half a minute
)  # fmt: skip

EXPERIMENT = word("experiment", EXPERIMENTS)
SEEDS = whole("seeds", 0, 0, limits.MAX_SEEDS)
"""Runs of each arm of the next study; the experiment's own number at 0."""
STUDY = text("study", longest=80)
"""A start of the experiment; the newest one of this browser where empty."""
MEASURED = word("measure", MEASURES)
EXPERIMENTS_PAGE = Page(
    "pages/experiments.py",
    "Experiments",
    ":material/experiment:",
    keys=(EXPERIMENT, SEEDS, STUDY, MEASURED),
    sections=("text", "arms", "start", "chart", "table", "conclusion"),
)

CLAIM = text("claim")
CLAIMS = Page("pages/claims.py", "True or false?", ":material/fact_check:", keys=(CLAIM,), sections=("text", "table"))

PLACES: Mapping[str, tuple[Page, ...]] = {
    HOME.title: (HOME,),
    BUILD.title: (BUILD,),
    "Lessons": (COST, FIELD, BATCHNORM),
    COMPARE.title: (COMPARE,),
    "Train": (TRAINING, EXPERIMENTS_PAGE),
    CLAIMS.title: (CLAIMS,),
}
"""The places of the site, each with its pages, of which it opens with the first."""
PAGES = tuple(page for pages in PLACES.values() for page in pages)
