"""What a person chose, validated: the one value that a command line, a page, a link and a worker
process hand to each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator, model_validator

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.edits.layers import Change, Value, append_change, parse_change
from explorer.edits.rewrites import AppliedRewrite, in_order
from explorer.graph.graph import Graph, under
from explorer.spec.base import Base, aliases, base_of, value_before
from explorer.spec.parse import InputShape, parse_classes, parse_input, parse_rewrite
from explorer.zoo import Architecture, BuildConfig


class Spec(BaseModel):
    """A network as a person chose it. Equal choices are equal values: defaults are left out,
    settings are sorted, rewrites stand in the order in which they apply.

    Args:
        architecture: id of an entry of the zoo.
        input: (channels, height, width); the entry's own where None.
        classes: the entry's own where None.
        settings: changed settings, and values of layers as `NODE.FIELD`, as sorted (key, value) pairs; a
            mapping is accepted.
        rewrites: verbs to apply; `"verb@prefix"` is accepted.
        module: the one module that is meant, cut out of the architecture as it is by default; its input and
            the names of its layers are its own then. The whole network where empty.
        layers: layers put in and taken out, in order; text is accepted (see `explorer.edits.layers`).

    Raises:
        ExplorerError: in one sentence, from every constructor below.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    input: Annotated[InputShape, BeforeValidator(parse_input)] | None = None
    classes: Annotated[int, BeforeValidator(parse_classes)] | None = None
    settings: tuple[tuple[str, Value], ...] = ()
    rewrites: tuple[Annotated[AppliedRewrite, BeforeValidator(parse_rewrite)], ...] = ()
    module: str = ""
    layers: tuple[Annotated[Change, BeforeValidator(parse_change)], ...] = ()

    @field_validator("settings", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> tuple[tuple[str, object], ...]:
        if isinstance(value, Mapping):
            return tuple((str(key), setting) for key, setting in value.items())
        if isinstance(value, list | tuple) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
            return tuple((str(key), setting) for key, setting in value)
        raise ExplorerError("the settings must be an object of names and whole numbers")

    @field_validator("rewrites", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ExplorerError(f"the rewrites are {quoted(value)}: they must be a list of VERB or VERB@PREFIX")
        return value

    @field_validator("rewrites", mode="after")
    @classmethod
    def _ordered(cls, value: tuple[AppliedRewrite, ...]) -> tuple[AppliedRewrite, ...]:
        if len(value) > limits.MAX_REWRITES:
            raise ExplorerError(f"there are {len(value)} rewrites: at most {limits.MAX_REWRITES} are allowed")
        return in_order(value)

    @field_validator("layers", mode="before")
    @classmethod
    def _changes(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ExplorerError(f"the layers are {quoted(value)}: they must be a list of changes")
        if len(value) > limits.MAX_CHANGES:
            raise ExplorerError(f"there are {len(value)} changes of layers: at most {limits.MAX_CHANGES} are allowed")
        return value

    @model_validator(mode="before")
    @classmethod
    def _known_settings(cls, data: object) -> object:
        """Bounds come from the architecture, so they are held before the fields are read."""
        if not isinstance(data, dict) or not isinstance(data.get("architecture"), str):
            raise ExplorerError('a network is an object with an architecture, such as {"architecture": "googlenet"}')
        base = base_of(data["architecture"], str(data.get("module", "")))
        data = {**data}
        if data.get("input") is not None and parse_input(data["input"]) == base.input_shape:
            data["input"] = None
        if data.get("classes") is not None and parse_classes(data["classes"]) == base.classes:
            data["classes"] = None
        classes = base.classes if data.get("classes") is None else parse_classes(data["classes"])
        before = partial(value_before, base, classes, _changes(data.get("layers", ())))
        data["settings"] = _canonical(base, before, cls._pairs(data.get("settings", ())))
        return data

    @classmethod
    def make(cls, architecture: str, /, **fields: object) -> Spec:
        """A spec out of raw values, as they come from a command line or a widget."""
        try:
            return cls.model_validate({"architecture": architecture, **fields})
        except ValidationError as error:
            raise ExplorerError(_sentence(error)) from None

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """The spec that `to_json` wrote, or one written by hand."""
        if len(text) > limits.MAX_TEXT:
            raise ExplorerError(
                f"the specification has {len(text):,} characters: at most {limits.MAX_TEXT:,} are allowed"
            )
        try:
            _check_nesting(text)
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ExplorerError(f"the specification is not valid JSON: {error}") from None
        except ValueError:
            raise ExplorerError("the specification nests too deeply or holds a number of too many digits") from None
        if not isinstance(data, dict):
            raise ExplorerError("the specification must be a JSON object with an architecture")
        return cls.make(str(data.pop("architecture", "")), **data)

    def to_json(self) -> str:
        """This spec as JSON, without what is left at its default."""
        data: dict[str, object] = {"architecture": self.architecture}
        if self.input is not None:
            data["input"] = list(self.input)
        if self.classes is not None:
            data["classes"] = self.classes
        if self.settings:
            data["settings"] = dict(self.settings)
        if self.rewrites:
            data["rewrites"] = [str(r) for r in self.rewrites]
        if self.module:
            data["module"] = self.module
        if self.layers:
            data["layers"] = [str(change) for change in self.layers]
        return json.dumps(data)

    @classmethod
    def from_query(cls, query: Mapping[str, Iterable[str]]) -> Spec:
        """The spec in a URL's query, each key with its list of values: `network` names the
        architecture, `module`, `input`, `classes`, `layers` and `rewrite` (comma-separated) and every
        setting by its key.

        Raises:
            ExplorerError: the first thing in it that is unknown or out of bounds.
        """
        flat = {key: last for key, values in query.items() for last in list(values)[-1:]}
        if sum(len(key) + len(value) for key, value in flat.items()) > limits.MAX_TEXT:
            raise ExplorerError(f"the link is too long: at most {limits.MAX_TEXT:,} characters are allowed")
        fields: dict[str, object] = {
            "input": flat.pop("input", None),
            "classes": flat.pop("classes", None),
            "module": flat.pop("module", ""),
            "layers": _listed(flat.pop("layers", "")),
            "rewrites": _listed(flat.pop("rewrite", "")),
        }
        return cls.make(flat.pop("network", DEFAULT), settings=flat, **fields)

    def to_query(self) -> dict[str, str]:
        """This spec as a URL's query, without what is left at its default."""
        query = {"network": self.architecture}
        if self.input is not None:
            query["input"] = "x".join(map(str, self.input))
        if self.classes is not None:
            query["classes"] = str(self.classes)
        query |= {key: str(value) for key, value in self.settings}
        if self.rewrites:
            query["rewrite"] = ",".join(map(str, self.rewrites))
        if self.module:
            query["module"] = self.module
        if self.layers:
            query["layers"] = ",".join(map(str, self.layers))
        return query

    def with_(self, **changes: object) -> Spec:
        """The spec with some fields changed."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name != "architecture"}
        return type(self).make(self.architecture, **{**fields, **changes})

    def with_setting(self, key: str, value: object) -> Spec:
        """The spec with one setting changed."""
        return self.with_(settings={**dict(self.settings), key: value})

    def with_change(self, change: Change) -> Spec:
        """The spec with a layer or a branch more or less; the values of what is taken out go with it."""
        layers = append_change(self.layers, change, self.start)
        gone = not change.layer
        settings = {key: v for key, v in self.settings if not (gone and under(change.name, key.rpartition(".")[0]))}
        return self.with_(layers=layers, settings=settings)

    @property
    def entry(self) -> Architecture:
        """The entry of the zoo."""
        return self.base.entry

    @property
    def base(self) -> Base:
        """What every edit starts from: the architecture, or one module of it."""
        return base_of(self.architecture, self.module)

    @property
    def title(self) -> str:
        """What people call it: the architecture, or the module with its architecture."""
        return f"{self.entry.title} {self.module}" if self.module else self.entry.title

    @property
    def build_config(self) -> BuildConfig:
        """Every value that the graph is built from before its layers are edited, defaults filled in."""
        defaults = self.base.defaults
        chosen = {key: value for key, value in self.settings if isinstance(value, int) and key in defaults.settings}
        return BuildConfig(
            self.input or defaults.input_shape,
            self.classes if self.classes is not None else defaults.classes,
            {**defaults.settings, **chosen},
        )

    @property
    def start(self) -> Graph:
        """The network with its settings, before any edit of a layer."""
        base = self.base
        changed = [(key, value) for key, value in self.settings if isinstance(value, int) and key in base.settings]
        return base.graph(
            self.input or base.input_shape, base.classes if self.classes is None else self.classes, changed
        )

    @property
    def values(self) -> tuple[tuple[str, Value], ...]:
        """The changed values of layers, as `NODE.FIELD`."""
        return tuple(pair for pair in self.settings if pair[0] not in self.base.settings)

    @property
    def edits(self) -> int:
        """How many things were changed."""
        return len(self.settings) + len(self.layers) + len(self.rewrites)

    @property
    def unedited(self) -> Spec:
        """The same architecture or module on the same input with the same classes, nothing else changed."""
        return self.with_(settings=(), rewrites=(), layers=())


DEFAULT = "googlenet"
"""The architecture of a link that names none."""


def _check_nesting(text: str) -> None:
    """Raises ValueError where brackets nest deeper than in any specification: how deep a parser can go differs
    from one Python to the next.
    """
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > limits.MAX_NESTING:
            raise ValueError("too deep")


def _listed(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _changes(layers: object) -> tuple[Change, ...]:
    """The changes of layers, none while they are not known to be any: what is wrong with them is said later."""
    try:
        return tuple(map(parse_change, layers)) if isinstance(layers, list | tuple) else ()
    except ExplorerError:
        return ()


def _canonical(
    base: Base, before: Callable[[Mapping[str, Value], str], Value | None], given: Iterable[tuple[str, object]]
) -> tuple[tuple[str, Value], ...]:
    """Settings and values of layers by one name each, checked, sorted, without those that change nothing.

    Args:
        base: what they are settings of.
        before: the value of a layer as it is with given settings.
        given: names and values.
    """
    kept: dict[str, Value] = {}
    for key, value in given:
        kept[key] = base.parse(key, value)
        if not base.module and key not in base.settings and (setting := aliases(base.entry.id).get(key)):
            kept[setting] = base.parse(setting, kept.pop(key))
    defaults: Mapping[str, Value] = base.defaults.settings
    changed = {key: value for key, value in kept.items() if key not in defaults or value != defaults[key]}
    settings = {key: value for key, value in changed.items() if key in defaults}
    changed = {key: value for key, value in changed.items() if key in settings or value != before(settings, key)}
    return tuple(sorted(changed.items()))


def _sentence(error: ValidationError) -> str:
    """The first complaint as one sentence; pydantic's own words only where ours did not speak."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ExplorerError):
        return str(cause)
    where = ".".join(str(part) for part in first["loc"]) or "the specification"
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(Spec.model_fields)
        return f"there is no field {where[:80]!r} in a specification; there is: {allowed}"
    return f"{where[:80]}: {first['msg'][0].lower()}{first['msg'][1:]}"
