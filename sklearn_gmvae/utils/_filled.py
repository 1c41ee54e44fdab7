# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X again, in its own container and dtypes, with values where entries were missing."""

from collections.abc import Sequence

import numpy as np

from sklearn_gmvae.utils._frame_columns import put_in_pandas, put_in_polars


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
        What belongs there. Columns of whole numbers and of booleans take the nearest value that
        they can hold.
    choices : sequence of tuple, optional
        What each column of a frame may have; its ``values`` are places in it. Nothing for a column
        of numbers.
    """
    is_pandas = hasattr(X, "iloc")
    if hasattr(rows, "indptr"):
        result = _filled_csr(rows, incomplete, values)
        return _like_sparse_frame(result, X) if is_pandas else result.asformat(X.format)
    missing = np.isnan(rows[incomplete])
    if not is_pandas and not hasattr(X, "get_column"):
        result = np.array(rows)
        result[incomplete] = np.where(missing, values, result[incomplete])
        return result
    result = X.copy() if is_pandas else X
    for j in np.flatnonzero(missing.any(0)).tolist():
        where, found = incomplete[missing[:, j]], values[missing[:, j], j]
        column = X.iloc[:, j] if is_pandas else X.to_series(j)
        if choices is not None and choices[j]:
            # What is not known to the model is there nevertheless.
            empty = (column.isna() if is_pandas else column.is_null()).to_numpy()[where]
            where, found = where[empty], found[empty]
            places = np.rint(found).clip(0, len(choices[j]) - 1).astype(int)
            new = [choices[j][place] for place in places]
        else:
            new = found.tolist()
        if not new:
            continue
        if is_pandas:
            result.isetitem(j, put_in_pandas(column, where, new))
        else:
            result = result.with_columns(put_in_polars(column, where, new))
    return result


def _filled_csr(rows, incomplete: np.ndarray, values: np.ndarray):
    result = rows.copy()
    result.sum_duplicates()
    missing = np.flatnonzero(np.isnan(result.data))
    row = np.searchsorted(result.indptr, missing, side="right") - 1
    result.data[missing] = values[np.searchsorted(incomplete, row), result.indices[missing]]
    return result


def _like_sparse_frame(rows, X):
    result = type(X).sparse.from_spmatrix(rows, index=X.index)
    result = result.astype(dict(enumerate(X.dtypes)))
    result.columns = X.columns
    return result.__finalize__(X)
