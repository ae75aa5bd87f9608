"""What a person chose, validated: the one value that a command line, a page, a link and a worker
process hand to each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator, model_validator

from explorer import limits
from explorer.errors import ExplorerError, shown
from explorer.rewrites import VERBS, Rewrite, in_order
from explorer.suggest import unknown
from explorer.zoo import Architecture, Choice, architecture

InputShape = tuple[int, int, int]


def parse_input(value: object) -> InputShape:
    """`3x224x224`, or a list of three numbers, as (channels, height, width).

    Raises:
        ExplorerError: it is neither, or a number is out of bounds.
    """
    parts = value.lower().split("x") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 3:
        raise ExplorerError(f"the input is {shown(value)}: it must be channels x height x width, such as 3x224x224")
    channels = limits.whole_number("the number of input channels", parts[0], 1, limits.MAX_WIDTH)
    height = limits.whole_number("the input height", parts[1], 1, limits.MAX_SIDE)
    width = limits.whole_number("the input width", parts[2], 1, limits.MAX_SIDE)
    return channels, height, width


def _parse_classes(value: object) -> int:
    return limits.whole_number("the number of classes", value, 1, limits.MAX_CLASSES)


def parse_rewrite(value: object) -> Rewrite:
    """`verb`, `verb@prefix`, and for a verb that can be told something `verb:value@prefix`.

    Raises:
        ExplorerError: there is no such verb, or it does not take the value. Whether the prefix exists is
            known with the network.
    """
    told: object = None
    if isinstance(value, str):
        head, _, prefix = value.partition("@")
        verb, colon, told = head.partition(":")
        told = told if colon else None
    elif isinstance(value, list | tuple) and len(value) in (2, 3) and all(isinstance(p, str) for p in value[:2]):
        verb, prefix, told = (*value, None)[:3]
    else:
        raise ExplorerError(f"the rewrite is {shown(value)}: it must be VERB, VERB@PREFIX or VERB:VALUE@PREFIX")
    if verb not in VERBS:
        raise unknown("rewrite", verb, VERBS, most=len(VERBS))
    option = VERBS[verb].option
    if told is None:
        return Rewrite(verb, prefix)
    if option is None:
        raise ExplorerError(f"the rewrite {verb} takes no value, and {shown(told)} was given")
    parsed = option.parse(told)
    return Rewrite(verb, prefix, None if parsed == option.default else parsed)


def parse_setting(text: str) -> tuple[str, str]:
    """`key=value` as its two halves.

    Raises:
        ExplorerError: there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ExplorerError(f"the setting is {text[:80]!r}: it must be KEY=VALUE, such as inception_4b.width_5x5=64")
    return key.strip(), value.strip()


class Spec(BaseModel):
    """A network as a person chose it. Equal choices are equal values: defaults are left out,
    settings are sorted, rewrites stand in the order in which they apply.

    Args:
        architecture: id of an entry of the zoo.
        input: (channels, height, width); the entry's own where None.
        classes: the entry's own where None.
        settings: changed settings, as sorted (key, value) pairs; a mapping is accepted.
        rewrites: verbs to apply; `"verb@prefix"` is accepted.

    Raises:
        ExplorerError: in one sentence, from every constructor below.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    input: Annotated[InputShape, BeforeValidator(parse_input)] | None = None
    classes: Annotated[int, BeforeValidator(_parse_classes)] | None = None
    settings: tuple[tuple[str, int], ...] = ()
    rewrites: tuple[Annotated[Rewrite, BeforeValidator(parse_rewrite)], ...] = ()

    @field_validator("settings", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if isinstance(value, Mapping):
            return tuple(value.items())
        if isinstance(value, list | tuple) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
            return tuple(tuple(pair) for pair in value)
        raise ExplorerError("the settings must be an object of names and whole numbers")

    @field_validator("rewrites", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ExplorerError(f"the rewrites are {shown(value)}: they must be a list of VERB or VERB@PREFIX")
        return value

    @field_validator("rewrites", mode="after")
    @classmethod
    def _ordered(cls, value: tuple[Rewrite, ...]) -> tuple[Rewrite, ...]:
        if len(value) > limits.MAX_REWRITES:
            raise ExplorerError(f"there are {len(value)} rewrites: at most {limits.MAX_REWRITES} are allowed")
        return in_order(value)

    @model_validator(mode="before")
    @classmethod
    def _known_settings(cls, data: object) -> object:
        """Bounds come from the architecture, so they are held before the fields are read."""
        if not isinstance(data, dict) or not isinstance(data.get("architecture"), str):
            raise ExplorerError('a network is an object with an architecture, such as {"architecture": "googlenet"}')
        entry = architecture(data["architecture"])
        kept = {}
        for key, value in cls._pairs(data.get("settings", ())):  # type: ignore[attr-defined]
            if not isinstance(key, str) or key not in entry.settings:
                raise unknown(f"setting of {entry.id} called", str(key), entry.settings, most=6)
            setting = entry.settings[key]
            kept[key] = limits.whole_number(key, value, setting.minimum, setting.maximum)
        changed = [(key, number) for key, number in sorted(kept.items()) if number != entry.settings[key].default]
        data = {**data, "settings": tuple(changed)}
        if data.get("input") is not None and parse_input(data["input"]) == entry.input_shape:
            data["input"] = None
        if data.get("classes") is not None and _parse_classes(data["classes"]) == entry.classes:
            data["classes"] = None
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
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ExplorerError(f"the specification is not valid JSON: {error}") from None
        except (ValueError, RecursionError):
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
        return json.dumps(data)

    @classmethod
    def from_query(cls, query: Mapping[str, Iterable[str]]) -> Spec:
        """The spec in a URL's query, each key with its list of values: `network` names the
        architecture, `input`, `classes`, `rewrite` (comma-separated) and every setting by its key.

        Raises:
            ExplorerError: the first thing in it that is unknown or out of bounds.
        """
        flat = {key: last for key, values in query.items() for last in list(values)[-1:]}
        if sum(len(key) + len(value) for key, value in flat.items()) > limits.MAX_TEXT:
            raise ExplorerError(f"the link is too long: at most {limits.MAX_TEXT:,} characters are allowed")
        fields: dict[str, object] = {
            "input": flat.pop("input", None),
            "classes": flat.pop("classes", None),
            "rewrites": [part for part in re.split(r"[,\s]+", flat.pop("rewrite", "")) if part],
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
        return query

    def with_(self, **changes: object) -> Spec:
        """The spec with some fields changed."""
        fields = {"input": self.input, "classes": self.classes, "settings": self.settings, "rewrites": self.rewrites}
        return type(self).make(self.architecture, **{**fields, **changes})

    def with_setting(self, key: str, value: object) -> Spec:
        """The spec with one setting changed."""
        return self.with_(settings={**dict(self.settings), key: value})

    @property
    def entry(self) -> Architecture:
        """The entry of the zoo."""
        return architecture(self.architecture)

    @property
    def choice(self) -> Choice:
        """Every value that the graph is built from, defaults filled in."""
        defaults = {key: setting.default for key, setting in self.entry.settings.items()}
        return Choice(
            self.input or self.entry.input_shape,
            self.classes if self.classes is not None else self.entry.classes,
            {**defaults, **dict(self.settings)},
        )

    @property
    def unedited(self) -> Spec:
        """The same architecture on the same input with the same classes, nothing else changed."""
        return self.with_(settings=(), rewrites=())


DEFAULT = "googlenet"
"""The architecture of a link that names none."""


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
