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
    return _Columns(X, columns)  # type: ignore[return-value]


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


def value_range(X: Rows) -> tuple[float, float]:
    """Smallest and largest entry of X, the zeros that CSR leaves out included."""
    if isinstance(X, np.ndarray):
        return float(X.min()), float(X.max())
    low, high = np.inf, -np.inf
    for part in chunks(X):
        if isinstance(part, np.ndarray):
            low, high = min(low, float(part.min())), max(high, float(part.max()))
            continue
        stored = np.asarray(part.data)
        if part.size < part.shape[0] * part.shape[1]:  # stored, of all
            low, high = min(low, 0.0), max(high, 0.0)
        if len(stored):
            low, high = min(low, float(stored.min())), max(high, float(stored.max()))
    return low, high


def column_peaks(X: Rows) -> np.ndarray:
    """Largest absolute value of each column, (D,)."""
    if isinstance(X, np.ndarray):
        return np.abs(X).max(0)
    peaks = np.zeros(X.shape[1])
    np.maximum.at(peaks, X.indices, np.abs(X.data))
    return peaks


def column_moments(X: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scatter (sum of squared deviations from it) of each column, both (D,), of a chunk,
    which is used up."""
    if not isinstance(X, np.ndarray):
        mean, variance = mean_variance_axis(X, axis=0)
        return mean, variance * X.shape[0]
    mean = X.mean(0)
    X -= mean
    return mean, np.square(X, out=X).sum(0)


def divide_columns(X: Rows, divisor: np.ndarray) -> None:
    """Divide a chunk's columns, in place."""
    if isinstance(X, np.ndarray):
        X /= divisor
    else:
        X.data /= divisor[X.indices]


def column_sums(X: Rows) -> np.ndarray:
    """Of a chunk, (D,)."""
    return np.asarray(X.sum(0)).ravel()


def row_sums(X: Rows) -> np.ndarray:
    """Of a chunk, (n,)."""
    return np.asarray(X.sum(1)).ravel()


def scale_rows(X: Rows, factor: np.ndarray) -> None:
    """Multiply a chunk's rows, in place."""
    if isinstance(X, np.ndarray):
        X *= factor[:, None]
    else:
        X.data *= np.repeat(factor, np.diff(X.indptr))
