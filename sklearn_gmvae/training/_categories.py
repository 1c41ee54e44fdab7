# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of numbered categories, and their blocks of ones and zeros.

Letters: B rows, D columns, L categories of a column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from sklearn_gmvae.models import Likelihood
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, column_peaks, dense

# Of one column. What has more is a number, or an identifier that tells nothing.
MAX_CATEGORIES = 1000


@dataclass(frozen=True)
class CategoryMap:
    """Each column as a block of L entries, 1 at the row's category.

    A category that is not among those known, and NaN, is a block of NaN: a value that is missing.

    Attributes
    ----------
    sizes : ndarray of int64 of shape (D,)
        L of each column.
    codes : ndarray of int64 of shape (sum of sizes,)
        The categories of the first column, ascending, those of the second, and so on.
    """

    sizes: np.ndarray
    codes: np.ndarray

    def forward(self, X: Rows) -> np.ndarray:
        """float32 and dense, (B, sum of sizes)."""
        X = dense(X)
        out = np.zeros((len(X), len(self.codes)), dtype=np.float32)
        unknown = MAX_CATEGORIES  # no code is as large
        known = (X >= 0) & (unknown > X)
        values = np.where(known, X, unknown).astype(np.int64)
        # One search for all columns: a code's key is larger than all those of columns before.
        stride = unknown + 1
        keys = np.repeat(np.arange(len(self.sizes)) * stride, self.sizes) + self.codes
        wanted = np.arange(len(self.sizes)) * stride + values
        place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        found = keys[place] == wanted
        row, column = np.nonzero(found)
        out[row, place[row, column]] = 1.0
        if not found.all():
            out[~found.repeat(self.sizes, axis=1)] = np.nan
        return out

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """The category with the largest entry in each block, (B, D) float64."""
        starts = np.cumsum(self.sizes) - self.sizes
        largest = np.maximum.reduceat(X, starts, axis=1).repeat(self.sizes, axis=1)
        numbers = np.where(largest == X, np.arange(X.shape[1]), X.shape[1])
        return self.codes[np.minimum.reduceat(numbers, starts, axis=1)].astype(np.float64)

    def log_scales(self, n_columns: int) -> np.ndarray:
        """0: a mass, not a density."""
        return np.zeros(len(self.codes))

    def log_volume(self, n_columns: int, missing: np.ndarray | None = None) -> float:
        """0: a mass, not a density."""
        return 0.0

    @property
    def may_miss(self) -> bool:
        """Whether the model's rows may have missing entries where X has none."""
        return True

    def n_units(self, n_columns: int) -> int:
        """Of the model's rows: one for each category."""
        return len(self.codes)

    def cut(self, rows: Tensor) -> Tensor:
        """Between 0 and 1."""
        return rows.clamp(0.0, 1.0)

    def prepare(self, likelihood: Likelihood) -> None:
        """There is nothing to know."""

    def settled(self) -> "CategoryMap":
        """The same, once a model is prepared."""
        return self


def find_categories(
    X: Rows,
    labels: Sequence[Any],
    n_categories: Sequence[int] | None = None,
    ranks: Ranks = ALONE,
) -> CategoryMap:
    """The categories that the columns have, whole numbers below `MAX_CATEGORIES`.

    ``n_categories`` is how many each column has at least, numbered from 0.
    """
    n_known = np.zeros(X.shape[1], dtype=np.int64) if n_categories is None else n_categories
    peak = np.asarray(n_known, dtype=np.float64) - 1.0
    for chunk in chunks(X):
        peak = np.fmax(peak, column_peaks(chunk))
    peak = ranks.gather(peak[None]).max(0)
    worst = int(peak.argmax())
    if peak[worst] >= MAX_CATEGORIES:
        raise ValueError(
            f"likelihood='categorical' takes at most {MAX_CATEGORIES} categories, numbered "
            f"0, 1, 2, ..., but column {labels[worst]!r} of X has number {peak[worst]:.6g}. Merge "
            "rare ones, renumber them (sklearn.preprocessing.OrdinalEncoder), leave the column "
            "out, or use another likelihood for it."
        )
    seen = np.arange(max(int(peak.max()), 0) + 1) < np.asarray(n_known)[:, None]  # (D, numbers)
    for chunk in chunks(X):
        if isinstance(chunk, np.ndarray):
            row, column = np.nonzero(~np.isnan(chunk))
            seen[column, chunk[row, column].astype(np.int64)] = True
        else:
            stored = ~np.isnan(chunk.data)
            seen[chunk.indices[stored], chunk.data[stored].astype(np.int64)] = True
            seen[np.bincount(chunk.indices, minlength=len(seen)) < chunk.shape[0], 0] = True
    seen = np.asarray(ranks.gather(seen[None]).any(0))
    seen[~seen.any(1), 0] = True  # of a column that has no value at all
    return CategoryMap(seen.sum(1), np.nonzero(seen)[1])
