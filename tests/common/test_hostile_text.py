"""No regular expression of the program can be made to run away by a text that somebody sends.

A pattern whose time doubles with each letter holds the interpreter, and with it the server of everybody.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "explorer").rglob("*.py")])
FUNCTIONS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
SECONDS = 120
"""Far more than all patterns take; far less than one that doubles with each letter."""

SWEEP = r"""
import importlib, itertools, pkgutil, re, sys

pieces = ["a", "A", "1", "_", ".", " ", "(", ")", "-", ":", "@", "x", ",", "/", "\\", "=", "<", "[", '"', "http", "www"]
repeated = ["".join(pair) for pair in itertools.product(pieces, ["", *pieces])]
ends = ["", "!", "\n", "@", "__", "<"]
hostile = [start + middle * 60 + end for start in ("", "a") for middle in repeated for end in ends]
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for key, pattern in vars(module).items():
        if isinstance(pattern, re.Pattern):
            print(name, key, flush=True)
            for text in hostile:
                pattern.fullmatch(text)
                pattern.search(text)
            for text in [piece * 5_000 + end for piece in pieces for end in ends]:
                pattern.match(text)
"""


def uses(path: Path) -> list[ast.Call]:
    """Every call of a function of `re` in a file."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr in FUNCTIONS) == ("re", True)
    ]


def constants(path: Path) -> list[ast.expr]:
    """What a file assigns to names of its own."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node.value for node in body if isinstance(node, ast.Assign)]


@pytest.mark.parametrize("path", [path for path in SOURCES if uses(path)], ids=lambda path: path.stem)
def test_every_pattern_is_a_constant_which_the_sweep_finds(path: Path) -> None:
    assert {ast.dump(call) for call in uses(path)} <= {ast.dump(value) for value in constants(path)}
    assert {call.func.attr for call in uses(path) if isinstance(call.func, ast.Attribute)} == {"compile"}


def test_every_pattern_answers_hostile_texts() -> None:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES if uses(path)]
    names = [name.removesuffix(".__init__") for name in names]
    run = [sys.executable, "-c", SWEEP, *names]
    try:
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"").decode().split("\n")
        pytest.fail(f"the pattern {said[-2] if len(said) > 1 else names[0]} does not come to an end")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= len(names)
