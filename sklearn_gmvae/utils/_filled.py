# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X again, in its own container and dtypes, with values where entries were missing."""

from collections.abc import Sequence

import numpy as np


def filled(
    X, rows, incomplete: np.ndarray, values: np.ndarray, choices: Sequence[tuple] | None = None
):
    """A copy of X with ``values`` where entries are missing; the others keep their bits.

    Parameters
    ----------
    X : array-like, CSR or other sparse matrix, pandas or polars DataFrame of shape (n, D)
    rows : ndarray or CSR of shape (n, D)
        X as it was validated: NaN where an entry is missing.
    incomplete : ndarray of int of shape (m,)
        The numbers of the rows with missing entries, ascending.
    values : ndarray of shape (m, D)
        What belongs there. Columns of whole numbers take the nearest one.
    choices : sequence of tuple, optional
        What each column of a frame may have; its ``values`` are places in it. Nothing for a column
        of numbers.
    """
    if hasattr(rows, "indptr"):
        return _filled_csr(rows, incomplete, values).asformat(X.format)
    missing = np.isnan(rows[incomplete])
    is_pandas = hasattr(X, "iloc")
    if not is_pandas and not hasattr(X, "get_column"):
        result = np.array(rows)
        result[incomplete] = np.where(missing, values, result[incomplete])
        return result
    result = X.copy() if is_pandas else X
    for j in np.flatnonzero(missing.any(0)).tolist():
        where, found = incomplete[missing[:, j]], values[missing[:, j], j]
        column = X.iloc[:, j].copy() if is_pandas else X.to_series(j)
        if choices is not None and choices[j]:
            # What is not known to the model is there nevertheless.
            empty = (column.isna() if is_pandas else column.is_null()).to_numpy()[where]
            where, found = where[empty], found[empty]
            new = [choices[j][int(place)] for place in np.rint(found)]
        elif str(column.dtype).lower().startswith(("int", "uint")):
            new = np.rint(found).astype(np.int64).tolist()
        else:
            new = found.tolist()
        if is_pandas:
            column.iloc[where] = new
            result.isetitem(j, column)
        else:
            entries = column.to_list()
            for i, entry in zip(where.tolist(), new, strict=True):
                entries[i] = entry
            result = result.with_columns(type(column)(column.name, entries, dtype=column.dtype))
    return result


def _filled_csr(rows, incomplete: np.ndarray, values: np.ndarray):
    result = rows.copy()
    missing = np.flatnonzero(np.isnan(result.data))
    row = np.searchsorted(result.indptr, missing, side="right") - 1
    result.data[missing] = values[np.searchsorted(incomplete, row), result.indices[missing]]
    return result
