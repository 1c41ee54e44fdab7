# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns on a background are compared by how far from it they are, where they are."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.preprocessing import RobustScaler, StandardScaler

from sklearn_gmvae.training._affine import standardizing_map
from sklearn_gmvae.training._background import MANY_COLUMNS, background_of
from sklearn_gmvae.training._ranges import ranges_of
from sklearn_gmvae.training._rows import CHUNK


@pytest.fixture
def words():
    """Of just enough columns most are zero in most rows, one is a measurement and one is never
    there."""
    rng = np.random.RandomState(0)
    shape = 300, MANY_COLUMNS
    X = rng.rand(*shape) * (rng.rand(*shape) < rng.uniform(0.02, 0.7, shape[1]))
    X[:, 0], X[:, 1] = rng.randn(300) + 7.0, 0.0
    return X


def mapped(X):
    return standardizing_map(X).forward(X)


def test_columns_vary_by_how_many_rows_are_off_the_background(words):
    Z = mapped(words).astype(float)
    variance, share = Z.var(0), (words != 0.0).mean(0)
    assert variance[1] == 0.0
    assert np.delete(variance, 1).mean() == pytest.approx(1.0, rel=1e-6)
    # Each entry that is there counts the same in all of them.
    squares = np.square(Z - Z.min(0)).sum(0)[2:] / share[2:]
    np.testing.assert_allclose(squares, squares.mean(), rtol=1e-5)
    # Of what varies in them so much does as in a column that is on no background.
    mean_variance = np.square(variance[2:]).sum() / variance[2:].sum()
    assert variance[0] == pytest.approx(mean_variance, rel=1e-5)


def test_rare_columns_do_not_make_others_drown_the_rest():
    """Numbers, a code of 300 levels and three coins: a coin weighs about as much as a number."""
    rng = np.random.RandomState(0)
    code = np.eye(300)[rng.randint(300, size=1500)]
    X = np.c_[rng.randn(1500, 50), code, rng.rand(1500, 3) < 0.5]
    variance = mapped(X).var(0)
    numbers, coins = variance[:50], variance[-3:]
    assert (numbers.mean() / 3 < coins).all() and (coins < 3 * numbers.mean()).all()
    assert variance[50:350].mean() < 0.1 * numbers.mean()


@pytest.mark.parametrize("scaler", [StandardScaler(), RobustScaler()], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_columns_before_changes_nothing(words, scaler, dtype):
    scaled = scaler.fit_transform(words.astype(dtype))
    np.testing.assert_allclose(mapped(scaled), mapped(words), rtol=1e-4, atol=1e-5)


def test_units_and_signs_are_their_own(words):
    rng = np.random.RandomState(1)
    sign = rng.choice([-1.0, 1.0], words.shape[1])
    factor = sign * 10.0 ** rng.uniform(-9, 9, words.shape[1])
    np.testing.assert_allclose(
        mapped(words * factor + abs(factor) * 7), sign * mapped(words), rtol=1e-5, atol=1e-5
    )


def test_zero_is_a_background_also_between_others(words):
    sign = np.random.RandomState(1).choice([-1.0, 1.0], words.shape)
    squares = np.square(mapped(words * sign) * (words != 0.0)).sum(0)[2:]
    # Up to the means, which are near zero.
    np.testing.assert_allclose(
        squares / (words != 0.0).sum(0)[2:], squares.sum() / (words[:, 2:] != 0.0).sum(), rtol=0.2
    )


def test_csr_is_as_its_array(words):
    words = words.repeat(-(-CHUNK // len(words)) + 1, axis=0)  # several chunks
    words[::7, 5:9] = np.nan  # neither on the background nor off it
    first, second = standardizing_map(words), standardizing_map(csr_array(words))
    np.testing.assert_allclose(first.offset, second.offset, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(first.scale, second.scale, rtol=1e-12)


def test_missing_entries_are_on_no_background(words):
    without = np.delete(words, np.s_[::7], axis=0)
    words[::7] = np.nan
    first, second = standardizing_map(words), standardizing_map(without)
    np.testing.assert_allclose(first.scale, second.scale, rtol=1e-12)


def test_of_fewer_columns_each_has_a_variance_of_1(words):
    np.testing.assert_allclose(mapped(words[:, 1:]).var(0)[1:], 1.0, rtol=1e-5)


def test_a_background_is_a_share_of_what_is_known():
    X = np.random.RandomState(0).uniform(-1, 1, (100, MANY_COLUMNS))
    X[:12], X[50:] = 2.0, np.nan
    assert background_of(X, *ranges_of(X)).is_one.all()


@pytest.mark.parametrize(("n_on", "expected"), [(19, False), (20, True), (99, True), (100, False)])
@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_a_fifth_of_the_rows_is_a_background_and_all_of_them_are_a_constant(n_on, expected, value):
    X = np.tile(np.random.RandomState(0).uniform(-1, 1, (100, 1)), MANY_COLUMNS)
    X[:n_on] = value
    background = background_of(X, *ranges_of(X))
    assert background.is_one.all() == background.is_one.any() == expected
    if expected:
        assert (background.value == value).all() and (background.n_off == 100 - n_on).all()


def test_percentages_and_flags_all_count():
    rng = np.random.RandomState(0)
    percentages = rng.uniform(0, 100, (300, 200)) * (rng.uniform(size=(300, 200)) < 0.7)
    Z = mapped(np.c_[percentages, rng.uniform(size=(300, 150)) < 0.3])
    assert Z.var(0).min() > 0.5 and Z.var(0).max() < 2.0


def test_columns_constant_up_to_rounding_do_not_count(words):
    constant = np.where(np.random.RandomState(0).uniform(size=(300, 250)) < 0.5, 0.3, 0.1 + 0.2)
    assert (constant.min(0) < constant.max(0)).all()
    Z = mapped(np.c_[constant, words])
    np.testing.assert_allclose(Z[:, 250:], mapped(words), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(Z[:, :250], 0.0, atol=1e-6)


def test_few_rows_have_no_background_by_chance():
    X = np.random.RandomState(0).randn(4, MANY_COLUMNS)
    np.testing.assert_allclose(mapped(X).std(0), 1.0, rtol=1e-5)
