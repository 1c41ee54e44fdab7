# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How long to train networks that would learn their rows by heart: a trial tells.

Before the model is pretrained, it is on nine tenths of the rows, until the bound of the others
gains no more, and put back. The epoch at which that was best is as long as pretraining then is, on
all rows; training is shortened by the same share. No label is asked (doc/notes/data.rst).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.models import LIKELIHOODS, CountLikelihood, DeepMixture, Spec
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._budget import least_epochs
from sklearn_gmvae.training._loop import fit_module
from sklearn_gmvae.training._loop_state import Loop
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._recipe import Recipe
from sklearn_gmvae.training._watch import Watcher
from sklearn_gmvae.training._weights import seeded

# Share of the rows that a trial holds out, and how many they are at least: fewer tell little.
HELD_OUT = 0.1
MIN_HELD_OUT = 20
# Epochs without a gain that end a trial, and as a share of the phase's: its rates rise slowly.
MIN_PATIENCE = 10
PATIENCE = 0.1


def with_trial(recipe: Recipe, likelihood: Spec, n_rows: int) -> Recipe:
    """The recipe for a new model of n rows with a trial, where there is one: not of other
    likelihoods than those of counts, whose held-out bound says little of clusters, and not where
    rows are few."""
    first = recipe.pretraining
    n_held_out = HELD_OUT * (n_rows - recipe.n_held_out(n_rows))
    if not (first.can_be_shorter and is_of_counts(likelihood) and n_held_out >= MIN_HELD_OUT):
        return recipe
    patience = max(MIN_PATIENCE, round(PATIENCE * first.n_epochs))
    return replace(recipe, trial=replace(first, name="trial", n_iter_no_change=patience))


def is_of_counts(likelihood: Spec) -> bool:
    """Whether one likelihood, of counts, is that of all columns."""
    return isinstance(likelihood, str) and issubclass(LIKELIHOODS[likelihood], CountLikelihood)


class Trial:
    """The trial of one run: its rows, and generators beside the run's, which so draws what it would
    without a trial.

    Parameters
    ----------
    model : DeepMixture
        Untrained; so it is again after `run`.
    X : ModelRows
    recipe, seed, shard
        As `train` has them; the recipe has a trial.
    rows : ndarray of int
        Those of all ranks that the run may learn from.

    Attributes
    ----------
    phase : Phase
    generators : list of torch.Generator
        All that the trial draws from.
    """

    def __init__(
        self,
        model: DeepMixture,
        X: ModelRows,
        rows: np.ndarray,
        recipe: Recipe,
        *,
        seed: int,
        shard: Shard,
    ) -> None:
        assert recipe.trial is not None, "a recipe with a trial"
        self.phase = recipe.trial
        self._model = model
        self._untrained = [parameter.detach().clone() for parameter in model.parameters()]
        rng = np.random.RandomState([seed, 0])
        self.generators = [seeded(torch.device("cpu"), rng), seeded(X.device, rng)]
        held_out, others = np.split(rng.permutation(rows), [round(HELD_OUT * len(rows))])
        augment = None
        if recipe.augment is not None:
            own = seeded(X.device, np.random.RandomState([seed, 0, shard.ranks.rank]))
            augment = partial(recipe.augment, generator=own)
            self.generators.append(own)
        size = recipe.batch_size
        self._held_out = Batches(X, held_out, size, shard=shard)
        self._others = Batches(X, others, size, augment, shard)

    def run(
        self,
        watch: Watcher,
        after_step: Callable[[Loop, bool], None],
        resumed: dict[str, Any] | None,
    ) -> History:
        """Train the model, and put it back; see `fit_module`."""
        shuffling, noise = self.generators[:2]
        history = fit_module(
            self._model,
            self._model.autoencoder_elbo_at,
            self._others,
            self.phase,
            shuffling=shuffling,
            noise=noise,
            validation=self._held_out,
            watch=watch,
            after_step=after_step,
            resumed=resumed,
        )
        with torch.no_grad():
            for parameter, value in zip(self._model.parameters(), self._untrained, strict=True):
                parameter.copy_(value)
        return history

    def shorten(self, recipe: Recipe, history: History, n_batches: int) -> Recipe:
        """The recipe, its phases of so many batches an epoch as long as the trial's history says,
        but with as many updates as any network needs; as it was where the trial says nothing."""
        bounds = np.array(history.validation)
        if not np.isfinite(bounds).any():
            return recipe
        best = int(np.where(np.isfinite(bounds), bounds, -np.inf).argmax()) + 1
        if history.stopped and best == len(bounds):  # by a callback, while there were gains
            return recipe
        share, least = best / self.phase.n_epochs, least_epochs(n_batches)

        def shorter(phase: Phase) -> Phase:
            if not phase.can_be_shorter:
                return phase
            n_epochs = max(round(share * phase.n_epochs), min(least, phase.n_epochs))
            return replace(phase, n_epochs=n_epochs)

        return replace(
            recipe, pretraining=shorter(recipe.pretraining), training=shorter(recipe.training)
        )
