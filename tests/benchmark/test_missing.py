# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of missing values removes the same entries for all and counts honestly."""

import numpy as np
import pytest

from sklearn_gmvae import VaDEClustering, benchmark
from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark import _missing


class Quick(VaDEClustering):
    """VaDE in no time."""

    def __init__(self, n_clusters=8, *, likelihood="auto", random_state=None):
        super().__init__(
            n_clusters, likelihood=likelihood, random_state=random_state,
            hidden_layer_sizes=(8,), pretrain_iter=1, max_iter=1,
        )  # fmt: skip


@pytest.fixture
def quick_vade(monkeypatch):
    monkeypatch.setitem(_missing.ESTIMATORS, "vade", Quick)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_command_measures_resumes_and_reports(quick_vade, tmp_path, capsys):
    out = tmp_path / "missing.jsonl"
    arguments = ["benchmark", "missing", "--data", "iris", "--shares", ".3", "--seeds", "2"]
    assert main([*arguments, "--out", str(out)]) == 0
    records = benchmark.read_results(out)
    assert len(records) == 2 * 4  # vade, after two imputers, and knn
    assert main([*arguments, "--out", str(out)]) == 0
    assert benchmark.read_results(out) == records
    capsys.readouterr()
    assert main(["benchmark", "--report", str(out), "--table", "missing"]) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[3].split()[:4] == ["iris", "30%", "vade", "2"]
    assert main([*arguments, "--estimators", "kmeans", "--out", str(out)]) == 1


def test_error_of_means_is_that_of_the_removed_entries():
    """Of entries of unit variance, replaced by the mean of those left: about 1."""
    X = np.random.RandomState(0).standard_normal((4000, 3)) * [1.0, 100.0, 0.0]
    removed = np.random.RandomState(1).random_sample(X.shape) < 0.3
    result = _missing.compete(X, np.zeros(4000), removed, None, "mean", 0)
    n = removed[:, :2].sum()
    # the standard error of a mean of n squares of normals, halved by the root
    assert abs(result["rmse"] - 1.0) < 5 * 0.5 * (2 / n) ** 0.5 + 1e-3
    assert "ari" not in result


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_iterative_imputer_stays_within_the_observed_range():
    X = np.random.RandomState(0).random_sample((60, 4))
    X[np.random.RandomState(1).random_sample(X.shape) < 0.4] = np.nan
    filled = _missing.IMPUTERS["iterative"](X, 0).fit_transform(X)
    assert (filled >= np.nanmin(X, axis=0)).all()
    assert (filled <= np.nanmax(X, axis=0)).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_iterative_imputer_takes_constant_columns():
    X = np.random.RandomState(0).random_sample((60, 3)) * [1.0, 1.0, 0.0] + [0.0, 0.0, 5.0]
    holes = np.where(np.random.RandomState(1).random_sample(X.shape) < 0.4, np.nan, X)
    filled = _missing.IMPUTERS["iterative"](holes, 0).fit_transform(holes)
    np.testing.assert_allclose(filled[:, 2], 5.0, rtol=1e-12)


def test_table_counts_where_the_estimator_alone_is_ahead():
    def record(contestant, share, rmse, ari=None, method=2):
        values = {"rmse": rmse} | ({} if ari is None else {"ari": ari})
        return {
            "benchmark": "missing", "data": "iris", "data_digest": "d", "share": share, "seed": 0,
            "contestant": contestant, "method": method, **values,
        }  # fmt: skip

    records = [
        record("vade", 0.1, 9.0, 0.0, method=1),
        record("vade", 0.1, 0.5, 0.9), record("mean + vade", 0.1, 1.0, 0.5),
        record("iterative + vade", 0.1, 0.6, 0.95), record("knn", 0.1, 0.4),
        record("vade", 0.3, 0.7, 0.8), record("mean + vade", 0.3, 1.0, 0.4),
        record("iterative + vade", 0.3, 0.8, 0.7), record("knn", 0.3, 0.9),
    ]  # fmt: skip
    lines = benchmark.TABLES["missing"](records).splitlines()
    assert lines[3].split()[:8] == ["iris", "10%", "vade", "1", "0.900", "0.500", "0.950", "*"]
    counts = lines[-2].replace("ahead of", "").split(" of ")
    assert [c.split()[-1] for c in counts[:-1]] == ["2", "1", "2", "2", "1"]
    with pytest.raises(ValueError, match="benchmark missing"):
        benchmark.TABLES["missing"]([{"data": "iris"}])
