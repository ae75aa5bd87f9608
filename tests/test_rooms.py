"""The one rule of the house: a room imports only rooms to its left; torch lives in one, streamlit in one.

`python -m tests.test_rooms` prints the rooms in their order, with what each imports.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "common", "graph", "zoo", "edits", "spec", "analysis", "lessons", "runs", "studies", "backend", "draw", "cli",
    "api", "ui",
)  # fmt: skip
STRANGERS = {frozenset(("backend", "draw"))}
"""Rooms that do not know each other, whatever their order."""
HEAVY = ("torch", "torchvision", "torchinfo", "sklearn", "mlxtend", "onnx", "onnxscript", "fvcore")
"""What only `backend` imports."""


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    files = sorted((ROOT / "explorer").rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files)
    return dict(zip(names, files, strict=True))


MODULES = modules()


def room(module: str) -> str:
    """The room of a module; empty for `explorer` itself."""
    return module.partition(".")[2].partition(".")[0]


def imported(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path} imports from a relative place"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def rooms_of(name: str) -> set[str]:
    """The other rooms that a room's modules import."""
    inside = (path for module, path in MODULES.items() if room(module) == name)
    return {room(other) for path in inside for other in imported(path) if other.startswith("explorer.")} - {name}


def tops(path: Path) -> set[str]:
    """The packages that a file imports."""
    return {name.partition(".")[0] for name in imported(path)}


def test_every_module_has_a_room() -> None:
    assert {room(module) for module in MODULES} == {*ROOMS, "", "__main__"}


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_rooms_to_its_left(name: str) -> None:
    allowed = {other for other in ROOMS[: ROOMS.index(name)] if frozenset((name, other)) not in STRANGERS}
    assert rooms_of(name) <= allowed


def test_modules_import_each_other_without_a_circle() -> None:
    left = {module: {name for name in imported(path) if name in MODULES} for module, path in MODULES.items()}
    while left:
        free = {module for module, names in left.items() if not names & left.keys() - {module}}
        assert free, f"a circle among {sorted(left)}"
        left = {module: names for module, names in left.items() if module not in free}


def test_heavy_packages_are_imported_in_one_room_each() -> None:
    outside = [ROOT / "app.py", *(ROOT / "pages").glob("*.py")]
    for path in [*outside, *MODULES.values()]:
        place = path.relative_to(ROOT).parts
        if set(HEAVY) & tops(path):
            assert place[:2] == ("explorer", "backend"), path
        if "streamlit" in tops(path):
            assert path in outside or place[:2] == ("explorer", "ui"), path


def test_no_test_imports_another_test() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        parts = [name.split(".") for name in imported(path) if name.startswith("tests.")]
        assert all(name[1] == "helpers" for name in parts), path


def loaded_by(names: list[str], watched: list[str]) -> list[str]:
    """Which of the watched packages a fresh Python has loaded after importing the named modules."""
    code = f"""
import importlib, json, sys
for name in {names!r}:
    importlib.import_module(name)
print(json.dumps([name for name in {watched!r} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded: list[str] = json.loads(done.stdout)
    return loaded


def test_what_the_server_and_the_command_line_import_loads_nothing_heavy() -> None:
    light = [module for module in MODULES if room(module) not in ("backend", "ui", "__main__")]
    assert loaded_by(light, [*HEAVY, "streamlit"]) == []
    assert loaded_by([module for module in MODULES if room(module) == "ui"], [*HEAVY, "streamlit"]) == ["streamlit"]


def test_the_backend_loads_no_streamlit() -> None:
    assert loaded_by([module for module in MODULES if room(module) == "backend"], ["torch", "streamlit"]) == ["torch"]


if __name__ == "__main__":
    for name in ROOMS:
        print(f"{name:9} imports {', '.join(sorted(rooms_of(name), key=ROOMS.index)) or 'nothing of ours'}")
