# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The memory benchmark counts what a process has for itself, and contract 5 by its figures."""

import json
import time

import numpy as np
import pytest

from sklearn_gmvae import benchmark
from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark._memory import (
    MEMORY_CASES,
    STATUS,
    PeakMemory,
    memory,
)

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells RssAnon")


def test_peak_memory_counts_arrays_and_no_mapped_file(tmp_path):
    with PeakMemory() as peak:
        before = peak.mb
        array = np.ones(25_000_000)  # 200 MB
        time.sleep(0.2)  # on a busy machine the sampler may have to wait for its turn
        del array
    # What earlier tests left behind may be given back meanwhile, so that less is seen to come.
    assert 150 < peak.mb - before < 250
    np.save(tmp_path / "X", np.ones(5_000_000))
    with PeakMemory() as peak:
        before = peak.mb
        assert np.load(tmp_path / "X.npy", mmap_mode="r").sum() == 5e6
    assert peak.mb - before < 10


@pytest.mark.parametrize("case", ["uint8", "csr", "counts"])
def test_written_x_is_as_described_and_removed(tmp_path, case):
    with MEMORY_CASES[case](tmp_path, 0.01) as path:
        if case == "uint8":
            X = np.load(path, mmap_mode="r")
            assert isinstance(X, np.memmap)
            assert X.nbytes == pytest.approx(1e7, rel=1e-3)
        else:
            X = np.load(path)
            assert X["shape"].tolist() == [1250, 2000]
            assert len(X["data"]) == 1250 * 20  # 1 %
            assert X["data"].dtype.kind == {"csr": "f", "counts": "i"}[case]
        with pytest.raises(FileExistsError, match="is there already"):
            MEMORY_CASES[case](tmp_path, 0.01).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_command_measures_into_a_file(tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    command = ["benchmark", "memory", "--out", str(out), "--cases", "csr", "--gigabytes", "0.001"]
    assert main(command) == 1
    assert "--folder DIR is needed" in capsys.readouterr().err
    assert main([*command, "--folder", str(tmp_path / "X")]) == 0
    (record,) = map(json.loads, out.read_text().splitlines())
    assert record["n_samples"] == 125
    # 20 entries of 4 + 4 bytes a row, and the rows' ends
    assert record["x_mb"] == pytest.approx(125 * (20 * 8 + 4) / 1e6, abs=0.1)
    assert 0 < record["after_import_mb"] <= record["with_x_mb"] < record["peak_mb"]["fit"]
    assert "csr: X 0 MB, fit and predict took" in capsys.readouterr().out


def test_cases_of_another_benchmark_are_refused(tmp_path, capsys):
    command = ["benchmark", "memory", "--out", str(tmp_path / "o"), "--folder", str(tmp_path)]
    assert main([*command, "--cases", "throughput"]) == 1
    assert "throughput is no case of benchmark memory" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("case", ["uint8", "float32"])
def test_memory_beyond_a_mapped_file_does_not_grow_with_it(tmp_path, case):
    """Contract 5: a bounded number of batches (here 3 MB each as float32) and some numbers a row;
    the larger file has 450 MB more."""
    small, large = (memory(case, tmp_path, gigabytes) for gigabytes in (0.15, 0.6))
    assert large["above_x_mb"] < 300
    assert large["above_x_mb"] - small["above_x_mb"] < 45


def test_table_has_the_last_record_of_each_case():
    def record(case, above):
        return {
            "benchmark": "memory", "case": case, "dtype": "uint8", "n_samples": 1000,
            "n_features": 20, "x_mb": 0.02, "above_x_mb": above,
            "seconds": {"fit": 2.4, "predict": 1.0},
        }  # fmt: skip

    records = [record("uint8", 9.0), record("csr", 3.0), record("uint8", 4.6), {"data": "iris"}]
    lines = benchmark.TABLES["memory"](records).splitlines()[3:-1]
    assert [line.split() for line in lines] == [
        ["uint8", "uint8", "1,000", "20", "0", "5", "2", "1"],
        ["csr", "uint8", "1,000", "20", "0", "3", "2", "1"],
    ]
    with pytest.raises(ValueError, match="benchmark memory"):
        benchmark.TABLES["memory"]([{"data": "iris"}])
