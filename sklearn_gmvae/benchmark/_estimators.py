# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators of the benchmark by name, each for a number of clusters and a seed."""

from collections.abc import Callable
from functools import partial

from sklearn.base import ClusterMixin
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import GMVAEClustering, VaDEClustering


def _mixture(n_clusters, **params):
    # reg_covar: pixels that never change make every covariance singular otherwise.
    return GaussianMixture(n_clusters, reg_covar=1e-3, **params)


ESTIMATORS: dict[str, Callable[..., ClusterMixin]] = {
    "vade": VaDEClustering,
    "gmvae": GMVAEClustering,
    "kmeans": partial(KMeans, n_init=3),
    **{
        f"gmm-{covariance_type}": partial(_mixture, covariance_type=covariance_type)
        for covariance_type in ("full", "tied", "diag", "spherical")
    },
}
