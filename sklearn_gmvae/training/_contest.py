# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The start on codes that "auto" stands for: merging, unless another one is plainly better.

Merging finds clusters that bend, and chains those that overlap: there one cluster takes several
classes and others a few stray rows. How well the clusters hang together among the codes'
nearest neighbours, without a label, tells the two cases apart (doc/notes/quality.rst).
"""

import numpy as np

from sklearn_gmvae.metrics._modularity import cohesion, nearest_rows
from sklearn_gmvae.training._initialize import (
    NEIGHBORS,
    gmm_start,
    kmeans_start,
    medoid,
    merges,
    near_zero,
    one_hot,
)

# What agrees best with the other merges is kept unless the cohesion of a single merge, of k-means
# or of a mixture is higher by this: below, consensus is the better sign. The more clusters there
# are, the less a mistake in one of them weighs: from five on, the margin is this over K.
MARGIN, MARGIN_OF_ALL = 0.01, 0.05


def contest_start(
    z: np.ndarray, n_clusters: int, rng: np.random.RandomState, X: np.ndarray | None = None
) -> np.ndarray:
    """Responsibilities (n, K) of the merges' consensus, or of the start that beats it; of a mixture
    of K, or of k-means, where rows are too few to merge.

    ``X`` (n, D), where networks may know the rows by heart: k-means of its columns competes, too,
    and neighbours in X have half of the say.
    """
    if n_clusters == 1:
        return np.ones((len(z), 1))
    z = near_zero(z)
    neighbors = nearest_rows(z, NEIGHBORS)
    merged = merges(z, neighbors, n_clusters, rng)
    rivals = [one_hot(labels, n_clusters) for labels in merged]
    rivals += [gmm_start(z, n_clusters, rng), kmeans_start(z, n_clusters, rng)]
    graphs = [neighbors]
    if X is not None:
        rivals.append(kmeans_start(X, n_clusters, rng))
        graphs.append(nearest_rows(X, NEIGHBORS))
    favourite = one_hot(medoid(merged), n_clusters) if merged else rivals[0]

    def quality(resp: np.ndarray) -> float:
        return float(np.mean([cohesion(graph, resp.argmax(1)) for graph in graphs]))

    best = max(rivals, key=quality)
    return best if quality(best) > quality(favourite) + margin(n_clusters) else favourite


def margin(n_clusters: int) -> float:
    """By how much the cohesion of another start must be higher than the consensus'."""
    return min(MARGIN, MARGIN_OF_ALL / n_clusters)
