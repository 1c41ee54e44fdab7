# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries put into a column of a data frame, whose dtype stays if it can hold them.

It cannot where a column that had texts comes without any, which is then one of numbers.
"""

import re
import sys
from decimal import Context, Decimal
from typing import Any

import numpy as np

# Of what pandas finds in columns of objects, the dtypes that other numbers would not fit.
DTYPE_OF_OBJECTS = {"boolean": "bool", "integer": "int"}
# More digits than any column of decimals has, whatever the user's context.
EXACT = Context(prec=400)


def put_in_pandas(column: Any, where: np.ndarray, new: list) -> Any:
    """A copy of the Series with ``new`` at the places ``where``."""
    pandas = sys.modules["pandas"]
    dtype, types = column.dtype, pandas.api.types
    if isinstance(dtype, pandas.SparseDtype):
        dense = put_in_pandas(column.sparse.to_dense(), where, new)
        return dense.astype(dtype) if dense.dtype == dtype.subtype else dense
    if isinstance(dtype, pandas.CategoricalDtype):
        known = {value: value for value in dtype.categories}  # to which True may be 1
        new = [known.setdefault(value, value) for value in new]
        column = column.cat.add_categories(list(known)[len(dtype.categories) :])
    elif types.is_object_dtype(dtype):
        found = types.infer_dtype(column, skipna=True)
        new = held(new, DTYPE_OF_OBJECTS.get(found, "object"))
    else:
        arrow = getattr(dtype, "pyarrow_dtype", None)
        new = held(new, str(dtype), getattr(arrow, "precision", 0), getattr(arrow, "scale", 0))
        are_texts = {isinstance(value, str) for value in new}
        if are_texts != {types.is_string_dtype(dtype)} or str(dtype).startswith("null"):
            column = column.astype(object)
    column = column.copy()
    column.iloc[where] = new
    return column


def put_in_polars(column: Any, where: np.ndarray, new: list) -> Any:
    """A copy of the Series with ``new`` at the places ``where``."""
    polars = sys.modules["polars"]
    dtype = column.dtype
    entries = column.to_list()
    new = held(new, str(dtype), getattr(dtype, "precision", 0), getattr(dtype, "scale", 0))
    for i, entry in zip(where.tolist(), new, strict=True):
        entries[i] = entry
    holds_texts = isinstance(dtype, polars.String | polars.Categorical | polars.Enum)
    if dtype == polars.Null:
        dtype = None  # which has no entry but the new ones
    elif holds_texts or any(isinstance(value, str) for value in new):
        entries = [None if entry is None else str(entry) for entry in entries]
        if isinstance(dtype, polars.Enum):
            holds_texts = set(entries) <= {None, *dtype.categories}
        dtype = dtype if holds_texts else polars.String
    return polars.Series(column.name, entries, dtype=dtype)


def held(values: list, dtype: str, precision: int = 0, scale: int = 0) -> list:
    """What a column of this dtype, of decimals with so many digits, ``scale`` of them after the
    point, holds in place of values: the nearest; of texts the texts, whatever the dtype."""
    dtype = dtype.lower()
    if any(isinstance(value, str) for value in values):
        return values
    if dtype.startswith("bool"):
        return [bool(value > 0.5) for value in values]
    if dtype.startswith(("float", "double")):
        return np.asarray(values, dtype=np.float64).tolist()
    if whole := re.match(r"(u?)int(\d*)", dtype):
        low, high = _ends(n_bits=int(whole[2] or 0), is_signed=not whole[1])
        return [max(low, min(high, round(value))) for value in values]
    if dtype.startswith("decimal"):
        unit, end = (Decimal(n).scaleb(-scale, EXACT) for n in (1, 10**precision - 1))
        exact = [Decimal(value).quantize(unit, context=EXACT) for value in values]
        return [max(end.copy_negate(), min(end, value)) for value in exact]
    return values


def _ends(n_bits: int, *, is_signed: bool) -> tuple[float, float]:
    """Of whole numbers of so many bits; of Python's, which have any number, there are none."""
    if not n_bits:
        return -np.inf, np.inf
    high = 2 ** (n_bits - is_signed)
    return -high if is_signed else 0, high - 1
