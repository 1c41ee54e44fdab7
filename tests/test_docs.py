# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Examples in docstrings and in the README run, and say what is so."""

import doctest
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

from sklearn_gmvae import _gmvae, _persistence, _vade
from sklearn_gmvae.datasets import _make, _mixed
from sklearn_gmvae.metrics import _clustering

matplotlib.use("agg")
README = Path(__file__).parents[1] / "README.rst"


@pytest.mark.parametrize(
    "module", [_vade, _gmvae, _persistence, _clustering, _make, _mixed], ids=lambda m: m.__name__
)
def test_docstring_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_readme_example_runs_and_is_as_short_as_promised(capsys):
    (block,) = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", README.read_text())
    code = re.sub(r"^    ", "", block, flags=re.MULTILINE)
    exec(compile(code, str(README), "exec"), {})
    plt.close("all")
    assert 0.0 < float(capsys.readouterr().out) <= 1.0
    assert len([line for line in code.splitlines() if line.strip()]) <= 15


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
def test_blocks_about_large_data_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    text = (README.parent / "doc" / "large_data.rst").read_text()
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text)
    assert len(blocks) == 3  # those of libraries that are not installed are literal blocks
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(re.sub(r"^    ", "", block, flags=re.MULTILINE), "large_data", "exec"), names)
    assert names["labels"].shape == (2_000,)
    assert names["probabilities"].shape == (2_000, 4)
    assert "after about 4000 more rows" in capsys.readouterr().out  # 2 passes of 5


def test_readme_images_are_committed():
    for path in re.findall(r"\.\. image:: (\S+)", README.read_text()):
        assert (README.parent / path).is_file(), path
