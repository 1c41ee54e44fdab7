# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Imports point downwards only, and what must not be imported somewhere is not."""

import ast
import configparser
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sklearn_gmvae

PACKAGE = Path(sklearn_gmvae.__file__).parent
REPOSITORY = PACKAGE.parent

# From top to bottom; a module may import its own layer and those below. Modules named together
# in a layer are its rooms.
LAYERS = [
    {"__main__"},
    {"_demo", "_command"},
    {"benchmark", "inspection"},
    {"__init__"},
    {"_persistence"},
    {"_vade", "_gmvae"},
    {"_online"},
    {"_base"},
    {"_resume"},
    {"_described"},
    {"_fitted"},
    {"_contents"},
    {"_unit_contents"},
    {"_content_checks"},
    {"_callbacks", "_design", "_outcome"},
    {"_table"},
    {"training"},
    {"models"},
    {"datasets", "metrics"},
    {"utils", "_version"},
]
# What may be imported from outside, beside the standard library.
ALLOWED = {
    "models": {"torch"},
    "metrics": {"numpy", "scipy", "sklearn"},
    "datasets": {"numpy", "scipy", "sklearn", "pandas"},
    "utils": {"numpy", "torch", "sklearn", "safetensors", "threadpoolctl"},
    "training": {"numpy", "scipy", "torch", "sklearn"},
    "inspection": {"numpy", "sklearn", "matplotlib"},
    "_command": {"numpy", "pandas", "pyarrow", "torch", "sklearn", "matplotlib"},
    "benchmark": {
        "numpy",
        "scipy",
        "torch",
        "sklearn",
        "matplotlib",
        "joblib",
        "clustpy",
        "pandas",
        "polars",
    },
}
ANYWHERE_ELSE = {"numpy", "scipy", "torch", "sklearn", "joblib", "matplotlib"}
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path):
    """Every absolute module name that the file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_room(module):
    """The room that an import of ours names; a public name of the package is in __init__."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    return parts[1] if parts[1] in LEVEL else "__init__"


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    room = room_of(path)
    assert room in LEVEL, f"{room} has no layer: give it one here and in doc/developers.rst"
    for module in imports_of(path):
        top = module.split(".")[0]
        outside = top not in sys.stdlib_module_names and top != "sklearn_gmvae"
        if outside:
            assert top in ALLOWED.get(room, ANYWHERE_ELSE), f"{path} imports {module}"
        if top == "sklearn_gmvae" and (other := our_room(module)) not in (None, room):
            assert LEVEL[other] > LEVEL[room], f"{path} imports {module}: an arrow upwards"


def test_private_helpers_of_scikit_learn_are_imported_in_one_module():
    for path in FILES:
        private = [
            m for m in imports_of(path)
            if m.startswith("sklearn.") and any(part.startswith("_") for part in m.split("."))
        ]  # fmt: skip
        assert not private or path.name == "_sklearn.py", f"{path}: {private}"


def test_import_does_not_load_matplotlib():
    code = (
        "import sys, sklearn_gmvae, sklearn_gmvae.inspection; sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_tool_is_configured_in_one_file():
    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    assert not {"metadata", "options"} & set(setup.sections())
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    tools = {section.partition(":")[0].partition("-")[0] for section in setup.sections()}
    assert not tools & set(pyproject["tool"])


def test_every_module_has_the_licence_header_and_a_docstring():
    for path in FILES:
        text = path.read_text()
        assert text.startswith("# Authors: The sklearn_gmvae developers\n# SPDX-License"), path
        assert ast.get_docstring(ast.parse(text)), path


@pytest.mark.parametrize("folder", [".", "training", "models", "utils"])
def test_the_map_names_every_module(folder):
    text = (REPOSITORY / "doc/developers.rst").read_text()
    of_layers = text[text.index("    sklearn_gmvae/\n") : text.index("The seam between")]
    for path in (PACKAGE / folder).glob("_[a-z]*.py"):
        assert f" {path.name}" in of_layers
