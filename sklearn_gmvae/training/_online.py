# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Training on rows that come in chunks: what `train` does with all rows, as they come.

Each chunk is trained on once, when it comes. How far training is, is counted in passes: the rows
that have come over those of one pass, in which rare rows come once. So as many passes over the
chunks of X as `train` makes epochs over X go through the same schedules. What `train` asks all rows
for, the model's units and the start, is asked a bounded sample of those that have come.
"""

import copy
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._anchor import N_UPDATES, Anchor
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._budget import PRETRAINING, TRAINING, resolve_rows
from sklearn_gmvae.training._guide import Guide
from sklearn_gmvae.training._inference import cluster_rows, map_rows
from sklearn_gmvae.training._initialize import MAX_LANDMARKS, one_hot
from sklearn_gmvae.training._loop import ELBOFunction, run_epoch
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._prior_start import start_prior
from sklearn_gmvae.training._ranks import ALONE, Shard
from sklearn_gmvae.training._recipe import Recipe
from sklearn_gmvae.training._row_gaussian import learn_row_gaussian
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._sample import DistinctSample
from sklearn_gmvae.training._schedules import open_ended
from sklearn_gmvae.training._stopping import Caution
from sklearn_gmvae.training._train import Run
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.training._weights import made_on_cpu, seeded
from sklearn_gmvae.utils import ChunkPrinter, own_arithmetic, resolve_device

# Until the start, the map to the model's units is found anew when there are so many times as many
# rows, repeats included.
GROWTH = 1.1
# The same of the Gaussian that fills what is missing, which takes longer.
FILL_GROWTH = 2


class OnlineTraining:
    """The state between chunks.

    Parameters
    ----------
    build_model : callable
        As of `train`.
    find_map : callable
        X -> UnitMap; asked the sample, and with more rows again, until the start.
    recipe : Recipe
        Its phases' numbers of epochs are not looked at.
    pretrain_iter, max_iter : int or None
        Passes of the phases; None: by their budgets.
    seed : int
    device : torch.device

    Attributes
    ----------
    model : DeepMixture
        As trained, in float32.
    unit_map : UnitMap
        To the model's units; fixed from the start on.
    n_rows : int
        Rows that the present phase has been trained on.
    has_started : bool
        Whether the mixture is there; from then on the clusters keep their numbers.
    is_settled : bool
        Whether the schedule is completed: training goes on at a small constant rate.
    """

    unit_map: UnitMap

    @own_arithmetic()
    def __init__(
        self,
        build_model: Callable[..., DeepMixture],
        find_map: Callable[[Rows], UnitMap],
        recipe: Recipe,
        *,
        pretrain_iter: int | None,
        max_iter: int | None,
        seed: int,
        device: torch.device,
    ) -> None:
        self._build_model, self._find_map, self._recipe = build_model, find_map, recipe
        self._pretrain_iter, self._max_iter = pretrain_iter, max_iter
        self.device = device
        self._seed, self._rng = seed, np.random.RandomState(seed)
        weights, self._shuffling = (seeded(torch.device("cpu"), self._rng) for _ in range(2))
        self._noise = seeded(device, self._rng)
        self._augmenting = seeded(device, np.random.RandomState([seed, 1]))
        self._sample: DistinctSample | None = DistinctSample(MAX_LANDMARKS, self._rng.bytes(16))
        self._n_mapped = 0  # rows that had come when the map was found,
        self._n_filled = 0  # and what to expect of missing entries
        self._guide: Guide | None = None
        self._n_followed = 0
        self._follows, self._anchor_weight = False, 1.0
        self._pretraining, self._training = History(), History()
        self._seconds = {"pretraining": 0.0, "start": 0.0, "training": 0.0}
        self._printer: ChunkPrinter | None = None
        self.n_rows = 0
        self.has_started = self.is_settled = False
        self.model = made_on_cpu(build_model, weights).to(device)
        self._begin(recipe.pretraining)

    def _begin(self, phase: Phase) -> None:
        # Epochs are not what it ends by.
        self._phase = replace(phase, n_epochs=0)
        self._optimizer = MixedPrecisionAdam(
            self.model, phase.learning_rate, phase.precision, ALONE
        )
        self._caution = Caution()
        self.n_rows = 0
        self._share_done = 0.0

    @own_arithmetic()
    def take_over(self, model: DeepMixture, unit_map: UnitMap) -> None:
        """Go on with a model that has been trained."""
        self.model = copy.deepcopy(model).float().to(self.device)
        self.unit_map = unit_map
        self.has_started = True
        self._begin(replace(self._recipe.training, rate=open_ended))
        self._settle()

    @property
    def n_distinct(self) -> int:
        """Distinct rows that have come; of many an estimate."""
        return 0 if self._sample is None else self._sample.n_distinct

    @property
    def _n_per_pass(self) -> int:
        return 0 if self._sample is None else self._sample.n_per_pass

    @property
    def n_missing(self) -> int:
        """Rows that have to come before the start; more, if most of them are new ones."""
        if self.has_started:
            return 0
        passes = (PRETRAINING, self._pretrain_iter, self._n_per_pass, self._recipe.batch_size)
        return max(resolve_rows(*passes) - self.n_rows, self.model.n_clusters - self.n_distinct, 0)

    @own_arithmetic()
    def learn(self, X: Rows, missing: np.ndarray) -> int:
        """Train on a chunk, of whose columns these shares are ``missing``; returns the number of
        steps that were not finite and not taken."""
        self._missing = missing
        may_miss = self._recipe.may_miss or bool(missing.any())
        self.model.may_miss = self.model.mask_input or may_miss
        skipped = self._pretraining.n_skipped + self._training.n_skipped
        if self._sample is not None:
            self._sample.add(X)
        if not self.has_started:
            self._update_map()
            if self.n_missing:
                if self._pretrain_iter != 0:
                    self._pretrain(X)
                if not self.n_missing:
                    self._start()
                return self._pretraining.n_skipped - skipped
            self._start()
        self._train(X)
        return self._pretraining.n_skipped + self._training.n_skipped - skipped

    def learn_aloud(self, X: Rows, missing: np.ndarray) -> int:
        """As `learn`; every few seconds a line is printed."""
        if self._printer is None:
            self._printer = ChunkPrinter(self._share_done, self.is_settled)
        had_started = self.has_started
        n_skipped = self.learn(X, missing)
        # A first chunk can end pretraining that is switched off, and then is trained on.
        history = self._training if had_started or self._training.n_iter else self._pretraining
        in_training = history is self._training
        bound = float("nan")
        if history.n_iter:
            bound = history.lower_bound[-1] - self.unit_map.log_volume(X.shape[1], missing)
        self._printer.after_chunk(
            "training" if in_training else "pretraining",
            self._share_done,
            self.is_settled if in_training else self.has_started,
            bound,
            X.shape[0],
        )
        return n_skipped

    def run(self) -> Run:
        """What it has come to; the model is a copy, as `train` returns it."""
        model = copy.deepcopy(self.model)
        model.prior.double()
        return Run(model.eval(), self._pretraining, self._training, dict(self._seconds))

    def _update_map(self) -> None:
        assert self._sample is not None, "there is a sample until the end of the schedule"
        if self._sample.n_total >= GROWTH * self._n_mapped:
            self._n_mapped = self._sample.n_total
            self.unit_map = self._find_map(self._sample.rows)
            self.unit_map.prepare(self.model.likelihood)
        if self._sample.n_total >= FILL_GROWTH * self._n_filled:
            started = perf_counter()
            self._n_filled, X = self._sample.n_total, self._sample.rows
            shard = Shard.alone(X.shape[0])
            learn_row_gaussian(
                self.model, X, self.unit_map, self.device, self._seed,
                rows=np.arange(shard.n), shard=shard,
            )  # fmt: skip
            self._seconds["pretraining"] += perf_counter() - started

    def _pretrain(self, X: Rows) -> None:
        passes = (PRETRAINING, self._pretrain_iter, self._n_per_pass, self._recipe.batch_size)
        elbo = self.model.autoencoder_elbo_at
        self._pass_over(X, elbo, self._pretraining, resolve_rows(*passes), None)

    def _start(self) -> None:
        """From the sample: the mixture, the order of the clusters, and what holds them."""
        started = perf_counter()
        assert self._sample is not None, "there is a sample until the end of the schedule"
        model, unit_map, device = self.model, self.unit_map, self.device
        landmarks = self._sample.rows
        rows = np.arange(landmarks.shape[0])
        assert self._recipe.start is not None, "a new model needs a start"
        anchor = start_prior(
            model,
            landmarks,
            unit_map,
            self._recipe.start,
            self._rng,
            device,
            rows=rows,
            shard=Shard.alone(len(rows)),
        )
        clusters = cluster_rows(model, landmarks, unit_map, device)
        order = np.argsort(-np.bincount(clusters, minlength=model.n_clusters), kind="stable")
        model.permute(torch.from_numpy(order).to(device))
        if anchor is not None:
            votes = one_hot(anchor.clusters, model.n_clusters)[:, order]
            self._guide = Guide(model, landmarks, votes, unit_map, device, decides_itself=True)
            self._follows, self._anchor_weight = anchor.follows, anchor.weight
        self.has_started = True
        self._begin(replace(self._recipe.training, rate=open_ended))
        self._seconds["start"] += perf_counter() - started

    def _train(self, X: Rows) -> None:
        # Of a completed schedule there is no count any more: it stays at its end.
        n_rows = 1
        if not self.is_settled:
            passes = (TRAINING, self._max_iter, self._n_per_pass, self._recipe.batch_size)
            n_rows = resolve_rows(*passes)
        done = min(1.0, max(self.n_rows / n_rows, self._share_done))
        self._follow(done)
        anchor = None
        if self._guide is not None and self._phase.anchor_weight(done):
            clusters = self._guide.clusters(X)
            nobody = np.empty(0, dtype=np.int64)
            anchor = Anchor(
                X, clusters, nobody, self.unit_map, self.device, Shard.alone(len(clusters)),
                follows=False, weight=self._anchor_weight,
            )  # fmt: skip
        self._pass_over(X, self.model.elbo_at, self._training, n_rows, anchor)
        if self.n_rows >= n_rows:
            self._settle()

    def _follow(self, done: float) -> None:
        """As `Anchor.follow`."""
        if not self._follows or done < (self._n_followed + 1) / (N_UPDATES + 1):
            return
        assert self._sample is not None, "there is a sample until the end of the schedule"
        self._n_followed += 1
        model, landmarks = self.model, self._sample.rows
        votes = map_rows(lambda x: model.log_resp(x).exp(), landmarks, self.unit_map, self.device)
        self._guide = Guide(
            model, landmarks, votes, self.unit_map, self.device, decides_itself=False
        )

    def _settle(self) -> None:
        self.is_settled, self.n_rows = True, 1
        self._sample = self._guide = None
        self._follows = False

    def _pass_over(
        self, X: Rows, elbo: ELBOFunction, history: History, n_rows: int, anchor: Anchor | None
    ) -> None:
        """One step for every batch of X, in a phase of ``n_rows`` rows."""
        started = perf_counter()
        augment = None
        if self._recipe.augment is not None:
            change = replace(self._recipe.augment, unit_map=self.unit_map)
            augment = partial(change, generator=self._augmenting)
        size, n = self._recipe.batch_size, X.shape[0]
        model_rows = ModelRows(X, self.unit_map, self.device)
        batches = Batches(model_rows, np.arange(n), size, augment)
        before = self.n_rows + n / batches.n_batches * np.arange(batches.n_batches)
        # Rows that nobody expected make the phase longer, and undo nothing of it.
        progress = np.clip(before / n_rows, self._share_done, 1.0).tolist()
        self.model.train()
        with self._optimizer:
            totals = run_epoch(
                self.model,
                elbo,
                batches,
                self._phase,
                self._optimizer,
                progress,
                caution=self._caution.rate,
                shuffling=self._shuffling,
                noise=self._noise,
                anchor=anchor,
            )
            n_finite, objective, terms = totals.read()
        self.model.eval()
        history.n_skipped += batches.n_batches - n_finite
        self._caution.after_epoch(self._phase, history.n_iter, batches.n_batches, n_finite)
        if n_finite:
            history.append(objective, terms)
            unit_map, D = self.unit_map, X.shape[1]
            missing = unit_map.log_volume(D) - unit_map.log_volume(D, self._missing)
            history.missing_volumes.append(missing)
        self.n_rows += n
        self._share_done = min(max(self.n_rows / n_rows, self._share_done), 1.0)
        self._seconds[self._phase.name] += perf_counter() - started

    # -- pickling: no torch object, and no device --------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = {**vars(self), "_printer": None}  # its clock is this process's
        generators = [state.pop(name) for name in ("_shuffling", "_noise", "_augmenting")]
        tensors = {
            "model": state.pop("model").state_dict(),
            "guide": None if self._guide is None else self._guide.model.state_dict(),
            "moments": state.pop("_optimizer").moments(),
            "generators": [generator.get_state() for generator in generators],
        }
        file = io.BytesIO()
        torch.save(tensors, file)
        return {**state, "device": str(self.device), "_tensors": file.getvalue()}

    @own_arithmetic()
    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        file = io.BytesIO(state.pop("_tensors"))
        vars(self).update(state)
        try:
            self.device = resolve_device(self.device)
        except ValueError:
            self.device = torch.device("cpu")  # the estimator warns
        tensors = torch.load(file, map_location="cpu", weights_only=True)

        def model(weights: dict[str, Any]) -> DeepMixture:
            built = made_on_cpu(self._build_model, torch.Generator())
            built.load_state_dict(weights)
            return built.to(self.device).eval()

        self.model = model(tensors["model"])
        if self._guide is not None:
            self._guide.wake(model(tensors["guide"]), self.device)
        self._optimizer = MixedPrecisionAdam(
            self.model, self._phase.learning_rate, self._phase.precision, ALONE
        )
        self._optimizer.set_moments(tensors["moments"])
        saved_on = torch.device(state["device"])
        self._shuffling, self._noise, self._augmenting = (
            # Another kind of device draws other numbers: there, a new seed from our own generator.
            torch.Generator(device).set_state(saved)
            if kind.type == device.type
            else seeded(device, self._rng)
            for kind, device, saved in zip(
                (torch.device("cpu"), saved_on, saved_on),
                (torch.device("cpu"), self.device, self.device),
                tensors["generators"],
                strict=True,
            )
        )
