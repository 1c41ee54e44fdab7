# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted estimator says about the rows of a table: all that a report tells, as arrays.

Letters in shapes: n rows, D features, d latent dimensions, K clusters.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sklearn_gmvae._command._columns import Rows, missing
from sklearn_gmvae._table import Table
from sklearn_gmvae.inspection._cluster_profile import profile
from sklearn_gmvae.inspection._numbers import Numbers
from sklearn_gmvae.inspection._select import some_rows

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
    names : ndarray of shape (F,)
        What is compared: columns of numbers, and of texts each category ("column = category").
    are_shares : ndarray of shape (F,)
        Whether it is yes or no for each row.
    means, differences, effects : ndarray of shape (K, F)
        The clusters' means; the others as of `ClusterProfileDisplay`.
    strongest : ndarray of shape (F,)
        Indices of `names`, those that set clusters apart most first.
    order : ndarray of shape (D,)
        Likewise of the columns, each by its strongest category.
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
    names: np.ndarray
    are_shares: np.ndarray
    means: np.ndarray
    differences: np.ndarray
    effects: np.ndarray
    strongest: np.ndarray
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
    some = np.arange(n) if n <= MAX_PROFILED else rng.choice(n, MAX_PROFILED, replace=False)
    table = Table.of(rows.X)
    numbers = Numbers(None if table is None else table.categories, rows.X, rows.X.shape[1])
    values, of = numbers(some_rows(rows.X, some)), labels[some]
    means, differences, effects = profile(values, of, np.arange(K))
    # Over all rows: by the largest effect alone, columns of one small cluster would come first.
    strength = sizes @ np.minimum(np.nan_to_num(np.abs(effects)), LARGEST) ** 2
    of_columns = np.zeros(rows.X.shape[1])
    np.maximum.at(of_columns, numbers.column_of, strength)
    return Findings(
        estimator=estimator,
        rows=rows,
        labels=labels,
        probabilities=probabilities,
        sizes=sizes,
        certainty=certainty,
        typical=typical_rows(
            estimator.transform(rows.X), labels, estimator.means_, missing(rows.X)[0]
        ),
        unsure=least[largest[least] < SURE],
        shown=shown,
        names=np.array(rows.names, dtype=object) if table is None else numbers.names,
        are_shares=numbers.are_categories | booleans(rows.X)[numbers.column_of],
        means=means,
        differences=differences,
        effects=effects,
        strongest=np.argsort(-strength, kind="stable"),
        order=np.argsort(-of_columns, kind="stable"),
    )


def booleans(X) -> np.ndarray:
    """Which columns are yes or no, (D,)."""
    if hasattr(X, "columns"):
        return np.array([kind.kind == "b" for kind in X.dtypes])
    return np.full(X.shape[1], X.dtype.kind == "b")


def typical_rows(
    Z: np.ndarray, labels: np.ndarray, means: np.ndarray, incomplete: np.ndarray
) -> list[np.ndarray]:
    """For each cluster the indices of its `N_TYPICAL` rows with the nearest codes; rows with holes,
    (n,), only where there are no others: a row of which little is known is near everything."""
    away = ((Z - means[labels]) ** 2).sum(1)
    order = np.lexsort((away, incomplete, labels))
    starts = np.searchsorted(labels[order], np.arange(len(means) + 1))
    return [order[start:end][:N_TYPICAL] for start, end in pairwise(starts)]
