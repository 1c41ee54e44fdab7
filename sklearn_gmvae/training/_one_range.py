# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether columns are like pixels: many, and of one range, whatever black and white are called.

They have one unit then, and none is to weigh more than another. With a variance of its own each
pixel of the margin, dark but in a few rows, counts as much as those of the digit
(doc/notes/data.rst, Pictures in other units).
"""

import numpy as np

from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, column_ranges

# Columns that vary have one range if they are so many, and of them at least so large a share
# reaches over at least so much of the way from the smallest entry of X to its largest. MNIST,
# Fashion-MNIST, USPS, CIFAR-10: .79 and more of the pixels of 100 pictures; words, genes: .01.
MANY_PIXELS = 200
MOST = 0.5
WHOLE_RANGE = 0.9


def has_one_range(X: Rows) -> bool:
    """Whether the columns of X do."""
    return have_one_range(*ranges_of(X))


def have_one_range(low: np.ndarray, high: np.ndarray) -> bool:
    """Of columns with these smallest and largest entries, both (D,), NaN where there is none."""
    with np.errstate(over="ignore"):
        lengths = high - low
        whole = np.fmax.reduce(high) - np.fmin.reduce(low)
    varying = lengths > 0.0
    if varying.sum() < MANY_PIXELS or not np.isfinite(whole):
        return False
    return bool((lengths[varying] >= WHOLE_RANGE * whole).mean() >= MOST)


def ranges_of(X: Rows, ranks: Ranks = ALONE) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest entry of each column of all ranks' X, both (D,)."""
    low, high = np.full((2, X.shape[1]), np.nan)
    for chunk in chunks(X):
        of_chunk = column_ranges(chunk)
        np.fmin(low, of_chunk[0], out=low)
        np.fmax(high, of_chunk[1], out=high)
    return np.fmin.reduce(ranks.gather(low[None])), np.fmax.reduce(ranks.gather(high[None]))
