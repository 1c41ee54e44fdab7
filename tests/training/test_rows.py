# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading X: what CSR says is what its dense array says, and reading changes neither."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sklearn_gmvae.training import choose_likelihood, choose_map
from sklearn_gmvae.training._affine import standardizing_map, unit_interval_map
from sklearn_gmvae.training._rows import CHUNK, value_range

CONTAINERS = [sparse.csr_matrix, sparse.csr_array]
tables = arrays(
    np.float64, (20, 3), elements=st.one_of(st.just(0.0), st.floats(-1e6, 1e6, width=32))
)


@pytest.mark.parametrize("container", CONTAINERS)
@given(X=tables)
def test_maps_of_csr_are_those_of_its_array(container, X):
    S = container(X)
    assert value_range(S) == value_range(X)
    assert choose_likelihood(S) == choose_likelihood(X)
    first, second = standardizing_map(S), standardizing_map(X)
    np.testing.assert_allclose(first.offset, second.offset, rtol=1e-12, atol=1e-9)
    # Where rounding is all that varies, either may call the column constant.
    varies = second.scale > 1e-12 * (1 + np.abs(X).max())
    np.testing.assert_allclose(first.scale[varies], second.scale[varies], rtol=1e-6)
    unit = unit_interval_map(X)
    np.testing.assert_array_equal(unit_interval_map(S).forward(S), unit.forward(X))


@pytest.mark.parametrize("container", CONTAINERS)
def test_moments_of_csr_are_merged_over_chunks(container):
    rng = np.random.RandomState(0)
    X = rng.randn(2 * CHUNK + 5, 4) * (rng.rand(2 * CHUNK + 5, 4) < 0.2) * [1e-170, 1.0, 1e160, 0]
    X[:, 3] = 7.0  # constant, and stored
    affine = standardizing_map(container(X))
    np.testing.assert_allclose(affine.offset, X.mean(0), rtol=1e-11)
    scale = X / [1e-170, 1.0, 1e160, 1.0]
    np.testing.assert_allclose(
        affine.scale, [*(scale.std(0)[:3] * [1e-170, 1.0, 1e160]), 1.0], rtol=1e-9
    )


@pytest.mark.parametrize("container", CONTAINERS)
def test_csr_with_duplicates_in_any_order_is_read_and_left_alone(container):
    """Duplicates add up, as in scipy; read-only parts are as joblib hands them over."""
    data, columns = np.array([3.0, -1.0, 2.0, 0.5]), np.array([2, 0, 2, 1])
    S = container((data, columns, np.array([0, 3, 4])), shape=(2, 3))
    for part in (S.data, S.indices, S.indptr):
        part.flags.writeable = False
    X = np.array([[-1.0, 0.0, 5.0], [0.0, 0.5, 0.0]])
    assert value_range(S) == (-1.0, 5.0)
    affine = choose_map(S, "gaussian", standardize=True)
    np.testing.assert_allclose(affine.offset, X.mean(0))
    np.testing.assert_allclose(affine.scale, X.std(0))
    np.testing.assert_array_equal(affine.forward(S), affine.forward(X))
    assert S.nnz == 4
    np.testing.assert_array_equal(S.indices, columns)


def test_value_range_of_csr_counts_the_zeros_that_are_left_out():
    assert value_range(sparse.csr_array(np.array([[0.0, 2.0]]))) == (0.0, 2.0)
    assert value_range(sparse.csr_array(np.array([[1.0, 2.0]]))) == (1.0, 2.0)
    assert value_range(sparse.csr_array((2, 3))) == (0.0, 0.0)
