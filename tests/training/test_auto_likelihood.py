# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Laws of likelihood="auto"."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_gmvae.training import choose_likelihood, choose_map
from sklearn_gmvae.training._one_range import MANY_PIXELS
from sklearn_gmvae.training._rows import CHUNK, column_ranges

CONTAINERS = [np.asarray, sparse.csr_array, sparse.csr_matrix]


def pictures(n=50, n_pixels=MANY_PIXELS + 40, n_margin=40):
    """Dark and bright dots, bytes; the margin has no colour at all."""
    rng = np.random.RandomState(0)
    X = rng.choice(np.array([0, 90, 255], dtype=np.uint8), (n, n_pixels), p=[0.6, 0.1, 0.3])
    X[:, :n_margin] = 0
    return X


@pytest.mark.parametrize(
    ("X", "likelihood"),
    [
        (np.array([[0, 255]], dtype=np.uint8), "bernoulli"),
        (np.array([[True, False]]), "bernoulli"),
        (np.array([[0.0, 0.5, 1.0]]), "bernoulli"),
        (np.array([[0.0, 1.1]]), "gaussian"),
        (np.array([[-0.1, 1.0]]), "gaussian"),
        (np.array([[0, 1000]], dtype=np.int64), "gaussian"),
        # Faint: in documents of unit length a word weighs little, though one be all of its own.
        (np.array([[1.0, 0.0], *[[0.1, 0.1]] * 99]), "gaussian"),
        (np.array([[1.0, 0.0], *[[0.1, np.nan]] * 99]), "gaussian"),
        (np.array([[0.0, 0.4]] * 9), "bernoulli"),
        (np.zeros((3, 2)), "bernoulli"),
        (np.array([[0, 1]] * 9, dtype=np.uint8), "bernoulli"),
        (np.array([[0, 1]] * 9), "bernoulli"),
    ],
)
def test_choose_likelihood(X, likelihood):
    assert choose_likelihood(X) == likelihood


# As bytes become numbers elsewhere: fetch_openml, torchvision's Normalize, a film's negative.
UNITS = {
    "whole numbers": lambda X: X.astype(np.int64),
    "float32": lambda X: X.astype(np.float32),
    "float64": lambda X: X.astype(np.float64),
    "-1 to 1": lambda X: X / 127.5 - 1.0,
    "normalized": lambda X: (X / 255 - 0.1307) / 0.3081,
    "huge": lambda X: X * 1e300,
}


@pytest.mark.parametrize("units", UNITS)
def test_pictures_are_the_same_to_auto_in_all_units(units):
    X = pictures()
    scaled = UNITS[units](X)
    assert choose_likelihood(scaled) == choose_likelihood(X) == "bernoulli"
    unit_map = choose_map(scaled, "bernoulli", standardize=True)
    np.testing.assert_allclose(unit_map.forward(scaled), X / 255, rtol=0, atol=1e-6)


def test_most_pixels_have_to_reach_both_ends():
    X = pictures(n_margin=0).astype(float)
    dull = X.copy()
    dull[:, : X.shape[1] // 2 + 1] *= 0.8
    assert choose_likelihood(dull) == "gaussian"
    dull[:, 0] = X[:, 0]
    assert choose_likelihood(dull) == "bernoulli"


@pytest.mark.parametrize("n_pixels", [MANY_PIXELS - 1, MANY_PIXELS])
def test_few_columns_have_variances_of_their_own(n_pixels):
    X = pictures(n_pixels=n_pixels + 40).astype(float)
    assert choose_likelihood(X) == ("bernoulli" if n_pixels == MANY_PIXELS else "gaussian")


@pytest.mark.parametrize(
    "X",
    [
        np.random.RandomState(0).randn(200, 500),
        np.random.RandomState(0).standard_t(2, (200, 500)),
        np.random.RandomState(0).poisson(np.linspace(0.1, 9, 500), (200, 500)),
        np.random.RandomState(0).randn(2, 500),
        np.random.RandomState(0).randn(1, 500),
        np.full((9, 500), 7.0),
        np.full((9, 500), np.nan),
    ],
    ids=["normal", "heavy tails", "counts", "two rows", "one row", "constant", "nothing"],
)
def test_what_else_is_wide_stays_gaussian(X):
    assert choose_likelihood(X) == "gaussian"


def test_what_is_not_mapped_to_the_unit_interval_stays_gaussian():
    X = pictures()
    assert choose_likelihood(X * 1.0, standardize=False) == "gaussian"
    assert choose_likelihood(X / 255, standardize=False) == "bernoulli"


def test_faint_pictures_are_gaussian_in_all_units():
    X = np.where(pictures(n=500) == 255, 60.0, 0.0)
    X[np.arange(X.shape[1]), np.arange(X.shape[1])] = 255.0  # each is bright once
    for units in UNITS.values():
        assert choose_likelihood(units(X)) == "gaussian"
    assert choose_likelihood(X / 255) == "gaussian"


@pytest.mark.parametrize("units", UNITS)
def test_gaussian_pixels_have_one_scale(units):
    """Variance 1 on average, also where a pixel has a colour in few rows; in all units."""
    X = pictures(n=2 * CHUNK).astype(float)
    X[:, 7] *= np.arange(len(X)) == 3  # on the margin, bright once
    X[3, 7] = 255.0
    Z = choose_map(UNITS[units](X), "gaussian", standardize=True).forward(UNITS[units](X))
    np.testing.assert_allclose(
        Z, (X - X.mean(0)) / np.sqrt(X[:, X.std(0) > 0].var(0).mean()), rtol=0, atol=1e-4
    )


@pytest.mark.parametrize("container", CONTAINERS)
def test_missing_pixels_and_pixels_left_out_are_no_colour_of_their_own(container):
    X = pictures(n=CHUNK + 7) * 1.0
    X[np.random.RandomState(1).rand(*X.shape) < 0.1] = np.nan
    X[:, 3] = np.nan
    assert choose_likelihood(container(X)) == "bernoulli"


@pytest.mark.parametrize("container", CONTAINERS)
def test_column_ranges(container):
    X = np.array([[0.0, -2.0, np.nan, 5.0, 0.0], [3.0, -1.0, np.nan, np.nan, 0.0]])
    low, high = column_ranges(container(X))
    np.testing.assert_array_equal(low, [0.0, -2.0, np.nan, 5.0, 0.0])
    np.testing.assert_array_equal(high, [3.0, -1.0, np.nan, 5.0, 0.0])
