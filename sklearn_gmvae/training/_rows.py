# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading X, an array, a memory map or CSR, some rows at a time."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, csr_matrix
from sklearn.utils.sparsefuncs import mean_variance_axis


class _Columns:
    """Some columns of X, taken when rows are read."""

    def __init__(self, X: "Rows", columns: np.ndarray) -> None:
        self._X, self._columns = X, columns
        self.shape = (X.shape[0], len(columns))
        self.dtype = X.dtype

    def __getitem__(self, rows: slice) -> "Rows":
        return self._X[rows][:, self._columns]


# What X may be; CSR is read by rows, and only they are ever dense.
Rows: TypeAlias = np.ndarray | csr_array | csr_matrix


def some_columns(X: Rows, columns: np.ndarray) -> Rows:
    """These columns of X, for who reads it some rows at a time: there is no copy of all of them."""
    return _Columns(X, columns)


# Rows read at a time while moments are gathered: bounds the float64 copy of integer or
# memory-mapped X.
CHUNK = 4096


def dense(X: Rows) -> np.ndarray:
    """X as an array, in its dtype."""
    return X if isinstance(X, np.ndarray) else X.toarray()


def chunks(X: Rows) -> Iterator[Rows]:
    """Copies of the rows of X in float64, CHUNK at a time; of CSR in canonical format."""
    for start in range(0, X.shape[0], CHUNK):
        part = X[start : start + CHUNK]
        if not isinstance(part, np.ndarray):
            part.sum_duplicates()  # a slice of CSR is a copy
        yield part.astype(np.float64)


def incomplete_rows(X: Rows) -> np.ndarray:
    """The numbers of the rows with missing entries, ascending."""
    if not isinstance(X, np.ndarray):
        stored = np.flatnonzero(np.isnan(X.data))
        return np.unique(np.searchsorted(X.indptr, stored, side="right") - 1)
    parts = [
        start + np.flatnonzero(np.isnan(X[start : start + CHUNK]).any(1))
        for start in range(0, len(X), CHUNK)
    ]
    return np.concatenate(parts)


def value_range(X: Rows) -> tuple[float, float]:
    """Smallest and largest entry of X, the zeros that CSR leaves out included; NaN only if there
    is no other entry."""
    if isinstance(X, np.ndarray):
        low = X.min()
        if low == low:
            return float(low), float(X.max())
        return float(np.fmin.reduce(X, axis=None)), float(np.fmax.reduce(X, axis=None))
    low, high = np.inf, -np.inf
    for part in chunks(X):
        if isinstance(part, np.ndarray):
            low = min(low, float(np.fmin.reduce(part, axis=None)))  # of NaN the second is not
            high = max(high, float(np.fmax.reduce(part, axis=None)))
            continue
        stored = np.asarray(part.data)
        if part.size < part.shape[0] * part.shape[1]:  # stored, of all
            low, high = min(low, 0.0), max(high, 0.0)
        if len(stored):
            low = min(low, float(np.fmin.reduce(stored)))
            high = max(high, float(np.fmax.reduce(stored)))
    return (low, high) if low <= high else (np.nan, np.nan)


def column_ranges(X: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest entry of each column of a chunk, both (D,), the zeros that CSR leaves
    out included; NaN for a column without any value."""
    if isinstance(X, np.ndarray):
        return np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    n_stored = np.bincount(X.indices, minlength=X.shape[1])
    start = np.where(n_stored < X.shape[0], 0.0, np.nan)
    low, high = start, start.copy()
    np.fmin.at(low, X.indices, X.data)
    np.fmax.at(high, X.indices, X.data)
    return low, high


def column_peaks(X: Rows) -> np.ndarray:
    """Largest absolute value of each column, (D,); 0 for a column without any value."""
    peaks = np.zeros(X.shape[1])
    if isinstance(X, np.ndarray):
        return np.fmax(np.fmax.reduce(np.abs(X), axis=0), peaks)
    np.fmax.at(peaks, X.indices, np.abs(X.data))
    return peaks


def column_known(X: Rows) -> np.ndarray:
    """Number of entries of each column of a chunk that are not missing, (D,)."""
    if isinstance(X, np.ndarray):
        return len(X) - np.isnan(X).sum(0)
    return X.shape[0] - np.bincount(X.indices[np.isnan(X.data)], minlength=X.shape[1])


def column_matches(X: Rows, values: np.ndarray) -> np.ndarray:
    """Number of entries of each column of a chunk that are its value, of (D,), or the one value
    of (); (D,)."""
    if isinstance(X, np.ndarray):
        return np.count_nonzero(values == X, axis=0)
    values = np.broadcast_to(values, X.shape[1])
    stored = np.bincount(X.indices[X.data == values[X.indices]], minlength=X.shape[1])
    left_out = X.shape[0] - np.bincount(X.indices, minlength=X.shape[1])
    return stored + np.where(values == 0.0, left_out, 0)


def column_moments(X: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, mean and scatter (sum of squared deviations from it) of each column's values, all
    (D,), of a chunk, which is used up. Missing ones do not count."""
    if not isinstance(X, np.ndarray):
        mean, variance, n = mean_variance_axis(X, axis=0, return_sum_weights=True)
        none = n == 0
        mean[none] = variance[none] = 0.0
        return n, mean, variance * n
    n = np.full(X.shape[1], float(X.shape[0]))
    total = X.sum(0)
    missing = np.isnan(X) if np.isnan(total).any() else None
    if missing is not None:
        n -= missing.sum(0)
        total = X.sum(0, where=~missing)
    mean = total / np.maximum(n, 1.0)
    X -= mean
    if missing is not None:
        X[missing] = 0.0
    return n, mean, np.square(X, out=X).sum(0)


def divide_columns(X: Rows, divisor: np.ndarray) -> None:
    """Divide a chunk's columns, in place."""
    if isinstance(X, np.ndarray):
        X /= divisor
    else:
        X.data /= divisor[X.indices]


def column_sums(X: Rows) -> np.ndarray:
    """Of what is there in a chunk, (D,)."""
    return np.asarray(known(X).sum(0)).ravel()


def row_sums(X: Rows) -> np.ndarray:
    """Of what is there in a chunk, (n,)."""
    return np.asarray(known(X).sum(1)).ravel()


def row_squares(X: Rows) -> np.ndarray:
    """Sums of the squares of what is there in a chunk, (n,)."""
    X = known(X)
    return (X**2).sum(1) if isinstance(X, np.ndarray) else np.asarray(X.power(2).sum(1)).ravel()


def known(X: Rows) -> Rows:
    """A chunk with 0 where an entry is missing."""
    values = X if isinstance(X, np.ndarray) else X.data
    missing = np.isnan(values)
    if not missing.any():
        return X
    X = X.copy()
    (X if isinstance(X, np.ndarray) else X.data)[missing] = 0.0
    return X


def scale_rows(X: Rows, factor: np.ndarray) -> None:
    """Multiply a chunk's rows, in place."""
    if isinstance(X, np.ndarray):
        X *= factor[:, None]
    else:
        X.data *= np.repeat(factor, np.diff(X.indptr))
