# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How parameters move: batches, pretraining, starts, the loop. Knows models, no estimator."""

from sklearn_gmvae.training._affine import (
    AffineMap,
    check_domain,
    choose_likelihood,
    choose_map,
)
from sklearn_gmvae.training._budget import (
    PRETRAIN_UPDATES,
    TRAIN_UPDATES,
    auto_hidden_sizes,
    resolve_epochs,
)
from sklearn_gmvae.training._inference import decode_rows, map_rows, row_bounds, sample_rows
from sklearn_gmvae.training._initialize import STARTS
from sklearn_gmvae.training._loop import History, Phase
from sklearn_gmvae.training._precision import PRECISIONS, resolve_precision
from sklearn_gmvae.training._schedules import (
    pretraining_prior_weight,
    training_prior_weight,
)
from sklearn_gmvae.training._train import Recipe, Run, seeded, train

__all__ = [
    "PRECISIONS",
    "PRETRAIN_UPDATES",
    "STARTS",
    "TRAIN_UPDATES",
    "AffineMap",
    "History",
    "Phase",
    "Recipe",
    "Run",
    "auto_hidden_sizes",
    "check_domain",
    "choose_likelihood",
    "choose_map",
    "decode_rows",
    "map_rows",
    "pretraining_prior_weight",
    "resolve_epochs",
    "resolve_precision",
    "row_bounds",
    "sample_rows",
    "seeded",
    "train",
    "training_prior_weight",
]
