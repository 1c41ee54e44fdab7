# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Clusters that are the same cluster twice."""

import numpy as np

# Two clusters whose responsibilities are so nearly proportional describe the same rows: the
# cosine is 1 for equal components whatever their weights, 0 for clusters that share no row.
DUPLICATE_COSINE = 0.9


def duplicate_clusters(resp: np.ndarray) -> list[tuple[int, int]]:
    """Pairs i < j of clusters that answer for the same rows, by responsibilities (n, K).

    Clusters that answer for no row at all are dead, not duplicates.
    """
    product = resp.T @ resp
    norm = np.sqrt(product.diagonal())
    alive = resp.sum(0) >= 1.0  # all together, as much as one row
    cosine = product / np.outer(norm, norm).clip(min=np.finfo(float).tiny)
    same = (cosine >= DUPLICATE_COSINE) & np.outer(alive, alive)
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(same, 1)), strict=True)]
