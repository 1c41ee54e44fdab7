# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Clusterings judged: against classes, for evaluation after the fact, and without them."""

from sklearn_gmvae.metrics._clustering import (
    clustering_accuracy,
    confident_sample_accuracy,
    majority_accuracy,
)
from sklearn_gmvae.metrics._modularity import neighbor_modularity

__all__ = [
    "clustering_accuracy",
    "confident_sample_accuracy",
    "majority_accuracy",
    "neighbor_modularity",
]
