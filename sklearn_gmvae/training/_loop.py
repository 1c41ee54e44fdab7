# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The training loop: one plain loop for every phase and both models."""

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from sklearn_gmvae.models import ELBO, DeepMixture
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._batches import Batch, Batches
from sklearn_gmvae.training._loop_state import EpochTotals, Loop
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._ranks import Ranks
from sklearn_gmvae.training._stopping import has_converged, until_interrupted
from sklearn_gmvae.training._watch import Watcher, Watchers

UNWATCHED = Watchers()


class ELBOFunction(Protocol):
    def __call__(self, x: Tensor, noise: Tensor) -> ELBO: ...


def do_nothing(*args: object) -> None:
    """Of what happens nobody is told."""


def fit_module(
    model: DeepMixture,
    elbo: ELBOFunction,
    batches: Batches,
    phase: Phase,
    *,
    shuffling: torch.Generator,
    noise: torch.Generator,
    anchor: Anchor | None = None,
    validation: Batches | None = None,
    watch: Watcher = UNWATCHED,
    after_step: Callable[[Loop, bool], None] = do_nothing,
    resumed: dict[str, Any] | None = None,
) -> History:
    """Maximise ``elbo`` over the batches by Adam; the model is trained in place.

    Parameters
    ----------
    model : DeepMixture
    elbo : callable
        ``model.elbo_at`` or ``model.autoencoder_elbo_at``.
    batches : Batches
    phase : Phase
    shuffling : torch.Generator
        On the CPU: the order of the rows.
    noise : torch.Generator
        On the model's device: the reparameterisation noise.
    anchor : Anchor, optional
        What the clusters of the rows of ``batches.X`` are held to.
    validation : Batches, optional
        Held-out rows. Training then stops when their ELBO has not improved by ``phase.tol``
        for ``phase.n_iter_no_change`` epochs, and the best epoch's parameters are restored.
    watch : Watcher, optional
        Told of the phase and its epochs; can end it.
    after_step : callable, optional
        Called after every step, with the loop and whether it is the last, because the user has
        interrupted it.
    resumed : dict, optional
        `Loop.state` of an earlier process, from which to go on; the generators and the anchor are
        then as they were there.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If steps stay non-finite for `MAX_FAILED_EPOCHS` epochs in a row, or the last epoch had
        no finite step.
    """
    model.train()
    ranks = batches.shard.ranks
    n_steps = max(1, phase.n_epochs * batches.n_batches)
    with MixedPrecisionAdam(model, phase.learning_rate, phase.precision, ranks) as optimizer:
        loop = Loop(optimizer, shuffling, ranks)
        if resumed is not None:
            loop.restore(resumed)
        history, best = loop.history, loop.best
        watch.begin_phase(phase.name, phase.n_epochs, loop.epoch)
        model_now = partial(copy_of_model, model, optimizer)
        with until_interrupted(phase, history, ranks) as is_interrupted:
            for epoch in loop.epochs(phase.n_epochs):
                watch.begin_epoch()
                if anchor is not None and not loop.totals.n_batches:
                    anchor.follow(model, epoch / phase.n_epochs)
                first = epoch * batches.n_batches
                totals = run_epoch(
                    model,
                    elbo,
                    batches,
                    phase,
                    optimizer,
                    [step / n_steps for step in range(first, first + batches.n_batches)],
                    caution=loop.caution.rate,
                    shuffling=shuffling,
                    noise=noise,
                    anchor=anchor,
                    totals=loop.totals,
                    after_step=partial(go_on, loop, after_step, is_interrupted),
                )
                n_finite, mean_objective, terms = totals.read()  # the epoch's one synchronisation
                history.n_skipped += batches.n_batches - n_finite
                loop.caution.after_epoch(phase, epoch, batches.n_batches, n_finite)
                if not n_finite:
                    watch.end_epoch(history, model_now)  # who wants to stop waits for a finite one
                    continue
                history.append(mean_objective, terms)
                if validation is not None:
                    history.validation.append(evaluate(model, elbo, validation))
                    best.update(history.validation, optimizer, phase)
                stop = watch.end_epoch(history, model_now)
                if has_converged(history, phase, best if validation is not None else None):
                    history.converged = True
                    break
                if on_any_rank(stop, ranks):
                    history.stopped = True
                    break
        best.take_back(optimizer)
    model.eval()
    watch.end_phase(history)
    return history


def go_on(
    loop: Loop, after_step: Callable[[Loop, bool], None], is_interrupted: Callable[[], bool]
) -> None:
    """After a step: tell, and leave if the user wants to."""
    leaves = is_interrupted()
    after_step(loop, leaves)
    if leaves:
        loop.history.interrupted = True
        raise KeyboardInterrupt


def run_epoch(
    model: DeepMixture,
    elbo: ELBOFunction,
    batches: Batches,
    phase: Phase,
    optimizer: MixedPrecisionAdam,
    progress: Sequence[float],
    *,
    caution: float,
    shuffling: torch.Generator,
    noise: torch.Generator,
    anchor: Anchor | None,
    totals: EpochTotals | None = None,
    after_step: Callable[[], None] = do_nothing,
) -> EpochTotals:
    """One step for every batch; ``progress`` is the share of the phase done before each,
    ``caution`` that of the learning rate to use, ``totals`` those of the batches that have had
    their step already. The other parameters are those of `fit_module`."""
    ranks = batches.shard.ranks
    totals = EpochTotals(ranks) if totals is None else totals
    first = totals.n_batches
    for batch, done in zip(batches.epoch(shuffling, first), progress[first:], strict=True):
        prior_weight = phase.prior_weight(done)
        model.likelihood.share_scale(prior_weight < 1.0)
        draws = model.draw_noise(phase.n_samples, batch.size, noise)[:, batch.positions]
        bound = elbo(batch.x, draws)
        objective = model.objective(
            bound,
            prior_weight,
            None if anchor is None else anchor.of(batch.rows),
            0.0 if anchor is None else anchor.weight * phase.anchor_weight(done),
            cluster_prior=batch_mean(bound.cluster_prior, model, batch, ranks),
        )
        share = len(batch.rows) / batch.size  # this rank's of the batch
        finite = optimizer.step(objective, phase.rate(done) * caution, share)
        totals.add(bound, objective.detach(), finite, len(batch.rows))
        after_step()
    return totals


def copy_of_model(model: DeepMixture, optimizer: MixedPrecisionAdam) -> DeepMixture:
    """The model as it is in the middle of training, in full precision and for inference."""
    copied = copy.deepcopy(model)
    copied.set_network_precision(torch.float32)
    with torch.no_grad():
        for parameter, value in zip(copied.parameters(), optimizer.values(), strict=True):
            parameter.copy_(value)
    return copied.eval()


def on_any_rank(stop: bool, ranks: Ranks) -> bool:
    """Whether a rank's watcher wants to stop: all do it together, or they would wait forever."""
    if not ranks.are_several:
        return stop
    return bool(ranks.sum(torch.tensor([float(stop)], device="cpu")).item())


def batch_mean(values: Tensor, model: DeepMixture, batch: Batch, ranks: Ranks) -> Tensor | None:
    """The mean over the batch's rows on all ranks; None where this rank has them all, or where the
    model does not ask."""
    if not ranks.are_several or not model.min_information:
        return None
    return ranks.sum(values.detach().sum()) / batch.size


@torch.no_grad()
def evaluate(model: DeepMixture, elbo: ELBOFunction, batches: Batches) -> float:
    """Mean ELBO a row of the rows of ``batches``, with the same noise at every call."""
    model.eval()
    order = torch.Generator().manual_seed(0)
    noise = torch.Generator(batches.X.device).manual_seed(0)
    total = torch.zeros((), dtype=torch.float64, device=batches.X.device)
    for batch in batches.epoch(order):
        draws = model.draw_noise(1, batch.size, noise)[:, batch.positions]
        total += elbo(batch.x, draws).total().sum()
    model.train()
    return batches.shard.ranks.sum(total).item() / batches.n_rows
