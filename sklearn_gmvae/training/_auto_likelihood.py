# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What likelihood="auto" stands for."""

import numpy as np

from sklearn_gmvae.training._affine import unit_interval_map
from sklearn_gmvae.training._one_range import have_one_range, ranges_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, row_squares, row_sums

# Values in [0, 1] whose mean, each weighted by itself, is below this are faint: weights of words in
# documents of unit length (.2; pictures have .7 to .9, columns mapped to [0, 1] from .5). In the
# eyes of a cross-entropy there is next to nothing in them, and all latent dimensions die.
FAINT = 1 / 3
# Rows that are looked at for it, evenly spaced.
ROWS_WEIGHED = 10_000


def choose_likelihood(X: Rows, ranks: Ranks = ALONE, *, standardize: bool = True) -> str:
    """Bernoulli if X is boolean, uint8, or not faint and either all within [0, 1] or, where it is
    mapped there, of columns that have one range; else Gaussian."""
    if X.dtype.kind == "b" or X.dtype == np.uint8:
        return "bernoulli"
    low, high = ranges_of(X, ranks)
    is_unit = np.fmin.reduce(low) >= 0.0 and np.fmax.reduce(high) <= 1.0
    if not is_unit and not (standardize and have_one_range(low, high)):
        return "gaussian"
    return "gaussian" if is_faint(X, ranks) else "bernoulli"


def is_faint(X: Rows, ranks: Ranks = ALONE) -> bool:
    """Whether X, mapped to [0, 1], is on the whole too small there for a cross-entropy."""
    n_rows = int(ranks.gather(np.array([X.shape[0]])).sum())
    to_unit = unit_interval_map(X, ranks)
    sums = np.zeros(2)
    for chunk in chunks(X[:: max(1, n_rows // ROWS_WEIGHED)]):
        values = chunk if to_unit.is_identity else to_unit.forward(chunk).astype(np.float64)
        sums += row_sums(values).sum(), row_squares(values).sum()
    total, squares = ranks.gather(sums[None]).sum(0)
    return bool(squares < FAINT * total)
