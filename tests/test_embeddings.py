# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows such as pretrained networks give: unit length, hundreds of columns, a direction that all
share, and within the clusters a few directions in which rows of any cluster vary."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import GMVAEClustering, VaDEClustering

N_CLUSTERS, N_SHARED = 8, 8


def embeddings(n=480, n_features=384, seed=0):
    """Unit rows (n, n_features), float32, and their clusters."""
    rng = np.random.RandomState(seed)
    y = np.arange(n) % N_CLUSTERS

    def directions(count):
        drawn = rng.standard_normal((count, n_features))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    X = directions(1) + 0.6 * directions(N_CLUSTERS)[y]
    X += 0.35 * rng.standard_normal((n, N_SHARED)) @ directions(N_SHARED)
    X += 0.8 * directions(n)
    return (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32), y


@pytest.mark.parametrize(
    "estimator_class", [VaDEClustering, pytest.param(GMVAEClustering, marks=pytest.mark.slow)]
)
def test_documented_settings_find_clusters_of_embeddings(estimator_class):
    """The floor was set before this test was run; k-means has 0.01 to 0.03 on such rows."""
    X, y = embeddings()
    estimator = estimator_class(
        N_CLUSTERS, latent_dim=20, hidden_layer_sizes=(256, 256), batch_size=96, pretrain_iter=40,
        max_iter=40, random_state=0,
    ).fit(X)  # fmt: skip
    assert adjusted_rand_score(y, estimator.labels_) > 0.9
    assert estimator.likelihood_ == "gaussian"
    assert estimator.transform(X).dtype == np.float32
