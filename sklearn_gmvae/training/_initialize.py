# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Starts: responsibilities of the K clusters for latent codes.

The start decides where VaDE and GMVAE end (training does not repair a bad one), so it is the
most careful step of the package. Every start sees at most `MAX_LANDMARKS` codes, which makes
its cost independent of n. Letters: n codes, d latent dimensions, K clusters, L components.
"""

from collections.abc import Callable

import numpy as np
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.metrics._modularity import links_between, nearest_rows
from sklearn_gmvae.utils import quietly

# Rows that a start looks at.
MAX_LANDMARKS = 10_000
# "merge" cuts the codes into this many components per cluster, each in turn ...
COMPONENTS_PER_CLUSTER = (3, 5, 8, 8)
# ... as far as each component has this many rows per dimension.
ROWS_PER_DIMENSION = 2
# Codes whose word counts for a row: here which components hang together, in `_anchor` which
# cluster the row is in.
NEIGHBORS = 10
# Standard deviations from zero beyond which codes are centred first: the rounding of their squares
# then comes near to what `fitted_mixture` adds to every variance.
FAR = 1e6
# EM is stopped here: a start need not be finished, and merging mends more than EM would.
EM_ITERATIONS = 30


def random_start(z: np.ndarray, n_clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """Each code belongs to the nearest of K codes drawn at random."""
    centres = z[rng.choice(len(z), n_clusters, replace=False)]
    return one_hot(pairwise_distances_argmin(z, centres), n_clusters)


def kmeans_start(z: np.ndarray, n_clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """k-means, the best of three."""
    with quietly():
        kmeans = KMeans(n_clusters, n_init=3, random_state=rng).fit(z)
    return one_hot(kmeans.labels_, n_clusters)


def gmm_start(z: np.ndarray, n_clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """A Gaussian mixture of K components."""
    if n_clusters == 1:
        return np.ones((len(z), 1))  # also where z is one row, which EM refuses
    z = near_zero(z)
    return fitted_mixture(z, n_clusters, rng).predict_proba(z)


def merge_start(z: np.ndarray, n_clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """Gaussian mixtures of L > K components, merged to K along nearest-neighbour links.

    EM knows ellipses, not that a cluster may bend; the neighbour graph of the codes knows
    which ellipses hang together. A single merge can go wrong (a bridge of a few rows, a stray
    component), so several are made, from mixtures of different sizes and by two linkages, and
    the one that agrees best with all others is taken: errors differ, what is right recurs.
    """
    if n_clusters == 1:
        return np.ones((len(z), 1))
    z = near_zero(z)
    merged = merges(z, nearest_rows(z, NEIGHBORS), n_clusters, rng)
    return one_hot(medoid(merged), n_clusters) if merged else gmm_start(z, n_clusters, rng)


def merges(
    z: np.ndarray, neighbors: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Labels (n,) by each linkage from each mixture, of codes whose ``neighbors`` (n, k) are given;
    none where the rows are too few to merge."""
    return [
        labels
        for n_components in over_segmentations(z, n_clusters)
        for labels in merges_of(
            fitted_mixture(z, n_components, rng).predict(z), neighbors, n_clusters, rng
        )
    ]


def over_segmentations(z: np.ndarray, n_clusters: int) -> list[int]:
    """Numbers of components to merge from; none where the rows do not allow more than K."""
    n, d = z.shape
    most = n // (ROWS_PER_DIMENSION * (d + 1))
    sizes = [min(factor * n_clusters, most) for factor in COMPONENTS_PER_CLUSTER]
    return [size for size in sizes if size > n_clusters + 1]


def merges_of(
    component: np.ndarray, neighbors: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Labels (n,) by each linkage, from the component of each row."""
    occupied, component = np.unique(component, return_inverse=True)
    if len(occupied) <= n_clusters + 1:
        return []
    links = links_between(neighbors, component)
    sizes = np.bincount(component)
    return [
        average_linkage(links, sizes, n_clusters)[component],
        normalized_cut(links, n_clusters, rng)[component],
    ]


def medoid(candidates: list[np.ndarray]) -> np.ndarray:
    """The labels with the highest mean adjusted Rand index to all candidates."""
    agreement = [[adjusted_rand_score(a, b) for b in candidates] for a in candidates]
    return candidates[int(np.mean(agreement, axis=1).argmax())]


STARTS: dict[str, Callable[[np.ndarray, int, np.random.RandomState], np.ndarray]] = {
    "merge": merge_start,
    "gmm": gmm_start,
    "kmeans": kmeans_start,
    "random": random_start,
}


def fitted_mixture(z: np.ndarray, n_components: int, rng: np.random.RandomState) -> GaussianMixture:
    """scikit-learn's mixture with full covariances, or diagonal where rows are too few."""
    n, d = z.shape
    full = n >= ROWS_PER_DIMENSION * (d + 1) * n_components
    mixture = GaussianMixture(
        n_components,
        covariance_type="full" if full else "diag",
        # Relative to the codes' spread: an absolute floor would depend on their scale.
        reg_covar=1e-3 * float(z.var(0).mean()) + 1e-6,
        max_iter=EM_ITERATIONS,
        random_state=rng,
    )
    with quietly():
        return mixture.fit(z)


def is_far(z: np.ndarray) -> bool:
    """Whether codes are so far from zero that the squares of a mixture, E z^2 - (E z)^2, lose what
    they differ in."""
    return bool((z.mean(0) ** 2).max() > FAR**2 * z.var(0).mean())


def near_zero(z: np.ndarray) -> np.ndarray:
    """The codes, moved to mean zero where they are far from it."""
    return z - z.mean(0) if is_far(z) else z


def average_linkage(links: np.ndarray, sizes: np.ndarray, n_clusters: int) -> np.ndarray:
    """Cluster of each component, (L,): agglomeration by the mean number of links per pair of
    rows. (scikit-learn's average linkage counts components, however few rows they have.)
    """
    links, sizes = links.copy(), sizes.astype(float)
    label = np.arange(len(sizes))
    while len(alive := np.unique(label)) > n_clusters:
        mean_links = links[np.ix_(alive, alive)] / np.outer(sizes[alive], sizes[alive])
        np.fill_diagonal(mean_links, -np.inf)
        i, j = np.unravel_index(mean_links.argmax(), mean_links.shape)
        keep, drop = alive[i], alive[j]
        links[keep] += links[drop]
        links[:, keep] += links[:, drop]
        sizes[keep] += sizes[drop]
        label[label == drop] = keep
    return np.unique(label, return_inverse=True)[1]


def normalized_cut(links: np.ndarray, n_clusters: int, rng: np.random.RandomState) -> np.ndarray:
    """Cluster of each component, (L,): weighs the links that a part cuts against those it
    holds, and so does not split off a few stray rows."""
    # A trace of all-to-all similarity keeps the graph connected, which the spectrum needs.
    links = links + 1e-6 * links.mean()
    spectral = SpectralClustering(
        n_clusters, affinity="precomputed", assign_labels="cluster_qr", random_state=rng
    )
    return spectral.fit_predict(links)


def one_hot(labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Responsibilities that are certain: labels (n,) -> (n, K)."""
    resp = np.zeros((len(labels), n_clusters))
    resp[np.arange(len(labels)), labels] = 1.0
    return resp
