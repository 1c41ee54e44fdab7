# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Displays: pictures of a fitted estimator, from its attributes and public methods only."""

from sklearn_gmvae.inspection._cluster_profile import ClusterProfileDisplay
from sklearn_gmvae.inspection._cluster_samples import ClusterSamplesDisplay
from sklearn_gmvae.inspection._interpolation import InterpolationDisplay
from sklearn_gmvae.inspection._latent_space import LatentSpaceDisplay
from sklearn_gmvae.inspection._lower_bound import LowerBoundDisplay
from sklearn_gmvae.inspection._responsibility import ResponsibilityDisplay
from sklearn_gmvae.inspection._style_traversal import StyleTraversalDisplay

__all__ = [
    "ClusterProfileDisplay",
    "ClusterSamplesDisplay",
    "InterpolationDisplay",
    "LatentSpaceDisplay",
    "LowerBoundDisplay",
    "ResponsibilityDisplay",
    "StyleTraversalDisplay",
]
