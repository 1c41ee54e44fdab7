# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Defaults against KMeans and GaussianMixture on the same rows, fitted in the same test."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs, make_circles, make_moons
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.benchmark import ESTIMATORS

both = pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
# What starts and anchors do, whose code both share, the slow suite shows of the other too.
either = pytest.mark.parametrize(
    "estimator_class", [VaDEClustering, pytest.param(GMVAEClustering, marks=pytest.mark.slow)]
)


def baselines(X, y):
    K = len(np.unique(y))
    names = ("kmeans", "gmm-full", "gmm-tied", "gmm-diag", "gmm-spherical")
    estimators = [ESTIMATORS[name](K, random_state=0) for name in names]
    return [adjusted_rand_score(y, e.fit_predict(X)) for e in estimators]


@both
def test_digits_are_clustered_better_than_by_kmeans_and_mixtures(estimator_class):
    X, y = load_digits(return_X_y=True)
    labels = estimator_class(10, random_state=0).fit(X / 16).labels_
    assert adjusted_rand_score(y, labels) > max(baselines(X / 16, y))


@either
def test_blobs_are_clustered_as_well_as_by_kmeans(estimator_class):
    X, y = make_blobs(500, centers=5, n_features=8, random_state=0)
    labels = estimator_class(5, random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) >= baselines(X, y)[0] - 0.01


def test_circles_that_no_plain_mixture_separates_are_found():
    X, y = make_circles(600, noise=0.05, factor=0.4, random_state=0)
    labels = VaDEClustering(2, random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) > max(baselines(X, y)) + 0.5


@either
def test_moons_are_kept_as_the_start_finds_them(estimator_class):
    # Gaussians cut both moons, before the networks have learned to bend the codes: ARI .54 and .55
    # from a start of 1 before it was held to.
    X, y = make_moons(600, noise=0.05, random_state=0)
    labels = estimator_class(2, hidden_layer_sizes=(64, 64), random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) > max(baselines(X, y)) + 0.3


@either
def test_a_law_of_all_columns_is_kept_by_codes_that_hold_some(estimator_class):
    # Two Gaussians of twenty columns, one twice as wide: ten latent dimensions lose some of what
    # tells them apart. The mixture has an ARI of .98; training from it came to .84 and .79.
    rng = np.random.RandomState(0)
    y = np.arange(1_000) % 2
    X = rng.standard_normal((1_000, 20)) * np.where(y, 2.0, 1.0)[:, None]
    X[y == 0] += 0.5
    labels = estimator_class(2, hidden_layer_sizes=(64, 64), random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) > max(baselines(X, y)) - 0.1


@either
def test_answers_and_grades_as_numbers_are_clustered_better_than_by_kmeans(estimator_class):
    # Merging made clusters of combinations of answers: ARI .34 (VaDE) and .36 (GMVAE).
    rng = np.random.RandomState(0)
    y = rng.randint(3, size=600)
    says_yes = np.full((3, 6), 0.2)
    says_yes[np.arange(6) // 2, np.arange(6)] = 0.8
    answers = rng.rand(600, 6) < says_yes[y]
    grades = 1 + rng.binomial(4, np.array([0.3, 0.5, 0.7])[y][:, None], size=(600, 2))
    X = np.column_stack([answers, grades]).astype(float)
    labels = estimator_class(3, hidden_layer_sizes=(64, 64), random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) > max(baselines(X, y)) + 0.2


@either
def test_direction_that_all_columns_share_is_kept(estimator_class):
    # Two Gaussians that no column tells apart by itself ("twonorm"; Breiman, 1996), in more columns
    # than the codes have. With a scale for each feature from the first step half of the columns
    # were reproduced exactly, the codes said nothing of the others, and the ARI
    # was .72 (VaDE) and .77 (GMVAE).
    rng = np.random.RandomState(0)
    y = rng.randint(2, size=1200)
    X = rng.standard_normal((1200, 20)) + (2 * y[:, None] - 1) * 2 / np.sqrt(20)
    best_possible = adjusted_rand_score(y, X.mean(1) > 0)
    labels = estimator_class(2, random_state=0).fit(X).labels_
    assert adjusted_rand_score(y, labels) > best_possible - 0.05


@either
def test_words_by_tf_idf_are_clustered(estimator_class):
    """Weights of .2 or so within [0, 1], in which a cross-entropy finds nothing: ARI .015."""
    rng = np.random.RandomState(0)
    own, common = rng.dirichlet(np.full(150, 0.1), 4), rng.dirichlet(np.full(150, 0.5))
    y = rng.randint(4, size=600)
    words = [rng.multinomial(rng.randint(20, 80), 0.35 * own[k] + 0.65 * common) for k in y]
    X = TfidfTransformer().fit_transform(np.array(words))
    fitted = estimator_class(4, hidden_layer_sizes=(64, 64), random_state=0).fit(X)
    assert fitted.likelihood_ == "gaussian"
    assert adjusted_rand_score(y, fitted.labels_) > 0.75
