# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From X's units to the model's, for counts, categories and columns of several kinds."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from sklearn_gmvae.models import LIKELIHOODS
from sklearn_gmvae.training import (
    MAX_CATEGORIES,
    ColumnsMap,
    Part,
    check_domain,
    choose_map,
    layout_of,
    model_spec,
)
from sklearn_gmvae.training._categories import find_categories
from sklearn_gmvae.training._counts import find_counts
from sklearn_gmvae.training._rows import CHUNK

COUNTS = [name for name in LIKELIHOODS if LIKELIHOODS[name].domain == "counts"]
codes = arrays(np.int64, (12, 3), elements=st.integers(0, 6))


def counts(n=200, D=5, seed=0):
    return np.random.RandomState(seed).poisson(np.exp(np.arange(D) - 1.0), (n, D)).astype(float)


# -- counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COUNTS)
def test_encoder_of_counts_sees_centred_logarithms_of_at_most_unit_variance(name):
    X = counts()
    likelihood = LIKELIHOODS[name](X.shape[1])
    found = choose_map(X, name, standardize=True)
    found.prepare(likelihood)
    seen = likelihood.encoder_input(torch.from_numpy(found.forward(X))).numpy()
    np.testing.assert_allclose(seen.mean(0), 0.0, atol=1e-5)
    assert seen.std(0).max() <= 1 + 1e-5
    assert (seen**2).mean() > 0.5


@pytest.mark.parametrize("name", COUNTS)
def test_output_of_zero_stands_for_the_columns_means(name):
    X = counts()
    likelihood = LIKELIHOODS[name](X.shape[1])
    choose_map(X, name, standardize=True).prepare(likelihood)
    mean = likelihood.mean(torch.zeros(X.shape[1])).numpy()
    expected = X.mean(0)
    if likelihood.is_relative:
        expected = expected / expected.sum() * np.median(X.sum(1))
    np.testing.assert_allclose(mean, expected, rtol=0.01)  # half a count is added to each sum


@pytest.mark.parametrize("relative", [True, False])
def test_statistics_of_counts_are_those_of_numpy_dense_sparse_and_chunk_by_chunk(relative):
    X = np.vstack([counts(2 * CHUNK + 7), np.zeros((2, 5))])  # rows of zeros too
    rows = np.log1p(X * np.median(X.sum(1)) / np.maximum(X.sum(1, keepdims=True), 1))
    rows = rows if relative else np.log1p(X)
    for form in (X, csr_array(X), X.astype(np.int32)):
        found = find_counts(form, relative=relative, standardize=True).statistics
        assert found.library_size == np.median(X.sum(1))
        np.testing.assert_allclose(found.centre, rows.mean(0), rtol=1e-9)
        expected = np.sqrt(np.maximum(rows.var(0), rows.var(0).mean()))
        np.testing.assert_allclose(found.scale, expected, rtol=1e-9)
        np.testing.assert_allclose(found.log_base, np.log((X.sum(0) + 0.5) / len(X)), rtol=1e-12)


def test_counts_without_standardize_are_only_told_the_median_sum():
    X = counts()
    found = find_counts(X, relative=True, standardize=False).statistics
    assert not found.log_base.any() and not found.centre.any() and (found.scale == 1).all()
    assert found.library_size == np.median(X.sum(1))


@pytest.mark.parametrize("name", COUNTS)
def test_constant_and_empty_columns_have_finite_statistics(name):
    X = np.column_stack([np.zeros(9), np.full(9, 4.0)])
    likelihood = LIKELIHOODS[name](2)
    choose_map(X, name, standardize=True).prepare(likelihood)
    assert all(buffer.isfinite().all() for buffer in likelihood.buffers())
    assert (likelihood.scale > 0).all()


# -- domains -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*COUNTS, "categorical"])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-2.0, "Negative values in data.*whole numbers|Negative values in data.*numbered 0, 1"),
        (0.37, r"likelihood='{name}' expects .*column 'b' of X has 0.37.*gaussian"),
        (1e12, r"likelihood='{name}' expects .*column 'b' of X has 1e\+12"),
    ],
)
def test_what_is_no_whole_number_is_refused_by_name(name, standardize, value, message):
    X = np.ones((CHUNK + 5, 3))
    X[CHUNK + 2, 1] = value
    for form in (X, csr_array(X)):
        with pytest.raises(ValueError, match=message.format(name=name)):
            choose_map(form, name, standardize, labels=["a", "b", "c"])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int8, np.int64, np.float16])
def test_whole_numbers_of_any_dtype_are_counts(dtype):
    X = np.array([[0, 1], [1, 1], [1, 0]]).astype(dtype)
    for name in (*COUNTS, "categorical"):
        check_domain(X, name, standardize=True)


def test_category_numbers_have_a_limit_that_is_told():
    X = np.array([[0, 1], [MAX_CATEGORIES, 2]])
    with pytest.raises(ValueError, match=f"at most {MAX_CATEGORIES} categories.*column 0 .*1000"):
        choose_map(X, "categorical", standardize=True)


# -- categories ----------------------------------------------------------------------------------


@given(X=codes)
@settings(max_examples=50, deadline=None)
def test_categories_any_table_inverts_dense_and_sparse(X):
    for form in (X, X.astype(float), csr_array(X)):
        found = find_categories(form, range(3))
        rows = found.forward(form)
        assert rows.shape == (12, sum(len(set(column)) for column in X.T))
        np.testing.assert_array_equal(rows.sum(1), 3)
        np.testing.assert_array_equal(found.inverse(rows), X)


def test_unknown_categories_and_nan_are_missing_blocks():
    found = find_categories(np.array([[0, 5], [2, 7]]), range(2))
    assert found.sizes.tolist() == [2, 2]
    rows = found.forward(np.array([[1.0, 5.0], [2.0, np.nan], [1e6, 6.0]]))
    nan = np.nan
    np.testing.assert_array_equal(rows, [[nan, nan, 1, 0], [0, 1, nan, nan], 4 * [nan]])


def test_inverse_of_probabilities_is_the_most_probable_category():
    found = find_categories(np.array([[0, 5], [2, 7], [3, 5]]), range(2))
    rows = np.array([[0.2, 0.5, 0.3, 0.4, 0.6], [0.4, 0.2, 0.4, 0.9, 0.1]])
    np.testing.assert_array_equal(found.inverse(rows), [[2, 7], [0, 5]])


# -- columns of several kinds --------------------------------------------------------------------

LAYOUT = (
    Part("gaussian", (0, 4)), Part("categorical", (1, 5)), Part("negative_binomial", (2, 3)),
)  # fmt: skip


def table(n=60, seed=0):
    rng = np.random.RandomState(seed)
    X = np.column_stack([rng.randn(n), rng.randint(3, size=n), counts(n, 2, seed), rng.randn(n)])
    return np.column_stack([X, rng.randint(2, size=n)])


def test_parts_are_mapped_as_by_themselves_and_come_back():
    X = table()
    found = choose_map(X, LAYOUT, standardize=True)
    rows = found.forward(X)
    assert rows.shape == (60, found.n_units(6)) == (60, 2 + 5 + 2)
    alone = [choose_map(X[:, part.columns], part.likelihood, True) for part in LAYOUT]
    expected = [own.forward(X[:, part.columns]) for own, part in zip(alone, LAYOUT, strict=True)]
    np.testing.assert_array_equal(rows, np.hstack(expected))
    np.testing.assert_allclose(found.inverse(rows), X, atol=1e-6)
    assert found.log_volume(6) == alone[0].log_volume(2)
    np.testing.assert_array_equal(
        choose_map(csr_array(X), LAYOUT, True).forward(csr_array(X)), rows
    )


def test_layout_and_model_spec_invert_each_other():
    X = table()
    found = choose_map(X, LAYOUT, standardize=True)
    spec = model_spec(LAYOUT, found)
    assert spec == (("gaussian", 2), ("categorical", (3, 2)), ("negative_binomial", 2))
    assert layout_of(spec, found) == LAYOUT
    for name in ("gaussian", "poisson", "categorical"):
        own = choose_map(np.ones((3, 2)), name, True)
        assert layout_of(model_spec(name, own), own) == name


def test_known_categories_stay_and_all_else_is_found_anew():
    first, second = table(seed=0), table(seed=1)
    second[:, 1] += 1
    known = choose_map(first, LAYOUT, standardize=True)
    found = choose_map(second, LAYOUT, standardize=True, known=known)
    assert isinstance(found, ColumnsMap)
    assert found.maps[1] is known.maps[1]
    assert not np.array_equal(found.maps[0].offset, known.maps[0].offset)
    assert (found.maps[2].statistics.centre != known.maps[2].statistics.centre).all()


def test_values_beyond_are_cut_part_by_part():
    found = choose_map(table(), LAYOUT, standardize=True)
    cut = found.cut(torch.full((1, 9), -3.0)).numpy()[0]
    np.testing.assert_array_equal(cut, [-3, -3, 0, 0, 0, 0, 0, 0, 0])
