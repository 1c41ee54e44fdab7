# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic tables of several kinds of columns."""

import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_gmvae.datasets import make_mixed


def test_make_mixed_has_the_columns_asked_for_and_repeats_with_a_seed():
    X, y = make_mixed(
        101, n_clusters=3, n_numeric=2, n_boolean=1, n_categorical=2, n_counts=1,
        n_categories=3, random_state=0,
    )  # fmt: skip
    assert X.shape == (101, 6)
    assert X.dtypes.astype(str).tolist() == [*["float64"] * 2, "bool", *["category"] * 2, "int64"]
    assert X["kind_0"].cat.categories.tolist() == ["kind a", "kind b", "kind c"]
    assert sorted(np.bincount(y).tolist()) == [33, 34, 34]
    again, labels = make_mixed(
        101, n_clusters=3, n_numeric=2, n_boolean=1, n_categorical=2, n_counts=1,
        n_categories=3, random_state=0,
    )  # fmt: skip
    pd.testing.assert_frame_equal(X, again)
    np.testing.assert_array_equal(y, labels)


def test_make_mixed_numbers_are_normal_within_clusters():
    X, y = make_mixed(20_000, n_clusters=2, n_numeric=3, random_state=1)
    for j in range(3):
        deviations = [X.loc[y == k, f"number_{j}"].std() for k in range(2)]
        # sd of 10,000 normal draws: standard error 1 / sqrt(20,000) of it
        assert abs(deviations[0] / deviations[1] - 1) < 5 * np.sqrt(2 / 20_000)


def test_make_mixed_removes_its_share_of_entries_in_every_kind_of_column():
    X, _ = make_mixed(5_000, missing=0.3, random_state=0)
    share = X.isna().mean()
    assert (abs(share - 0.3) < 5 * np.sqrt(0.21 / 5_000)).all()
    assert set(X.dtypes.astype(str)) == {"float64", "boolean", "category", "Int64"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be at least 1 and at most n_samples=10"),
        ({"n_clusters": 11}, "n_clusters=11"),
        ({"n_numeric": -1}, "n_numeric should be an integer >= 0, but is -1"),
        ({"n_categories": 1}, "n_categories should be an integer >= 2"),
        ({"missing": 1.0}, r"missing should be a share in \[0, 1\), but is 1.0"),
        (
            {"n_numeric": 0, "n_boolean": 0, "n_categorical": 0, "n_counts": 0},
            "At least one of n_numeric",
        ),
    ],
)
def test_make_mixed_impossible_parameters_are_told(changes, message):
    with pytest.raises(ValueError, match=message):
        make_mixed(10, **changes)


def test_make_mixed_without_pandas_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        make_mixed(10)
