# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Accuracies of clusterings against classes: for evaluation after the fact."""

from sklearn_gmvae.metrics._clustering import (
    clustering_accuracy,
    confident_sample_accuracy,
    majority_accuracy,
)

__all__ = ["clustering_accuracy", "confident_sample_accuracy", "majority_accuracy"]
