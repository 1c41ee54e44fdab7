# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes with parts of the rows fit the model that one with all of them fits."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

RANK = Path(__file__).with_name("rank.py")
REPOSITORY = RANK.parents[2]

pytestmark = pytest.mark.distributed


def run(task, folder, size, timeout=240):
    """What every rank left behind."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(RANK), task, str(folder), str(rank), str(size)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(size)
    ]
    for process in processes:
        process.wait(timeout)
    files = [folder / f"{task}_{rank}_of_{size}.npz" for rank in range(size)]
    return [dict(np.load(file)) for file in files if file.exists()]


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exact")
    return [*run("exact", folder, 1), *run("exact", folder, 2)]


def test_in_double_two_ranks_find_the_parameters_of_one(exact):
    one, first, second = exact
    assert set(one) == set(first) == set(second)
    for name, parameters in one.items():
        np.testing.assert_allclose(first[name], parameters, rtol=1e-9, atol=1e-9, err_msg=name)
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fits")
    return [*run("fits", folder, 1), *run("fits", folder, 2)]


CASES = [
    "vade digits",
    "gmvae table",
    "vade restarts, held out",
    "vade fresh seed",
    "vade bfloat16",
    "vade frame",
    "vade holes",
    "vade counts",
    "vade pixels",
    "vade Gaussian pixels",
    "vade components",
    "vade words",
    "vade moons",
]


@pytest.mark.parametrize("case", CASES)
def test_ranks_end_with_the_same_model_bit_for_bit(fits, case):
    _, first, second = fits
    for name in (case, *(f"{case} {what}" for what in ("bound", "bounds", "offset", "scale"))):
        np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize(
    "case",
    [
        "vade digits",
        "gmvae table",
        "vade restarts, held out",
        "vade frame",
        "vade holes",
        "vade counts",
        "vade pixels",
        "vade Gaussian pixels",
        "vade components",
        "vade words",
        "vade moons",
    ],
)
def test_ranks_find_the_clusters_and_the_bound_of_one_process(fits, case):
    one, first, second = fits
    labels = np.concatenate([first[f"{case} labels"], second[f"{case} labels"]])
    # In float32 sums over two ranks are rounded otherwise than over one, and training makes more of
    # it: a row between two clusters may change sides.
    assert np.mean(labels == one[f"{case} labels"]) >= 0.98
    assert first[f"{case} epochs"] == one[f"{case} epochs"]
    np.testing.assert_allclose(first[f"{case} bound"], one[f"{case} bound"], rtol=1e-3)
    np.testing.assert_allclose(first[f"{case} bounds"][0], one[f"{case} bounds"][0], rtol=1e-4)
    scale = one[f"{case} scale"]
    np.testing.assert_allclose(first[f"{case} scale"], scale, rtol=1e-12)
    rounding = 1e-12 * scale.max()  # of means that are nothing else
    np.testing.assert_allclose(
        first[f"{case} offset"], one[f"{case} offset"], rtol=1e-12, atol=rounding
    )


def test_labels_are_of_the_ranks_own_rows_without_holes(fits):
    _, first, second = fits
    assert len(first["vade digits labels"]) == 420
    assert len(second["vade digits labels"]) == 180
    both = np.concatenate([first["vade digits labels"], second["vade digits labels"]])
    sizes = np.bincount(both, minlength=10)
    assert np.all(np.diff(sizes) <= 0)  # the largest of all rows first


def test_every_rank_raises_where_one_brings_something_else(tmp_path):
    first, second = run("wrong", tmp_path, 2)
    assert first["messages"].tolist()[:4] == second["messages"].tolist()[:4]
    widths, rows, jobs, domain, dtype, *refused = first["messages"]
    assert "rank 0 brings float64" in dtype
    assert "rank 1 brings float32" in second["messages"][4]
    # What one finds wrong with its own rows ends the others too, which know no more than that.
    assert ["Of 2 ranks, 1 refused" in message for message in refused] == [True, True]
    assert "infinity" in second["messages"][5]
    assert "init_params" in second["messages"][6]
    assert "3, 4 features on ranks 0 to 1" in widths
    assert "n_samples=40 should be >= n_clusters=100" in rows
    assert "n_jobs=2" in jobs
    assert "[0, 1]" in domain


def test_all_ranks_stop_where_one_wants_to(tmp_path):
    ranks = run("stops", tmp_path, 2)
    assert len(ranks) == 2
    for rank in ranks:
        assert rank["n_iter"] == 2
        assert rank["stopped"]


def test_ranks_that_die_go_on_bit_for_bit_from_the_first_ones_disk(tmp_path):
    first, second = run("resumes", tmp_path, 2)
    for rank in (first, second):
        for deadly in (9, 25):
            np.testing.assert_array_equal(rank[f"after {deadly}"], rank["undisturbed"])
    assert [first[f"files of {deadly}"] for deadly in (9, 25)] == [1, 1]
    assert [second[f"files of {deadly}"] for deadly in (9, 25)] == [0, 0]


def test_a_rank_that_dies_ends_the_other_within_a_minute(tmp_path):
    (survivor,) = run("dies", tmp_path, 2, timeout=120)
    assert survivor["waited"] < 60
    assert str(survivor["error"])


@pytest.mark.slow
def test_the_example_under_torchrun_prints_one_model(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    example = REPOSITORY / "examples" / "fit_torchrun.py"
    printed = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", str(example)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=600,
    ).stdout  # fmt: skip
    # The two write at the same time, maybe into one line.
    told = re.findall(r"rank \d: .*?(ELBO -[\d.]+, first weight [\d.]+)", printed)
    assert len(told) == 2
    assert told[0] == told[1]
