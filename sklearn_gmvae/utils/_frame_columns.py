# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries put into a column of a data frame, whose dtype stays if it can hold them.

It cannot where a column that had texts comes without any, which is then one of numbers.
"""

import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np


def put_in_pandas(column: Any, where: np.ndarray, new: list) -> Any:
    """A copy of the Series with ``new`` at the places ``where``."""
    pandas = sys.modules["pandas"]
    dtype = column.dtype
    if isinstance(dtype, pandas.SparseDtype):
        return put_in_pandas(column.sparse.to_dense(), where, new).astype(dtype)
    if isinstance(dtype, pandas.CategoricalDtype):
        unknown = [value for value in dict.fromkeys(new) if value not in dtype.categories]
        column = column.cat.add_categories(unknown)
    else:
        types = pandas.api.types
        has_objects = types.is_object_dtype(dtype)
        name = str(dtype)
        if has_objects:
            name = OF_OBJECTS.get(types.infer_dtype(column, skipna=True), "object")
        arrow = getattr(dtype, "pyarrow_dtype", None)
        new = list(map(nearest(name, getattr(arrow, "scale", None)), new))
        are_texts = {isinstance(value, str) for value in new}
        if not has_objects and are_texts != {types.is_string_dtype(dtype)}:
            column = column.astype(object)
    column = column.copy()
    column.iloc[where] = new
    return column


# Of what pandas finds in columns of objects, those that numbers would not fit.
OF_OBJECTS = {"boolean": "bool", "integer": "int"}


def put_in_polars(column: Any, where: np.ndarray, new: list) -> Any:
    """A copy of the Series with ``new`` at the places ``where``."""
    polars = sys.modules["polars"]
    dtype = column.dtype
    entries = column.to_list()
    new = list(map(nearest(str(dtype), getattr(dtype, "scale", None)), new))
    for i, entry in zip(where.tolist(), new, strict=True):
        entries[i] = entry
    if dtype == polars.Null:
        dtype = None  # which has no entry but the new ones
    elif any(isinstance(value, str) for value in new):
        known = dtype.categories.to_list() if isinstance(dtype, polars.Enum) else []
        if not (dtype in (polars.String, polars.Categorical) or set(new) <= set(known)):
            entries = [None if entry is None else str(entry) for entry in entries]
            dtype = polars.String
    return polars.Series(column.name, entries, dtype=dtype)


def nearest(dtype: str, scale: int | None = None) -> Callable[[Any], Any]:
    """What a column of this dtype, with ``scale`` decimals if it is one of decimals, holds in place
    of a value; of texts the text, whatever the dtype."""
    dtype = dtype.lower()
    whole = re.match(r"(u?)int(\d*)", dtype)
    low, high = -np.inf, np.inf  # of Python's whole numbers
    if whole is not None and whole[2]:
        high = 2 ** (int(whole[2]) - (not whole[1])) - 1
        low = 0 if whole[1] else -high - 1

    def hold(value: Any) -> Any:
        if isinstance(value, str):
            return value
        if dtype.startswith("bool"):
            return bool(value > 0.5)
        if whole is not None:
            return max(low, min(high, round(value)))
        if dtype.startswith("decimal") and scale is not None:
            return Decimal(value).quantize(Decimal(1).scaleb(-scale))
        if dtype.startswith(("float", "double")):
            return float(value)
        return value

    return hold
