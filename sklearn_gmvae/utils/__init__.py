# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Leaves: devices, progress lines, scikit-learn's private helpers."""

from sklearn_gmvae.utils._device import resolve_device
from sklearn_gmvae.utils._progress import EpochPrinter

__all__ = ["EpochPrinter", "resolve_device"]
