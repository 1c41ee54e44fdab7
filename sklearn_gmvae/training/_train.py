# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One model from nothing: pretrain, start, train."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sklearn
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._gaussian_clusters import gaussian_clusters
from sklearn_gmvae.training._inference import map_rows, row_bounds
from sklearn_gmvae.training._initialize import MAX_LANDMARKS, STARTS, one_hot
from sklearn_gmvae.training._loop import History, Phase, fit_module

# A latent dimension takes part in the start if at least this share of its variance is signal
# (differences between the rows' codes) and not q's own width: an unused one is noise, to which
# a mixture with full covariances, blind to scale, would give as much weight as to the others.
MIN_SIGNAL = 0.1
# In a cluster's first covariance the pooled one counts for this many rows per dimension.
ROWS_OF_POOLED_COVARIANCE = 2


@dataclass(frozen=True)
class Recipe:
    """All that a training run needs besides X, the seed and the model.

    Attributes
    ----------
    pretraining, training : Phase
    start : str or ndarray
        "auto" or a key of `STARTS`, or labels (n,), or responsibilities (n, K).
    batch_size : int
    validation_fraction : float or None
        Share of the rows held out for early stopping; None: no early stopping.
    """

    pretraining: Phase
    training: Phase
    start: str | np.ndarray
    batch_size: int
    validation_fraction: float | None


@dataclass
class Run:
    """A trained model and what it went through."""

    model: DeepMixture
    pretraining: History
    training: History
    lower_bound: float | None


def train(
    build_model: Callable[..., DeepMixture],
    X: np.ndarray,
    affine: AffineMap,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    on_epoch: Callable[[Phase, History], None] | None = None,
    warm_model: DeepMixture | None = None,
    competes: bool = False,
) -> Run:
    """Train one model; with ``warm_model``, only continue its training.

    ``competes``: the run's bound of X is computed, to be compared with other runs'.

    Everything random comes from ``seed``; no global generator is read or moved.
    """
    rng = np.random.RandomState(seed)
    weights, shuffling = (seeded(torch.device("cpu"), rng) for _ in range(2))
    noise = seeded(device, rng)
    rows = np.arange(len(X))
    validation = None
    if recipe.validation_fraction is not None:
        rows = rng.permutation(rows)
        n_held_out = round(recipe.validation_fraction * len(X))
        n_held_out = min(max(n_held_out, 1), len(X) - 1)
        held_out, rows = rows[:n_held_out], rows[n_held_out:]
        validation = Batches(X, held_out, affine, recipe.batch_size, device)
    batches = Batches(X, rows, affine, recipe.batch_size, device)
    common = {"shuffling": shuffling, "noise": noise, "on_epoch": on_epoch}

    pretraining = History()
    if warm_model is None:
        model = build_model(generator=weights).to(device)
        pretraining = fit_module(
            model, model.autoencoder_elbo, batches, recipe.pretraining, **common
        )
        initialize_prior(model, X, affine, recipe, rng, device)
    else:
        model = warm_model.float().to(device)
    training = fit_module(
        model, model.elbo, batches, recipe.training, validation=validation, **common
    )
    # Mixture arithmetic in double from here on: responsibilities stay exact far from all
    # components, where float32 would lose their differences.
    model.prior.double()
    bound = float(row_bounds(model, X, affine, device).mean()) if competes else None
    return Run(model, pretraining, training, bound)


def initialize_prior(
    model: DeepMixture,
    X: np.ndarray,
    affine: AffineMap,
    recipe: Recipe,
    rng: np.random.RandomState,
    device: torch.device,
) -> None:
    """Start the mixture from clusters of the codes of (at most MAX_LANDMARKS) rows."""
    landmarks = np.arange(len(X))
    if len(X) > MAX_LANDMARKS:
        landmarks = np.sort(rng.choice(len(X), MAX_LANDMARKS, replace=False))
    d = model.latent_dims[0]

    def code(x: torch.Tensor) -> torch.Tensor:
        mean, log_var = model.posterior(x)[0]
        return torch.cat([mean, log_var.exp(), model.features(x)], dim=-1)

    codes = map_rows(code, X[landmarks], affine, device)
    mean, var, features = np.split(codes, [d, 2 * d], axis=1)
    if isinstance(recipe.start, str):
        signal = mean.var(0)
        active = signal >= MIN_SIGNAL * (signal + var.mean(0))
        z = mean[:, active] if active.any() else mean
        # Array-API dispatch, if the user has switched it on, is about X, not about our codes.
        with sklearn.config_context(array_api_dispatch=False):
            resp = None
            if recipe.start == "auto" and model.likelihood.name == "gaussian":
                rows = affine.forward(X[landmarks]).astype(np.float64)
                resp = gaussian_clusters(rows, model.n_clusters, rng)
            if resp is None:
                start = "merge" if recipe.start == "auto" else recipe.start
                resp = STARTS[start](z, model.n_clusters, rng)
    elif recipe.start.ndim == 1:
        resp = one_hot(recipe.start[landmarks], model.n_clusters)
    else:
        resp = recipe.start[landmarks]
    arrays = (torch.from_numpy(a).float().to(device) for a in (features, mean, var, resp))
    with torch.no_grad():
        model.initialize_prior(*arrays, shrinkage=float(ROWS_OF_POOLED_COVARIANCE * (d + 1)))


def seeded(device: torch.device, rng: np.random.RandomState) -> torch.Generator:
    """A generator of its own on ``device``."""
    return torch.Generator(device).manual_seed(int(rng.randint(2**31 - 1)))
