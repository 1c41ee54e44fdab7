# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as the package takes it: an array, a memory map or CSR, checked without a copy."""

import numpy as np
from sklearn.utils import assert_all_finite

from sklearn_gmvae.utils._sklearn import validate_data

# Rows looked at together: where they are not finite, scikit-learn says so with temporary arrays
# of their size (and for float16 also where they are).
ROWS_CHECKED = 4096


def validate_rows(estimator, X, *, reset: bool):
    """X as scikit-learn validates it, of any numeric dtype, finite; CSR stays CSR, and other
    sparse formats become it. Arrays, memory maps and CSR of a numeric dtype are not copied.

    ``reset``: whether the number and the names of the features are taken from X, or compared.
    """
    if isinstance(X, np.ma.MaskedArray) and (n_masked := np.ma.count_masked(X)):
        # scikit-learn would take what is below the mask.
        raise ValueError(
            f"X is a masked array with {n_masked} masked entries of {X.size}. Fill them with "
            "values, as X.filled does, or leave those rows out."
        )
    X = validate_data(
        estimator,
        X,
        dtype="numeric",
        accept_sparse="csr",
        ensure_all_finite=False,
        reset=reset,
    )
    values = X if not hasattr(X, "indptr") else X.data
    # Its sum of finite values may be infinity less infinity, which it knows what to make of.
    with np.errstate(invalid="ignore"):
        for start in range(0, len(values), ROWS_CHECKED):
            assert_all_finite(
                values[start : start + ROWS_CHECKED],
                estimator_name=type(estimator).__name__,
                input_name="X",
            )
    return X
