# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The Gaussian of rows with missing entries, by EM."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from sklearn_gmvae.models import VaDE
from sklearn_gmvae.training import Shard, choose_map
from sklearn_gmvae.training import _row_gaussian as module
from sklearn_gmvae.training._row_gaussian import (
    RIDGE,
    gaussian_of,
    learn_row_gaussian,
    maximum_likelihood,
)

D = 4


@pytest.fixture
def exactly(monkeypatch):
    """Until nothing moves any more."""
    for name, value in {"JITTER": 0.0, "TOLERANCE": 1e-12, "EM_ITERATIONS": 5000}.items():
        monkeypatch.setattr(module, name, value)


def correlated(n, seed=0):
    """Rows (n, D) whose first column tells of all others."""
    X = np.random.RandomState(seed).standard_normal((n, D))
    X[:, 1:] = 0.4 * X[:, 1:] + X[:, :1] * [1.0, -1.0, 0.5] + [3.0, 0.0, -1.0]
    return X


def with_holes(X, seed=1):
    """Three tenths missing at random, and the second column wherever the first is above 0."""
    holes = np.random.RandomState(seed).random_sample(X.shape) < 0.3
    holes[:, 0] = False
    holes[:, 1] = X[:, 0] > 0
    return np.where(holes, np.nan, X)


def found(X):
    """Mean and covariance."""
    mean, precision = gaussian_of(X)
    return mean, np.linalg.inv(precision)


def log_likelihood(X, mean, covariance):
    """Of the entries that are there."""
    total = 0.0
    for row in X:
        o = ~np.isnan(row)
        total += multivariate_normal(mean[o], covariance[np.ix_(o, o)]).logpdf(row[o])
    return total


@pytest.mark.parametrize(("size", "offset"), [(1.0, 0.0), (1e-6, 0.0), (1e6, 1e8)])
def test_of_whole_rows_it_is_their_mean_and_covariance_and_a_ridge(size, offset):
    X = size * correlated(50) + offset
    mean, covariance = found(X)
    expected = np.cov(X.T, bias=True)
    expected[np.diag_indices(D)] *= 1 + RIDGE
    np.testing.assert_allclose(mean, X.mean(0), rtol=1e-6)
    np.testing.assert_allclose(covariance, expected, rtol=1e-4)


def test_no_other_gaussian_near_has_a_higher_likelihood(exactly):
    X = with_holes(correlated(60))
    mean, covariance = maximum_likelihood(X)
    best = log_likelihood(X, mean, covariance)
    rng = np.random.RandomState(0)
    for size in (1e-2, 1e-1):
        for _ in range(20):
            turn = np.eye(D) + size * rng.standard_normal((D, D))
            moved = mean + size * rng.standard_normal(D)
            assert log_likelihood(X, moved, covariance) < best
            assert log_likelihood(X, mean, turn @ covariance @ turn.T) < best


def test_what_is_missing_may_depend_on_what_is_there():
    """The second column's mean is 3; of its entries that are there, which are those beside
    negative ones in the first, 2.2."""
    X = with_holes(correlated(2000))
    mean, covariance = found(X)
    assert np.nanmean(X[:, 1]) < 2.4
    np.testing.assert_allclose(mean, [0.0, 3.0, 0.0, -1.0], atol=0.1)
    np.testing.assert_allclose(covariance[0], [1.0, 1.0, -1.0, 0.5], atol=0.15)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_relations_of_columns_are_found_however_much_is_missing(monkeypatch, share):
    """Of columns that are one but for the ridge, each is what the other says."""
    if share > 0.5:  # EM is slow then, and stopped before it is there
        monkeypatch.setattr(module, "EM_ITERATIONS", 1000)
        monkeypatch.setattr(module, "TOLERANCE", 1e-6)
    rng = np.random.RandomState(0)
    X = np.repeat(rng.standard_normal((1000, 1)), D, axis=1)
    _, covariance = found(np.where(rng.random_sample(X.shape) < share, np.nan, X))
    gain = covariance[0, 1] / covariance[1, 1]
    assert gain == pytest.approx(1 / (1 + RIDGE), rel=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e-20, 1e9])
@pytest.mark.parametrize("share", [1e-3, 0.2])
def test_of_constant_columns_it_expects_the_constant(value, share):
    X = np.full((500, 3), value)
    X[:, 2] = np.random.RandomState(1).standard_normal(500)
    X[np.random.RandomState(0).random_sample(X.shape) < share] = np.nan
    for columns in (X, X[:, :2]):  # one that varies beside them, and none
        mean, precision = gaussian_of(columns)
        np.testing.assert_allclose(mean[:2], value)
        assert np.linalg.eigvalsh(precision.astype(np.float32)).min() > 0


def test_rows_and_columns_without_any_value_leave_the_others_relations():
    X = with_holes(correlated(400))
    _, expected = found(X[:, [0, 1, 3]])
    X[3] = X[:, 2] = np.nan
    mean, covariance = found(X)
    np.testing.assert_allclose(covariance[np.ix_([0, 1, 3], [0, 1, 3])], expected, rtol=0.05)
    np.testing.assert_allclose(covariance[2], [0.0, 0.0, 1.0 + RIDGE, 0.0], atol=1e-3)
    assert mean[2] == 0.0
    one_row = gaussian_of(X[:1])[1]
    assert np.linalg.eigvalsh(one_row).min() > 0


@pytest.mark.parametrize("n", [30, 200])
def test_a_model_learns_that_of_a_sample_of_its_encoders_input(monkeypatch, n):
    monkeypatch.setattr(module, "MAX_ROWS", 60)
    X = with_holes(correlated(n))
    unit_map = choose_map(X, "gaussian", True)
    model = VaDE(
        n_features=D, n_clusters=2, latent_dim=2, covariance_type="full", hidden=(8,),
        activation="relu", likelihood="gaussian", variance_floor=1e-6,
        generator=torch.Generator(), mask_input=True, fill_input=True,
    )  # fmt: skip
    rows, shard = np.arange(0, n, 2), Shard.alone(n)
    learn_row_gaussian(model, X, unit_map, torch.device("cpu"), 7, rows=rows, shard=shard)
    drawn = rows
    if len(rows) > 60:
        drawn = np.sort(np.random.RandomState([7, 0]).choice(rows, 60, replace=False))
    mean, precision = gaussian_of(unit_map.forward(X[drawn]).astype(float))
    np.testing.assert_allclose(model.row_gaussian.mean, mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.row_gaussian.precision, precision, rtol=1e-4, atol=1e-4)
