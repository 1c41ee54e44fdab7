# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The search for nearest rows finds what scikit-learn's does, and leaves all threads' filters."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.neighbors import NearestNeighbors

from sklearn_gmvae.utils._nearest import Nearest


@pytest.fixture(params=[(300, 3, 10), (300, 30, 10), (12, 3, 10), (2, 3, 1)], ids=str)
def rows_and_k(request):
    n, d, k = request.param
    return np.random.RandomState(0).randn(n, d), k


def test_the_nearest_are_those_of_scikit_learn(rows_and_k):
    rows, k = rows_and_k
    queries = np.random.RandomState(1).randn(50, rows.shape[1])
    search, theirs = Nearest(rows, k), NearestNeighbors(n_neighbors=k).fit(rows)
    for found, expected in zip(search.of(queries), theirs.kneighbors(queries), strict=True):
        assert_array_equal(found, expected)
    assert_array_equal(search.of_each_other(), theirs.kneighbors(return_distance=False))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_rows_that_repeat_each_has_as_many_neighbours(dtype):
    rows = np.repeat(np.arange(5.0), 20)[:, None].astype(dtype)
    found = Nearest(rows, 3).of_each_other()
    assert_array_equal(found, NearestNeighbors(n_neighbors=3).fit(rows).kneighbors()[1])
    assert (found != np.arange(100)[:, None]).all()
    assert_array_equal(rows[found, 0], np.repeat(rows, 3, axis=1))


def test_rows_with_missing_entries_are_compared_in_the_columns_that_both_have():
    rows = np.array([[0.0, np.nan], [0.1, 5.0], [3.0, 5.1], [np.nan, 5.3]])
    assert_array_equal(Nearest(rows, 1, "nan_euclidean").of_each_other()[:, 0], [1, 0, 3, 2])


def test_searches_in_threads_leave_the_warning_filters_as_they_were():
    rows = np.random.RandomState(0).randn(500, 10)
    search = Nearest(rows, 10)
    with warnings.catch_warnings():
        # As users write them: scikit-learn's own copies would turn the module's name into a regex.
        warnings.filters.insert(0, ("ignore", None, DeprecationWarning, "__main__", 0))
        before = list(warnings.filters)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: search.of_each_other(), range(32)))
        assert warnings.filters == before
