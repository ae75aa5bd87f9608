"""The controls that edit a network. Each shows what the network says and, on a change, asks for the
network with that one thing different; the value is checked again there, whatever a browser sent.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, Literal, TypeVar

import streamlit as st

from explorer.edits.rewrites import REWRITES, AppliedRewrite, Option, Rewrite
from explorer.graph.graph import module_of
from explorer.spec import words
from explorer.spec.build import analyse, build
from explorer.spec.effects import Effect, effects
from explorer.spec.spec import Spec
from explorer.ui.components import effect_words
from explorer.ui.session import state
from explorer.zoo import ARCHITECTURES, Setting
from explorer.zoo.heads import AUXILIARY_HEADS

T = TypeVar("T")


def pick_whole(id: str) -> None:
    """Starts an architecture as it was published."""
    state.edit(lambda _: Spec.make(id))


def architecture(
    spec: Spec, label: Literal["visible", "collapsed"] = "visible", pick: Callable[[str], None] = pick_whole
) -> None:
    """Picks an entry of the zoo. In a row of tools it stands without its label."""
    st.selectbox(
        "Architecture",
        list(ARCHITECTURES),
        label_visibility=label,
        width="stretch" if label == "visible" else 180,
        format_func=lambda id: ARCHITECTURES[id].title,
        **state.bind_widget("architecture", spec.architecture, pick, ARCHITECTURES),
    )


def input_and_classes(spec: Spec) -> None:
    """Channels, height and width of the image, and the number of classes."""
    input_shape(spec)
    st.number_input(
        "Classes",
        step=1,
        placeholder="no classifier",
        **_bound(spec, "classes", spec.build_config.classes, lambda now, value: now.with_(classes=value)),
    )


def input_shape(spec: Spec) -> None:
    """Channels, height and width of what enters."""
    shape = spec.build_config.input_shape
    # No bounds here: with them the browser only reddens a field, and nobody says what is allowed.
    columns = st.columns(3, gap="small")
    for axis, label in enumerate(("Channels", "Height", "Width")):
        columns[axis].number_input(
            label, step=1, **_bound(spec, f"input {label}", shape[axis], partial(_with_input, axis))
        )


def _with_input(axis: int, spec: Spec, value: int) -> Spec:
    shape = list(spec.build_config.input_shape)
    shape[axis] = value
    return spec.with_(input=shape)


def modules(spec: Spec) -> list[str]:
    """The modules whose settings can be changed; "" stands for settings of the whole network."""
    return list(dict.fromkeys(key.rpartition(".")[0] for key in spec.base.settings))


def settings(spec: Spec, module: str) -> list[str]:
    """A slider or a switch for every setting of a module, but for those of layers that a rewrite took out; which
    settings have a slider.
    """
    sliders, there = [], build(spec).by_name
    owners = [key.rpartition(".")[0] for key in spec.base.settings]
    for key, setting in spec.base.settings.items():
        owner = key.rpartition(".")[0]
        is_gone = bool(setting.layer) and setting.layer.rpartition(".")[0] not in there
        if owner == module and not is_gone:
            value = spec.build_config.settings[key]
            word = words.setting(spec, key)
            label = word if owners.count(owner) > 1 or not owner else f"{owner}: {word}"
            if setting.is_switch:
                st.toggle(label, help=setting.help, **_bound(spec, key, bool(value), partial(_with_switch, key)))
            else:
                bound = _bound(spec, key, value, partial(_with_setting, key))
                st.slider(label, setting.minimum, _reach(setting, value), help=setting.help, **bound)
                sliders.append(key)
    return sliders


def _with_setting(key: str, spec: Spec, value: int) -> Spec:
    return spec.with_setting(key, value)


def _with_switch(key: str, spec: Spec, on: bool) -> Spec:
    return spec.with_setting(key, int(on))


def _reach(setting: Setting, value: int) -> int:
    """A slider's upper end: fine enough to aim with, wide enough for a value that a link brought."""
    comfortable = max(4 * setting.default, setting.minimum + 1)
    return min(setting.maximum, comfortable) if value <= comfortable else setting.maximum


def rewrites(spec: Spec, module: str = "") -> None:
    """A switch for every rewrite, on the whole network or on one module, with what it would change or has changed;
    those that change nothing here are folded away.
    """
    everything = [effect for effect in effects(spec, module) if not _is_setting(spec, effect)]
    chosen = {rewrite.id for rewrite in spec.rewrites if rewrite.prefix in ("", module)}
    useful = [effect for effect in everything if effect.changes or effect.rewrite in chosen]
    columns = st.columns(_COLUMNS, gap="medium")
    for index, effect in enumerate(useful):
        # Read downwards, as a list is.
        with columns[index * _COLUMNS // len(useful)]:
            _rewrite(spec, effect, module)
    with st.expander("Not applicable here"):
        for effect in everything:
            if effect not in useful:
                _rewrite(spec, effect, module)


_COLUMNS = 3


def _is_setting(spec: Spec, effect: Effect) -> bool:
    """Whether an architecture has heads of its own to turn on: a second switch of the same name would add others."""
    return effect.rewrite == "aux_heads" and not effect.is_on and AUXILIARY_HEADS in spec.base.settings


def _label(spec: Spec, effect: Effect) -> str:
    """The title of a rewrite, and what it changes."""
    title, now = REWRITES[effect.rewrite].title, analyse(spec)
    if not effect.changes:
        return title
    if effect.error is not None or now.error is not None:
        return f"{title}: it does not fit {'now' if now.error is not None else 'then'}"
    before, after = (effect.network, now.trace.totals) if effect.is_on else (now.trace.totals, effect.network)
    params, macs = effect_words.between(before, after)
    return f"{title}: {params}, {macs}"


def _rewrite(spec: Spec, effect: Effect, module: str) -> None:
    rewrite = REWRITES[effect.rewrite]
    everywhere = _applied(spec, rewrite.id, "")
    here = _applied(spec, rewrite.id, module)
    plain = AppliedRewrite(rewrite.id, module)
    st.toggle(
        _label(spec, effect),
        help=_explained(rewrite),
        disabled=bool(module) and everywhere is not None,
        **_bound(spec, f"rewrite {plain}", (here or everywhere) is not None, partial(_switch, plain)),
    )
    if here is not None and rewrite.option is not None:
        _told(spec, rewrite.option, here)


@cache
def _explained(rewrite: Rewrite) -> str:
    """What a rewrite does, with its Given and Result, and what leads back."""
    inverse = f" The other way round: {REWRITES[rewrite.inverse].title}." if rewrite.inverse else ""
    # As wide as a tooltip; what is wrapped stands under what it goes on from.
    lines = [textwrap.fill(line, 62, subsequent_indent=" " * 8) for line in rewrite.pattern.splitlines()]
    pattern = "\n".join(lines)
    return f"{rewrite.summary}\n\n```text\n{pattern}\n```\n\nUndo: switch it off.{inverse}"


def _told(spec: Spec, option: Option, rewrite: AppliedRewrite) -> None:
    """What a rewrite that is on is told."""
    value = option.default if rewrite.value is None else rewrite.value
    tell = partial(_tell, rewrite.id, rewrite.prefix)
    bound = _bound(spec, f"{rewrite.id}@{rewrite.prefix} value", value, tell, option.words)
    label = f"{option.name[0].upper()}{option.name[1:]}"
    if option.words:
        st.selectbox(label, option.words, help=option.help, **bound)
    else:
        st.number_input(label, step=1, help=option.help, **bound)


def _applied(spec: Spec, id: str, prefix: str) -> AppliedRewrite | None:
    return next((applied for applied in spec.rewrites if (applied.id, applied.prefix) == (id, prefix)), None)


def _switch(rewrite: AppliedRewrite, spec: Spec, on: bool) -> Spec:
    others = [other for other in spec.rewrites if other[:2] != rewrite[:2]]
    return spec.with_(rewrites=[*others, rewrite] if on else others)


def _tell(rewrite: str, prefix: str, spec: Spec, value: int | str) -> Spec:
    return spec.with_(rewrites=[*spec.rewrites, (rewrite, prefix, value)])


def rewritable(spec: Spec) -> list[str]:
    """The modules of the network that hold more than one node."""
    names = [module_of(node.name) for node in build(spec).nodes]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _bound(
    spec: Spec, name: str, value: T, change: Callable[[Spec, T], Spec], among: Iterable[object] = ()
) -> dict[str, Any]:
    """Arguments that tie a widget to one value of the network."""
    key = f"{spec.architecture} {name}"
    return state.bind_widget(key, value, lambda chosen: state.edit(lambda now: change(now, chosen), key), among)
