# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The demo command, on networks small enough for a test."""

from functools import partial

import matplotlib

from sklearn_gmvae import _demo
from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark import ESTIMATORS

matplotlib.use("agg")


def test_demo_prints_a_table_and_writes_pictures(tmp_path, monkeypatch, capsys):
    small = {"hidden_layer_sizes": (32,), "pretrain_iter": 20, "max_iter": 10}
    for name in _demo.OURS:
        monkeypatch.setitem(ESTIMATORS, name, partial(ESTIMATORS[name], **small))
    assert main(["demo", "--out", str(tmp_path / "pictures")]) == 0
    printed = capsys.readouterr().out
    for name in ("VaDEClustering", "GMVAEClustering", "KMeans", "GaussianMixture"):
        (line,) = (line for line in printed.splitlines() if line.startswith(f"{name} "))
        assert len(line.split()) == 5
    assert "training: epoch 10/10" in printed
    assert printed.rstrip().endswith(f"Pictures are in {(tmp_path / 'pictures').resolve()}")
    names = {path.name for path in (tmp_path / "pictures").glob("*.png")}
    kinds = ("latent_space", "lower_bound", "samples")
    assert names == {f"{e}Clustering_{k}.png" for e in ("VaDE", "GMVAE") for k in kinds}


def test_demo_of_mnist_without_its_file_is_a_clear_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SKLEARN_GMVAE_DATA", str(tmp_path))
    assert main(["demo", "--data", "mnist", "--out", str(tmp_path)]) == 1
    assert "has no file mnist.npz" in capsys.readouterr().err
