# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fitted estimator asked from many threads at once answers each as if it were alone."""

import os
import random
import subprocess
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import sklearn
import torch

from sklearn_gmvae import GMVAEClustering, VaDEClustering, load

ESTIMATORS = [VaDEClustering, GMVAEClustering]

N_THREADS = 16
METHODS = ["predict", "predict_proba", "transform", "score_samples"]

# With so few updates components may stay empty: an outcome that is told, and not what is tested.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)


def parts_of(X, thread):
    """Rows for one thread: each its own, of other numbers and both dtypes."""
    rows = X[thread : len(X) - 5 * thread]
    return rows.astype(np.float32) if thread % 2 else rows


def answers(estimator, X, seed):
    return [
        *(getattr(estimator, method)(X) for method in METHODS),
        *estimator.sample(7, random_state=seed),
        estimator.inverse_transform(estimator.means_),
    ]


def assert_threads_get_what_one_gets(estimator, X, n_calls):
    expected = [answers(estimator, parts_of(X, thread), thread) for thread in range(N_THREADS)]
    together = Barrier(N_THREADS)

    def ask(thread):
        rows = parts_of(X, thread)
        together.wait()
        for _ in range(n_calls):
            for got, alone in zip(answers(estimator, rows, thread), expected[thread], strict=True):
                assert got.dtype == alone.dtype
                assert got.tobytes() == alone.tobytes()
        return n_calls

    with ThreadPoolExecutor(N_THREADS) as pool:
        assert sum(pool.map(ask, range(N_THREADS))) == N_THREADS * n_calls


def test_threads_that_ask_at_once_get_what_one_alone_gets(quick, blobs):
    assert_threads_get_what_one_gets(quick().fit(blobs[0]), blobs[0], n_calls=3)


@pytest.mark.slow
def test_sixteen_threads_ask_a_thousand_times(quick, blobs):
    assert_threads_get_what_one_gets(quick().fit(blobs[0]), blobs[0], n_calls=1000)


def test_loading_and_saving_in_threads_gives_the_same_model(quick, blobs, tmp_path):
    estimator = quick().fit(blobs[0])
    expected = estimator.predict_proba(blobs[0])
    path = tmp_path / "model"
    estimator.save(path)
    content = path.read_bytes()

    def load_and_save(thread):
        for _ in range(3):
            loaded = load(path, device="cpu")
            assert loaded.predict_proba(blobs[0]).tobytes() == expected.tobytes()
            loaded.save(path)  # over the file that the others read

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(load_and_save, range(N_THREADS)))
    assert path.read_bytes() == content


SEEDS = range(8)


def fit_and_answer(job):
    """What a fit with the seed leaves, as bytes; at module level, so that processes find it."""
    estimator_class, X, seed = job
    estimator = estimator_class(
        3, hidden_layer_sizes=(16,), pretrain_iter=10, max_iter=5, random_state=seed, device="cpu"
    )
    estimator.fit(X)
    arrays = (estimator.score_samples(X), estimator.means_, estimator.lower_bounds_)
    return b"".join(array.tobytes() for array in arrays)


@pytest.fixture(params=ESTIMATORS)
def jobs(request, blobs):
    return [(request.param, blobs[0][::2], seed) for seed in SEEDS]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_eight_fits_in_threads_equal_fits_one_after_the_other(jobs):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fit_and_answer, jobs)) == list(map(fit_and_answer, jobs))


# A process that is spawned begins anew, and loads the package and what is sent to it: for seconds.
@pytest.mark.slow
def test_eight_fits_in_spawned_processes_equal_fits_one_after_the_other(blobs):
    jobs = [(ESTIMATORS[seed % 2], blobs[0], seed) for seed in SEEDS]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(fit_and_answer, jobs))
    assert found == list(map(fit_and_answer, jobs))


# Two threads before the fork, whatever this process has; one for what is to be found after it.
FORKED = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch
from sklearn.datasets import make_blobs

sys.path.insert(0, sys.argv[1])
from test_concurrency import ESTIMATORS, fit_and_answer

X, _ = make_blobs(90, 4, random_state=0)
jobs = [(ESTIMATORS[seed % 2], X, seed) for seed in range(4)]
torch.set_num_threads(1)
expected = list(map(fit_and_answer, jobs))
torch.set_num_threads(2)
fit_and_answer(jobs[0])
with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
    assert list(pool.map(fit_and_answer, jobs)) == expected
assert torch.get_num_threads() == 2
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system starts processes anew")
def test_forked_processes_fit_with_one_thread_though_their_parent_had_two():
    where = str(Path(__file__).parent)
    command = [sys.executable, "-W", "ignore", "-c", FORKED, where]
    env = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=env, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_fits_and_answers_in_threads_leave_no_global_state_behind(quick, blobs, monkeypatch):
    # Whoever sets warning filters anew takes long enough about it to meet another who does.
    def slow_enter(self, enter=warnings.catch_warnings.__enter__):
        found = enter(self)
        time.sleep(1e-4)
        return found

    monkeypatch.setattr(warnings.catch_warnings, "__enter__", slow_enter)

    def states():
        return (
            torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate(),  # noqa: NPY002
            torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(),
            np.geterr(), sklearn.get_config(), list(warnings.filters),
        )  # fmt: skip

    fitted, before = quick().fit(blobs[0]), states()

    def work(thread):
        if thread % 2:
            fitted.score(blobs[0])
        else:
            # Both ways to search at once: among mixtures, and among neighbours soon after k-means.
            start = ("auto", "kmeans")[thread // 2 % 2]
            settings = {"pretrain_iter": 5, "max_iter": 3, "init_params": start}
            quick(random_state=thread, **settings).fit(blobs[0])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert states() == before
