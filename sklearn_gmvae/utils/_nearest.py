# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nearest rows, found without touching what belongs to all threads."""

import numpy as np
from sklearn.neighbors import KDTree, NearestNeighbors

from sklearn_gmvae.utils._warning_filters import kept_filters

# As NearestNeighbors decides: a tree serves where columns are few and fewer than half of the rows
# are asked for.
MAX_TREE_COLUMNS, LEAF_SIZE = 15, 30


class Nearest:
    """Search for the ``n_neighbors`` nearest of some rows.

    What `NearestNeighbors` finds. But its search of a tree goes through scikit-learn's `Parallel`,
    which sets Python's warning filters anew for as long as it runs, whoever else warns meanwhile.
    So we ask the tree.
    """

    @kept_filters()
    def __init__(self, rows: np.ndarray, n_neighbors: int, metric: str = "euclidean") -> None:
        self._n_neighbors = n_neighbors
        self._tree: KDTree | None = None
        if (
            metric == "euclidean"
            and rows.shape[1] <= MAX_TREE_COLUMNS
            and n_neighbors < len(rows) // 2
        ):
            self._tree = KDTree(rows, leaf_size=LEAF_SIZE)
        else:
            self._scan = NearestNeighbors(algorithm="brute", metric=metric).fit(rows)

    @kept_filters()
    def of(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances (n, k) of the nearest rows and which they are (n, k), nearest first."""
        if self._tree is not None:
            return self._tree.query(queries, self._n_neighbors)
        return self._scan.kneighbors(queries, self._n_neighbors)

    @kept_filters()
    def of_each_other(self) -> np.ndarray:
        """Which rows are nearest to each row, (n, k), itself left out."""
        if self._tree is None:
            return self._scan.kneighbors(n_neighbors=self._n_neighbors, return_distance=False)
        nearest = self._tree.query(self._tree.data, self._n_neighbors + 1, return_distance=False)
        others = nearest != np.arange(len(nearest))[:, None]
        # Of rows that repeat, others may stand before a row itself: then the first makes way.
        others[others.all(axis=1), 0] = False
        return nearest[others].reshape(len(nearest), self._n_neighbors)
