# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark writes what it measured, resumes, and its tables come from its files."""

import json
from functools import partial
from pathlib import Path

import pytest
from sklearn.cluster import KMeans

from sklearn_gmvae import benchmark
from sklearn_gmvae.__main__ import main

REPOSITORY = Path(__file__).parents[2]
FIELDS = {
    "data", "estimator", "seed", "accuracy", "majority_accuracy", "nmi", "ari", "seconds",
    "cluster_sizes", "params", "versions", "machine",
}  # fmt: skip


def test_run_writes_complete_records_and_resumes(tmp_path, monkeypatch):
    out = tmp_path / "results.jsonl"
    first = list(benchmark.run(["iris"], ["kmeans", "gmm-diag"], 2, out))
    assert len(first) == 4
    assert all(set(record) >= FIELDS for record in first)
    # a kill in the middle of the last line loses that run only
    out.write_bytes(out.read_bytes()[:-20])
    calls = []
    run_module = __import__("sklearn_gmvae.benchmark._run", fromlist=["measure"])
    measure = run_module.measure
    monkeypatch.setattr(run_module, "measure", lambda *a: calls.append(a) or measure(*a))
    second = list(benchmark.run(["iris"], ["kmeans", "gmm-diag"], 2, out))
    assert len(calls) == 1
    assert [r["accuracy"] for r in second] == [r["accuracy"] for r in first]
    assert len(benchmark.read_results(out)) == 4


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


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_readme_tables_are_those_generated_from_the_committed_results(name):
    records = benchmark.read_results(REPOSITORY / f"doc/results/{name}.jsonl")
    assert records
    assert benchmark.table(records) in (REPOSITORY / "README.rst").read_text()


def test_committed_results_are_complete():
    for path in (REPOSITORY / "doc/results").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            assert set(json.loads(line)) >= FIELDS, path
