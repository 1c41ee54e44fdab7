# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The modularity against Newman's definition, and what follows from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.neighbors import kneighbors_graph

from sklearn_gmvae.metrics import neighbor_modularity
from sklearn_gmvae.metrics._modularity import SIZES, cohesion, modularity, nearest_rows


def by_definition(X, labels, n_neighbors):
    directed = kneighbors_graph(X, n_neighbors).toarray()
    A = (directed + directed.T) / 2
    degree, m = A.sum(1), A.sum()
    same = labels[:, None] == labels
    return ((A - np.outer(degree, degree) / m) * same).sum() / m


@given(st.integers(1, 8), st.integers(1, 12), st.integers(0, 2**31 - 1))
def test_it_is_that_of_the_adjacency_matrix(n_clusters, n_neighbors, seed):
    rng = np.random.RandomState(seed)
    X, labels = rng.standard_normal((30, 3)), rng.randint(n_clusters, size=30)
    expected = by_definition(X, labels, n_neighbors)
    assert neighbor_modularity(X, labels, n_neighbors=n_neighbors) == pytest.approx(
        expected, abs=1e-12
    )
    one = np.zeros(30, int)
    assert neighbor_modularity(X, one, n_neighbors=n_neighbors) == pytest.approx(0.0, abs=1e-12)


def test_two_rows_apart_are_the_least():
    assert neighbor_modularity(np.eye(2), [0, 1]) == pytest.approx(-0.5)


def test_one_row_has_no_links():
    assert neighbor_modularity([[1.0, 2.0]], [0]) == 0.0


def test_it_ranks_the_true_clusters_first():
    X, truth = make_blobs(300, centers=5, cluster_std=0.3, random_state=0)
    found = neighbor_modularity(X, truth)
    split = np.where((truth == 0) & (X[:, 0] > np.median(X[truth == 0, 0])), 5, truth)
    merged = np.where(truth == 4, 3, truth)
    assert found > neighbor_modularity(X, split)
    assert found > neighbor_modularity(X, merged)


def test_cohesion_of_clusters_apart_hardly_depends_on_their_sizes():
    X = np.r_[np.random.RandomState(0).randn(400, 2), 100 + np.random.RandomState(1).randn(400, 2)]
    for rows in (slice(0, 800), slice(350, 800)):
        labels = (X[rows, 0] > 50).astype(int)
        neighbors = nearest_rows(X[rows], 10)
        most = 1 - (np.bincount(labels) ** 2).sum() / len(labels) ** 2
        assert modularity(neighbors, labels) == pytest.approx(most)
        assert cohesion(neighbors, labels) == pytest.approx(most ** (1 - SIZES))
    assert cohesion(neighbors, np.zeros_like(labels)) == 0.0


def test_of_many_rows_evenly_spaced_ones_are_looked_at():
    X, truth = make_blobs(1000, centers=3, random_state=0)
    few = neighbor_modularity(X, truth, max_samples=100)
    assert few == neighbor_modularity(X[::10], truth[::10], max_samples=None)
    assert few != neighbor_modularity(X, truth)


@pytest.mark.parametrize(
    ("X", "labels", "message"),
    [
        (np.zeros((3, 2)), [0, 1], "inconsistent numbers of samples"),
        (np.zeros((0, 2)), [], "minimum of 1"),
    ],
)
def test_bad_input_is_refused(X, labels, message):
    with pytest.raises(ValueError, match=message):
        neighbor_modularity(X, labels)


@pytest.mark.parametrize("exponent", [-1000, -530, 300, 530, 1000])
def test_units_do_not_matter(exponent):
    X, labels = make_blobs(100, centers=3, random_state=0)
    scaled = np.ldexp(X, exponent)
    assert neighbor_modularity(scaled, labels) == neighbor_modularity(X, labels)


@pytest.mark.parametrize("far", [1e155, 1e170, 1e300, 1.7e308])
def test_a_row_that_is_far_away_changes_little(far):
    X, labels = make_blobs(200, centers=2, cluster_std=0.3, random_state=0)
    X[7] = far
    assert neighbor_modularity(X, labels) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("fill", [0.0, np.nan])
def test_rows_without_any_difference_have_no_unit(fill):
    assert np.isfinite(neighbor_modularity(np.full((20, 2), fill), [0, 1] * 10))


@pytest.mark.parametrize("name", ["n_neighbors", "max_samples"])
@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-5, ValueError), (2.5, TypeError), ("all", TypeError)]
)
def test_bad_numbers_are_refused_by_name(name, value, error):
    with pytest.raises(error, match=name):
        neighbor_modularity(np.eye(4), [0, 0, 1, 1], **{name: value})
