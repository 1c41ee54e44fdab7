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

from sklearn_gmvae.training import AffineMap, choose_map
from sklearn_gmvae.training._affine import standardizing_map, unit_interval_map
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
