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

# Numbers have more values than these, or most of a few rows have one of their own: fewer are
# answers or grades, and many of them at an end.
MAX_GRADES = 10
# Bytes are whole numbers of these parts of [0, 1], up to a thousandth of one, and not all of those.
OF_BYTES, COARSER = 255, (15, 51, 85)
ROUNDING = 1e-3


def choose_likelihood(
    X: Rows, ranks: Ranks = ALONE, *, standardize: bool = True, are_pictures: bool = False
) -> str:
    """Bernoulli of booleans, of bytes, and of what is like pixels or all within [0, 1] and not
    faint; but Gaussian of scaled tables, if they are not known for pictures, and of all else."""
    if X.dtype.kind == "b":
        return "bernoulli"
    may_be_table = standardize and not are_pictures
    if X.dtype == np.uint8:  # as X / 255, but for what is faint
        is_table = may_be_table and is_scaled_table(X, None, ranks)
        return "gaussian" if is_table else "bernoulli"
    low, high = common_range(X, ranks)
    if low >= 0.0 and high <= 1.0:
        if is_faint(X, 0.0, 1.0, ranks):
            return "gaussian"
        is_table = may_be_table and is_scaled_table(X, (low, high), ranks)
        return "gaussian" if is_table else "bernoulli"
    if standardize and look_like_pixels(X, ranks):
        return "gaussian" if is_faint(X, low, high, ranks) else "bernoulli"
    return "gaussian"


def is_scaled_table(X: Rows, ends: tuple[float, float] | None, ranks: Ranks = ALONE) -> bool:
    """Whether X, in [0, 1] or bytes of that, has the columns of a table, as ``MinMaxScaler`` makes
    them, and not pixels, answers or every sort of byte. ``ends`` are its smallest and largest
    entry, if they are known.

    A table's columns are few, and hardly a number is at an end but the two that scaling puts there;
    pixels have their background at one. If there are grades only, each column that varies reaches
    from 0 to 1: of pictures margins never light up.
    """
    if X.shape[1] >= MANY_PIXELS:
        return False
    n_rows = int(ranks.gather(np.array([X.shape[0]])).sum())
    whole = 255.0 if X.dtype == np.uint8 else 1.0
    some = dense(X[:: max(1, n_rows // ROWS_WEIGHED)]).astype(np.float64) / whole
    is_known = ~np.isnan(some)

    def has_other(n_parts: int) -> np.ndarray:
        parts = some * n_parts
        off: np.ndarray = np.abs(parts - np.rint(parts)).max(0, initial=0.0, where=is_known)
        return off > ROUNDING

    others = np.array([has_other(n_parts) for n_parts in (1, OF_BYTES, *COARSER)])
    has_others = ranks.gather(others[None]).max(0)
    are_bytes = not has_others[1].any() and has_others[2:].all(0).any()
    if are_bytes or not has_others[0].any():
        return False
    at_end = np.isin(some, np.array(ends or common_range(X, ranks)) / whole)
    counts = np.stack([is_known.sum(0), at_end.sum(0)])
    n_known, n_at_end = ranks.gather(counts[None]).sum(0)
    n_values = np.array([len(few) for few in distinct_values(some, MAX_GRADES + 1, ranks)])
    is_number = (n_values > 1) & (n_values > np.minimum(MAX_GRADES, n_known / 2))
    if is_number.any():
        by_chance = n_at_end[is_number] - 2
        return bool(by_chance.sum() < BACKGROUND * n_known[is_number].sum())
    low, high = np.array(ranges_of(X, ranks)) / whole
    varies = low < high
    spans = (low < ROUNDING) & (high > 1.0 - ROUNDING)
    return bool(varies.any() and spans[varies].all())


def distinct_values(X: np.ndarray, n_most: int, ranks: Ranks) -> list[np.ndarray]:
    """The smallest values of each column of all ranks' X, no more than so many."""
    own = np.full((X.shape[1], n_most), np.nan)
    for column, x in zip(own, X.T, strict=True):
        few = np.unique(x[~np.isnan(x)])[:n_most]
        column[: len(few)] = few
    everyone = np.concatenate(list(ranks.gather(own[None])), axis=1)
    return [np.unique(x[~np.isnan(x)])[:n_most] for x in everyone]


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
