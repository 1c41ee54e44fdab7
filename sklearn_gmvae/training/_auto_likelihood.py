# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What likelihood="auto" stands for."""

import numpy as np

from sklearn_gmvae.training._one_unit import look_like_pixels
from sklearn_gmvae.training._ranges import common_range
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import (
    Rows,
    chunks,
    column_known,
    divide_columns,
    row_squares,
    row_sums,
)

# Values in [0, 1] whose mean, each weighted by itself, is below this are faint: weights of words in
# documents of unit length (.2; pictures have .7 to .9, columns mapped to [0, 1] from .5). In the
# eyes of a cross-entropy there is next to nothing in them, and all latent dimensions die.
FAINT = 1 / 3
# Rows that are looked at for it, evenly spaced.
ROWS_WEIGHED = 10_000


def choose_likelihood(X: Rows, ranks: Ranks = ALONE, *, standardize: bool = True) -> str:
    """Bernoulli if X is boolean, uint8, or not faint and either all within [0, 1] or, where it is
    mapped there, like pixels; else Gaussian."""
    if X.dtype.kind == "b" or X.dtype == np.uint8:
        return "bernoulli"
    low, high = common_range(X, ranks)
    if low >= 0.0 and high <= 1.0:
        return "gaussian" if is_faint(X, 0.0, 1.0, ranks) else "bernoulli"
    if standardize and look_like_pixels(X, ranks):
        return "gaussian" if is_faint(X, low, high, ranks) else "bernoulli"
    return "gaussian"


def is_faint(X: Rows, low: float, high: float, ranks: Ranks = ALONE) -> bool:
    """Whether X, mapped from this range to [0, 1], is on the whole too small there for a
    cross-entropy."""
    n_rows = int(ranks.gather(np.array([X.shape[0]])).sum())
    whole = high - low
    sums = np.zeros(2)
    for chunk in chunks(X[:: max(1, n_rows // ROWS_WEIGHED)]):
        left_out = 0.0
        if isinstance(chunk, np.ndarray):
            chunk -= low
        else:  # which stays sparse
            left_out = low / whole
        divide_columns(chunk, np.full(X.shape[1], whole))
        n, total, squares = (
            column_known(chunk).sum(),
            row_sums(chunk).sum(),
            row_squares(chunk).sum(),
        )
        sums += total - left_out * n, squares - 2 * left_out * total + left_out**2 * n
    total, squares = ranks.gather(sums[None]).sum(0)
    return bool(squares < FAINT * total)
