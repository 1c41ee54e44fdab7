# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Chunk by chunk: ``partial_fit`` of both estimators."""

from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_gmvae import training
from sklearn_gmvae._base import BaseDeepMixture
from sklearn_gmvae._design import check_integers
from sklearn_gmvae._outcome import warn_about_skipped
from sklearn_gmvae._table import Table
from sklearn_gmvae.utils import private_random_state, resolve_device, unchanged_on_error
from sklearn_gmvae.utils._sklearn import fit_context


class OnlineDeepMixture(BaseDeepMixture):
    """Base of VaDEClustering and GMVAEClustering; see them for parameters and attributes."""

    @unchanged_on_error  # outside: what scikit-learn has put there for callbacks, it removes first
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Train on one more chunk of rows.

        What `fit` does with all rows, in the same phases: pretraining, start, training. They are
        counted in passes: as many over the chunks of X as `fit` makes epochs over X
        (`pretrain_iter` and `max_iter`) lead through the same schedules. A pass has as many rows
        as have come that are distinct, or, where rare ones come again later than that, as come
        until then; and no fewer than a chunk, which should not hold the same rows several times.
        The units of the model and the start come from a random sample of at most 10,000 rows
        among those seen, distinct ones first, then as often as in one pass. Clusters are there
        once pretraining is done (by default after 5,500 batches of a large X or of rows that
        never repeat, fewer of a small X; `predict` says how many rows are missing until then).
        Their order, by size in the sample, is fixed from then on. In the end training goes on at
        a small constant learning rate; on a fitted estimator that is where it begins.

        The parameters count as they were at the first call. `tol`, `early_stopping`, `n_init` and
        `warm_start` have no effect. With ``likelihood="auto"`` the first chunk decides, of which a
        hundred rows or more tell pictures from other numbers; with
        "bernoulli" values outside the sample's range are clipped, with "categorical" categories
        that neither the first chunk has nor a data frame's dtype count as missing.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Some rows, best several batches of them in random order.
        y : None
            Ignored; here by scikit-learn's convention.

        Returns
        -------
        self : object
            The estimator. Once it has clusters, `labels_` are those of this X, `lower_bounds_`
            and `history_` have an entry for each call since, of which `lower_bound_` is the
            last, and `converged_` says whether the schedule is completed.

        Raises
        ------
        ValueError
            If X has infinite entries, another number of features than before, entries
            beyond 1e307, masked entries, or with ``standardize=False`` values outside the
            likelihood's domain or beyond 1e9; if `init_params` is an
            array, or parameters that the model is built with have changed; or if
            torch.distributed is initialised with several ranks.

        Warns
        -----
        ConvergenceWarning
            If steps were not finite and therefore not taken.

        Notes
        -----
        If a chunk cannot be finished (Ctrl-C, an error in `augment`), answers stay what they were,
        but the next chunk continues from the steps that were taken. Save before a chunk that may
        fail, if that matters.
        """
        check_integers(self.get_params(deep=False))
        self._check_parameters()
        is_first = not hasattr(self, "_online")
        is_new = is_first and not hasattr(self, "_model")
        X, n_missing, table = self._take_rows(X, training.Ranks(), reset=is_new)
        shard = training.Shard.alone(X.shape[0])
        missing = n_missing / X.shape[0]
        if is_first:
            self._online = self._begin_online(X, missing, table, shard)
        else:
            self._resolve_design(X, missing, table, "partial_fit", shard)
        online = self._online
        learn = online.learn_aloud if self.verbose else online.learn
        n_skipped = learn(X, missing)
        if online.has_started:
            run = online.run()
            design = replace(self._design, unit_map=online.unit_map)
            self._take_model(design, X, shard, online.device, None, run.model)
            self._export_history(run, design.unit_map.log_volume(self.n_features_in_))
            self.converged_ = online.is_settled
            # As it was while X was trained on: `score` would take longer than training.
            self.lower_bound_ = float(self.lower_bounds_[-1] if self.n_iter_ else self._score(X))
        warn_about_skipped(n_skipped, stacklevel=4)
        return self

    def _begin_online(
        self,
        X: training.Rows,
        missing: np.ndarray,
        table: Table | None,
        shard: training.Shard,
    ) -> training.OnlineTraining:
        """The state of `partial_fit` before its first chunk."""
        if (n_ranks := training.all_ranks().size) > 1:
            raise ValueError(
                f"partial_fit trains in one process, but torch.distributed has {n_ranks} ranks. "
                "Use fit, which shares the work between them, or end the process group."
            )
        if not isinstance(self.init_params, str):
            raise ValueError(
                "init_params as an array is about rows that are all there: partial_fit expects "
                f"a name, but got an array of shape {np.shape(self.init_params)}. Use fit, or "
                f"one of {['auto', *sorted(training.STARTS)]}."
            )
        is_fitted = hasattr(self, "_model")
        device = resolve_device(self.device)
        continued_by = "partial_fit" if is_fitted else ""
        design = self._resolve_design(X, missing, table, continued_by, shard)
        training.check_room(self._model_class, design.architecture)
        online = training.OnlineTraining(
            partial(self._model_class, **design.architecture),
            partial(
                training.choose_map,
                likelihood=design.layout,
                standardize=self.standardize,
                known=design.unit_map,  # the model has room for the first chunk's categories
            ),
            self._recipe(shard, design, device, missing, warm=False),
            pretrain_iter=self.pretrain_iter,
            max_iter=self.max_iter,
            seed=int(private_random_state(self.random_state).randint(2**31 - 1)),
            device=device,
        )
        if is_fitted:
            online.take_over(self._model, design.unit_map)
        else:
            self._design = design
        return online
