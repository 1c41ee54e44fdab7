# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Starts on codes whose clusters are known."""

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae.training._initialize import (
    STARTS,
    average_linkage,
    medoid,
    normalized_cut,
)


def separated(K=4, n=60, d=3):
    rng = np.random.RandomState(0)
    centres = 20 * rng.randn(K, d)
    y = np.repeat(np.arange(K), n)
    return centres[y] + rng.randn(K * n, d), y


@pytest.mark.parametrize("name", ["merge", "gmm", "kmeans"])
def test_start_separated_clusters_finds_them(name):
    z, y = separated()
    resp = STARTS[name](z, 4, np.random.RandomState(0))
    assert adjusted_rand_score(y, resp.argmax(1)) == 1.0


@pytest.mark.parametrize("name", list(STARTS))
@pytest.mark.parametrize("shape", [(1, 1), (5, 10), (50, 2), (400, 10)])
@pytest.mark.parametrize("K", [1, 3])
def test_start_any_shape_gives_responsibilities(name, shape, K):
    z = np.random.RandomState(1).randn(*shape)
    K = min(K, len(z))
    resp = STARTS[name](z, K, np.random.RandomState(0))
    assert resp.shape == (len(z), K)
    assert (resp >= 0).all()
    np.testing.assert_allclose(resp.sum(1), 1.0)


@pytest.mark.parametrize("name", list(STARTS))
def test_start_equal_codes_does_not_fail(name):
    with np.errstate(all="raise"):
        resp = STARTS[name](np.zeros((40, 3)), 3, np.random.RandomState(0))
    assert np.isfinite(resp).all()


@pytest.mark.parametrize(
    "make", [lambda: make_moons(800, noise=0.05, random_state=0), lambda: make_circles(
        800, noise=0.04, factor=0.4, random_state=0)]
)  # fmt: skip
def test_merge_start_bent_clusters_beats_the_plain_mixture(make):
    z, y = make()
    scores = {
        name: adjusted_rand_score(y, STARTS[name](z, 2, np.random.RandomState(0)).argmax(1))
        for name in ("merge", "gmm", "kmeans")
    }
    assert scores["merge"] > max(scores["gmm"], scores["kmeans"])


@pytest.mark.parametrize("name", list(STARTS))
def test_start_same_random_state_same_answer(name):
    z, _ = separated()
    first, second = (STARTS[name](z, 4, np.random.RandomState(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def two_chains():
    """Components 0-1-2 and 3-4-5 strongly linked, a weak link between 2 and 3."""
    links = np.zeros((6, 6))
    for a, b, weight in [(0, 1, 9), (1, 2, 8), (3, 4, 9), (4, 5, 7), (2, 3, 1)]:
        links[a, b] = links[b, a] = weight
    np.fill_diagonal(links, 50)
    return links


def test_linkages_cut_the_weakest_link():
    sizes = np.full(6, 10)
    truth = [0, 0, 0, 1, 1, 1]
    rng = np.random.RandomState(0)
    assert adjusted_rand_score(truth, average_linkage(two_chains(), sizes, 2)) == 1.0
    assert adjusted_rand_score(truth, normalized_cut(two_chains(), 2, rng)) == 1.0


def test_medoid_is_the_labelling_that_agrees_most():
    right = np.repeat([0, 1], 10)
    wrong = [np.tile([0, 1], 10), np.r_[np.zeros(3, int), np.ones(17, int)]]
    np.testing.assert_array_equal(medoid([wrong[0], right, wrong[1], 1 - right]) % 2, right)
