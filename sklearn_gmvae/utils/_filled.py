# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X again, in its own container and dtypes, with values where entries were missing."""

import numpy as np


def filled(X, rows, incomplete: np.ndarray, values: np.ndarray):
    """A copy of X with ``values`` where entries are missing; the others keep their bits.

    Parameters
    ----------
    X : array-like, CSR or other sparse matrix, pandas or polars DataFrame of shape (n, D)
    rows : ndarray or CSR of shape (n, D)
        X as it was validated: NaN where an entry is missing.
    incomplete : ndarray of int of shape (m,)
        The numbers of the rows with missing entries, ascending.
    values : ndarray of shape (m, D)
        What belongs there. Columns of whole numbers take the nearest one, of booleans the nearer.
    """
    if hasattr(rows, "indptr"):
        return _filled_csr(rows, incomplete, values).asformat(X.format)
    missing = np.isnan(rows[incomplete])
    if not hasattr(X, "iloc") and not hasattr(X, "get_column"):
        result = np.array(rows)
        result[incomplete] = np.where(missing, values, result[incomplete])
        return result
    result = X.copy() if hasattr(X, "iloc") else X.clone()
    for j in np.flatnonzero(missing.any(0)):
        where = incomplete[missing[:, j]]
        result = _with_values(result, int(j), where, values[missing[:, j], j])
    return result


def _with_values(frame, j: int, where: np.ndarray, values: np.ndarray):
    """The frame with values in some rows of column j; a pandas frame is changed."""
    if hasattr(frame, "iloc"):
        column = frame.iloc[:, j].copy()
        column.iloc[where] = _as_kind(values, str(column.dtype)).tolist()
        frame.isetitem(j, column)
        return frame
    column = frame.to_series(j).clone()
    column.scatter(where, _as_kind(values, str(column.dtype)).tolist())
    return frame.with_columns(column)


def _as_kind(values: np.ndarray, dtype: str) -> np.ndarray:
    """The values as a column of the dtype of that name can hold them."""
    name = dtype.lower()
    if name.startswith(("int", "uint")):
        return np.rint(values).astype(np.int64)
    return values >= 0.5 if name.startswith("bool") else values


def _filled_csr(rows, incomplete: np.ndarray, values: np.ndarray):
    result = rows.copy()
    missing = np.flatnonzero(np.isnan(result.data))
    row = np.searchsorted(result.indptr, missing, side="right") - 1
    result.data[missing] = values[np.searchsorted(incomplete, row), result.indices[missing]]
    return result
