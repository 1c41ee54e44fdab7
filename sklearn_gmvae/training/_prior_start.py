# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From pretrained networks to a mixture: the codes are clustered, the prior takes the clusters
over, and training learns what to hold on to."""

import numpy as np
import sklearn
import torch
from sklearn.neighbors import KNeighborsClassifier

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._gaussian_clusters import can_tell, gaussian_clusters
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._initialize import MAX_LANDMARKS, NEIGHBORS, STARTS, one_hot

# A latent dimension takes part in the start if at least this share of its variance is signal
# (differences between the rows' codes) and not q's own width: an unused one is noise, to which
# a mixture with full covariances, blind to scale, would give as much weight as to the others.
MIN_SIGNAL = 0.1
# In a cluster's first covariance the pooled one counts for this many rows per dimension.
ROWS_OF_POOLED_COVARIANCE = 2


def start_prior(
    model: DeepMixture,
    X: np.ndarray,
    affine: AffineMap,
    start: str | np.ndarray,
    rng: np.random.RandomState,
    device: torch.device,
) -> Anchor | None:
    """Start the mixture from clusters of (at most MAX_LANDMARKS) rows.

    ``start`` is "auto", a key of `STARTS`, labels (n,) or responsibilities (n, K). Returns what
    training is to hold the clusters of all rows to; None for a random start, which is nothing
    to hold on to.
    """
    landmarks = np.arange(len(X))
    if len(X) > MAX_LANDMARKS:
        landmarks = np.sort(rng.choice(len(X), MAX_LANDMARKS, replace=False))
    d, K = model.latent_dims[0], model.n_clusters

    def code(x: torch.Tensor) -> torch.Tensor:
        mean, log_var = model.posterior(x)[0]
        return torch.cat([mean, log_var.exp(), model.features(x)], dim=-1)

    codes = map_rows(code, X[landmarks], affine, device)
    mean, var, features = np.split(codes, [d, 2 * d], axis=1)
    active = active_dimensions(mean, var)
    in_columns = None  # responsibilities of a mixture of X itself
    if not isinstance(start, str):
        resp = start[landmarks] if start.ndim == 2 else one_hot(start[landmarks], K)
    else:
        # Array-API dispatch, if the user has switched it on, is about X, not about our codes.
        with sklearn.config_context(array_api_dispatch=False):
            is_table = start == "auto" and model.likelihood.name == "gaussian"
            if is_table and can_tell(len(landmarks), X.shape[1], K):
                rows = map_rows(lambda x: x, X[landmarks], affine, device)
                in_columns = gaussian_clusters(rows, K, rng)
            find = STARTS["merge" if start == "auto" else start]
            resp = find(mean[:, active], K, rng) if in_columns is None else in_columns

    arrays = (torch.from_numpy(a).float().to(device) for a in (features, mean, var, resp))
    with torch.no_grad():
        model.initialize_prior(*arrays, shrinkage=float(ROWS_OF_POOLED_COVARIANCE * (d + 1)))

    if not isinstance(start, str):
        clusters = start.argmax(1) if start.ndim == 2 else start
    elif start == "random":
        return None
    else:
        clusters = resp.argmax(1)
        if len(landmarks) < len(X):  # the others take the cluster of the codes nearest to theirs
            nearest = KNeighborsClassifier(NEIGHBORS).fit(mean[:, active], clusters)
            clusters = map_rows(
                model.encode, X, affine, device, finish=lambda z: nearest.predict(z[:, active])
            )
    follows = in_columns is None
    return Anchor(X, clusters.astype(np.int64), landmarks, affine, device, follows=follows)


def active_dimensions(mean: np.ndarray, var: np.ndarray) -> np.ndarray:
    """Which latent dimensions say something about the rows, (d,) bool; all if none does."""
    signal = mean.var(0)
    active = signal >= MIN_SIGNAL * (signal + var.mean(0))
    return active if active.any() else np.ones_like(active)
