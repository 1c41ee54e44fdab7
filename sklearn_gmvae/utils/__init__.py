# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Leaves: devices, random states, progress lines, scikit-learn's private helpers."""

from sklearn_gmvae.utils._device import multiplies_bfloat16, resolve_device
from sklearn_gmvae.utils._progress import EpochPrinter
from sklearn_gmvae.utils._random import private_random_state
from sklearn_gmvae.utils._rows import validate_rows

__all__ = [
    "EpochPrinter",
    "multiplies_bfloat16",
    "private_random_state",
    "resolve_device",
    "validate_rows",
]
