# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark writes what it measured, and resumes."""

import json
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from sklearn_gmvae import VaDEClustering, benchmark
from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark import _run
from sklearn_gmvae.benchmark._data import DATA
from sklearn_gmvae.benchmark._measure import latent_bic, measure
from sklearn_gmvae.datasets import make_mixed
from sklearn_gmvae.metrics import clustering_accuracy

REPOSITORY = Path(__file__).parents[2]
FIELDS = {
    "data", "estimator", "seed", "accuracy", "majority_accuracy", "nmi", "ari", "seconds",
    "cluster_sizes", "params", "versions", "machine",
}  # fmt: skip
# Records of speed and memory name their benchmark.
FIELDS_OF_BENCHMARK = {
    "speed": {"case", "method", "measured", "peak_memory_mb", "versions", "machine"},
    "robustness": {"data", "fit", "outcome", "said", "code", "versions"},
    "missing": {"data", "share", "seed", "contestant", "method", "rmse", "seconds"},
    "memory": {"case", "method", "peak_mb", "above_x_mb", "seconds", "versions", "machine"},
}


def test_run_writes_complete_records_and_resumes(tmp_path, monkeypatch):
    out = tmp_path / "results.jsonl"
    first = list(benchmark.run(["iris"], ["kmeans", "gmm-diag"], 2, out))
    assert len(first) == 4
    assert all(set(record) >= FIELDS for record in first)
    # a kill in the middle of the last line loses that run only
    out.write_bytes(out.read_bytes()[:-20])
    calls = []
    monkeypatch.setattr(_run, "measure", lambda *a: calls.append(a) or measure(*a))
    second = list(benchmark.run(["iris"], ["kmeans", "gmm-diag"], 2, out))
    assert len(calls) == 1
    assert [r["accuracy"] for r in second] == [r["accuracy"] for r in first]
    assert len(benchmark.read_results(out)) == 4


def test_sparse_counts_and_frames_are_measured_and_their_runs_not_repeated(tmp_path, monkeypatch):
    rng = np.random.RandomState(0)
    y = np.arange(60) % 2
    counts = csr_array(rng.poisson(np.where(y[:, None] == 1, [5, 0, 1], [0, 5, 1])))
    monkeypatch.setitem(DATA, "counts", lambda: (counts, y))
    monkeypatch.setitem(DATA, "frame", lambda: make_mixed(60, missing=0.1, random_state=0))
    small = {"latent_dim": 2, "pretrain_iter": 1, "max_iter": 1}
    out = tmp_path / "results.jsonl"
    for protocol in ("all", "held-out"):
        runs = [
            list(
                benchmark.run(
                    ["counts", "frame"], ["vade"], 1, out, protocol=protocol, settings=small
                )
            )
            for _ in range(2)
        ]
        assert runs[0] == runs[1]
        assert [r["modularity"] for r in runs[0]] == [None, None]
        assert [r["n_samples"] for r in runs[0]] == [60, 60]
        assert sum(runs[0][0]["cluster_sizes"]) == (60 if protocol == "all" else 12)
    assert len(benchmark.read_results(out)) == 4
    assert _run.digest_of(counts) != _run.digest_of(counts * 2)


def test_a_parameter_that_records_do_not_know_yet_repeats_no_run(tmp_path, monkeypatch):
    out = tmp_path / "results.jsonl"
    (old,) = benchmark.run(["iris"], ["kmeans"], 1, out)
    del old["params"]["tol"]  # as if it had come later
    out.write_text(json.dumps(old) + "\n")
    assert list(benchmark.run(["iris"], ["kmeans"], 1, out)) == [old]
    assert len(benchmark.read_results(out)) == 1


def test_run_of_other_parameters_is_repeated_and_replaces_the_old(tmp_path, monkeypatch):
    out = tmp_path / "results.jsonl"
    list(benchmark.run(["iris"], ["kmeans"], 1, out))
    monkeypatch.setitem(benchmark.ESTIMATORS, "kmeans", partial(KMeans, n_init=1, max_iter=1))
    (record,) = benchmark.run(["iris"], ["kmeans"], 1, out)
    assert record["params"]["max_iter"] == 1
    records = benchmark.read_results(out)
    assert len(records) == 2
    assert benchmark.table(records) == benchmark.table(records[1:])


def test_command_prints_and_reports_into_a_document(tmp_path, capsys):
    out, document = tmp_path / "r.jsonl", tmp_path / "d.rst"
    document.write_text("before\n\n.. begin results\n\nold\n\n.. end results\n\nafter\n")
    assert main([
        "benchmark", "--data", "iris", "--estimators", "kmeans", "--seeds", "2", "--out", str(out),
    ]) == 0  # fmt: skip
    assert "iris kmeans seed 1: accuracy" in capsys.readouterr().out
    for _ in range(2):  # writing twice changes nothing more
        assert main(["benchmark", "--report", str(out), "--into", str(document)]) == 0
    text = document.read_text()
    assert text.startswith("before\n\n.. begin results\n\n====")
    assert text.endswith("====\n\n.. end results\n\nafter\n")
    assert "old" not in text
    # of some of the file's data sets
    assert main(["benchmark", "--report", str(out), "--data", "wine"]) == 0
    assert "kmeans" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--report", "missing.jsonl"], "no such results file: missing.jsonl"),
        ([], "--out FILE is needed"),
    ],
)
def test_command_errors_are_one_line(arguments, message, capsys):
    assert main(["benchmark", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_command_sets_parameters_and_splits_rows(tmp_path, monkeypatch, capsys):
    y = np.arange(30) % 3
    monkeypatch.setitem(benchmark.DATA, "iris", lambda: (np.column_stack([y, y]) * 1.0, y))
    monkeypatch.setitem(_run.TRAINING_ROWS, "iris", 21)
    out = tmp_path / "r.jsonl"
    command = ["benchmark", "--data", "iris", "--estimators", "kmeans", "--seeds", "1",
               "--out", str(out), "--protocol", "split", "--set", "n_clusters=2"]  # fmt: skip
    assert main(command) == 0
    (written,) = benchmark.read_results(out)
    assert written["params"]["n_clusters"] == 2
    assert written["settings"] == {"n_clusters": 2}
    assert sum(written["cluster_sizes"]) == 9  # the test rows
    assert written["majority_accuracy"] == pytest.approx(2 / 3)
    assert main([*command[:-1], "n_clusters"]) == 1
    assert "--set takes NAME=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "iris", "--protocol", "split"], "iris has no published split"),
        (["--estimators", "kmeans", "--config", "paper"], "no paper has a recipe for kmeans"),
        (["--estimators", "kmeans", "--protocol", "ranks"], "kmeans cannot be fitted so"),
    ],
)
def test_command_impossible_requests_are_one_line(options, message, tmp_path, capsys):
    assert main(["benchmark", "--out", str(tmp_path / "r.jsonl"), *options]) == 1
    assert message in capsys.readouterr().err


def test_committed_results_are_complete():
    for path in (REPOSITORY / "doc/results").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            fields = FIELDS_OF_BENCHMARK[record["benchmark"]] if "benchmark" in record else FIELDS
            assert set(record) >= fields, path


def test_our_estimators_leave_phases_terms_and_memory_in_the_record(tmp_path):
    (written,) = benchmark.run(
        ["iris"], ["vade"], 1, tmp_path / "r.jsonl", settings={"pretrain_iter": 2, "max_iter": 3}
    )
    assert set(written["seconds_by_phase"]) == {"pretraining", "start", "training"}
    assert {"reconstruction", "conditional_prior", "cluster_prior"} <= set(written["terms"])
    assert 0 < written["confident_sample_accuracy"] <= 1
    assert len(written["labels_sample"]) == 150
    assert written["peak_memory_mb"] is None or written["peak_memory_mb"] > 50


@pytest.mark.parametrize("name", ["ae+kmeans", "ae+gmm", "vae+gmm"])
def test_codes_then_clusters_finds_blobs(name):
    X, y = make_blobs(300, centers=3, n_features=5, random_state=0)
    labels = benchmark.ESTIMATORS[name](3, random_state=0).fit_predict(X)
    assert clustering_accuracy(y, labels) > 0.9


def test_grid_runs_every_combination(tmp_path, capsys):
    out = tmp_path / "r.jsonl"
    assert main([
        "benchmark", "--data", "iris", "--estimators", "kmeans", "--seeds", "1", "--out", str(out),
        "--grid", "n_clusters=2,3", "max_iter=5,6", "--set", "tol=0.1", "--protocol", "held-out",
    ]) == 0  # fmt: skip
    records = benchmark.read_results(out)
    asked = [(r["params"]["n_clusters"], r["params"]["max_iter"]) for r in records]
    assert sorted(asked) == [(2, 5), (2, 6), (3, 5), (3, 6)]
    assert all(r["params"]["tol"] == 0.1 and sum(r["cluster_sizes"]) == 30 for r in records)
    assert "kmeans (tol=0.1, max_iter=6, n_clusters=3" in capsys.readouterr().out
    assert (
        main(["benchmark", "--estimators", "kmeans", "--out", str(out), "--set", "lambda=1"]) == 1
    )
    assert "kmeans cannot be set so" in capsys.readouterr().err


def test_pictures_parameters_can_be_set_and_be_in_a_grid(tmp_path):
    out = tmp_path / "r.jsonl"
    assert main([
        "benchmark", "--data", "iris", "--estimators", "vade", "--seeds", "1", "--out", str(out),
        "--set", "network=conv", "hidden_layer_sizes=((4, 3, 2), 8)", "image_shape=(1, 2, 2)",
        "pretrain_iter=1", "max_iter=1", "--grid", "augment=None,image",
    ]) == 0  # fmt: skip
    records = benchmark.read_results(out)
    assert [r["params"]["augment"] for r in records] == [None, "image"]
    assert {r["params"]["image_shape"] for r in records} == {"(1, 2, 2)"}


@pytest.mark.filterwarnings("ignore:.*distinct:UserWarning")
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_latent_bic_is_that_of_the_fitted_mixture(covariance_type, blobs):
    X, _ = blobs
    vade = VaDEClustering(
        3, latent_dim=2, covariance_type=covariance_type, hidden_layer_sizes=8, pretrain_iter=5,
        max_iter=5, random_state=0,
    ).fit(X)  # fmt: skip
    covariances = {
        "full": lambda c: c,
        "tied": lambda c: np.stack([c] * 3),
        "diag": lambda c: np.stack([np.diag(v) for v in c]),
        "spherical": lambda c: np.stack([v * np.eye(2) for v in c]),
    }[covariance_type](vade.covariances_)
    Z = vade.transform(X)
    density = sum(
        weight * multivariate_normal(mean, covariance).pdf(Z)
        for weight, mean, covariance in zip(vade.weights_, vade.means_, covariances, strict=True)
    )
    n_parameters = 2 + 6 + {"full": 9, "tied": 3, "diag": 6, "spherical": 3}[covariance_type]
    expected = -2 * np.log(density).sum() + n_parameters * np.log(len(X))
    assert latent_bic(vade, X) == pytest.approx(expected, rel=1e-9)


def test_a_peer_that_is_not_installed_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "clustpy", None)
    out = ["--out", str(tmp_path / "r.jsonl")]
    assert main(["benchmark", "--data", "iris", "--estimators", "clustpy-vade", *out]) == 1
    assert "pip install clustpy" in capsys.readouterr().err


def test_a_peer_runs_through_the_same_command(tmp_path, monkeypatch):
    # ClustPy's own interface, in its place: positional n_clusters, random_state, fit_predict.
    peer = types.SimpleNamespace(DEC=KMeans)
    monkeypatch.setitem(sys.modules, "clustpy", types.SimpleNamespace(deep=peer))
    (record,) = benchmark.run(["iris"], ["clustpy-dec"], 1, tmp_path / "r.jsonl")
    assert record["class"] == "KMeans"
    assert record["params"]["random_state"] == 0
    assert sum(record["cluster_sizes"]) == 150
