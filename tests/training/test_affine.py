# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Maps between X's units and the model's."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from sklearn_gmvae.training import AffineMap, choose_map
from sklearn_gmvae.training._affine import MANY_COLUMNS, standardizing_map, unit_interval_map
from sklearn_gmvae.training._rows import CHUNK

tables = arrays(np.float64, (20, 3), elements=st.floats(-1e6, 1e6))


@given(X=tables)
def test_standardizing_map_any_table_inverts(X):
    affine = standardizing_map(X)
    back = affine.inverse(affine.forward(X))
    # float32 in the model: relative to each column's largest deviation
    np.testing.assert_allclose(back, X, atol=1e-6 * (1 + abs(X - X.mean(0)).max()), rtol=1e-6)


def test_standardizing_map_over_chunks_equals_numpy():
    X = np.random.RandomState(0).randn(3 * CHUNK + 5, 2) * [1e-10, 1e10] + [1.0, -3e11]
    affine = standardizing_map(X)
    np.testing.assert_allclose(affine.offset, X.mean(0), rtol=1e-12)
    np.testing.assert_allclose(affine.scale, X.std(0), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.3e8])
def test_standardizing_map_constant_column_keeps_its_scale(value):
    affine = standardizing_map(np.full((17, 1), value))
    assert affine.scale == 1.0
    np.testing.assert_allclose(affine.forward(np.full((2, 1), value)), 0.0, atol=1e-6)


@pytest.fixture
def words():
    """Of many columns most are zero in most rows, one is a measurement and one is never there."""
    rng = np.random.RandomState(0)
    X = rng.rand(300, MANY_COLUMNS) * (
        rng.rand(300, MANY_COLUMNS) < rng.uniform(0.01, 0.15, MANY_COLUMNS)
    )
    X[:, 0], X[:, 1] = rng.randn(300) + 7.0, 0.0
    return X


def test_rare_columns_vary_by_how_often_they_are_there(words):
    Z = standardizing_map(words).forward(words).astype(float)
    variance, share = Z.var(0), (words != 0.0).mean(0)
    assert variance[0] == pytest.approx(1.0, rel=1e-6) and variance[1] == 0.0
    assert variance[2:].mean() == pytest.approx(1.0, rel=1e-6)
    # Each entry that is there counts the same in all of them.
    squares = np.square(Z - Z.min(0)).sum(0)[2:] / share[2:]
    np.testing.assert_allclose(squares, squares.mean(), rtol=1e-5)


def test_units_of_rare_columns_are_their_own(words):
    factor = 10.0 ** np.random.RandomState(1).uniform(-9, 9, MANY_COLUMNS)
    first, second = standardizing_map(words), standardizing_map(words * factor)
    np.testing.assert_allclose(
        first.forward(words), second.forward(words * factor), rtol=1e-5, atol=1e-6
    )


def test_rare_columns_of_csr_are_those_of_its_array(words):
    words[::7, 5:9] = np.nan  # neither there nor not
    first, second = standardizing_map(words), standardizing_map(csr_array(words))
    np.testing.assert_allclose(first.offset, second.offset, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(first.scale, second.scale, rtol=1e-12)
    without = [
        standardizing_map(np.delete(words, np.s_[::7], axis=0)[:, 5:9].repeat(50, axis=1)),
        standardizing_map(words[:, 5:9].repeat(50, axis=1)),
    ]
    np.testing.assert_allclose(without[0].scale, without[1].scale, rtol=1e-12)


def test_of_fewer_columns_each_has_a_variance_of_1(words):
    Z = standardizing_map(words[:, 1:]).forward(words[:, 1:])
    np.testing.assert_allclose(Z.var(0)[1:], 1.0, rtol=1e-5)


def test_where_more_than_a_tenth_is_not_zero_each_has_a_variance_of_1(words):
    words[:, -30:] += 1.0
    Z = standardizing_map(words).forward(words)
    np.testing.assert_allclose(np.delete(Z.var(0), 1), 1.0, rtol=1e-5)


def test_log_volume_is_that_of_the_change_of_variables():
    X = np.random.RandomState(0).randn(50, 3) * [1.0, 2.0, 5.0]
    assert standardizing_map(X).log_volume(3) == pytest.approx(np.log(X.std(0)).sum())
    assert unit_interval_map(X).log_volume(3) == 0.0


def test_what_a_decoder_puts_beyond_float64_stays_at_its_end():
    X = np.array([[1e291], [0.0]]).repeat(4, axis=0)
    rows = standardizing_map(X).inverse(np.array([[1e20], [-1e20], [0.0]], dtype=np.float32))
    np.testing.assert_array_equal(rows[:2, 0], np.finfo(np.float64).max * np.array([1, -1]))
    np.testing.assert_allclose(rows[2], X.mean())


def test_unit_interval_map_uint8_equals_division_by_255():
    X = np.arange(256, dtype=np.uint8).reshape(64, 4)
    for scaled in (X / 255, (X / np.float32(255)).astype(np.float32)):
        np.testing.assert_array_equal(
            unit_interval_map(X).forward(X), unit_interval_map(scaled).forward(scaled)
        )


def test_unit_interval_map_clips_what_lies_beyond():
    affine = unit_interval_map(np.array([[2.0], [4.0]]))
    np.testing.assert_allclose(affine.forward(np.array([[1.0], [3.0], [9.0]])), [[0], [0.5], [1]])


def test_choose_map_without_standardize_refuses_bernoulli_outside_its_domain():
    X = np.array([[-2.1, 3.4]])
    with pytest.raises(ValueError, match=r"Expected X in \[0, 1\].*\[-2.1, 3.4\]"):
        choose_map(X, "bernoulli", standardize=False)


def test_the_identity_of_float32_gives_the_same_as_the_arithmetic_in_double():
    X = np.random.RandomState(0).randn(50, 3).astype(np.float32)
    quick = AffineMap(np.array(0.0), np.array(1.0), bounds=(0.0, 1.0))
    assert quick.is_identity
    slow = AffineMap(np.zeros(3), np.ones(3), bounds=(0.0, 1.0))
    assert not slow.is_identity
    np.testing.assert_array_equal(quick.forward(X), slow.forward(X))


@pytest.mark.parametrize("change", ["none", "read-only", "Fortran", "backwards", "every other row"])
def test_rows_in_model_units_are_taken_as_they_are_or_cut(change):
    X = np.random.RandomState(0).rand(6, 4).astype(np.float32)
    rows = {
        "Fortran": np.asfortranarray(X), "backwards": X[::-1], "every other row": X[::2],
    }.get(change, X)  # fmt: skip
    rows.flags.writeable = change != "read-only"
    unit_map = unit_interval_map(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of memory that it might write to
        np.testing.assert_array_equal(torch.from_numpy(unit_map.forward(rows)), rows)
    beyond = X.copy()
    beyond[0] = [-2.0, 3.0, np.nan, 0.5]
    np.testing.assert_array_equal(unit_map.forward(beyond)[0], [0.0, 1.0, np.nan, 0.5])
    assert beyond[0, 1] == 3.0  # ours, and left alone
