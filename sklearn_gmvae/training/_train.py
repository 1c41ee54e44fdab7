# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One model from nothing: pretrain, start, train."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._checkpoint import NO_CHECKPOINT, Checkpoint, Progress
from sklearn_gmvae.training._inference import cluster_rows, row_bounds
from sklearn_gmvae.training._loop import UNWATCHED, fit_module
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._prior_start import continued_anchor, start_prior
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._recipe import Recipe
from sklearn_gmvae.training._row_gaussian import learn_row_gaussian
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._trial import Trial
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.training._watch import Watcher
from sklearn_gmvae.training._weights import made_on_cpu, seeded
from sklearn_gmvae.utils import own_arithmetic


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
    unit_map: UnitMap,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    shard: Shard | None = None,
    watch: Watcher = UNWATCHED,
    warm_model: DeepMixture | None = None,
    competes: bool = False,
    checkpoint: Checkpoint = NO_CHECKPOINT,
) -> Run:
    """Train one model; with ``warm_model``, only continue the training of a
    copy of it.

    ``shard``: which of all ranks' rows X has; None: all there are.
    ``competes``: the run's bound and labels of X are computed, to be compared with other runs'.

    ``checkpoint``: where the run is kept; one that was begun in it goes on, with its own seed. A
    run that is interrupted in training returns what it has come to.

    ``watch`` is told of the phases and epochs. Everything random comes from ``seed``; no global
    generator is read or moved.
    """
    saved = checkpoint.read()
    if saved is not None:
        seed = saved["seed"]
    rng = np.random.RandomState(seed)
    weights, shuffling = (seeded(torch.device("cpu"), rng) for _ in range(2))
    noise = seeded(device, rng)
    generators = [shuffling, noise]
    shard = shard or Shard.alone(X.shape[0])
    n = shard.n_total
    rows = np.arange(n)
    model_rows = ModelRows(X, unit_map, device)
    validation = None
    if recipe.validation_fraction is not None:
        held_out, rows = np.split(rng.permutation(rows), [recipe.n_held_out(n)])
        validation = Batches(model_rows, held_out, recipe.batch_size, shard=shard)
    augment = None
    if recipe.augment is not None:
        # Beside `rng`, so that all else is drawn as it would be without.
        own = seeded(device, np.random.RandomState([seed, 1 + shard.ranks.rank]))
        augment = partial(recipe.augment, generator=own)
        generators.append(own)
    batches = Batches(model_rows, rows, recipe.batch_size, augment, shard)
    if warm_model is None:
        model = made_on_cpu(build_model, weights)
        unit_map.prepare(model.likelihood)
    else:
        model = copy.deepcopy(warm_model).float()
    model.to(device)
    model.may_miss = model.mask_input or recipe.may_miss
    shard.ranks.share(model.parameters())
    trial = None
    if recipe.trial is not None:
        trial = Trial(model, model_rows, rows, recipe, seed=seed, shard=shard)
        generators += trial.generators

    # Of `rng` nothing more is drawn after the start: what goes on there draws the same again.
    progress = Progress(model, generators, seed, checkpoint, shard.ranks)
    if saved is None:
        progress.begin(recipe.phases[0])
    else:
        progress.restore(saved)
        if saved["anchor"] is not None:
            progress.anchor = Anchor.from_state(saved["anchor"], X, unit_map, device, shard)
    del saved
    if warm_model is None:  # also where a checkpoint goes on, which has the parameters only
        learn_row_gaussian(model, X, unit_map, device, seed, rows=rows, shard=shard)
    fit = partial(
        fit_module,
        model,
        shuffling=shuffling,
        noise=noise,
        watch=watch,
        after_step=progress.after_step,
    )

    if trial is not None:
        if progress.phase == "trial":
            progress.trial = trial.run(watch, progress.after_step, progress.loop)
            progress.begin("pretraining")
        else:
            tell_done(watch, trial.phase, progress.trial)
        recipe = trial.shorten(recipe, progress.trial, batches.n_batches)
        del trial  # and its copy of the model
    if warm_model is None:
        if progress.phase == "pretraining":
            progress.pretraining = fit(
                model.autoencoder_elbo_at, batches, recipe.pretraining, resumed=progress.loop
            )
            progress.begin("start")
        else:
            tell_done(watch, recipe.pretraining, progress.pretraining)
    watch.begin_phase("start", 0)
    if progress.phase == "start":
        if warm_model is None:
            assert recipe.start is not None, "a new model needs a start"
            progress.anchor = start_prior(
                model, X, unit_map, recipe.start, rng, device, rows=rows, shard=shard
            )
        else:
            progress.anchor = continued_anchor(
                model, X, unit_map, rng, device, rows=rows, shard=shard
            )
        progress.begin("training")
    watch.end_phase(None)
    if progress.phase == "training":
        progress.training = fit(
            model.elbo_at,
            batches,
            recipe.training,
            anchor=progress.anchor,
            validation=validation,
            resumed=progress.loop,
        )
        if not progress.training.interrupted:
            progress.begin("end")
    else:
        tell_done(watch, recipe.training, progress.training)
    # Mixture arithmetic in double from here on: responsibilities stay exact far from all
    # components, where float32 would lose their differences.
    model.eval().prior.double()
    run = Run(model, progress.pretraining, progress.training, progress.seconds())
    if competes:
        run.lower_bound = shard.mean(row_bounds(model, X, unit_map, device))
        run.labels = cluster_rows(model, X, unit_map, device)
    return run


def tell_done(watch: Watcher, phase: Phase, history: History) -> None:
    """Of a phase that an earlier process has done."""
    watch.begin_phase(phase.name, phase.n_epochs, phase.n_epochs)
    watch.end_phase(history)
