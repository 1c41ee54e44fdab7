# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries in columns of frames: the dtype stays if it can hold them, and the others stay."""

from decimal import Context, Decimal, localcontext

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_gmvae.utils._frame_columns import held, put_in_pandas, put_in_polars

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
        (
            pd.Categorical([True, None], [True, False]),
            1.0,
            pd.Categorical([True, True], [True, False]),
        ),
        (pd.arrays.SparseArray([np.nan, np.nan]), "a", np.array([np.nan, "a"], object)),
        (pd.arrays.SparseArray([0.0, np.nan]), 2.5, pd.arrays.SparseArray([0.0, 2.5])),
    ],
    ids=str,
)
def test_put_in_pandas(column, new, expected):
    column = pd.Series(column, index=[5, 3], name="x", dtype=column.dtype)
    before = column.copy()
    found = put_in_pandas(column, WHERE, [new])
    expected = pd.Series(expected, index=[5, 3], name="x", dtype=expected.dtype)
    pd.testing.assert_series_equal(found, expected)
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
        (pl.Series(["a", None]), 7, pl.Series(["a", "7"])),
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


def arrow(values, name):
    return pd.array(values, pd.ArrowDtype(getattr(pa, name)()))


@pytest.mark.parametrize(
    ("column", "new", "expected"),
    [
        (arrow([1, None], "int8"), 1e9, arrow([1, 127], "int8")),
        (arrow([True, None], "bool_"), 0.7, arrow([True, True], "bool_")),
        (arrow([1.5, None], "float32"), 2.5, arrow([1.5, 2.5], "float32")),
        (arrow([1.5, None], "float64"), True, arrow([1.5, 1.0], "float64")),
        (arrow(["a", None], "string"), "b", arrow(["a", "b"], "string")),
        (arrow([1.5, None], "float64"), "b", np.array([1.5, "b"], object)),
        (arrow([None, None], "null"), 2.5, np.array([None, 2.5], object)),
    ],
    ids=str,
)
def test_put_in_columns_of_arrow(column, new, expected):
    found = put_in_pandas(pd.Series(column), WHERE, [new])
    expected = pd.Series(expected)
    assert found.dtype == expected.dtype
    assert found[1] == expected[1]


@pytest.mark.parametrize("dtype", ["Int128", "uint64", "int8[pyarrow]"])
def test_whole_numbers_stay_within_their_bits(dtype):
    n_bits, is_signed = int("".join(c for c in dtype if c.isdigit())), dtype[0].lower() == "i"
    high = 2 ** (n_bits - is_signed)
    found = held([1e60, -1e60, 2.5], dtype)
    assert found == [high - 1, -high if is_signed else 0, 2]
    assert [type(value) for value in found] == [int] * 3


@pytest.mark.parametrize(("precision", "scale"), [(4, 2), (38, 20), (38, 38), (38, 0)])
def test_decimals_stay_within_their_digits(precision, scale):
    end = Decimal(10**precision - 1).scaleb(-scale, Context(prec=100))
    with localcontext(Context(prec=3)):  # the user's, which is no concern of ours
        found = held([1e300, -1e300, 0.25], f"Decimal({precision},{scale})", precision, scale)
    assert found[:2] == [end, end.copy_negate()]
    assert found[2] == (Decimal("0.25") if scale else 0)
    column = pl.Series([None, Decimal(0)], dtype=pl.Decimal(precision, scale))
    assert put_in_polars(column, np.array([0]), [1e300]).to_list() == [end, 0]
