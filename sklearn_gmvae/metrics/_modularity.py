# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How well clusters hang together among the rows' nearest neighbours: judged without classes."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_scalar, column_or_1d

from sklearn_gmvae.utils._nearest import Nearest

# Modularity itself, 0, would rather have clusters of equal sizes: it cuts a large one and puts
# small ones together. Its share of the most it could be, 1, finds nothing as good as a few stray
# rows against all others (doc/notes/quality.rst).
SIZES = 0.75
# Squares of this are far from the end of float64's range.
FURTHEST = 2.0**500


def neighbor_modularity(X, labels, *, n_neighbors=10, max_samples=5_000):
    """Share of nearest-neighbour links that stay within a cluster, beyond chance.

    The modularity (Newman 2006) of the clusters in the graph that links each row to its nearest
    ones. It compares fits with the same number of clusters: `n_init` keeps the one whose clusters
    have the highest. Between different numbers, it notices clusters that are put together; whether
    it notices one that is cut depends: halving a cluster that has a share p of the rows gains
    p^2 / 2 by chance alone, and costs only the links that are cut. Of few clusters it prefers more.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The rows, in units in which Euclidean distance means something: standardise a table
        whose columns differ in scale. Of rows with missing entries (NaN) the distance is that of
        the columns that both have.
    labels : array-like of shape (n_samples,)
        Their clusters.
    n_neighbors : int, default=10
        Links from each row; one fewer than there are rows if that is less.
    max_samples : int or None, default=5000
        Of more rows than this only some are looked at, evenly spaced, since the search takes time
        with their square. None: all.

    Returns
    -------
    modularity : float in [-0.5, 1]
        0 for a single cluster or row, about 0 for clusters at random.

    Raises
    ------
    ValueError
        If X and labels differ in length, X has no rows, or `n_neighbors` or `max_samples` is below
        1.
    TypeError
        If one of these two is no integer.

    References
    ----------
    M. E. J. Newman (2006). Modularity and community structure in networks. Proceedings of the
    National Academy of Sciences 103(23), equation 1.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sklearn_gmvae.metrics import neighbor_modularity
    >>> X, y = make_blobs(300, centers=3, cluster_std=0.5, random_state=0)
    >>> two_together = y.clip(max=1)
    >>> print(f"{neighbor_modularity(X, y):.2f} {neighbor_modularity(X, two_together):.2f}")
    0.67 0.44
    """
    X = check_array(X, ensure_all_finite="allow-nan")
    labels = column_or_1d(labels)
    check_consistent_length(X, labels)
    check_scalar(n_neighbors, "n_neighbors", Integral, min_val=1)
    if max_samples is not None:
        check_scalar(max_samples, "max_samples", Integral, min_val=1)
    step = 1 if max_samples is None else -(-len(X) // max_samples)
    X, labels = X[::step], labels[::step]
    if len(X) == 1:
        return 0.0  # no links
    return modularity(
        nearest_rows(_in_range(X), n_neighbors), np.unique(labels, return_inverse=True)[1]
    )


def _in_range(X: np.ndarray) -> np.ndarray:
    """X by a power of two, so that squares of what most rows have are numbers; what is too far for
    that is far."""
    X = X.astype(np.float64, copy=False)
    lengths = np.fmax.reduce(np.abs(X), axis=1)
    lengths = lengths[lengths > 0.0]  # of rows of zeros, or without any value, no unit is known
    if not len(lengths):
        return X
    scaled = np.ldexp(X, -np.frexp(np.median(lengths))[1])
    return np.clip(scaled, -FURTHEST, FURTHEST)


def nearest_rows(X: np.ndarray, n_neighbors: int) -> np.ndarray:
    """The rows nearest to each, without itself, (n, k); fewer than asked where there are fewer."""
    metric = "nan_euclidean" if np.isnan(X).any() else "euclidean"
    return Nearest(X, min(n_neighbors, len(X) - 1), metric).of_each_other()


def links_between(neighbors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Nearest-neighbour links between the rows of each pair of clusters, (K, K), one from i to j
    half at (i, j) and half at (j, i); labels (n,) from 0."""
    links = np.zeros((labels.max() + 1, labels.max() + 1))
    np.add.at(links, (np.repeat(labels, neighbors.shape[1]), labels[neighbors.ravel()]), 1.0)
    return (links + links.T) / 2


def modularity(neighbors: np.ndarray, labels: np.ndarray) -> float:
    """That of labels (n,), from 0, in the graph of the rows' ``neighbors`` (n, k)."""
    return _modularity_and_most(neighbors, labels)[0]


def cohesion(neighbors: np.ndarray, labels: np.ndarray) -> float:
    """Modularity over the power `SIZES` of what it would be if no link left a cluster."""
    beyond_chance, most = _modularity_and_most(neighbors, labels)
    return beyond_chance / most**SIZES if most > 0 else 0.0


def _modularity_and_most(neighbors: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Modularity, and what it would be if no link left a cluster."""
    links = links_between(neighbors, labels) / neighbors.size
    by_chance = float((links.sum(1) ** 2).sum())
    return float(links.trace()) - by_chance, 1.0 - by_chance
