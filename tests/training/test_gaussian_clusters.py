# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X is told to be K Gaussian clusters where it was drawn so, and not elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.training._gaussian_clusters import (
    affordable,
    can_tell,
    completed_likelihood,
    gaussian_clusters,
    has_clusters,
    rivals_of,
)


def stretched(n=900, K=3):
    rng = np.random.RandomState(0)
    y = np.arange(n) % K
    centres = np.array([[-6.0, 0.0], [0.0, 4.0], [7.0, -2.0]])
    stretch = rng.standard_normal((K, 2, 2))
    return np.einsum("ni,nij->nj", rng.standard_normal((n, 2)), stretch[y]) + centres[y], y


def blobs():
    return make_blobs(400, centers=4, n_features=5, random_state=0)


@pytest.mark.parametrize("make", [stretched, blobs])
def test_gaussian_clusters_are_found(make):
    X, y = make()
    mixture = gaussian_clusters(X, len(np.unique(y)), np.random.RandomState(0))
    assert mixture is not None
    assert adjusted_rand_score(y, mixture.predict(X)) > 0.95


@pytest.mark.parametrize("make", [stretched, blobs])
def test_what_was_drawn_from_gaussians_is_their_law(make):
    X, y = make()
    assert gaussian_clusters(X, len(np.unique(y)), np.random.RandomState(0)).is_law


def test_clusters_that_gaussians_find_but_do_not_describe_are_no_law():
    # Flat tops: ICL counts three clusters, BIC many more components.
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, (900, 2)) + np.array([[0, 0], [6, 0], [0, 6]])[np.arange(900) % 3]
    found = gaussian_clusters(X, 3, np.random.RandomState(0))
    assert found is not None
    assert not found.is_law


def test_where_no_larger_mixture_could_be_tried_there_is_no_law(monkeypatch):
    from sklearn_gmvae.training import _gaussian_clusters as module

    X, y = blobs()
    assert gaussian_clusters(X, 4, np.random.RandomState(0)).is_law
    monkeypatch.setattr(module, "rivals_of", lambda n, D, n_clusters: [])
    found = gaussian_clusters(X, 4, np.random.RandomState(0))
    assert adjusted_rand_score(y, found.predict(X)) > 0.95
    assert not found.is_law


@pytest.mark.parametrize(
    ("make", "K"),
    [
        (lambda: make_moons(600, noise=0.05, random_state=0), 2),
        (lambda: make_circles(600, noise=0.05, factor=0.4, random_state=0), 2),
        (blobs, 2),  # right kind of clusters, wrong number
    ],
    ids=["moons", "circles", "four blobs as two"],
)
def test_other_rows_are_not(make, K):
    assert gaussian_clusters(make()[0], K, np.random.RandomState(0)) is None


def test_too_few_rows_and_one_cluster_give_none():
    X, _ = blobs()
    assert gaussian_clusters(X[:30], 4, np.random.RandomState(0)) is None
    assert gaussian_clusters(X, 1, np.random.RandomState(0)) is None


def test_only_some_rows_are_looked_at(monkeypatch):
    from sklearn_gmvae.training import _gaussian_clusters as module

    monkeypatch.setattr(module, "MAX_ROWS", 200)
    X, y = blobs()
    mixture = gaussian_clusters(X, 4, np.random.RandomState(0))
    assert adjusted_rand_score(y, mixture.predict(X)) > 0.95


def test_affordable_counts_the_free_parameters():
    D, L = 4, 3
    X = np.random.RandomState(0).randn(50, D)
    for covariance_type in ("full", "tied", "diag"):
        mixture = GaussianMixture(L, covariance_type=covariance_type).fit(X)
        count = mixture._n_parameters() + 1  # the last weight, which scikit-learn leaves out
        for rows_per_parameter in (1, 2):
            n = rows_per_parameter * count
            assert covariance_type in affordable(n, D, L, rows_per_parameter)
            assert covariance_type not in affordable(n - 1, D, L, rows_per_parameter)
    assert affordable(10_000, D, L, 2) == ["full", "tied", "diag"]


@given(st.integers(2, 40), st.integers(1, 500), st.integers(2, 5_000))
def test_where_k_is_affordable_it_has_a_rival(K, D, n):
    assert not can_tell(n, D, K) or rivals_of(n, D, K)


def test_a_few_rows_apart_are_no_cluster():
    rng = np.random.RandomState(0)
    X = np.vstack([rng.standard_normal((300, 5)), rng.standard_normal((3, 5)) + 1000.0])
    assert gaussian_clusters(X, 2, np.random.RandomState(0)) is None
    mixture = GaussianMixture(2, covariance_type="diag", random_state=0).fit(X)
    assert adjusted_rand_score(np.arange(303) >= 300, mixture.predict(X)) == 1.0
    assert not has_clusters(mixture, len(X))
    assert has_clusters(GaussianMixture(2, covariance_type="diag").fit(X[:300]), 300)


def test_completed_likelihood_is_bic_where_components_are_apart_and_more_where_they_overlap():
    rng = np.random.RandomState(0)
    apart = np.vstack([rng.randn(100, 2), rng.randn(100, 2) + 40])
    mixture = GaussianMixture(2, random_state=0).fit(apart)
    assert completed_likelihood(mixture, apart) == pytest.approx(mixture.bic(apart))
    together = rng.randn(200, 2)
    mixture = GaussianMixture(2, random_state=0).fit(together)
    assert completed_likelihood(mixture, together) > mixture.bic(together) + 1
