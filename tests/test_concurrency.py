# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fitted estimator asked from many threads at once answers each as if it were alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from sklearn_gmvae import load

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


def test_fits_in_threads_equal_fits_one_after_the_other(quick, blobs):
    def fit(seed):
        estimator = quick(random_state=seed, pretrain_iter=20, max_iter=10).fit(blobs[0])
        return estimator.score_samples(blobs[0]).tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fit, range(4))) == [fit(seed) for seed in range(4)]
