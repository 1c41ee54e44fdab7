# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The documentation: what is shown runs, pages are complete and lead somewhere. ``make doc`` builds
them, with every warning an error."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
import runpy
from functools import partial
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import sklearn_gmvae
from sklearn_gmvae import training

matplotlib.use("agg")
REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.rst"
DOC = REPOSITORY / "doc"
WRITTEN = sorted(
    path.relative_to(DOC).with_suffix("").as_posix()
    for path in DOC.rglob("*.rst")
    if path.relative_to(DOC).parts[0] not in ("_build", "_templates", "auto_examples", "generated")
)
EXAMPLES = REPOSITORY / "examples"
PLOTTED = sorted(EXAMPLES.glob("plot_*.py"))
PUBLIC_MODULES = ["", ".benchmark", ".datasets", ".inspection", ".metrics"]
CODE = re.compile(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)")


def text_of(page: str) -> str:
    """The source of a page."""
    return (DOC / f"{page}.rst").read_text()


def blocks_of(text: str) -> list[str]:
    """Its blocks of Python."""
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in CODE.findall(text)]


def with_doctests() -> list[str]:
    """Modules of the package that have examples."""
    modules = pkgutil.walk_packages(sklearn_gmvae.__path__, "sklearn_gmvae.")
    return [
        info.name
        for info in modules
        if not info.name.endswith("__main__")
        and ">>> " in Path(importlib.util.find_spec(info.name).origin).read_text()
    ]


@pytest.fixture
def epochs_at_most(monkeypatch):
    """Sets the longest that a phase may last: the rest runs as the reader runs it."""
    phase = training.Phase

    def limit(most):
        def short(name, *, n_epochs, **how):
            return phase(name, n_epochs=min(n_epochs, most), **how)

        monkeypatch.setattr(training, "Phase", short)

    return limit


@pytest.fixture
def short_training(epochs_at_most):
    epochs_at_most(2)


@pytest.fixture
def closed_figures(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    yield
    plt.close("all")


# -- what is shown runs ------------------------------------------------------------------------


@pytest.mark.parametrize("module", with_doctests())
def test_docstring_examples_run(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def test_sessions_on_pages_run():
    pages = [str(DOC / f"{page}.rst") for page in WRITTEN]
    results = [doctest.testfile(page, module_relative=False) for page in [*pages, str(README)]]
    assert sum(result.failed for result in results) == 0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_readme_example_runs_and_is_as_short_as_promised(capsys, epochs_at_most, closed_figures):
    epochs_at_most(40)
    (code,) = blocks_of(README.read_text())
    exec(compile(code, str(README), "exec"), {})
    assert 0.0 < float(capsys.readouterr().out) <= 1.0
    assert len([line for line in code.splitlines() if line.strip()]) <= 15


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "page", [page for page in WRITTEN if blocks_of(text_of(page)) and page != "large_data"]
)
def test_blocks_of_a_page_run_one_after_the_other(
    page, tmp_path, monkeypatch, short_training, closed_figures
):
    monkeypatch.chdir(tmp_path)
    blocks, names = blocks_of(text_of(page)), {}
    if any("sklearn.callback" in block for block in blocks):
        pytest.importorskip("sklearn.callback")  # since scikit-learn 1.9
    for block in blocks:
        exec(compile(block, page, "exec"), names)


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
def test_blocks_about_large_data_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    blocks = blocks_of(text_of("large_data"))
    assert len(blocks) == 3  # those of libraries that are not installed are literal blocks
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(block, "large_data", "exec"), names)
    assert names["labels"].shape == (2_000,)
    assert names["probabilities"].shape == (2_000, 4)
    assert "after about 4000 more rows" in capsys.readouterr().out  # 2 passes of 5


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("path", PLOTTED, ids=lambda path: path.stem)
def test_example_runs_with_short_training(path, short_training, closed_figures):
    runpy.run_path(str(path))


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
def test_pictures_in_colour_are_fitted_and_drawn(
    tmp_path, monkeypatch, epochs_at_most, closed_figures
):
    epochs_at_most(1)
    X = np.random.RandomState(0).randint(0, 256, (48, 3072)).astype(np.uint8)
    np.savez(tmp_path / "noise.npz", X=X)
    picture = tmp_path / "noise.jpg"
    monkeypatch.setattr("sys.argv", ["fit_cifar.py", str(tmp_path / "noise.npz"), str(picture)])
    said = runpy.run_path(str(EXAMPLES / "fit_cifar.py"), run_name="__main__")
    assert said["vade"].n_features_in_ == 3072
    assert plt.imread(picture).shape == (880, 880, 3)  # 8 inches of 110 dots


# What the text of an example claims of its names after the run.
CLAIMS = {
    # Of 3, 4, 5, 6, 8 clusters the fifth gains more than all after it.
    "plot_choosing_k": lambda said: (
        said["modularity"][2] - said["modularity"][1]
        > max(said["modularity"]) - said["modularity"][2]
    ),
    "plot_first_clustering": lambda said: said["score"] > 0.95,  # of VaDE, the last
    # The clusters change little after the start, and the ELBO rises: the first and last pass.
    "plot_larger_than_memory": lambda said: (
        np.ptp(said["scores"]) < 0.05
        and np.mean(said["vade"].lower_bounds_[-3:]) > np.mean(said["vade"].lower_bounds_[:3])
    ),
    "plot_messy_table": lambda said: (
        adjusted_rand_score(said["group"], said["vade"].labels_)
        > adjusted_rand_score(said["group"], said["plain"])
    ),
    "plot_over_regularization": lambda said: said["scores"][0.0] < 0.6 < 0.9 < said["scores"][1.0],
    "plot_uncertainty": lambda said: said["accuracies"][-1] > said["accuracies"][0],
}
# Whose figures are in a text; the other examples run in full in the slow run only.
TRIED_ALWAYS = {"plot_over_regularization", "plot_uncertainty"}


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=() if p.stem in TRIED_ALWAYS else pytest.mark.slow) for p in PLOTTED],
    ids=lambda path: path.stem,
)
def test_example_runs_in_full_and_keeps_its_word(path, closed_figures):
    said = runpy.run_path(str(path))
    assert CLAIMS.get(path.stem, lambda said: True)(said)


# -- pages are complete ------------------------------------------------------------------------


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_every_public_name_is_on_the_page_of_the_api_and_no_other(module):
    name = f"sklearn_gmvae{module}"
    parts = re.split(r"\.\. currentmodule:: (\S+)\n", text_of("api"))
    (part,) = (text for of, text in zip(parts[1::2], parts[2::2], strict=True) if of == name)
    listed = re.findall(r"^   (\w+)$", part, flags=re.MULTILINE)
    listed += re.findall(r"^\.\. data:: (\w+)$", part, flags=re.MULTILINE)
    assert sorted(listed) == sorted(importlib.import_module(name).__all__)


def test_every_public_module_is_one_of_those_documented():
    found = [
        f".{info.name}"
        for info in pkgutil.iter_modules(sklearn_gmvae.__path__)
        if info.ispkg
        and not info.name.startswith("_")
        and info.name not in ("models", "training", "utils")  # the lower layers
    ]
    assert sorted(["", *found]) == sorted(PUBLIC_MODULES)


def test_every_example_has_a_place_in_the_course():
    course = runpy.run_path(str(DOC / "_ext" / "gallery_order.py"))["COURSE"]
    assert sorted(course) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example_begins_with_a_title_and_plots_if_it_is_to_be_run(path):
    text = path.read_text()
    title, underline = re.search(r'"""\n(.+)\n(=+)\n', text).groups()
    assert len(title) == len(underline)
    assert path.stem.startswith(("plot_", "fit_"))  # `fit_` is shown and not run
    assert path.stem.startswith("plot_") == ("plt.show()" in text)


# -- pages lead somewhere ----------------------------------------------------------------------


def entries(page: str) -> list[str]:
    """What the page's tables of contents name."""
    trees = re.findall(r"\.\. toctree::\n((?:   .*\n|\n)+)", text_of(page))
    names = [line.strip() for tree in trees for line in tree.splitlines()]
    return [absolute(page, name) for name in names if name and not name.startswith(":")]


def absolute(page: str, target: str) -> str:
    """A target as seen from a page, from the folder of all pages."""
    path = (DOC / page).parent / target
    return path.resolve().relative_to(DOC.resolve()).as_posix()


def exists(target: str) -> bool:
    """Whether there is such a page, or the gallery will make it."""
    folder, _, name = target.rpartition("/")
    if folder == "auto_examples":
        return name == "index" or (EXAMPLES / f"{name}.py").is_file()
    return target in WRITTEN


def test_every_page_is_in_a_table_of_contents_and_every_entry_exists():
    named = [entry for page in WRITTEN for entry in entries(page)]
    assert sorted(set(named)) == sorted(named)
    assert [entry for entry in named if not exists(entry)] == []
    assert set(WRITTEN) - set(named) == {"index"}


@pytest.mark.parametrize("page", WRITTEN)
def test_references_of_a_page_lead_somewhere(page):
    text = text_of(page)
    here = partial(absolute, page)
    targets = re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", text)
    assert [target for target in targets if not exists(here(target))] == []
    labels = re.findall(r"^\.\. _([\w-]+):$", "".join(map(text_of, WRITTEN)), re.MULTILINE)
    assert set(re.findall(r":ref:`(?:[^`<]*<)?([\w-]+)>?`", text)) <= set(labels)
    cited = set(re.findall(r"\[(\w+\d{4})\]_", text))
    assert cited <= set(re.findall(r"^\.\. \[(\w+)\]", text_of("bibliography"), re.M))
    for image in re.findall(r"\.\. image:: (\S+)", text):
        assert (DOC / here(image)).is_file(), image
    for role, name in re.findall(r":(class|func):`~?([\w.]+)`", text):
        module, _, attribute = name.rpartition(".")
        if module == "sklearn.callback" and importlib.util.find_spec(module) is None:
            continue  # before scikit-learn 1.9
        assert hasattr(importlib.import_module(module), attribute), f"{role} {name}"


@pytest.mark.parametrize("document", ["README.rst", "CONTRIBUTING.rst", "CHANGELOG.rst"])
def test_files_that_a_document_names_are_there(document):
    text = (REPOSITORY / document).read_text()
    named = re.findall(r"\.\. image:: (\S+)", text)
    named += re.findall(r"``((?:doc|examples|tests)/[\w./]+)``", text)
    named = [name for name in named if not name.startswith("doc/_build")]  # by `make doc`
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


@pytest.mark.parametrize("page", WRITTEN)
def test_no_directive_hides_at_the_end_of_a_line(page):
    # It would be text, without a warning. In literal blocks, which are indented, anything may be.
    lines = text_of(page).splitlines()
    assert [line for line in lines if re.match(r"[^\s.].*\.\. [\w-]+::", line)] == []
