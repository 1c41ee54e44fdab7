# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X is told to be K Gaussian clusters where it was drawn so, and not elsewhere."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.training._gaussian_clusters import (
    ROWS_PER_PARAMETER,
    affordable,
    completed_likelihood,
    gaussian_clusters,
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
    resp = gaussian_clusters(X, len(np.unique(y)), np.random.RandomState(0))
    assert resp is not None
    np.testing.assert_allclose(resp.sum(1), 1.0)
    assert adjusted_rand_score(y, resp.argmax(1)) > 0.95


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


def test_rows_beyond_those_looked_at_get_responsibilities(monkeypatch):
    from sklearn_gmvae.training import _gaussian_clusters as module

    monkeypatch.setattr(module, "MAX_ROWS", 200)
    X, y = blobs()
    resp = gaussian_clusters(X, 4, np.random.RandomState(0))
    assert adjusted_rand_score(y, resp.argmax(1)) > 0.95


def test_affordable_counts_the_free_parameters():
    n, D, L = 10_000, 4, 3
    X = np.random.RandomState(0).randn(50, D)
    for covariance_type in ("full", "tied", "diag"):
        mixture = GaussianMixture(L, covariance_type=covariance_type).fit(X)
        count = mixture._n_parameters() + 1  # the last weight, which scikit-learn leaves out
        assert covariance_type in affordable(ROWS_PER_PARAMETER * count, D, L)
        assert covariance_type not in affordable(ROWS_PER_PARAMETER * count - 1, D, L)
    assert affordable(n, D, L) == ["full", "tied", "diag"]


def test_completed_likelihood_is_bic_where_components_are_apart_and_more_where_they_overlap():
    rng = np.random.RandomState(0)
    apart = np.vstack([rng.randn(100, 2), rng.randn(100, 2) + 40])
    mixture = GaussianMixture(2, random_state=0).fit(apart)
    assert completed_likelihood(mixture, apart) == pytest.approx(mixture.bic(apart))
    together = rng.randn(200, 2)
    mixture = GaussianMixture(2, random_state=0).fit(together)
    assert completed_likelihood(mixture, together) > mixture.bic(together) + 1
