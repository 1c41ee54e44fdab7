# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading X, an array, a memory map or CSR, some rows at a time."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

# What X may be; CSR is read by rows, and only they are ever dense.
Rows: TypeAlias = np.ndarray | csr_array | csr_matrix

# Rows read at a time while moments are gathered: bounds the float64 copy of integer or
# memory-mapped X.
CHUNK = 4096


def dense(X: Rows) -> np.ndarray:
    """X as an array, in its dtype."""
    return X.toarray() if issparse(X) else X


def chunks(X: Rows) -> Iterator[Rows]:
    """Copies of the rows of X in float64, CHUNK at a time; of CSR in canonical format."""
    for start in range(0, X.shape[0], CHUNK):
        part = X[start : start + CHUNK]
        if issparse(X):
            part.sum_duplicates()  # a slice of CSR is a copy
        yield part.astype(np.float64)


def value_range(X: Rows) -> tuple[float, float]:
    """Smallest and largest entry of X, the zeros that CSR leaves out included."""
    if not issparse(X):
        return float(X.min()), float(X.max())
    low, high = np.inf, -np.inf
    for part in chunks(X):
        stored = part.data
        if part.nnz < part.shape[0] * part.shape[1]:
            low, high = min(low, 0.0), max(high, 0.0)
        if len(stored):
            low, high = min(low, float(stored.min())), max(high, float(stored.max()))
    return low, high


def column_peaks(X: Rows) -> np.ndarray:
    """Largest absolute value of each column, (D,)."""
    if not issparse(X):
        return np.abs(X).max(0)
    peaks = np.zeros(X.shape[1])
    np.maximum.at(peaks, X.indices, np.abs(X.data))
    return peaks


def column_moments(X: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scatter (sum of squared deviations from it) of each column, both (D,), of a chunk,
    which is used up."""
    if issparse(X):
        mean, variance = mean_variance_axis(X, axis=0)
        return mean, variance * X.shape[0]
    mean = X.mean(0)
    X -= mean
    return mean, np.square(X, out=X).sum(0)


def divide_columns(X: Rows, divisor: np.ndarray) -> None:
    """Divide a chunk's columns, in place."""
    if issparse(X):
        X.data /= divisor[X.indices]
    else:
        X /= divisor
