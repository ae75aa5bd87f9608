"""From Inception to Xception in six steps, each a rewrite more on one Inception module.

Source 004, section 2.3, after Chollet 2017, section 1.1: a regular convolution and a depthwise
separable one are the two ends of one line, and the number of groups is the place on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from explorer.edits.rewrites import AppliedRewrite
from explorer.graph.ops import Conv2d, Pair
from explorer.graph.trace import Totals, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec


class Step(NamedTuple):
    """One stop on the way.

    Args:
        title: what the module has become.
        added: the rewrites that lead here from the stop before.
        spec: the network, which holds all rewrites so far.
    """

    title: str
    added: tuple[AppliedRewrite, ...]
    spec: Spec


class Cost(NamedTuple):
    """What a stop costs and sees.

    Args:
        totals: of the whole module.
        field: (height, width) of its output's receptive field.
        groups: of its 3x3 convolution, once there is only one.
    """

    totals: Totals
    field: Pair | None
    groups: int | None


BLOCK = "inception_block"
FEW_GROUPS = 4
_STEPS: tuple[tuple[str, tuple[AppliedRewrite, ...]], ...] = (
    ("The Inception module: 1x1 reductions before 3x3 and 5x5, a pool", ()),
    ("5x5 is two 3x3", (AppliedRewrite("stack_5x5"),)),
    ("The projection behind the pool is a 3x3", (AppliedRewrite("pool_project_3x3"),)),
    ("Every branch is a 1x1 and a 3x3", (AppliedRewrite("simplify"),)),
    ("One 1x1 for all branches", (AppliedRewrite("share_1x1"),)),
    ("The 3x3 is one grouped convolution", (AppliedRewrite("merge"), AppliedRewrite("grouped", value=FEW_GROUPS))),
)
_LAST = "One group a channel: each 3x3 filter sees a single channel"


def steps(spec: Spec | None = None) -> tuple[Step, ...]:
    """The module as it is and after each of the six steps.

    Args:
        spec: the module to begin with, its input and widths; GoogLeNet's 3a where None.
    """
    spec = Spec.make(BLOCK) if spec is None else spec.with_(rewrites=())
    made: list[Step] = []
    for title, added in _STEPS:
        so_far = made[-1].spec.rewrites if made else ()
        made.append(Step(title, added, spec.with_(rewrites=[*so_far, *added])))
    finest = AppliedRewrite("grouped", value=width(made[-1].spec))
    made.append(Step(_LAST, (finest,), _with_groups(made[-1].spec, finest)))
    return tuple(made)


def continuum(spec: Spec | None = None) -> Iterator[Spec]:
    """The module of the last two steps at every number of groups that divides its channels, from one,
    which is the step before them, to one a channel.
    """
    last = steps(spec)[-1].spec
    channels = width(last)
    for groups in range(1, channels + 1):
        if channels % groups == 0:
            yield _with_groups(last, AppliedRewrite("grouped", value=groups))


def cost(spec: Spec) -> Cost:
    """What a module costs and sees.

    Raises:
        ExplorerError: it is not valid.
    """
    traced = trace(build(spec))
    spatial = [row.op for row in traced.rows if isinstance(row.op, Conv2d) and row.op.kernel_size != (1, 1)]
    return Cost(traced.totals, traced.field, spatial[0].groups if len(spatial) == 1 else None)


def width(spec: Spec) -> int:
    """Channels of the module's last map."""
    last = trace(build(spec)).last_map
    assert last is not None
    return last.out_shape[0]


def _with_groups(spec: Spec, grouped: AppliedRewrite) -> Spec:
    return spec.with_(rewrites=[*spec.rewrites, grouped])
