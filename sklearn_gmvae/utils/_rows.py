# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as the package takes it: an array, a memory map or CSR, checked without a copy."""

import numpy as np
import torch
from sklearn import config_context
from sklearn.utils import assert_all_finite

from sklearn_gmvae.utils._sklearn import validate_data
from sklearn_gmvae.utils._warning_filters import kept_filters

# Rows looked at together: where they are not finite, scikit-learn says so with temporary arrays
# of their size (and for float16 also where they are).
ROWS_CHECKED = 4096


@kept_filters()
def validate_rows(estimator, X, *, reset: bool):
    """X as scikit-learn validates it, of any numeric dtype, without infinite entries; CSR stays
    CSR, and other sparse formats become it. Arrays, memory maps and CSR of a numeric dtype are not
    copied.

    ``reset``: whether the number and the names of the features are taken from X, or compared.

    Returns
    -------
    X : ndarray or CSR of shape (n, D)
    n_missing : ndarray of int of shape (D,)
        Number of missing entries (NaN) of each column.
    """
    if isinstance(X, np.ma.MaskedArray) and (n_masked := np.ma.count_masked(X)):
        # scikit-learn would take what is below the mask.
        raise ValueError(
            f"X is a masked array with {n_masked} masked entries of {X.size}. Make them "
            "NaN, which is a missing entry, as X.filled(numpy.nan) does, or leave those rows out."
        )
    if getattr(getattr(X, "dtype", None), "kind", "") in ("m", "M"):
        raise ValueError(
            f"X should have numbers, but has dtype {X.dtype}. Convert dates and durations to "
            "numbers such as days."
        )
    if isinstance(X, torch.Tensor):  # also one on a GPU, or with a gradient, is a table
        X = X.detach().cpu()
    try:
        X = validate_data(
            estimator,
            X,
            dtype="numeric",
            accept_sparse="csr",
            ensure_all_finite=False,
            reset=reset,
        )
    except OverflowError as error:  # of Python's integers in an array of objects
        raise ValueError(
            f"X has a number that is too large for float64 ({error}). Change its units."
        ) from error
    if not isinstance(X, np.ndarray):
        check_indices(X)
    return X, count_missing(estimator, X)


def check_indices(X) -> None:
    """Raise where a CSR matrix names entries that it has not: scipy looks only when it is asked to,
    and reads beyond the arrays. (Its `check_format` may change the user's matrix.)"""
    n_stored = min(len(X.indices), len(X.data))
    bounds = np.array([0, 0]) if not n_stored else np.array([X.indices.min(), X.indices.max()])
    if bounds[0] < 0 or bounds[1] >= max(X.shape[1], 1):
        raise ValueError(
            f"X is a sparse matrix of {X.shape[1]} columns, but has column indices in "
            f"{bounds[0]}..{bounds[1]}. Make it anew, with indices from 0 to {X.shape[1] - 1}."
        )
    if X.indptr[0] or X.indptr[-1] > n_stored or (np.diff(X.indptr) < 0).any():
        raise ValueError(
            f"X is a sparse matrix whose indptr should ascend from 0 to at most {n_stored}, the "
            "number of its entries, but does not. Make it anew."
        )


def count_missing(estimator, X) -> np.ndarray:
    """Number of missing entries (NaN) of each column, (D,) int64; raise as scikit-learn does if
    there are infinite ones."""
    n_missing = np.zeros(X.shape[1], dtype=np.int64)
    values = X if isinstance(X, np.ndarray) else X.data
    complete = True
    # Its sum of finite values may be infinity less infinity, which it knows what to make of; and
    # entries are counted also where its user has told scikit-learn not to look.
    with np.errstate(invalid="ignore"), config_context(assume_finite=False):
        for start in range(0, len(values), ROWS_CHECKED):
            part = values[start : start + ROWS_CHECKED]
            try:
                assert_all_finite(part)
            except ValueError:
                assert_all_finite(
                    part,
                    allow_nan=True,
                    estimator_name=type(estimator).__name__,
                    input_name="X",
                )
                complete = False
                if values is X:
                    n_missing += np.isnan(part).sum(0)
    if not complete and values is not X:
        for start in range(0, X.shape[0], ROWS_CHECKED):
            part = X[start : start + ROWS_CHECKED]
            part.sum_duplicates()  # a slice of CSR is a copy
            n_missing += np.bincount(part.indices[np.isnan(part.data)], minlength=X.shape[1])
    return n_missing


def validate_columns(estimator, X, *, reset: bool) -> None:
    """The number and the names of a data frame's columns: taken, or compared, and no more."""
    validate_data(estimator, X, skip_check_array=True, reset=reset)
