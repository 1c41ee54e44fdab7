# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Starts on codes whose clusters are known."""

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.metrics._modularity import cohesion, modularity, nearest_rows
from sklearn_gmvae.training import _contest, _prior_start
from sklearn_gmvae.training._contest import contest_start, margin
from sklearn_gmvae.training._initialize import (
    NEIGHBORS,
    STARTS,
    average_linkage,
    medoid,
    normalized_cut,
    one_hot,
)

EVERY = {**STARTS, "contest": contest_start}


def separated(K=4, n=60, d=3):
    rng = np.random.RandomState(0)
    centres = 20 * rng.randn(K, d)
    y = np.repeat(np.arange(K), n)
    return centres[y] + rng.randn(K * n, d), y


@pytest.mark.parametrize("name", ["merge", "gmm", "kmeans", "contest"])
def test_start_separated_clusters_finds_them(name):
    z, y = separated()
    resp = EVERY[name](z, 4, np.random.RandomState(0))
    assert adjusted_rand_score(y, resp.argmax(1)) == 1.0


@pytest.mark.parametrize("name", list(EVERY))
@pytest.mark.parametrize("shape", [(1, 1), (5, 10), (50, 2), (400, 10)])
@pytest.mark.parametrize("K", [1, 3])
def test_start_any_shape_gives_responsibilities(name, shape, K):
    z = np.random.RandomState(1).randn(*shape)
    K = min(K, len(z))
    resp = EVERY[name](z, K, np.random.RandomState(0))
    assert resp.shape == (len(z), K)
    assert (resp >= 0).all()
    np.testing.assert_allclose(resp.sum(1), 1.0)


@pytest.mark.parametrize("name", list(EVERY))
def test_start_equal_codes_does_not_fail(name):
    with np.errstate(all="raise"):
        resp = EVERY[name](np.zeros((40, 3)), 3, np.random.RandomState(0))
    assert np.isfinite(resp).all()


@pytest.mark.parametrize(
    "make", [lambda: make_moons(800, noise=0.05, random_state=0), lambda: make_circles(
        800, noise=0.04, factor=0.4, random_state=0)]
)  # fmt: skip
def test_merge_start_bent_clusters_beats_the_plain_mixture(make):
    z, y = make()
    scores = {
        name: adjusted_rand_score(y, start(z, 2, np.random.RandomState(0)).argmax(1))
        for name, start in EVERY.items()
    }
    assert scores["contest"] == scores["merge"] > max(scores["gmm"], scores["kmeans"])


@pytest.mark.parametrize("seed", range(3))
def test_contest_stray_rows_do_not_take_a_cluster(seed):
    # Two clusters that overlap, and in a hundred rows five far from both, which to merging, k-means
    # and a mixture alike are the second cluster.
    rng = np.random.RandomState(seed)
    y = np.repeat([0, 1], 400)
    z = np.r_[rng.randn(800, 6), 12 + rng.randn(40, 6)]
    z[:800, 0] += 3 * y
    found = {
        name: start(z, 2, np.random.RandomState(0)).argmax(1)
        for name, start in EVERY.items()
        if name != "random"
    }
    scores = {name: adjusted_rand_score(y, labels[:800]) for name, labels in found.items()}
    assert scores.pop("contest") > 0.5
    assert max(scores.values()) < 0.1
    neighbors = nearest_rows(z, NEIGHBORS)
    quality = {name: cohesion(neighbors, labels) for name, labels in found.items()}
    assert quality["contest"] > quality["merge"] + margin(2)


@pytest.mark.parametrize("seed", range(4))
def test_contest_a_wide_cluster_is_not_cut_for_two_small_ones(seed):
    # Modularity itself would rather have three clusters of more equal sizes: the wide one cut, and
    # the small ones, far from each other, together.
    rng = np.random.RandomState(seed)
    y = np.repeat([0, 1, 2], [400, 100, 100])
    z = rng.randn(600, 4)
    z[:400, 0] = rng.uniform(-2, 2, 400)
    z[400:, 1] += 14
    z[400:500, 0] -= 3
    z[500:, 0] += 3
    found = contest_start(z, 3, np.random.RandomState(0)).argmax(1)
    assert adjusted_rand_score(y, found) > 0.99
    cut = np.where(y > 0, 2, z[:, 0] > 0)
    neighbors = nearest_rows(z, NEIGHBORS)
    assert modularity(neighbors, cut) > modularity(neighbors, y)


def test_contest_k_means_of_the_columns_competes_where_they_are_given():
    X, y = separated()
    z = np.random.RandomState(1).randn(len(X), 2)  # codes that say nothing
    by_columns = contest_start(z, 4, np.random.RandomState(0), X).argmax(1)
    assert adjusted_rand_score(y, by_columns) == 1.0
    by_codes = contest_start(z, 4, np.random.RandomState(0)).argmax(1)
    assert adjusted_rand_score(y, by_codes) < 0.1


def two_groups(misplaced):
    """Of two groups of 500 codes each, far apart, labels with some of the first in the second."""
    labels = np.repeat([0, 1], 500)
    labels[:misplaced] = 1
    return labels


@pytest.mark.parametrize(
    ("merged", "winner"),
    [(True, "a merge"), (True, "gmm_start"), (True, "kmeans_start"), (False, "kmeans_start")],
)
def test_contest_is_won_by_each_start_and_by_more_than_the_margin(monkeypatch, merged, winner):
    z = np.random.RandomState(0).randn(1000, 2)
    z[500:] += 100
    best = two_groups(0)
    neighbors = nearest_rows(z, NEIGHBORS)
    quality = np.array([cohesion(neighbors, two_groups(n)) for n in range(100)])
    behind = np.flatnonzero(quality < quality[0] - margin(2))[0]  # by just more than the margin
    assert quality[0] - margin(2) < quality[behind - 1] < quality[0]
    for misplaced, wins in ((behind, True), (behind - 1, False)):
        others = two_groups(misplaced)
        starts = {"a merge": others, "gmm_start": others, "kmeans_start": others, winner: best}
        merges = [others, starts["a merge"], others] if merged else []
        monkeypatch.setattr(_contest, "merges", lambda *_, found=merges: found)
        for name in ("gmm_start", "kmeans_start"):
            resp = one_hot(starts[name], 2)
            monkeypatch.setattr(_contest, name, lambda *_, found=resp: found)
        found = contest_start(z, 2, np.random.RandomState(0)).argmax(1)
        np.testing.assert_array_equal(found, best if wins else others)


@pytest.mark.parametrize(
    ("n_clusters", "expected"), [(2, 0.01), (5, 0.01), (10, 0.005), (20, 0.0025), (100, 0.0005)]
)
def test_contest_margin_is_a_hundredth_and_of_many_clusters_a_twentieth_of_one(
    n_clusters, expected
):
    assert margin(n_clusters) == pytest.approx(expected)


def test_contest_mends_one_mistake_of_the_consensus_in_twenty_clusters(monkeypatch):
    K = 20
    angle = 2 * np.pi * np.arange(K) / K
    centres = 4 * K * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    y = np.repeat(np.arange(K), 100)
    z = centres[y] + np.random.RandomState(0).randn(len(y), 2)
    consensus = np.where(y == 1, 0, y)  # two are one ...
    consensus[(y == 2) & (z[:, 0] > centres[2, 0])] = 1  # ... and another is cut
    monkeypatch.setattr(_contest, "merges", lambda *_: [consensus, y, consensus])
    found = contest_start(z, K, np.random.RandomState(0)).argmax(1)
    np.testing.assert_array_equal(found, y)


@pytest.mark.parametrize("name", list(EVERY))
def test_start_same_random_state_same_answer(name):
    z, _ = separated()
    first, second = (EVERY[name](z, 4, np.random.RandomState(3)) for _ in range(2))
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


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("n", "D", "parameters", "columns_compete"),
    [
        (40, 20, {}, True),  # a mixture of two has 82 parameters
        (400, 20, {}, False),
        (2100, 600, {}, False),  # few beside 2,402 parameters, but not so few
        (40, 20, {"n_clusters": 1}, False),
        (40, 20, {"likelihood": "bernoulli"}, False),
        (40, 20, {"init_params": "merge"}, None),  # no contest
    ],
)
def test_columns_compete_where_numbers_are_too_few_for_a_mixture(
    monkeypatch, n, D, parameters, columns_compete
):
    seen = []

    def watched(z, n_clusters, rng, X=None):
        seen.append((z.shape[0], None if X is None else X.shape))
        return contest_start(z, n_clusters, rng, X)

    monkeypatch.setattr(_prior_start, "contest_start", watched)
    monkeypatch.setattr(_prior_start, "can_tell", lambda *_: False)  # X is no mixture
    X = np.random.RandomState(0).uniform(size=(n, D))
    estimator = VaDEClustering(2, likelihood="gaussian", pretrain_iter=1, max_iter=1)
    estimator.set_params(**parameters).fit(X)
    expected = [] if columns_compete is None else [(n, (n, D) if columns_compete else None)]
    assert seen == expected
