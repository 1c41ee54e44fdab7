# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Classes of rows of several kinds of columns, against scipy's laws and scikit-learn's mixture."""

import numpy as np
import pytest
from scipy.stats import bernoulli, multinomial, multivariate_normal
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.models.likelihoods import LIKELIHOODS, Categorical, Mixed
from sklearn_gmvae.training._product_clusters import (
    BOOLEAN,
    CATEGORY,
    NUMBER,
    ProductMixture,
    affordable,
    can_tell_classes,
    column_kinds,
    fitted,
    product_clusters,
)

# Two numbers, a boolean, a variable of two categories and one of three.
KINDS = np.array([NUMBER, NUMBER, BOOLEAN, *[CATEGORY] * 5])


def table(n=600, seed=0):
    """Rows of three classes, and the classes."""
    rng = np.random.RandomState(seed)
    y = rng.randint(3, size=n)
    numbers = np.array([[0, 0], [3, 1], [0, 4]])[y] + rng.randn(n, 2)
    flag = rng.rand(n) < np.array([0.9, 0.5, 0.1])[y]
    two = np.eye(2)[(rng.rand(n) < np.array([0.2, 0.5, 0.8])[y]).astype(int)]
    three = np.eye(3)[
        [rng.choice(3, p=p) for p in np.array([[8, 1, 1], [1, 8, 1], [3, 3, 4]])[y] / 10]
    ]
    return np.column_stack([numbers, flag, two, three]), y


def test_log_joint_is_the_product_of_scipys_laws():
    X, _ = table(20)
    resp = np.random.RandomState(1).dirichlet(np.ones(3), size=20)
    mixture = ProductMixture.of_responsibilities(X, KINDS, resp, "full")
    found = mixture.log_joint(X)
    for k in range(3):
        p = mixture.probabilities[k]
        expected = (
            np.log(mixture.weights[k])
            + multivariate_normal.logpdf(X[:, :2], mixture.means[k], mixture.covariances[k])
            + bernoulli.logpmf(X[:, 2], p[2])
            + multinomial.logpmf(X[:, 3:5], 1, p[3:5] / p[3:5].sum())
            + multinomial.logpmf(X[:, 5:], 1, p[5:] / p[5:].sum())
        )
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-6)
    np.testing.assert_allclose(mixture.weights.sum(), 1.0)
    np.testing.assert_allclose(mixture.predict_proba(X).sum(1), 1.0)
    np.testing.assert_array_equal(mixture.predict(X), found.argmax(1))


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_moments_of_numbers_are_a_gaussian_mixtures(covariance_type):
    X, _ = table(5000)
    X = X[:, :3]
    mixture = fitted(X, KINDS[:3], 3, covariance_type, np.random.RandomState(0))
    resp = mixture.predict_proba(X)
    # One more M step, of scikit-learn's: the fit has converged, and a row more is of no weight.
    theirs = GaussianMixture(3, covariance_type="full", max_iter=1)
    theirs._initialize(X[:, :2], resp)
    np.testing.assert_allclose(mixture.weights, theirs.weights_, atol=0.01)
    np.testing.assert_allclose(mixture.means, theirs.means_, atol=0.05)
    on_diagonal = np.eye(2, dtype=bool)
    shown = slice(None) if covariance_type == "full" else on_diagonal
    np.testing.assert_allclose(
        mixture.covariances[:, shown], theirs.covariances_[:, shown], atol=0.1
    )
    if covariance_type == "diag":
        assert (mixture.covariances[:, ~on_diagonal] == 0).all()


def test_em_raises_the_likelihood_and_finds_the_classes():
    X, y = table()
    start = ProductMixture.of_responsibilities(X, KINDS, np.eye(3)[y], "diag")
    mixture = product_clusters(KINDS, X, 3, np.random.RandomState(0))

    def log_likelihood(mixture):
        return np.log(np.exp(mixture.log_joint(X)).sum(1)).mean()

    # The true classes are near the best partition, so EM is at least as good but for its stop.
    assert log_likelihood(mixture) > log_likelihood(start) - 1e-3
    # Nobody knows the classes better than the laws they were drawn from.
    best = adjusted_rand_score(y, start.predict(X))
    assert adjusted_rand_score(y, mixture.predict(X)) > best - 0.05


def test_one_more_row_of_a_category_that_a_class_never_has_is_possible():
    X = np.array([[1.0, 0.0]] * 20 + [[0.0, 1.0]] * 20)
    mixture = product_clusters(np.array([CATEGORY] * 2), X, 2, np.random.RandomState(0))
    assert adjusted_rand_score(X[:, 0], mixture.predict(X)) == 1.0
    assert np.isfinite(mixture.log_joint(1 - X)).all()


def test_constant_columns_and_repeated_rows_are_no_error():
    X = np.repeat([[5.0, 0.0, 1.0, 1, 0, 0, 0, 1]], 300, axis=0)
    mixture = product_clusters(KINDS, X, 2, np.random.RandomState(0))
    assert np.isfinite(mixture.predict_proba(X)).all()


def test_kinds_are_those_of_the_parts():
    mixed = Mixed([LIKELIHOODS["gaussian"](2), LIKELIHOODS["bernoulli"](1), Categorical((2, 3))])
    np.testing.assert_array_equal(column_kinds(mixed), KINDS)
    assert (column_kinds(Categorical((2, 3))) == CATEGORY).all()
    assert (column_kinds(LIKELIHOODS["bernoulli"](4)) == BOOLEAN).all()
    # Numbers alone have a start of their own.
    for name in ("gaussian", "poisson"):
        assert column_kinds(LIKELIHOODS[name](4)) is None
    counts = Mixed([LIKELIHOODS["gaussian"](2), LIKELIHOODS["poisson"](1)])
    assert column_kinds(counts) is None


def test_few_rows_afford_fewer_parameters_or_none():
    # Parameters of each class: a weight, 2 means, 2 variances or 3 covariances, 6 probabilities.
    assert affordable(2 * 3 * 12, KINDS, 3) == ["full", "diag"]
    assert affordable(2 * 3 * 12 - 1, KINDS, 3) == ["diag"]
    assert affordable(2 * 3 * 11 - 1, KINDS, 3) == []
    assert not can_tell_classes(2 * 3 * 11 - 1, KINDS, 3)
    assert not can_tell_classes(10_000, KINDS, 1)


def test_answers_of_classes_are_found_and_pixels_are_left_to_merging():
    rng = np.random.RandomState(0)
    y = rng.randint(3, size=600)
    answers = (rng.rand(600, 12) < rng.beta(0.6, 0.6, size=(3, 12))[y]).astype(float)
    booleans = np.array([BOOLEAN] * 12)
    mixture = product_clusters(booleans, answers, 3, rng)
    best = ProductMixture.of_responsibilities(answers, booleans, np.eye(3)[y], "diag")
    expected = adjusted_rand_score(y, best.predict(answers))
    assert adjusted_rand_score(y, mixture.predict(answers)) > expected - 0.05
    holes = rng.rand(*answers.shape) < 0.05  # filled with a probability
    mixture = product_clusters(booleans, np.where(holes, 0.4, answers), 3, rng)
    assert adjusted_rand_score(y, mixture.predict(answers)) > expected - 0.05
    # Grey, and black or white: pixels depend on each other, and many classes describe them better.
    X, digit = load_digits(return_X_y=True)
    X, pixels = X[digit < 5] / 16, np.array([BOOLEAN] * 64)
    assert product_clusters(pixels, X, 5, rng) is None
    assert product_clusters(pixels, (X > 0.5).astype(float), 5, rng) is None
