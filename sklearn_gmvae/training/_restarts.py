# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of several runs to keep, without labels."""

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._initialize import NEIGHBORS
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._train import Run
from sklearn_gmvae.training._units import UnitMap

# Rows on which runs are compared, evenly spaced.
MAX_COMPARED = 5_000


def choose_run(runs: Sequence[Run], X: Rows, affine: UnitMap, shard: Shard) -> Run:
    """The run whose clusters have the highest `modularity` among the rows' nearest neighbours; of
    equal ones, the one with the higher bound.

    It ranks runs by accuracy where the ELBO, which is nearly all reconstruction, does not
    (doc/notes/quality.rst). Runs that ended with a bound that is not finite do not compete.
    """
    runs = [run for run in runs if np.isfinite(run.lower_bound)] or list(runs)
    if len(runs) == 1:
        return runs[0]
    compared = shard.every(-(-shard.n_total // MAX_COMPARED))
    rows = as_encoded(runs[0].model, affine.forward(X[compared]))
    neighbors = nearest_neighbors(shard.ranks.gather(rows))

    def quality(i: int) -> tuple[float, float]:
        run = runs[i]
        assert run.labels is not None, "runs that compete have labels"
        labels = shard.ranks.gather(run.labels[compared])
        return modularity(labels, neighbors), run.lower_bound

    return runs[int(shard.ranks.of_first(np.array(max(range(len(runs)), key=quality))))]


@torch.inference_mode()
def as_encoded(model: DeepMixture, rows: np.ndarray) -> np.ndarray:
    """Rows in the model's units as its encoder sees them: of counts logarithms, not themselves."""
    device = next(model.parameters()).device
    return model.likelihood.encoder_input(torch.from_numpy(rows).to(device)).cpu().numpy()


def nearest_neighbors(X: np.ndarray) -> np.ndarray:
    """The rows nearest to each row, without the row itself, (n, NEIGHBORS or n - 1)."""
    search = NearestNeighbors(n_neighbors=min(NEIGHBORS, len(X) - 1)).fit(X)
    return search.kneighbors(return_distance=False)


def modularity(labels: np.ndarray, neighbors: np.ndarray) -> float:
    """Share of the neighbour links that stay within a cluster, beyond what they would by chance
    (Newman, 2006): 0 for a single cluster or clusters at random, at most 1.

    Unlike the share alone it does not favour one large cluster and a few stray ones.
    """
    names, labels = np.unique(labels, return_inverse=True)
    links = np.zeros((len(names), len(names)))
    np.add.at(links, (np.repeat(labels, neighbors.shape[1]), labels[neighbors.ravel()]), 1.0)
    links = (links + links.T) / (2 * max(neighbors.size, 1))
    return float(links.trace() - (links.sum(1) ** 2).sum())
