# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether columns have one unit, so that none may be stretched against another: pixels, whatever
black and white are called, and principal components.

With a variance of its own each, a pixel of the margin that is lit in three pictures counts as much
as one in the middle, and a component of noise as much as the first (doc/notes/data.rst, Columns of
one unit). What else may have one unit cannot be told from columns in different ones.
"""

import numpy as np

from sklearn_gmvae.training._ranges import ranges_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import (
    Rows,
    chunks,
    column_known,
    column_matches,
    dense,
)

# Pixels vary in so many columns at least; so large a share of them reaches over so much of the way
# from the smallest entry of X to its largest; and so many of all entries are at one end: the
# background. In 30 to 10,000 pictures of MNIST, Fashion-MNIST and USPS these shares are .51 to .98
# and .50 to .82; of genes and words .01 of the columns reach that far.
MANY_PIXELS = 200
MOST = 0.5
WHOLE_RANGE = 0.9
BACKGROUND = 0.2
# But no column that varies in rows so many, and in a share so large of them, may end so far from
# the other end: it would have another unit (0 and 1 beside percentages), and be erased.
SHORT_RANGE = 0.3
SOME_ROWS, SOME_SHARE = 10, 0.02

# Scores of principal components are orthogonal on the rows that they were fitted to, up to rounding
# (so are those of a truncated decomposition into singular values, which are not centred), and ever
# shorter; and hardly ever zero, as columns of which only one in a row is not. So many independent
# columns never are by chance.
MANY_COMPONENTS, MAX_COMPONENTS = 5, 2000
ORTHOGONAL, NEGLIGIBLE = 1e-3, 1e-6


def look_like_pixels(X: Rows, ranks: Ranks = ALONE) -> bool:
    """Whether the columns are many, of one range, and on a background."""
    if X.shape[1] < MANY_PIXELS:
        return False
    low, high = ranges_of(X, ranks)
    bottom, top = np.fmin.reduce(low), np.fmax.reduce(high)
    with np.errstate(over="ignore"):
        lengths, whole = high - low, top - bottom
    varying = lengths > 0.0  # NaN, where a column has no value, is not
    if varying.sum() < MANY_PIXELS or not np.isfinite(whole):
        return False
    if (lengths[varying] >= WHOLE_RANGE * whole).mean() < MOST:
        return False
    counts = np.zeros((3, X.shape[1]))
    for chunk in chunks(X):
        counts += column_known(chunk), column_matches(chunk, bottom), column_matches(chunk, top)
    n_known, *n_at_ends = ranks.gather(counts[None]).sum(0)
    n_background = max(n_at_ends, key=np.sum)
    if n_background.sum() < BACKGROUND * n_known.sum():
        return False
    n_lit = n_known - n_background
    is_lit = n_lit > np.maximum(SOME_ROWS, SOME_SHARE * n_known)
    return not (is_lit & varying & (lengths < SHORT_RANGE * whole)).any()


def look_like_components(X: Rows, norms: np.ndarray, ranks: Ranks = ALONE) -> bool:
    """Whether columns with these norms, (D,), are ever shorter, and orthogonal to each other."""
    real = norms > NEGLIGIBLE * norms[0]  # the last may be rounding
    lengths = norms[real]
    if not MANY_COMPONENTS <= len(lengths) <= MAX_COMPONENTS or not np.isfinite(lengths).all():
        return False
    if (lengths[1:] > (1.0 + ORTHOGONAL) * lengths[:-1]).any():
        return False
    products = np.zeros((len(lengths) + 1, len(lengths)))
    for chunk in chunks(X):
        unit = dense(chunk[:, real]) / lengths
        products[:-1] += unit.T @ unit
        products[-1] += np.where(unit == 0.0, -1, 1).sum(0)
    products = ranks.gather(products[None]).sum(0)
    if (products[-1] < 0.0).any():  # Zero in most rows: such columns are orthogonal too.
        return False
    cosines = products[:-1]
    np.fill_diagonal(cosines, 0.0)
    n_pairs = len(lengths) * (len(lengths) - 1)
    return bool(np.square(cosines).sum() <= ORTHOGONAL**2 * n_pairs)
