# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What training holds the clusters to: first their start, then what the rows' neighbours say.

Training from a good start loses some of it before the networks have learned to tell the
clusters apart, and a component's Gaussian is a coarser judge than the rows nearby. So each row
has a cluster that the objective holds it to, and a few times during training that cluster becomes
the one most responsible for its nearest neighbours' codes. Against the prior's terms the anchor
weighs 1 at first and 0 in the last tenth, which is the plain ELBO's.

Neighbours mend a start that Gaussians fit. On others, two moons say, the mixture is wrong about
whole neighbourhoods until the networks have learned to bend the codes, and would by then have
undone the start: there the rows are held to it, and tighter. So are they where the start is the law
of X: K Gaussians of all its columns, of which the codes may have lost some.
"""

from typing import Any

import numpy as np
import torch

from sklearn_gmvae.metrics._modularity import modularity, nearest_rows
from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._initialize import NEIGHBORS
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils._nearest import Nearest

# How often neighbours are asked, at equal distances over the phase.
N_UPDATES = 5
# What an anchor weighs at first where training could only lose some of the start.
HELD = 10.0
# Share of the links among neighbours that it has to be better by.
TOLERATED_LOSS = 0.005


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
        Whether neighbours are asked at all: where the start is a Gaussian mixture or a latent
        class model of X that X bears out, they know less than it does.
    weight : float, default=1.0
        Of the anchor at first, relative to the prior's terms.
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
        weight: float = 1.0,
    ) -> None:
        self.X, self.landmarks, self.unit_map, self.device = X, landmarks, unit_map, device
        self.shard = shard
        self.clusters = clusters
        self.follows, self.weight = follows, weight
        self._n_updates = 0

    @property
    def clusters(self) -> np.ndarray:
        """Of each row of X, (n,)."""
        return self._clusters

    @clusters.setter
    def clusters(self, clusters: np.ndarray) -> None:
        self._clusters = clusters
        self._on_device = torch.from_numpy(clusters).to(self.device)

    def of(self, rows: torch.Tensor) -> torch.Tensor:
        """The clusters of some rows of X, by their numbers on the device, (B,) -> (B,)."""
        return self._on_device[rows]

    def hold_if_better(self, model: DeepMixture, start: np.ndarray) -> None:
        """Hold tighter, and to the start for good, if its clusters have the higher modularity among
        the codes than those that neighbours would be given by the model started from them.

        ``start`` has the landmarks' clusters as they were found, (m,): those of `clusters` may be
        their neighbours' already.
        """
        if len(self.landmarks) < 2:
            return
        codes, resp = codes_and_resp(
            model, self.X, self.landmarks, self.unit_map, self.device, self.shard
        )
        neighbors = nearest_rows(codes, NEIGHBORS)
        lost = modularity(neighbors, start) - modularity(neighbors, voted(resp, neighbors))
        # Of several ranks the first decides: another machine may round otherwise.
        if self.shard.ranks.of_first(np.array(lost > TOLERATED_LOSS)):
            self.hold()

    def hold(self) -> None:
        """Hold tighter, and to the start for good."""
        self.follows, self.weight = False, HELD

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
            "weight": self.weight,
            "n_updates": self._n_updates,
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], X: Rows, unit_map: UnitMap, device: torch.device, shard: Shard
    ) -> "Anchor":
        """The one that `state` was taken of, for the same X."""
        clusters = state["clusters"][shard.first : shard.first + shard.n].copy()
        anchor = cls(
            X, clusters, state["landmarks"], unit_map, device, shard,
            follows=state["follows"], weight=state["weight"],
        )  # fmt: skip
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
    codes, resp = codes_and_resp(model, X, landmarks, unit_map, device, shard)
    n_neighbors = min(NEIGHBORS, len(landmarks) - 1)
    if n_neighbors == 0:
        return np.full(X.shape[0], resp.argmax())
    search = Nearest(codes, n_neighbors)
    clusters = map_rows(
        lambda x: model.encode(x).nan_to_num(),
        X,
        unit_map,
        device,
        finish=lambda z: voted(resp, search.of(z)[1]),
    )
    # A landmark is not its own neighbour.
    others = search.of_each_other()[shard.positions(landmarks)]
    clusters[shard.own(landmarks)] = voted(resp, others)
    return clusters


def codes_and_resp(
    model: DeepMixture,
    X: Rows,
    rows: np.ndarray,
    unit_map: UnitMap,
    device: torch.device,
    shard: Shard,
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (m, d) and responsibilities (m, K) of some of all ranks' rows, on every rank."""

    # Codes of a model that has diverged are near to none; the loop will say so.
    def both(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([model.encode(x), model.log_resp(x).exp()], dim=-1).nan_to_num()

    known = shard.ranks.gather(map_rows(both, X, unit_map, device, rows=shard.own(rows)))
    return known[:, : model.latent_dims[0]], known[:, model.latent_dims[0] :]


def voted(resp: np.ndarray, neighbors: np.ndarray) -> np.ndarray:
    """The cluster with most responsibility (m, K) for each row's neighbours (n, k), (n,)."""
    return resp[neighbors].sum(1).argmax(1)
