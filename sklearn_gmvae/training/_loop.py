# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The training loop: one plain loop for every phase and both models."""

import copy
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from sklearn_gmvae.models import ELBO, DeepMixture
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._batches import Batch, Batches
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._ranks import Ranks
from sklearn_gmvae.training._stopping import BestEpoch, Caution, has_converged
from sklearn_gmvae.training._watch import Watcher, Watchers

UNWATCHED = Watchers()


class ELBOFunction(Protocol):
    def __call__(self, x: Tensor, noise: Tensor) -> ELBO: ...


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

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If steps stay non-finite for `MAX_FAILED_EPOCHS` epochs in a row, or the last epoch had
        no finite step.
    """
    watch.begin_phase(phase.name, phase.n_epochs)
    model.train()
    ranks = batches.shard.ranks
    history, best, caution = History(), BestEpoch(), Caution()
    n_steps = max(1, phase.n_epochs * batches.n_batches)
    with MixedPrecisionAdam(model, phase.learning_rate, phase.precision, ranks) as optimizer:
        model_now = partial(copy_of_model, model, optimizer)
        for epoch in range(phase.n_epochs):
            watch.begin_epoch()
            if anchor is not None:
                anchor.follow(model, epoch / phase.n_epochs)
            first = epoch * batches.n_batches
            totals = run_epoch(
                model,
                elbo,
                batches,
                phase,
                optimizer,
                [step / n_steps for step in range(first, first + batches.n_batches)],
                caution=caution.rate,
                shuffling=shuffling,
                noise=noise,
                anchor=anchor,
            )
            n_finite, mean_objective, terms = totals.read()  # the epoch's one synchronisation
            history.n_skipped += batches.n_batches - n_finite
            caution.after_epoch(phase, epoch, batches.n_batches, n_finite)
            if not n_finite:
                watch.end_epoch(history, model_now)  # who wants to stop waits for a finite epoch
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
        best.restore(optimizer)
    model.eval()
    watch.end_phase(history)
    return history


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
) -> "EpochTotals":
    """One step for every batch; ``progress`` is the share of the phase done before each,
    ``caution`` that of the learning rate to use. The other parameters are those of `fit_module`."""
    ranks = batches.shard.ranks
    totals = EpochTotals(ranks)
    for batch, done in zip(batches.epoch(shuffling), progress, strict=True):
        draws = model.draw_noise(phase.n_samples, batch.size, noise)[:, batch.positions]
        bound = elbo(batch.x, draws)
        objective = model.objective(
            bound,
            phase.prior_weight(done),
            None if anchor is None else anchor.of(batch.rows),
            phase.anchor_weight(done),
            cluster_prior=batch_mean(bound.cluster_prior, model, batch, ranks),
        )
        share = len(batch.rows) / batch.size  # this rank's of the batch
        finite = optimizer.step(objective, phase.rate(done) * caution, share)
        totals.add(bound, objective.detach(), finite, len(batch.rows))
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


class EpochTotals:
    """Sums over an epoch's finite steps, kept on the device until they are read."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._sums: Tensor | None = None
        self._names: list[str] = []

    def add(self, bound: ELBO, objective: Tensor, finite: Tensor, n_rows: int) -> None:
        terms = bound.terms()
        self._names = list(terms)
        means = torch.stack([objective, *(term.detach().mean() for term in terms.values())])
        if not n_rows:  # another rank's batch: its means are none
            means = torch.zeros_like(means)
        row = torch.cat([means.new_ones(1), means.new_full((1,), n_rows), means * n_rows])
        row = torch.where(finite, row, torch.zeros_like(row)).double()
        self._sums = row if self._sums is None else self._sums + row

    def read(self) -> tuple[int, float, dict[str, float]]:
        """Number of finite steps, mean objective a row, mean of each term a row."""
        assert self._sums is not None, "an epoch has at least one batch"
        n_finite, n_rows, objective, *terms = self._ranks.sum(self._sums).tolist()
        n_finite /= self._ranks.size  # the ranks skip the same steps
        n_rows = max(n_rows, 1.0)
        means = {name: t / n_rows for name, t in zip(self._names, terms, strict=True)}
        return int(n_finite), objective / n_rows, means


@torch.no_grad()
def evaluate(model: DeepMixture, elbo: ELBOFunction, batches: Batches) -> float:
    """Mean ELBO a row of the rows of ``batches``, with the same noise at every call."""
    model.eval()
    order = torch.Generator().manual_seed(0)
    noise = torch.Generator(batches.device).manual_seed(0)
    total = torch.zeros((), dtype=torch.float64, device=batches.device)
    for batch in batches.epoch(order):
        draws = model.draw_noise(1, batch.size, noise)[:, batch.positions]
        total += elbo(batch.x, draws).total().sum()
    model.train()
    return batches.shard.ranks.sum(total).item() / batches.n_rows
