# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as the package takes it: an array, a memory map or CSR, checked without a copy."""

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
    X = validate_data(
        estimator,
        X,
        dtype="numeric",
        accept_sparse="csr",
        ensure_all_finite=False,
        reset=reset,
    )
    check_finite(estimator, X if not hasattr(X, "indptr") else X.data)
    return X


def check_finite(estimator, values) -> None:
    """Raise as scikit-learn does if there are entries that are not finite."""
    for start in range(0, len(values), ROWS_CHECKED):
        assert_all_finite(
            values[start : start + ROWS_CHECKED],
            estimator_name=type(estimator).__name__,
            input_name="X",
        )


def validate_columns(estimator, X, *, reset: bool) -> None:
    """The number and the names of a data frame's columns: taken, or compared, and no more."""
    validate_data(estimator, X, skip_check_array=True, reset=reset)
