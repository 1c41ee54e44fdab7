# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What training on chunks holds the clusters to: what landmarks say of rows that come later.

The same as `Anchor` says of the rows of one X: the cluster that the nearest codes are in, at the
start and a few times afterwards. There it is asked for all rows at once; here a copy of the
model as it then was answers for each chunk when it comes.
"""

import copy
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._initialize import NEIGHBORS
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils._nearest import Nearest

# Codes that are nearer than this share of their length are the same row's: of larger searches
# scikit-learn computes distances from products, which leave a trace of rounding.
SAME = 1e-6


class Guide:
    """A cluster for any row, by the landmarks' votes.

    Parameters
    ----------
    model : DeepMixture
        Its present state is kept.
    landmarks : ndarray or CSR of shape (n, D)
    votes : ndarray of shape (n, K)
        How much each landmark is for each cluster.
    unit_map : UnitMap
    device : torch.device
    decides_itself : bool
        Whether a landmark that comes along in a chunk takes its own vote alone (at the start,
        whose clusters are the landmarks'), or only those of the others.
    """

    def __init__(
        self,
        model: DeepMixture,
        landmarks: Rows,
        votes: np.ndarray,
        unit_map: UnitMap,
        device: torch.device,
        *,
        decides_itself: bool,
    ) -> None:
        self.model = copy.deepcopy(model).eval()
        self._votes, self._affine, self._device = votes, unit_map, device
        self._decides_itself = decides_itself
        codes = map_rows(self.model.encode, landmarks, unit_map, device)
        # One more than are asked, in case that one is the row itself.
        self._search = Nearest(codes, min(NEIGHBORS + 1, len(codes)))

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "model": None, "_device": None}  # who keeps a guide keeps its model

    def wake(self, model: DeepMixture, device: torch.device) -> None:
        """After unpickling: the model again, and where it is."""
        self.model, self._device = model, device

    def clusters(self, X: Rows) -> np.ndarray:
        """The cluster with most votes among the landmarks nearest to each row, (n,) int64."""
        return map_rows(self.model.encode, X, self._affine, self._device, finish=self._elect)

    def _elect(self, codes: np.ndarray) -> np.ndarray:
        distances, nearest = self._search.of(codes)
        itself = distances[:, 0] <= SAME * np.linalg.norm(codes, axis=1)
        votes = self._votes[nearest]  # (B, neighbours, K)
        weight = np.ones(distances.shape)
        if nearest.shape[1] > NEIGHBORS:
            weight[~itself, -1] = 0.0
        if self._decides_itself:
            weight[itself, 1:] = 0.0
        elif nearest.shape[1] > 1:
            weight[itself, 0] = 0.0
        return np.einsum("bn,bnk->bk", weight, votes).argmax(1)
