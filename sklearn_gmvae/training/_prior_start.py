# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From pretrained networks to a mixture: the codes are clustered, the prior takes the clusters
over, and training learns what to hold on to."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
import sklearn
import torch
from sklearn.neighbors import KNeighborsClassifier

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._contest import contest_start
from sklearn_gmvae.training._few_values import (
    coded_clusters,
    few_valued_clusters,
    may_have_few_values,
)
from sklearn_gmvae.training._gaussian_clusters import (
    ROWS_PER_PARAMETER,
    GaussianClusters,
    affordable,
    can_tell,
    gaussian_clusters,
)
from sklearn_gmvae.training._inference import bound_draws, cluster_rows, map_rows
from sklearn_gmvae.training._initialize import MAX_LANDMARKS, NEIGHBORS, STARTS, one_hot
from sklearn_gmvae.training._product_clusters import can_tell_classes, column_kinds
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._stopping import REMEDY
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils import kept_filters

# A latent dimension takes part in the start if at least this share of its variance is signal
# (differences between the rows' codes) and not q's own width: an unused one is noise, to which
# a mixture with full covariances, blind to scale, would give as much weight as to the others.
MIN_SIGNAL = 0.1
# In a cluster's first covariance the pooled one counts for this many rows per dimension.
ROWS_OF_POOLED_COVARIANCE = 2

# Rows that networks may know by heart (up to 1,900 were tried), and entries of them that may be
# dense in memory, whatever X is.
FEW_ROWS, MAX_ENTRIES = 2_000, 2_000_000


class Mixture(Protocol):
    """Clusters of rows of X, columns as the encoder sees them."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray: ...

    def predict(self, X: np.ndarray) -> np.ndarray: ...


# Of rows, which of their entries are guesses, how many clusters to look for, and draws.
FindMixture = Callable[[np.ndarray, np.ndarray | None, int, np.random.RandomState], Mixture | None]


def clusters_of_columns(model: DeepMixture, n: int) -> FindMixture | None:
    """How to look for K clusters in the columns of n rows of X themselves; None where they are too
    few, or columns mean little one by one."""
    likelihood, K = model.likelihood, model.n_clusters
    ways: list[FindMixture] = []
    if likelihood.name == "gaussian":
        D = likelihood.n_features
        if may_have_few_values(n, D, K):
            ways.append(few_valued_clusters)
        if can_tell(n, D, K):
            ways.append(lambda X, holes, n_clusters, rng: gaussian_clusters(X, n_clusters, rng))
    else:
        kinds = column_kinds(likelihood)
        if kinds is not None and can_tell_classes(n, kinds, K):
            ways.append(partial(coded_clusters, kinds))
    return partial(first_found, ways) if ways else None


def knows_rows_by_heart(model: DeepMixture, n: int) -> bool:
    """Whether rows are few, and n of them too few to settle a mixture of K of the columns, all
    numbers: so few that networks learn no more than these rows."""
    likelihood, K = model.likelihood, model.n_clusters
    D = likelihood.n_features
    if likelihood.name != "gaussian" or K == 1 or n > FEW_ROWS or n * D > MAX_ENTRIES:
        return False
    return not affordable(n, D, K, ROWS_PER_PARAMETER)


def first_found(
    ways: list[FindMixture],
    X: np.ndarray,
    holes: np.ndarray | None,
    n_clusters: int,
    rng: np.random.RandomState,
) -> Mixture | None:
    """The clusters of the first way that finds some."""
    for find in ways:
        mixture = find(X, holes, n_clusters, rng)
        if mixture is not None:
            return mixture
    return None


def start_prior(
    model: DeepMixture,
    X: Rows,
    unit_map: UnitMap,
    start: str | np.ndarray,
    rng: np.random.RandomState,
    device: torch.device,
    *,
    rows: np.ndarray,
    shard: Shard,
) -> Anchor | None:
    """Start the mixture from clusters of (at most MAX_LANDMARKS of) the given rows of all ranks.

    ``start`` is "auto", a key of `STARTS`, labels (n,) or responsibilities (n, K). Returns what
    training is to hold the clusters of all rows to: the most probable cluster of each row's start.
    None for a random start, which is nothing to hold on to.
    """
    d, K = model.latent_dims[0], model.n_clusters
    # K clusters need K rows: where too few are left beside those held out, all take part.
    landmarks = choose_landmarks(
        rows if len(rows) >= K else np.arange(shard.n_total), rng, MAX_LANDMARKS
    )
    own = shard.own(landmarks)

    def code(x: torch.Tensor) -> torch.Tensor:
        mean, log_var = model.posterior(x)[0]
        return torch.cat([mean, log_var.exp(), model.features(x)], dim=-1)

    def columns(x: torch.Tensor) -> torch.Tensor:
        """The rows themselves; what is missing as the networks expect it."""
        x = x if model.missing(x) is None else model.impute(x, noise)
        return model.likelihood.encoder_input(x)

    def is_hole(x: torch.Tensor) -> torch.Tensor:
        return x.isnan().float()

    noise = bound_draws(model, device)
    codes = shard.ranks.gather(map_rows(code, X, unit_map, device, rows=own))
    if not np.isfinite(codes).all():  # the last step of pretraining was one too far
        raise ValueError(f"The ELBO or its gradient was not finite after pretraining. {REMEDY}")
    mean, var, features = np.split(codes, [d, 2 * d], axis=1)
    active = active_dimensions(mean, var)
    mixture = None  # of X itself
    if not isinstance(start, str):
        resp = shard.ranks.gather(start[own] if start.ndim == 2 else one_hot(start[own], K))
    else:
        # Array-API dispatch, if the user has switched it on, is about X, not about our codes.
        with sklearn.config_context(array_api_dispatch=False), kept_filters():
            find_in_columns = (
                clusters_of_columns(model, len(landmarks)) if start == "auto" else None
            )
            by_heart = start == "auto" and knows_rows_by_heart(model, len(landmarks))
            if find_in_columns is not None or by_heart:
                in_columns = shard.ranks.gather(map_rows(columns, X, unit_map, device, rows=own))
            if find_in_columns is not None:
                holes = shard.ranks.gather(map_rows(is_hole, X, unit_map, device, rows=own)) > 0
                mixture = find_in_columns(in_columns, holes if holes.any() else None, K, rng)
            if mixture is not None:
                resp = mixture.predict_proba(in_columns)
            elif start == "auto":
                resp = contest_start(mean[:, active], K, rng, in_columns if by_heart else None)
            else:
                resp = STARTS[start](mean[:, active], K, rng)

    # Of several ranks the first decides: another machine may round, and so cluster, otherwise.
    resp = shard.ranks.of_first(resp)
    follows = bool(shard.ranks.of_first(np.array(mixture is None)))
    is_law = isinstance(mixture, GaussianClusters) and mixture.is_law
    is_law = bool(shard.ranks.of_first(np.array(is_law)))
    rows_of_pooled = float(ROWS_OF_POOLED_COVARIANCE * (d + 1))
    arrays = [torch.from_numpy(a).float().to(device) for a in (features, mean, var, resp)]
    with torch.no_grad():
        model.initialize_prior(arrays[0], arrays[1], arrays[2], arrays[3], rows_of_pooled)
    shard.ranks.share(model.parameters())

    if not isinstance(start, str):
        clusters = start.argmax(1) if start.ndim == 2 else start
    elif start == "random":
        return None
    elif len(landmarks) == shard.n_total:
        clusters = resp.argmax(1)[shard.positions(landmarks)]
    elif mixture is not None and np.array_equal(mixture.predict(in_columns), resp.argmax(1)):
        clusters = map_rows(columns, X, unit_map, device, finish=mixture.predict)
    else:  # the other rows take the cluster of the codes nearest to theirs
        with kept_filters():
            nearest = KNeighborsClassifier(min(NEIGHBORS, len(landmarks)))
            nearest.fit(mean[:, active], resp.argmax(1))
            clusters = map_rows(
                model.encode, X, unit_map, device, finish=lambda z: nearest.predict(z[:, active])
            )
    clusters = clusters.astype(np.int64)
    anchor = Anchor(X, clusters, landmarks, unit_map, device, shard, follows=follows)
    if follows:
        anchor.hold_if_better(model, resp.argmax(1))
    elif is_law:
        anchor.hold()
    return anchor


def continued_anchor(
    model: DeepMixture,
    X: Rows,
    unit_map: UnitMap,
    rng: np.random.RandomState,
    device: torch.device,
    *,
    rows: np.ndarray,
    shard: Shard,
) -> Anchor:
    """What training on is held to: the clusters that the model sees in X."""
    landmarks = choose_landmarks(rows, rng, MAX_LANDMARKS)
    clusters = cluster_rows(model, X, unit_map, device)
    return Anchor(X, clusters, landmarks, unit_map, device, shard)


def choose_landmarks(rows: np.ndarray, rng: np.random.RandomState, n_most: int) -> np.ndarray:
    """At most so many of the rows, in ascending order."""
    if len(rows) <= n_most:
        return np.sort(rows)
    return np.sort(rng.choice(rows, n_most, replace=False))


def active_dimensions(mean: np.ndarray, var: np.ndarray) -> np.ndarray:
    """Which latent dimensions say something about the rows, (d,) bool; all if none does."""
    signal = mean.var(0)
    active = signal >= MIN_SIGNAL * (signal + var.mean(0))
    return active if active.any() else np.ones_like(active)
