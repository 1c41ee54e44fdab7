# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A bounded random sample of the distinct rows of a stream."""

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import vstack

from sklearn_gmvae.training._rows import CHUNK, Rows

HASH_BYTES = 8


class DistinctSample:
    """The ``size`` distinct rows with the smallest hashes (bottom-k sampling; Cohen, 1997).

    A hash is as good as a random number that a row brings along: the sample is uniform over the
    distinct rows, whatever their order, their chunks and how often each came, so that a second
    pass over the same rows leaves it as it is. And the hashes tell how many distinct rows there
    were: the k-th smallest of n uniform numbers lies about k / n.

    Parameters
    ----------
    size : int
    key : bytes
        At most 64; another key, another sample.
    """

    def __init__(self, size: int, key: bytes) -> None:
        self._size, self._key = size, key
        self._hashes = np.empty(0, dtype=np.uint64)  # ascending, one for each row kept
        self._rows: Rows | None = None

    @property
    def rows(self) -> Rows:
        """The rows kept, in the order of their hashes."""
        assert self._rows is not None, "no rows have come yet"
        return self._rows

    @property
    def n_distinct(self) -> int:
        """Number of distinct rows that have come; beyond ``size`` an estimate, with a standard
        error of 1 / sqrt(size) of it (1 % for 10,000)."""
        if len(self._hashes) < self._size:
            return len(self._hashes)
        return round((self._size - 1) * 2.0 ** (8 * HASH_BYTES) / (float(self._hashes[-1]) + 1.0))

    def add(self, X: Rows) -> None:
        """Let the rows of X take part."""
        for start in range(0, X.shape[0], CHUNK):
            self._add(X[start : start + CHUNK])

    def _add(self, X: Rows) -> None:
        hashes = row_hashes(X, self._key)
        new = ~np.isin(hashes, self._hashes)
        if len(self._hashes) == self._size:
            new &= hashes < self._hashes[-1]
        if not new.any():
            return
        rows = join(self._rows, X[np.flatnonzero(new)])
        known = np.concatenate([self._hashes, hashes[new]])
        self._hashes, first = np.unique(known, return_index=True)
        self._hashes, first = self._hashes[: self._size], first[: self._size]
        self._rows = rows[first]


def join(first: Rows | None, second: Rows) -> Rows:
    """One after the other; CSR if either is."""
    if first is None:
        return second
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return np.concatenate([first, second])
    return vstack([first, second], format="csr")


def one_nan(values: np.ndarray) -> np.ndarray:
    """The same values with the same bits in every NaN, which has many."""
    missing = np.isnan(values)
    return np.where(missing, values.dtype.type(np.nan), values) if missing.any() else values


def row_hashes(X: Rows, key: bytes) -> np.ndarray:
    """A uniform number of 64 bits for each row, (n,): the same for the same values and dtype,
    dense or sparse each."""
    rows: list[Any]
    if isinstance(X, np.ndarray):
        rows = list(one_nan(np.ascontiguousarray(X)))
    else:
        X = X.copy()
        X.sum_duplicates()
        X.eliminate_zeros()
        X.data = one_nan(X.data)
        columns = X.indices.astype(np.int64)
        rows = [columns[a:b].tobytes() + X.data[a:b].tobytes() for a, b in pairwise(X.indptr)]
    digests = [hashlib.blake2b(row, digest_size=HASH_BYTES, key=key).digest() for row in rows]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
