# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What training holds the clusters to: first their start, then what the rows' neighbours say.

Training from a good start loses some of it before the networks have learned to tell the
clusters apart, and a component's Gaussian is a coarser judge than the rows nearby. So each row
has a cluster that the objective holds it to, and a few times during training that cluster becomes
the one most responsible for its nearest neighbours' codes. Against the prior's terms the anchor
weighs 1 at first and 0 in the last tenth, which is the plain ELBO's.
"""

from typing import Any

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._initialize import NEIGHBORS
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap

# How often neighbours are asked, at equal distances over the phase.
N_UPDATES = 5


class Anchor:
    """A cluster for every row of X.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, D)
    clusters : ndarray of int of shape (n,)
        Where the rows start.
    landmarks : ndarray of int
        The rows, of all ranks', that may be neighbours: a bounded number.
    unit_map : UnitMap
    device : torch.device
    shard : Shard
        Which of all ranks' rows X has.
    follows : bool, default=True
        Whether neighbours are asked at all: where the start is a Gaussian mixture of X that X
        bears out, they know less than it does.
    """

    def __init__(
        self,
        X: Rows,
        clusters: np.ndarray,
        landmarks: np.ndarray,
        unit_map: UnitMap,
        device: torch.device,
        shard: Shard,
        *,
        follows: bool = True,
    ) -> None:
        self.X, self.landmarks, self.unit_map, self.device = X, landmarks, unit_map, device
        self.clusters = clusters
        self.shard = shard
        self.follows = follows
        self._n_updates = 0

    def of(self, rows: np.ndarray) -> torch.Tensor:
        """The clusters of some rows of X, (B,), on the device."""
        return torch.from_numpy(self.clusters[rows]).to(self.device)

    def follow(self, model: DeepMixture, progress: float) -> None:
        """Ask the neighbours if the share of training done says so."""
        if not self.follows or progress < (self._n_updates + 1) / (N_UPDATES + 1):
            return
        self._n_updates += 1
        self.clusters = neighbors_clusters(
            model, self.X, self.landmarks, self.unit_map, self.device, self.shard
        )

    def state(self) -> dict[str, Any]:
        """What it knows beside X, of all ranks' rows."""
        return {
            "clusters": self.shard.ranks.gather(self.clusters),
            "landmarks": self.landmarks,
            "follows": self.follows,
            "n_updates": self._n_updates,
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], X: Rows, unit_map: UnitMap, device: torch.device, shard: Shard
    ) -> "Anchor":
        """The one that `state` was taken of, for the same X."""
        clusters = state["clusters"][shard.first : shard.first + shard.n].copy()
        anchor = cls(
            X, clusters, state["landmarks"], unit_map, device, shard, follows=state["follows"]
        )
        anchor._n_updates = state["n_updates"]
        return anchor


def neighbors_clusters(
    model: DeepMixture,
    X: Rows,
    landmarks: np.ndarray,
    unit_map: UnitMap,
    device: torch.device,
    shard: Shard,
) -> np.ndarray:
    """The cluster with most responsibility for the landmarks nearest to each row's code, (n,)."""
    d = model.latent_dims[0]

    # Codes of a model that has diverged are near to none; the loop will say so.
    def codes_and_resp(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([model.encode(x), model.log_resp(x).exp()], dim=-1).nan_to_num()

    own = shard.own(landmarks)
    known = shard.ranks.gather(map_rows(codes_and_resp, X, unit_map, device, rows=own))
    codes, resp = known[:, :d], known[:, d:]
    n_neighbors = min(NEIGHBORS, len(landmarks) - 1)
    if n_neighbors == 0:
        return np.full(X.shape[0], resp.argmax())
    search = NearestNeighbors(n_neighbors=n_neighbors).fit(codes)
    clusters = map_rows(
        lambda x: model.encode(x).nan_to_num(),
        X,
        unit_map,
        device,
        finish=lambda z: resp[search.kneighbors(z, return_distance=False)].sum(1).argmax(1),
    )
    # A landmark is not its own neighbour.
    others = search.kneighbors(return_distance=False)[shard.positions(landmarks)]
    clusters[own] = resp[others].sum(1).argmax(1)
    return clusters
