# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""`impute`: what is there stays, in its container and dtypes, and what is not is expected."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sklearn_gmvae import VaDEClustering

# With so few updates components may stay empty: an outcome that is told.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)
FEW = {"pretrain_iter": 5, "max_iter": 5}


def with_holes(X, share=0.3, seed=0):
    return np.where(np.random.RandomState(seed).random_sample(X.shape) < share, np.nan, X)


@pytest.fixture(scope="module", params=["whole", "holes"])
def fitted(request, blobs):
    """An estimator that was fitted to whole rows, and one that knows holes."""
    X = blobs[0] if request.param == "whole" else with_holes(blobs[0], seed=1)
    return VaDEClustering(3, hidden_layer_sizes=(32,), random_state=0).fit(X)


@given(missing=arrays(np.bool_, (7, 6)), dtype=st.sampled_from([np.float32, np.float64, ">f8"]))
def test_impute_any_holes_keeps_what_is_there_bit_for_bit(fitted, blobs, missing, dtype):
    X = np.where(missing, np.nan, blobs[0][:7]).astype(dtype)
    before = X.copy()
    imputed = fitted.impute(X)
    np.testing.assert_array_equal(X, before)
    assert imputed.dtype == X.dtype
    assert imputed[~missing].tobytes() == X[~missing].tobytes()
    assert np.isfinite(imputed).all()


def test_impute_of_correlated_columns_is_near_their_conditional_expectation():
    """One Gaussian cluster of two factors, whose E[missing | observed] is known. The model is to
    explain three quarters of it, as set before anything was run; column means explain nothing."""
    rng = np.random.RandomState(0)
    loadings, noise = rng.standard_normal((2, 6)), 0.3
    X = rng.standard_normal((400, 2)) @ loadings + noise * rng.standard_normal((400, 6))
    covariance = loadings.T @ loadings + noise**2 * np.eye(6)
    holes = with_holes(X, 0.25)
    missing = np.isnan(holes)
    expected = np.zeros_like(X)
    for i, m in enumerate(missing):
        gain = covariance[np.ix_(m, ~m)] @ np.linalg.inv(covariance[np.ix_(~m, ~m)])
        expected[i, m] = gain @ X[i, ~m]
    estimator = VaDEClustering(
        1, latent_dim=2, hidden_layer_sizes=(32,), batch_size=50, pretrain_iter=50, max_iter=50,
        random_state=0,
    ).fit(holes)  # fmt: skip
    error = (estimator.impute(holes) - expected)[missing]
    assert (error**2).mean() < 0.25 * (expected[missing] ** 2).mean()


def test_impute_of_whole_numbers_is_a_copy(fitted, blobs):
    X = np.rint(blobs[0]).astype(np.int16)
    imputed = fitted.impute(X)
    assert imputed.dtype == np.int16
    assert imputed is not X
    np.testing.assert_array_equal(imputed, X)


def test_impute_keeps_frames_and_their_dtypes(quick, blobs):
    X = with_holes(blobs[0])
    names = list("abcdef")
    whole = pd.array(np.rint(X[:, 1]), dtype="Int64")
    frame = pd.DataFrame(X, columns=names, index=np.arange(len(X))[::-1]).assign(b=whole)
    frame["c"] = frame["c"].astype(np.float32)
    frame["f"] = pd.array(np.where(np.isnan(X[:, 5]), None, X[:, 5] > 0), dtype="boolean")
    before = frame.copy()
    estimator = quick(pretrain_iter=3, max_iter=3).fit(frame)
    imputed = estimator.impute(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert imputed.dtypes.equals(frame.dtypes)
    assert imputed.index.equals(frame.index)
    assert not imputed.isna().any(axis=None)
    for name in names:
        there = frame[name].notna()
        pd.testing.assert_series_equal(imputed[name][there], frame[name][there])

    # null, not NaN
    polar = pl.DataFrame({n: [None if pd.isna(v) else v for v in frame[n]] for n in names})
    imputed = estimator.impute(polar)
    assert imputed.schema == polar.schema
    assert imputed.null_count().sum_horizontal()[0] == 0


CITIES = np.array(["Bonn", "Ulm", "Kiel"], dtype=object)


@pytest.fixture(scope="module")
def of_kinds():
    rng = np.random.RandomState(0)
    group = rng.randint(2, size=60)
    frame = pd.DataFrame({"age": 3.0 * group + rng.randn(60), "member": group > 0})
    frame["city"] = CITIES[rng.randint(3, size=60)]
    frame["grade"] = pd.Categorical(group)
    return VaDEClustering(2, hidden_layer_sizes=(8,), random_state=0, **FEW).fit(frame), frame


@pytest.mark.parametrize(
    ("change", "name", "dtype"),
    [
        ({"city": np.nan}, "city", object),  # as read from a file where none has a city
        ({"city": [1.5, np.nan]}, "city", object),
        ({"city": pd.array(["Rome", None], "string")}, "city", "string"),
        ({"member": [1.0, np.nan]}, "member", float),
        ({"member": pd.array([None, True], "boolean")}, "member", "boolean"),
        ({"grade": 7}, "grade", int),
        ({"grade": pd.Categorical([7, None])}, "grade", "category"),
        ({"age": pd.array([None, 3], "Int8")}, "age", "Int8"),
        ({"age": pd.Series([None, None], dtype=object)}, "age", object),
    ],
)
def test_impute_columns_that_come_with_other_dtypes(of_kinds, change, name, dtype):
    fitted, frame = of_kinds
    some = frame[:2].assign(**change)
    imputed = fitted.impute(some)
    assert imputed[name].dtype == dtype
    assert imputed[name].notna().all()
    there = some[name].notna()
    assert imputed[name][there].tolist() == some[name][there].tolist()
    known = {"city": set(CITIES), "member": {0, 1}, "grade": {0, 1}}.get(name)
    assert known is None or set(imputed[name][~there]) <= known
    pd.testing.assert_frame_equal(imputed.drop(columns=name), some.drop(columns=name))


def test_impute_columns_of_nothing_in_polars(of_kinds):
    frame = pl.DataFrame({n: of_kinds[1][n].tolist() for n in of_kinds[1]})
    fitted = VaDEClustering(2, hidden_layer_sizes=(8,), random_state=0, **FEW).fit(frame)
    for name in ("age", "member", "city"):
        imputed = fitted.impute(frame[:3].with_columns(pl.lit(None).alias(name)))
        assert imputed.null_count().sum_horizontal()[0] == 0
        assert imputed[name].dtype == frame[name].dtype


def test_impute_sparse_frames(quick, blobs):
    X = np.where(blobs[0] < 0, 0.0, with_holes(blobs[0]))
    index, columns = np.arange(len(X))[::-1], list("abcdef")
    rows = sparse.csr_array(X)
    frame = pd.DataFrame.sparse.from_spmatrix(rows, index, columns)
    imputed = quick().fit(frame).impute(frame)
    assert imputed.dtypes.equals(frame.dtypes)
    assert imputed.index.equals(frame.index) and imputed.columns.equals(frame.columns)
    np.testing.assert_array_equal(imputed.to_numpy(), quick().fit(rows).impute(rows).toarray())


def test_impute_sums_entries_of_csr_that_are_one(fitted):
    X = np.zeros((1, 6))
    X[0, :3] = np.nan, 2.0, np.nan
    twice = sparse.csr_array(([np.nan, 5.0, 2.0, np.nan, np.nan], [0, 0, 1, 2, 2], [0, 5]), (1, 6))
    np.testing.assert_array_equal(fitted.impute(twice).toarray(), fitted.impute(X))
    assert twice.nnz == 5  # left alone
