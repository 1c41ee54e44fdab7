# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One model from nothing: pretrain, start, train."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from time import perf_counter

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._augment import Augmentation
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._inference import map_rows, row_bounds
from sklearn_gmvae.training._loop import UNWATCHED, fit_module
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._prior_start import continued_anchor, start_prior
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._watch import Watcher
from sklearn_gmvae.training._weights import made_on_cpu
from sklearn_gmvae.utils import own_arithmetic


@dataclass(frozen=True)
class Recipe:
    """All that a training run needs besides X, the seed and the model.

    Attributes
    ----------
    pretraining, training : Phase
    start : str, ndarray or None
        "auto" or a key of `STARTS`, or labels (n,), or responsibilities (n, K); None where a model
        is continued.
    batch_size : int
    validation_fraction : float or None
        Share of the rows held out for early stopping; None: no early stopping.
    augment : Augmentation or None
        What the rows go through each time that pretraining and training see them; starts, anchors
        and validation see them as they are.
    """

    pretraining: Phase
    training: Phase
    start: str | np.ndarray | None
    batch_size: int
    validation_fraction: float | None
    augment: Augmentation | None = None


@dataclass
class Run:
    """A trained model and what it went through."""

    model: DeepMixture
    pretraining: History
    training: History
    seconds: dict[str, float]
    lower_bound: float = float("nan")
    labels: np.ndarray | None = None


@own_arithmetic()
def train(
    build_model: Callable[..., DeepMixture],
    X: Rows,
    affine: AffineMap,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    shard: Shard | None = None,
    watch: Watcher = UNWATCHED,
    warm_model: DeepMixture | None = None,
    competes: bool = False,
) -> Run:
    """Train one model; with ``warm_model``, only continue the training of a
    copy of it.

    ``shard``: which of all ranks' rows X has; None: all there are.
    ``competes``: the run's bound and labels of X are computed, to be compared with other runs'.

    ``watch`` is told of the phases and epochs. Everything random comes from ``seed``; no global
    generator is read or moved.
    """
    rng = np.random.RandomState(seed)
    weights, shuffling = (seeded(torch.device("cpu"), rng) for _ in range(2))
    noise = seeded(device, rng)
    shard = shard or Shard.alone(X.shape[0])
    n = shard.n_total
    rows = np.arange(n)
    validation = None
    if recipe.validation_fraction is not None:
        rows = rng.permutation(rows)
        n_held_out = round(recipe.validation_fraction * n)
        n_held_out = min(max(n_held_out, 1), n - 1)
        held_out, rows = rows[:n_held_out], rows[n_held_out:]
        validation = Batches(X, held_out, affine, recipe.batch_size, device, shard=shard)
    augment = None
    if recipe.augment is not None:
        # Beside `rng`, so that all else is drawn as it would be without.
        own = seeded(device, np.random.RandomState([seed, 1 + shard.ranks.rank]))
        augment = partial(recipe.augment, generator=own)
    batches = Batches(X, rows, affine, recipe.batch_size, device, augment, shard)
    fit = partial(fit_module, shuffling=shuffling, noise=noise, watch=watch)

    pretraining, anchor = History(), None
    times = [perf_counter()]
    if warm_model is None:
        model = made_on_cpu(build_model, weights).to(device)
        shard.ranks.share(model.parameters())
        pretraining = fit(model, model.autoencoder_elbo_at, batches, recipe.pretraining)
        times.append(perf_counter())
        assert recipe.start is not None, "a new model needs a start"
        watch.begin_phase("start", 0)
        anchor = start_prior(model, X, affine, recipe.start, rng, device, rows=rows, shard=shard)
    else:
        model = copy.deepcopy(warm_model).float().to(device)
        times.append(times[0])
        shard.ranks.share(model.parameters())
        watch.begin_phase("start", 0)
        anchor = continued_anchor(model, X, affine, rng, device, rows=rows, shard=shard)
    watch.end_phase(None)
    times.append(perf_counter())
    training = fit(
        model, model.elbo_at, batches, recipe.training, anchor=anchor, validation=validation
    )
    times.append(perf_counter())
    phases = ("pretraining", "start", "training")
    seconds = {name: b - a for name, (a, b) in zip(phases, pairwise(times), strict=True)}
    # Mixture arithmetic in double from here on: responsibilities stay exact far from all
    # components, where float32 would lose their differences.
    model.prior.double()
    run = Run(model, pretraining, training, seconds)
    if competes:
        run.lower_bound = shard.mean(row_bounds(model, X, affine, device))
        run.labels = map_rows(lambda x: model.log_resp(x).argmax(-1), X, affine, device)
    return run


def seeded(device: torch.device, rng: np.random.RandomState) -> torch.Generator:
    """A generator of its own on ``device``."""
    return torch.Generator(device).manual_seed(int(rng.randint(2**31 - 1)))
