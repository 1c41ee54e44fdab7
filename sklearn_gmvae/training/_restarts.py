# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of several runs to keep, without labels."""

from collections.abc import Sequence

import numpy as np
import torch

from sklearn_gmvae.metrics import neighbor_modularity
from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._initialize import NEIGHBORS
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._train import Run
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils import kept_filters, own_arithmetic

# Rows on which runs are compared, evenly spaced.
MAX_COMPARED = 5_000


@own_arithmetic()
@kept_filters()
def choose_run(runs: Sequence[Run], X: Rows, unit_map: UnitMap, shard: Shard) -> Run:
    """The run whose clusters have the highest modularity among the rows' nearest neighbours; of
    equal ones, the one with the higher bound.

    It ranks runs by accuracy where the ELBO, which is nearly all reconstruction, does not
    (doc/notes/quality.rst). Runs that ended with a bound that is not finite do not compete.
    """
    runs = [run for run in runs if np.isfinite(run.lower_bound)] or list(runs)
    if len(runs) == 1:
        return runs[0]
    compared = shard.every(-(-shard.n_total // MAX_COMPARED))
    rows = as_encoded(runs[0].model, unit_map.forward(X[compared]))
    rows = shard.ranks.gather(rows)

    def quality(i: int) -> tuple[float, float]:
        run = runs[i]
        assert run.labels is not None, "runs that compete have labels"
        labels = shard.ranks.gather(run.labels[compared])
        among_neighbors = neighbor_modularity(rows, labels, n_neighbors=NEIGHBORS, max_samples=None)
        return among_neighbors, run.lower_bound

    return runs[int(shard.ranks.of_first(np.array(max(range(len(runs)), key=quality))))]


@torch.inference_mode()
def as_encoded(model: DeepMixture, rows: np.ndarray) -> np.ndarray:
    """Rows in the model's units as its encoder sees them: of counts logarithms, not themselves."""
    device = next(model.parameters()).device
    return model.likelihood.encoder_input(torch.from_numpy(rows).to(device)).cpu().numpy()
