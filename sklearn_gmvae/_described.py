# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators' parameters mean for an X: which model, and how to train it."""

from abc import abstractmethod
from functools import partial

import numpy as np
import torch

from sklearn_gmvae import training
from sklearn_gmvae._design import (
    Design,
    check_pictures,
    columns_of,
    resolve_augment,
    resolve_hidden_sizes,
    resolve_image_shape,
    resolve_likelihood,
    resolve_start,
)
from sklearn_gmvae._fitted import FittedDeepMixture
from sklearn_gmvae._table import Table
from sklearn_gmvae.models import Spec, encoder_products


class DescribedDeepMixture(FittedDeepMixture):
    """The part of both estimators that reads their parameters."""

    @abstractmethod
    def _architecture(self, n_features: int, hidden: tuple, likelihood: Spec) -> dict:
        """Keyword arguments of the model's constructor, all plain values, but for the network's
        kind."""

    def _check_parameters(self) -> None:
        """Warn about parameters that are possible and yet of no use."""

    def _resolve_design(
        self,
        X: training.Rows,
        missing: np.ndarray,
        table: Table | None,
        continued_by: str,
        shard: training.Shard,
    ) -> Design:
        """The model that the parameters describe for X, of whose columns these shares are
        ``missing``; where it is ``continued_by`` something, the one there is, which they must
        still describe."""
        fitted = self._design.layout if continued_by else ""
        names = getattr(self, "feature_names_in_", None)
        choose = partial(
            training.choose_likelihood,
            ranks=shard.ranks,
            standardize=self.standardize,
            are_pictures=self.network == "conv"
            or self.image_shape is not None
            or isinstance(self.augment, str),
        )
        layout = resolve_likelihood(self.likelihood, X, names, table, choose, fitted)
        check_pictures(layout, self.network, self.image_shape, self.augment)
        find = partial(training.choose_map, X, layout, self.standardize, shard.ranks, labels=names)
        if not continued_by:
            unit_map = find()
            n_features, has_holes = unit_map.n_units(X.shape[1]), bool(missing.any())
            fills = has_holes and n_features <= training.MAX_FILLED
            holes = {"mask_input": has_holes, "fill_input": fills}
            architecture = self._describe(n_features, layout, unit_map, holes)
            return Design(architecture, unit_map, self.standardize, table)
        unit_map = self._design.unit_map if columns_of(layout) == columns_of(fitted) else find()
        holes = {name: self._design.architecture[name] for name in ("mask_input", "fill_input")}
        architecture = self._describe(unit_map.n_units(X.shape[1]), layout, unit_map, holes)
        self._design.check_unchanged(architecture, self.standardize, continued_by)
        training.check_domain(X, fitted, self.standardize, shard.ranks, labels=names)
        return self._design

    def _describe(
        self, n_features: int, layout: training.Layout, unit_map: training.UnitMap, holes: dict
    ) -> dict:
        """The arguments of the model's constructor, ``holes`` among them."""
        image_shape = resolve_image_shape(self.image_shape, n_features)
        hidden = resolve_hidden_sizes(self.network, self.hidden_layer_sizes, image_shape)
        return {
            **self._architecture(n_features, hidden, training.model_spec(layout, unit_map)),
            "network": self.network,
            "image_shape": image_shape if self.network == "conv" else None,
            **holes,
        }

    def _recipe(
        self,
        shard: training.Shard,
        design: Design,
        device: torch.device,
        missing: np.ndarray,
        warm: bool,
    ) -> training.Recipe:
        """The parameters that say how to train, resolved for a number of rows and a model."""
        n_features = design.architecture["n_features"]
        n_products = encoder_products(
            resolve_image_shape(self.image_shape, n_features), design.architecture["hidden"]
        )
        precision = training.resolve_precision(self.precision, n_products, device)
        pretrain_iter, max_iter = (
            training.resolve_epochs(budget, shard.n_total, self.batch_size)
            if given is None
            else given
            for given, budget in (
                (self.pretrain_iter, training.PRETRAINING),
                (self.max_iter, training.TRAINING),
            )
        )
        recipe = training.Recipe(
            pretraining=training.Phase(
                "pretraining",
                n_epochs=pretrain_iter,
                learning_rate=self.learning_rate,
                prior_weight=training.pretraining_prior_weight,
                precision=precision,
                can_be_shorter=self.pretrain_iter is None,
            ),
            training=training.Phase(
                "training",
                n_epochs=max_iter,
                learning_rate=self.learning_rate,
                # A model that goes on has its prior: no warm-up from the autoencoder's weight.
                prior_weight=(
                    training.full_prior_weight if warm else training.training_prior_weight
                ),
                anchor_weight=training.training_anchor_weight,
                n_samples=self.n_mc_samples,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
                precision=precision,
                can_be_cut=True,
                can_be_shorter=self.max_iter is None,
            ),
            start=None if warm else resolve_start(self.init_params, shard.n, self.n_clusters),
            batch_size=self.batch_size,
            validation_fraction=self.validation_fraction if self.early_stopping else None,
            augment=resolve_augment(
                self.augment,
                self.image_shape,
                self.network,
                design.unit_map,
                n_features,
            ),
            may_miss=bool(missing.any()) or design.unit_map.may_miss,
        )
        if warm:
            return recipe
        return training.with_trial(recipe, design.architecture["likelihood"], shard.n_total)
