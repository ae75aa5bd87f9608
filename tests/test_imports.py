"""What each part may import: the core is pure, and the server never loads torch."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TORCH_SIDE = {
    "explorer.claims.measure.code",
    "explorer.claims.measure.measures",
    "explorer.claims.measure.normalisation",
    "explorer.claims.measure.runs",
    "explorer.claims.measure.training",
    "explorer.batchnorm.measured",
    "explorer.effective",
    "explorer.features.measure",
    "explorer.onnx_export",
    "explorer.reconcile",
    "explorer.torch_module",
    "explorer.verify",
    "explorer.training.augment",
    "explorer.training.capture",
    "explorer.training.checkpoint",
    "explorer.training.data",
    "explorer.training.data.bundled",
    "explorer.training.data.downloaded",
    "explorer.training.data.own",
    "explorer.training.data.patterns",
    "explorer.training.data.split",
    "explorer.training.initialise",
    "explorer.training.learner",
    "explorer.training.loop",
    "explorer.training.meter",
    "explorer.training.report",
    "explorer.training.worker",
}
"""What only ever runs in a worker or on the command line."""
HEAVY = ["torch", "torchvision", "torchinfo", "sklearn", "mlxtend"]


def modules() -> set[str]:
    """Every module of the package."""
    files = (path.relative_to(ROOT) for path in (ROOT / "explorer").rglob("*.py"))
    return {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files}


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
    found: list[str] = json.loads(done.stdout)
    return found


def imported(path: Path) -> set[str]:
    """The top-level packages that a file names in any import, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def sources() -> list[Path]:
    return sorted([ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "explorer").rglob("*.py")])


def test_the_torch_side_is_what_it_is_said_to_be() -> None:
    assert modules() >= TORCH_SIDE


def test_the_core_loads_neither_torch_nor_streamlit() -> None:
    core = sorted(name for name in modules() - TORCH_SIDE if not name.startswith("explorer.ui"))
    assert {"explorer.spec", "explorer.analysis", "explorer.cli.train", "explorer.training.config"} <= set(core)
    assert loaded_by(core, [*HEAVY, "streamlit"]) == []


def test_the_pages_components_load_no_torch() -> None:
    ui = sorted(name for name in modules() if name.startswith("explorer.ui"))
    assert loaded_by(ui, ["streamlit", *HEAVY]) == ["streamlit"]


def test_the_torch_side_loads_no_streamlit() -> None:
    assert loaded_by(sorted(TORCH_SIDE), ["torch", "streamlit"]) == ["torch"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_pages_import_streamlit(path: Path) -> None:
    place = path.relative_to(ROOT).parts
    if "streamlit" in imported(path):
        assert place[0] in ("app.py", "pages") or place[:2] == ("explorer", "ui")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_torch_side_names_torch(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if imported(path) & set(HEAVY):
        assert name in TORCH_SIDE
