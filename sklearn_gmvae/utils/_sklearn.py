# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's private helpers, imported here and nowhere else."""

from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = [
    "Interval",
    "StrOptions",
    "check_is_fitted",
    "fit_context",
    "validate_data",
    "validate_parameter_constraints",
]
