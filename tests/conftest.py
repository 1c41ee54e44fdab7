# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What several test files share."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.models import LIKELIHOODS

ESTIMATORS = [VaDEClustering, GMVAEClustering]


@pytest.fixture(params=ESTIMATORS)
def quick(request):
    """Each estimator class with a small network and few epochs."""

    def build(n_clusters=3, **changes):
        settings = {
            "hidden_layer_sizes": (32,), "pretrain_iter": 60, "max_iter": 20, "random_state": 0,
        }  # fmt: skip
        return request.param(n_clusters, **{**settings, **changes})

    return build


@pytest.fixture(scope="session")
def blobs():
    X, y = make_blobs(200, centers=3, n_features=6, cluster_std=0.5, random_state=0)
    return X.astype(np.float64), y


@pytest.fixture
def fitting():
    """Rows that a likelihood takes: whole numbers from 0 where it counts or names things."""

    def change(X, likelihood):
        if LIKELIHOODS[likelihood].domain in ("counts", "categories"):
            return np.round(X - X.min())
        return X

    return change
