# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X that is not to be copied: memory maps and CSR."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from sklearn_gmvae.training import _prior_start
from sklearn_gmvae.utils import validate_rows

# With so few updates components may stay empty: an outcome that is told, and tested elsewhere.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

ANSWERS = ["predict", "transform", "score_samples"]


@pytest.fixture
def half_empty(blobs):
    X = blobs[0].copy()
    X[np.random.RandomState(0).rand(*X.shape) < 0.5] = 0.0
    return X


def test_memory_map_gives_the_answers_of_its_array(quick, blobs, tmp_path):
    X = blobs[0].astype(np.float32)
    mapped = np.memmap(tmp_path / "X", dtype=X.dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    mapped = np.memmap(tmp_path / "X", dtype=X.dtype, mode="r", shape=X.shape)
    first, second = quick().fit(X), quick().fit(mapped)
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(first, name)(X), getattr(second, name)(mapped))


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array, sparse.coo_array])
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_sparse_gives_the_answers_of_its_array(quick, half_empty, container, likelihood):
    X = np.abs(half_empty)
    S = container(X)
    first, second = (quick(likelihood=likelihood, n_init=2).fit(A) for A in (X, S))
    np.testing.assert_array_equal(second.labels_, second.predict(S))
    np.testing.assert_array_equal(second.labels_, first.labels_)
    for name in ANSWERS:
        # moments differ in their last bits, and training carries them on
        np.testing.assert_allclose(getattr(second, name)(S), getattr(first, name)(X), atol=1e-3)
        # one model, two containers: the same rows
        np.testing.assert_array_equal(getattr(first, name)(S), getattr(first, name)(X))


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64])
def test_sparse_of_other_dtypes_is_treated_as_its_array(quick, dtype):
    X = (np.random.RandomState(0).rand(60, 5) < 0.4).astype(dtype)
    first, second = quick().fit(X), quick().fit(sparse.csr_array(X))
    assert first.likelihood_ == second.likelihood_ == "bernoulli"
    np.testing.assert_array_equal(first.labels_, second.labels_)
    assert second.transform(sparse.csr_array(X)).dtype == np.float64


def test_probabilities_of_sparse_rows_are_refused_with_the_remedy(quick, half_empty):
    S = sparse.csr_array(half_empty)
    estimator = quick().fit(S)
    with pytest.raises(ValueError, match=r"predict_proba expects dense rows.*sparse.*\(200, 6\)"):
        estimator.predict_proba(S)
    probabilities = estimator.predict_proba(S[:50].toarray())
    np.testing.assert_array_equal(probabilities.argmax(1), estimator.labels_[:50])


def test_sparse_that_is_infinite_raises(quick, half_empty):
    S = sparse.csr_array(half_empty)
    S.data[-1] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        quick().fit(S)


def test_sparse_outside_the_domain_raises(quick, half_empty):
    with pytest.raises(ValueError, match=r"Expected X in \[0, 1\] for likelihood='bernoulli'"):
        quick(likelihood="bernoulli", standardize=False).fit(sparse.csr_array(half_empty))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_validation_takes_no_memory(quick, tmp_path, dtype):
    """Also of float16, whose sum overflows, and of columns, which are not contiguous."""
    X = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=(40_000, 200))
    X[:] = 100.0
    tracemalloc.start()
    for view in (X, X[:, 1:]):
        assert np.shares_memory(validate_rows(quick(), view, reset=True)[0], X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6  # a boolean for each entry would be 8 MB


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_wide_csr_is_never_dense_as_a_whole(quick, dtype, monkeypatch):
    monkeypatch.setattr(_prior_start, "MAX_LANDMARKS", 500)
    rng = np.random.RandomState(0)
    n, D = 5_000, 2_000
    columns = rng.randint(0, 100, (n, 20)) + 100 * np.arange(20)
    data = rng.randint(1, 50, columns.size).astype(dtype)
    X = sparse.csr_array((data, columns.ravel(), np.arange(0, data.size + 1, 20)), shape=(n, D))
    tracemalloc.start()
    estimator = quick(pretrain_iter=1, max_iter=1).fit(X)
    estimator.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Dense, X would take 40 MB in float32 and 80 MB in float64; batches take 4 MB each.
    assert peak < 20e6
