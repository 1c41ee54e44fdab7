# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What likelihood="auto" stands for."""

import numpy as np

from sklearn_gmvae.training._one_unit import BACKGROUND, MANY_PIXELS, look_like_pixels
from sklearn_gmvae.training._ranges import common_range, ranges_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import (
    Rows,
    chunks,
    column_known,
    dense,
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

# Numbers have more values than these: fewer are answers or grades, and many of them at an end.
MAX_GRADES = 10
# Bytes are whole numbers of these parts of [0, 1], up to a thousandth of one, and not all of those.
OF_BYTES, COARSER = 255, (15, 51, 85)
ROUNDING = 1e-3


def choose_likelihood(X: Rows, ranks: Ranks = ALONE, *, standardize: bool = True) -> str:
    """Bernoulli if X is boolean, uint8, or not faint and either all within [0, 1] and no table of
    which each column was mapped there by itself or, where it is mapped there, like pixels; else
    Gaussian."""
    if X.dtype.kind == "b" or X.dtype == np.uint8:
        return "bernoulli"
    low, high = common_range(X, ranks)
    if low >= 0.0 and high <= 1.0:
        are_numbers = is_faint(X, 0.0, 1.0, ranks) or (standardize and is_scaled_table(X, ranks))
        return "gaussian" if are_numbers else "bernoulli"
    if standardize and look_like_pixels(X, ranks):
        return "gaussian" if is_faint(X, low, high, ranks) else "bernoulli"
    return "gaussian"


def is_scaled_table(X: Rows, ranks: Ranks = ALONE) -> bool:
    """Whether X in [0, 1] has the columns of a table, each mapped there by itself, as
    ``MinMaxScaler`` does, and not pixels, answers or bytes.

    A table's columns are few, and hardly a number is at an end, where pixels have their background.
    If there are grades only, each column that varies reaches both ends; margins never light up.
    """
    if X.shape[1] >= MANY_PIXELS:
        return False
    n_rows = int(ranks.gather(np.array([X.shape[0]])).sum())
    some = dense(X[:: max(1, n_rows // ROWS_WEIGHED)]).astype(np.float64)
    is_known, is_at_end = ~np.isnan(some), np.isin(some, (0.0, 1.0))

    def has_other(n_parts: int) -> bool:
        parts = some[is_known] * n_parts
        return bool((np.abs(parts - np.rint(parts)) > ROUNDING).any())

    others = np.array([has_other(n_parts) for n_parts in (1, OF_BYTES, *COARSER)])
    has_others = ranks.gather(others[None]).max(0)
    are_bytes = not has_others[1] and has_others[2:].all()
    if are_bytes or not has_others[0]:
        return False
    columns = zip(some.T, is_known.T, strict=True)
    n_values = np.array([len(np.unique(x[known])) for x, known in columns])
    is_number = ranks.gather((n_values > MAX_GRADES)[None]).max(0)
    counts = np.array([is_known[:, is_number].sum(), is_at_end[:, is_number].sum()])
    n_known, n_at_end = ranks.gather(counts[None]).sum(0)
    if n_known:
        return bool(n_at_end < BACKGROUND * n_known)
    low, high = ranges_of(X, ranks)
    varies = low < high
    spans = (low < ROUNDING) & (high > 1.0 - ROUNDING)
    return bool(varies.any() and spans[varies].all())


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
