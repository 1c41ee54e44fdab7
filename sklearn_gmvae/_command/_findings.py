# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted estimator says about the rows of a table: all that a report tells, as arrays.

Letters in shapes: n rows, D features, d latent dimensions, K clusters.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sklearn_gmvae._command._columns import Rows
from sklearn_gmvae.inspection._cluster_profile import profile

N_TYPICAL, N_UNSURE = 3, 15
# Below this largest probability a row is one to look at.
SURE = 0.9
# Rows that profiles of a table larger than memory are made from, and rows drawn.
MAX_PROFILED, MAX_SHOWN = 1_000_000, 5_000
# An effect that counts as any larger one: of a column that is constant within clusters it has no
# end.
LARGEST = 1e6


@dataclass(frozen=True)
class Findings:
    """Of n rows, D features and K clusters.

    Attributes
    ----------
    estimator : VaDEClustering or GMVAEClustering
        Fitted.
    rows : Rows
    labels : ndarray of shape (n,)
    probabilities : ndarray of shape (n, K)
    sizes : ndarray of shape (K,)
    certainty : ndarray of shape (K,)
        Mean largest probability of the rows of each cluster; NaN without rows.
    typical : list of ndarray
        For each cluster those of its rows whose codes are nearest to its mean, the nearest first.
    unsure : ndarray
        The rows whose largest probability is smallest and below `SURE`, the smallest first.
    shown : ndarray
        A random sample of rows, sorted, for pictures that have a mark for each.
    numeric : list of int
        Features that have means.
    differences, effects : ndarray of shape (K, len(numeric))
        As of `ClusterProfileDisplay`.
    order : ndarray of shape (D,)
        Features, those that set clusters apart most first.
    """

    estimator: Any
    rows: Rows
    labels: np.ndarray
    probabilities: np.ndarray
    sizes: np.ndarray
    certainty: np.ndarray
    typical: list[np.ndarray]
    unsure: np.ndarray
    shown: np.ndarray
    numeric: list[int]
    differences: np.ndarray
    effects: np.ndarray
    order: np.ndarray


def find(estimator, rows: Rows) -> Findings:
    """Ask the estimator."""
    labels, probabilities = estimator.labels_, estimator.predict_proba(rows.X)
    n, K = probabilities.shape
    largest = probabilities.max(1)
    sizes = np.bincount(labels, minlength=K)
    with np.errstate(invalid="ignore"):
        certainty = np.bincount(labels, largest, minlength=K) / sizes
    n_unsure = min(N_UNSURE, n)
    least = np.argpartition(largest, n_unsure - 1)[:n_unsure]
    least = least[np.lexsort((least, largest[least]))]
    rng = np.random.RandomState(0)
    shown = np.sort(rng.choice(n, min(n, MAX_SHOWN), replace=False))
    numeric = numeric_features(rows.X)
    some = np.arange(n) if n <= MAX_PROFILED else rng.choice(n, MAX_PROFILED, replace=False)
    differences, effects = profile(values(rows.X, some, numeric), labels[some], np.arange(K))
    # Over all rows: by the largest effect alone, columns of one small cluster would come first.
    strength = np.full(len(rows.names), -1.0)
    strength[numeric] = sizes @ np.minimum(np.nan_to_num(np.abs(effects)), LARGEST) ** 2
    return Findings(
        estimator=estimator,
        rows=rows,
        labels=labels,
        probabilities=probabilities,
        sizes=sizes,
        certainty=certainty,
        typical=typical_rows(estimator.transform(rows.X), labels, estimator.means_),
        unsure=least[largest[least] < SURE],
        shown=shown,
        numeric=numeric,
        differences=differences,
        effects=effects,
        order=np.argsort(-strength, kind="stable"),
    )


def numeric_features(X) -> list[int]:
    """Indices of the features that are numbers."""
    if hasattr(X, "columns"):
        return [j for j, kind in enumerate(X.dtypes) if kind.kind in "biuf"]
    return list(range(X.shape[1]))


def values(X, rows, features) -> np.ndarray:
    """Some rows and features as numbers, (len(rows), len(features))."""
    if hasattr(X, "iloc"):
        return X.iloc[rows, features].to_numpy(dtype=np.float64)
    return np.asarray(X[rows])[:, features].astype(np.float64)


def typical_rows(Z: np.ndarray, labels: np.ndarray, means: np.ndarray) -> list[np.ndarray]:
    """For each cluster the indices of its `N_TYPICAL` rows with the nearest codes."""
    away = ((Z - means[labels]) ** 2).sum(1)
    order = np.lexsort((away, labels))
    starts = np.searchsorted(labels[order], np.arange(len(means) + 1))
    return [order[start:end][:N_TYPICAL] for start, end in pairwise(starts)]
