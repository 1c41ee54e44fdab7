# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Smallest and largest entries of all ranks' X."""

import numpy as np

from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, column_ranges, value_range


def common_range(X: Rows, ranks: Ranks = ALONE) -> tuple[float, float]:
    """Of the whole matrix; NaN only if there is no other entry."""
    low, high = ranks.gather(np.array([value_range(X)])).T
    return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))


def ranges_of(X: Rows, ranks: Ranks = ALONE) -> tuple[np.ndarray, np.ndarray]:
    """Of each column, both (D,); NaN for a column without any value."""
    low, high = np.full((2, X.shape[1]), np.nan)
    for chunk in chunks(X):
        of_chunk = column_ranges(chunk)
        np.fmin(low, of_chunk[0], out=low)
        np.fmax(high, of_chunk[1], out=high)
    return np.fmin.reduce(ranks.gather(low[None])), np.fmax.reduce(ranks.gather(high[None]))
