# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries in columns of frames: the dtype stays if it can hold them, and the others stay."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_gmvae.utils._frame_columns import nearest, put_in_pandas, put_in_polars

WHERE = np.array([1])
CENT = pl.Decimal(10, 2)


@pytest.mark.parametrize(
    ("column", "new", "expected"),
    [
        (pd.array([1, None], "UInt8"), -3.4, pd.array([1, 0], "UInt8")),
        (pd.array([1, None], "UInt8"), 255.7, pd.array([1, 255], "UInt8")),
        (pd.array([1, None], "Int8"), -300.0, pd.array([1, -128], "Int8")),
        (pd.array([1, None], "Int64"), 1e30, pd.array([1, 2**63 - 1], "Int64")),
        (pd.array([1, None], "Int64"), True, pd.array([1, 1], "Int64")),
        (pd.array([True, None], "boolean"), 0.4, pd.array([True, False], "boolean")),
        (pd.array([True, None], "boolean"), 17.0, pd.array([True, True], "boolean")),
        (np.array([1.5, np.nan]), True, np.array([1.5, 1.0])),
        (np.array([1.5, np.nan], np.float32), 2.5, np.array([1.5, 2.5], np.float32)),
        (np.array([1.5, np.nan]), "a", np.array([1.5, "a"], object)),
        (np.array([True, None], object), 0.9, np.array([True, True], object)),
        (np.array([3, None], object), 4.6, np.array([3, 5], object)),
        (np.array(["a", None], object), "b", np.array(["a", "b"], object)),
        (pd.array(["a", None], "string"), "b", pd.array(["a", "b"], "string")),
        (pd.array(["a", None], "string"), 7, np.array(["a", 7], object)),
        (pd.Categorical(["a", None]), "b", pd.Categorical(["a", "b"])),
        (pd.Categorical(["b", None], ["a", "b"]), "a", pd.Categorical(["b", "a"], ["a", "b"])),
        (pd.arrays.SparseArray([0.0, np.nan]), 2.5, pd.arrays.SparseArray([0.0, 2.5])),
    ],
    ids=str,
)
def test_put_in_pandas(column, new, expected):
    column = pd.Series(column, index=[5, 3], name="x")
    before = column.copy()
    found = put_in_pandas(column, WHERE, [new])
    pd.testing.assert_series_equal(found, pd.Series(expected, index=[5, 3], name="x"))
    pd.testing.assert_series_equal(column, before)


@pytest.mark.parametrize(
    ("column", "new", "expected"),
    [
        (pl.Series([1, None], dtype=pl.UInt8), -3.4, pl.Series([1, 0], dtype=pl.UInt8)),
        (pl.Series([1, None], dtype=pl.Int16), 1e9, pl.Series([1, 32767], dtype=pl.Int16)),
        (pl.Series([True, None]), 0.4, pl.Series([True, False])),
        (pl.Series([1.5, None]), True, pl.Series([1.5, 1.0])),
        (pl.Series([None, None]), 2.5, pl.Series([None, 2.5])),
        (pl.Series([None, None]), "a", pl.Series([None, "a"])),
        (pl.Series([1.5, None]), "a", pl.Series(["1.5", "a"])),
        (pl.Series(["a", None]), "b", pl.Series(["a", "b"])),
        (pl.Series(["a", None], dtype=pl.Enum(["a"])), "b", pl.Series(["a", "b"])),
        (
            pl.Series(["a", None], dtype=pl.Enum("ab")), "b",
            pl.Series(["a", "b"], dtype=pl.Enum("ab")),
        ),
        (
            pl.Series([Decimal("1.25"), None], dtype=CENT), 2.718,
            pl.Series([Decimal("1.25"), Decimal("2.72")], dtype=CENT),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_put_in_polars(column, new, expected):
    found = put_in_polars(column, WHERE, [new])
    assert found.dtype == expected.dtype
    assert found.to_list() == expected.to_list()


@pytest.mark.parametrize("dtype", ["Int128", "uint64", "int8[pyarrow]"])
def test_whole_numbers_stay_within_their_bits(dtype):
    n_bits, is_signed = int("".join(c for c in dtype if c.isdigit())), dtype[0].lower() == "i"
    high = 2 ** (n_bits - is_signed)
    assert nearest(dtype)(1e60) == high - 1
    assert nearest(dtype)(-1e60) == (-high if is_signed else 0)
    assert nearest(dtype)(2.5) == 2 and type(nearest(dtype)(2.5)) is int
