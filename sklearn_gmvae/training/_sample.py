# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A bounded random sample of the rows of a stream that may repeat itself."""

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import vstack

from sklearn_gmvae.training._rows import CHUNK, Rows

HASH_BYTES = 8
# Share of the distinct rows that come as seldom as once a pass, or seldomer by chance.
RARE = 0.1


class DistinctSample:
    """The ``size`` distinct rows with the smallest hashes (bottom-k sampling; Cohen, 1997).

    A hash is as good as a random number that a row brings along: the sample is uniform over the
    distinct rows, whatever their order, their chunks and how often each came, so that a second
    pass over the same rows leaves it as it is. And the hashes tell how many distinct rows there
    were: the k-th smallest of n uniform numbers lies about k / n. A row that is kept has been so
    since it first came, so how often each came is known, too, and from that what a pass is: most
    rows of a table come once in it, answers and flags that many rows share more often.

    Parameters
    ----------
    size : int
    key : bytes
        At most 64; another key, another sample.
    """

    def __init__(self, size: int, key: bytes) -> None:
        self._size, self._key = size, key
        self._hashes = np.empty(0, dtype=np.uint64)  # ascending, one for each row kept
        self._arrivals = np.empty(0, dtype=np.int64)  # how many rows had come before each of them
        self._latest = np.empty(0, dtype=np.int64)  # and before each came for the last time
        self._counts = np.empty(0, dtype=np.int64)  # how often each of them came
        self._largest_chunk = 0
        self.n_total = 0  # rows that have come, repeats included
        self._rows: Rows | None = None

    @property
    def distinct_rows(self) -> Rows:
        """The rows kept, in the order of their hashes."""
        assert self._rows is not None, "no rows have come yet"
        return self._rows

    @property
    def rows(self) -> Rows:
        """The rows kept, as often as in one pass, but no more than ``size``: each at least once."""
        often = np.rint(self._counts * (self.n_per_pass / self.n_total))
        more = np.maximum(often - 1, 0)
        room = self._size - len(often)
        if more.sum() > room:
            more = np.floor(more * (room / more.sum()))
        if not more.any():
            return self.distinct_rows
        return self.distinct_rows[np.repeat(np.arange(len(often)), 1 + more.astype(np.int64))]

    @property
    def n_distinct(self) -> int:
        """Number of distinct rows that have come; beyond ``size`` an estimate, with a standard
        error of 1 / sqrt(size) of it (1 % for 10,000)."""
        if len(self._hashes) < self._size:
            return len(self._hashes)
        return round((self._size - 1) * 2.0 ** (8 * HASH_BYTES) / (float(self._hashes[-1]) + 1.0))

    @property
    def n_per_pass(self) -> int:
        """Rows of one pass, in which rare ones come once: no fewer than a chunk or the distinct.

        Rare is which came least often since it was first there; of rows that have been so for half
        of the time at least: others may be new to X; and that are still shown: a few that came once
        and never again would make a pass of all that has come since. (Where even the rarest come
        several times in a pass, nothing but a chunk tells so.)
        """
        if not self.n_total:
            return 0
        time = self.n_total - self._arrivals
        rates = (self._counts / time)[(2 * time >= self.n_total) & self._is_shown()]
        n = round(1.0 / np.quantile(rates, RARE)) if len(rates) else 0
        return max(n, self.n_distinct, self._largest_chunk)

    def _is_shown(self) -> np.ndarray:
        """Whether each row kept may come again, (m,).

        Not if it has been away for three quarters of the time, unless rows were new in the last of
        these: then this may be the first pass, in which any may be away for so long.
        """
        if 4 * (self.n_total - self._arrivals.max()) < self.n_total:
            return np.full(len(self._arrivals), True)
        shown: np.ndarray = 4 * (self.n_total - self._latest) < 3 * self.n_total
        return shown

    def add(self, X: Rows) -> None:
        """Let the rows of X take part."""
        self._largest_chunk = max(self._largest_chunk, X.shape[0])
        for start in range(0, X.shape[0], CHUNK):
            self._add(X[start : start + CHUNK])

    def _add(self, X: Rows) -> None:
        every = row_hashes(X, self._key)
        hashes, first, counts = np.unique(every, return_index=True, return_counts=True)
        arrivals = self.n_total + first
        latest = self.n_total + len(every) - 1 - np.unique(every[::-1], return_index=True)[1]
        self.n_total += X.shape[0]
        is_known = np.isin(hashes, self._hashes)
        known = np.searchsorted(self._hashes, hashes[is_known])
        self._counts[known] += counts[is_known]
        self._latest[known] = latest[is_known]
        new = ~is_known
        if len(self._hashes) == self._size:
            new &= hashes < self._hashes[-1]
        if not new.any():
            return
        rows = join(self._rows, X[first[new]])
        together = np.concatenate([self._hashes, hashes[new]])
        order = np.argsort(together)[: self._size]
        self._hashes = together[order]
        self._latest = np.concatenate([self._latest, latest[new]])[order]
        self._arrivals = np.concatenate([self._arrivals, arrivals[new]])[order]
        self._counts = np.concatenate([self._counts, counts[new]])[order]
        self._rows = rows[order]


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
