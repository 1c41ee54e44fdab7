# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The fit template of both estimators."""

import copy
from abc import abstractmethod
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from joblib import Parallel, delayed, effective_n_jobs

from sklearn_gmvae import training
from sklearn_gmvae._callbacks import FitTasks, has_bar_of_its_own
from sklearn_gmvae._described import DescribedDeepMixture
from sklearn_gmvae._design import PARAMETER_CONSTRAINTS, Design, check_integers
from sklearn_gmvae._outcome import (
    tell_empty_columns,
    warn_about_interrupt,
    warn_about_outcome,
)
from sklearn_gmvae._resume import checkpoints_of_fit
from sklearn_gmvae._table import Table, merged
from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.utils import (
    EpochPrinter,
    deferred_interrupt,
    own_arithmetic,
    private_random_state,
    resolve_device,
    unchanged_on_error,
)
from sklearn_gmvae.utils._sklearn import fit_context

# Rows on which clusters are compared to find duplicates.
ROWS_COMPARED = 10_000


class BaseDeepMixture(DescribedDeepMixture):
    """Base of VaDEClustering and GMVAEClustering; see them for parameters and attributes."""

    _parameter_constraints = PARAMETER_CONSTRAINTS

    @abstractmethod
    def _mixture_arrays(self, model: DeepMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``weights_``, ``means_`` and ``covariances_``, float64."""

    @unchanged_on_error  # outside: what scikit-learn has put there for callbacks, it removes first
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Cluster X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows to cluster, of any numeric dtype, or a data frame of pandas or polars with
            numbers, booleans, texts and categories (see `likelihood`). NaN, and null in a data
            frame, is a missing entry. An array or memory map is read where it is, and only a batch
            is ever converted to float; of CSR only a batch is ever dense (but on a GPU with room
            for twice X, X is kept there). Other sparse formats are converted to CSR.
        y : array-like of shape (n_samples,), default=None
            Ignored, except that callbacks are told of it: `sklearn.callback.ScoringMonitor` scores
            with it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X has infinite entries, fewer rows than `n_clusters`, a column without any value,
            entries beyond 1e307, masked entries, or values outside the likelihood's domain (for
            "bernoulli" only with ``standardize=False``; then also beyond 1e9); if `device` is not
            there; if the ELBO stays non-finite at every learning rate tried.
        OSError
            If `checkpoint` is no folder that can be written to; before training.

        Warns
        -----
        ConvergenceWarning
            If clusters stayed empty or are not distinct, if steps were not finite and therefore not
            taken, if
            `max_iter` was given together with `tol` and reached before the ELBO settled, or if
            training was interrupted.
        UserWarning
            If GMVAE's `min_information` switches the clusters' term off; if a checkpoint is
            damaged, so that its run begins anew, or was written with other versions or another
            number of threads, or cannot be written any more.

        Notes
        -----
        Where ``torch.distributed`` is initialised, all ranks fit one model: each must call `fit`,
        with the same parameters and its own rows, of one dtype. `labels_` are of its own rows.

        Ctrl-C in training, once there are clusters, ends it after the step under way: the estimator
        is fitted, with the model as it then is, and a warning says so. With `n_init` the runs that
        are done compete, those to come are left out. Before training, on several ranks and in
        processes of `n_jobs` KeyboardInterrupt is raised as usual, and so it is by a second Ctrl-C.
        With `checkpoint` the state is written before, and the same `fit` goes on from there.
        """
        warm = self.warm_start and hasattr(self, "_model")
        with training.all_ranks().agreed():
            check_integers(self.get_params(deep=False))
            self._check_parameters()
            device = resolve_device(self.device)
            if self.checkpoint is not None:
                training.check_folder(self.checkpoint, training.all_ranks())
        given = X
        X, n_missing, table = self._take_rows(X, training.all_ranks(), reset=not warm)
        shard = training.Shard.of(X)
        n_samples = shard.n_total
        missing = shard.ranks.gather(n_missing[None]).sum(0) / n_samples
        self._check_rows(n_samples, missing)
        continued_by = "warm_start=True" if warm else ""
        design = self._resolve_design(X, missing, table, continued_by, shard)
        with shard.ranks.agreed():
            training.check_room(self._model_class, design.architecture)
            recipe = self._recipe(shard, design, device, missing, warm)
        n_runs = 1 if warm else self.n_init
        if shard.ranks.are_several and n_runs > 1 and self.n_jobs not in (None, 1):
            raise ValueError(
                f"n_jobs={self.n_jobs} starts processes of its own, which cannot be ranks of "
                "torch.distributed. Use n_jobs=None where several ranks fit one model."
            )
        warm_model = self._model if warm else None
        # Before a seed is drawn: the state of a given generator is part of what names the files.
        checkpoints = checkpoints_of_fit(self, X, shard, design, recipe, device, warm_model, n_runs)
        seeds = private_random_state(self.random_state).randint(2**31 - 1, size=n_runs)
        seeds = shard.ranks.of_first(seeds)  # where none is given, each has drawn its own
        keep_order = not isinstance(self.init_params, str) or warm
        tasks = FitTasks(self, given, y, n_runs, recipe.phases)
        log_volume = design.unit_map.log_volume(self.n_features_in_, missing)
        as_if = partial(self._as_if_fitted, design, X, device, keep_order, log_volume)
        watchers = tasks.watchers(as_if)
        # One by one on several ranks, also where a joblib context says otherwise.
        n_jobs = 1 if n_runs == 1 or shard.ranks.are_several else self.n_jobs
        runs = train_all(
            (
                delayed(training.train)(
                    partial(self._model_class, **design.architecture),
                    X,
                    design.unit_map,
                    recipe,
                    seed=int(seed),
                    device=device,
                    shard=shard,
                    watch=training.Watchers(self._printer(log_volume, shard, i, n_runs), watcher),
                    warm_model=warm_model,
                    competes=n_runs > 1,
                    checkpoint=checkpoint,
                )
                for i, (seed, watcher, checkpoint) in enumerate(
                    zip(seeds, watchers, checkpoints, strict=True)
                )
            ),
            n_jobs,
        )
        interrupted = len(runs) < n_runs or any(run.training.interrupted for run in runs)
        # A first Ctrl-C waits for what is left; ranks would wait for one that had left.
        waits = not interrupted and not shard.ranks.are_several
        finished = False
        try:
            with deferred_interrupt() if waits else nullcontext():
                best = training.choose_run(runs, X, design.unit_map, shard)
                self._take_model(design, X, shard, device, keep_order, best.model)
                self._export_history(best, log_volume)
                self.lower_bound_ = shard.mean(self._score_samples(X))
                vars(self).pop("_online", None)
                n_found = np.count_nonzero(self._cluster_sizes(self.labels_, shard))
                duplicates = self._duplicate_clusters(X)
                finished = True
        except KeyboardInterrupt:
            if not finished:
                raise
            interrupted = True
        warn_about_outcome(self, best, n_found, duplicates)
        if interrupted:
            warn_about_interrupt(runs, n_runs, has_checkpoint=self.checkpoint is not None)
        elif self.random_state is None:
            for checkpoint in checkpoints:
                checkpoint.remove()  # the next fit is to be another one
        tasks.end()
        return self

    def _printer(
        self, log_volume: float, shard: training.Shard, run: int, n_runs: int
    ) -> EpochPrinter | None:
        if shard.ranks.rank or not (self.verbose or has_bar_of_its_own(self)):
            return None
        title = f"run {run + 1}/{n_runs}, " if n_runs > 1 else ""
        return EpochPrinter(-log_volume, title)

    @own_arithmetic()
    def _take_model(
        self,
        design: Design,
        X: training.Rows,
        shard: training.Shard,
        device: torch.device,
        keep_order: bool | None,
        model: DeepMixture,
    ) -> None:
        """All that predicting needs, from a model; its components are put in order, but for
        ``keep_order=None``, which leaves empty ones where they are too."""
        self.device_ = str(device)
        self._design = replace(design, unit_map=design.unit_map.settled())
        self._model = model
        self.likelihood_ = design.likelihoods(getattr(self, "feature_names_in_", None))
        self.hidden_layer_sizes_ = design.architecture["hidden"]
        self._n_features_out = self.latent_dim
        # By the very code of `predict`: what fit reports is what it answers.
        self.labels_ = self._predict(X)
        if keep_order is not None:
            self._order_components(X, shard, keep_order=keep_order)
        self.weights_, self.means_, self.covariances_ = self._mixture_arrays(self._model)
        self.cluster_centers_ = self._decode(self.means_)

    def _as_if_fitted(
        self,
        design: Design,
        X: training.Rows,
        device: torch.device,
        keep_order: bool,
        log_volume: float,
        model: DeepMixture,
        history: training.History,
    ) -> dict:
        """The attributes that this estimator would have if training had ended with ``model``.

        Of several ranks each looks at its own rows: a callback may be there on one of them only.
        """
        fitted = copy.copy(self)
        model.prior.double()
        alone = training.Shard.alone(X.shape[0])
        fitted._take_model(design, X, alone, device, keep_order, model)
        fitted.history_, fitted.lower_bounds_ = fitted._curves(history, log_volume)
        fitted.n_iter_ = history.n_iter
        given = vars(self)
        return {k: v for k, v in vars(fitted).items() if k not in given or given[k] is not v}

    def _take_rows(
        self, X, ranks: training.Ranks, *, reset: bool
    ) -> tuple[training.Rows, np.ndarray, Table | None]:
        """X as numbers, how many are missing in each column, and how it became numbers if it was a
        data frame of more than them."""
        with ranks.agreed():
            table = Table.of(X) if reset else self._design.table
        if reset:
            table = merged(table, ranks)
        with ranks.agreed():
            return *self._validated(X, table, reset=reset), table

    def _check_rows(self, n_samples: int, missing: np.ndarray) -> None:
        """Raise where rows are too few, or columns have no value; ``missing`` (D,) are shares."""
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_samples={n_samples} should be >= n_clusters={self.n_clusters}. "
                "Lower n_clusters or bring more rows."
            )
        if self.early_stopping and n_samples < 2:
            raise ValueError(
                "early_stopping=True holds out rows and needs at least 2 of them, but "
                f"n_samples={n_samples}. Use early_stopping=False."
            )
        if (missing == 1.0).any():
            names = getattr(self, "feature_names_in_", np.arange(len(missing)))
            raise ValueError(tell_empty_columns(names, missing))

    def _order_components(
        self, X: training.Rows, shard: training.Shard, *, keep_order: bool
    ) -> None:
        """Renumber the components, the one with most rows first (or in the user's order), empty
        ones last, so that labels have no holes."""
        # Again where rows without any entry, as likely from all, have gone to another first one.
        for _ in range(self.n_clusters):
            counts = self._cluster_sizes(self.labels_, shard)
            order = np.argsort((counts == 0) if keep_order else -counts, kind="stable")
            if np.array_equal(order, np.arange(len(order))):
                return
            self._model.permute(torch.from_numpy(order).to(self.device_))
            self.labels_ = self._predict(X)

    def _cluster_sizes(self, labels: np.ndarray, shard: training.Shard) -> np.ndarray:
        """Rows of each cluster on all ranks, (K,)."""
        counts = np.bincount(labels, minlength=self.n_clusters)
        return shard.ranks.gather(counts[None]).sum(0)

    def _duplicate_clusters(self, X: training.Rows) -> list[tuple[int, int]]:
        """Pairs of clusters that share their rows, on rows of X that are evenly spaced."""
        looked_at = X[:: -(-X.shape[0] // ROWS_COMPARED)]
        return training.duplicate_clusters(np.exp(self._log_resp(looked_at)))

    def _export_history(self, run: training.Run, log_volume: float) -> None:
        self.history_, self.lower_bounds_ = self._curves(run.training, log_volume)
        self.pretrain_history_, _ = self._curves(run.pretraining, log_volume)
        self.n_iter_ = run.training.n_iter
        self.fit_seconds_ = run.seconds
        # The default schedule ends with a learning rate of zero: completed is converged.
        cut_short = run.training.stopped or run.training.interrupted
        completed = self.max_iter is None and not cut_short
        self.converged_ = run.training.converged or completed

    def _curves(
        self, history: training.History, log_volume: float
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """A phase's named curves and its ELBO. The loop counts in the model's units; the user's
        density is in X's, and what lies between them, of a row on average, is ``log_volume``."""
        curves, missing = history.arrays(), np.array(history.missing_volumes)
        log_volumes = log_volume - missing if len(missing) else log_volume
        for name in ("reconstruction", "objective", "validation"):
            if name in curves:
                curves[name] = curves[name] - log_volumes
        return curves, np.array(history.lower_bound) - log_volumes


def train_all(runs: Iterable[tuple], n_jobs: int | None) -> list[training.Run]:
    """All runs, joblib's delayed calls; one by one only those up to an interrupt, if there is one
    that has a model by then."""
    if effective_n_jobs(n_jobs) > 1:
        return Parallel(n_jobs=n_jobs)(runs)
    done: list[training.Run] = []
    for function, args, kwargs in runs:
        try:
            done.append(function(*args, **kwargs))
        except KeyboardInterrupt:
            if not done:
                raise
            break
        if done[-1].training.interrupted:
            break
    return done
