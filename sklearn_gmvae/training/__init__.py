# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How parameters move: batches, pretraining, starts, the loop. Knows models, no estimator."""

from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._augment import Augmentation
from sklearn_gmvae.training._auto_likelihood import choose_likelihood
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._budget import (
    PRETRAINING,
    TRAINING,
    auto_convolutions,
    auto_hidden_sizes,
    resolve_epochs,
)
from sklearn_gmvae.training._categories import MAX_CATEGORIES, CategoryMap
from sklearn_gmvae.training._checkpoint import NO_CHECKPOINT, Checkpoint, check_folder
from sklearn_gmvae.training._columns import ColumnsMap
from sklearn_gmvae.training._counts import CountMap
from sklearn_gmvae.training._duplicates import duplicate_clusters
from sklearn_gmvae.training._inference import (
    cluster_rows,
    decode_rows,
    imputed_rows,
    log_resp_rows,
    map_rows,
    row_bounds,
    sample_rows,
)
from sklearn_gmvae.training._initialize import STARTS
from sklearn_gmvae.training._loop import fit_module
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._online import OnlineTraining
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._precision import PRECISIONS, resolve_precision
from sklearn_gmvae.training._ranks import Ranks, Shard, all_ranks
from sklearn_gmvae.training._recipe import Recipe
from sklearn_gmvae.training._restarts import choose_run
from sklearn_gmvae.training._row_gaussian import MAX_FILLED
from sklearn_gmvae.training._rows import Rows, incomplete_rows, some_columns
from sklearn_gmvae.training._schedules import (
    full_prior_weight,
    pretraining_prior_weight,
    training_anchor_weight,
    training_prior_weight,
)
from sklearn_gmvae.training._train import Run, train
from sklearn_gmvae.training._trial import with_trial
from sklearn_gmvae.training._units import (
    Layout,
    Part,
    UnitMap,
    check_domain,
    choose_map,
    layout_of,
    model_spec,
)
from sklearn_gmvae.training._watch import Watcher, Watchers
from sklearn_gmvae.training._weights import (
    build_model,
    check_room,
    export_weights,
    seeded,
    weight_shapes,
)

__all__ = [
    "MAX_CATEGORIES",
    "MAX_FILLED",
    "NO_CHECKPOINT",
    "PRECISIONS",
    "PRETRAINING",
    "STARTS",
    "TRAINING",
    "Watcher",
    "Watchers",
    "AffineMap",
    "Augmentation",
    "Batches",
    "CategoryMap",
    "ColumnsMap",
    "CountMap",
    "Checkpoint",
    "History",
    "Layout",
    "ModelRows",
    "OnlineTraining",
    "Part",
    "Phase",
    "Ranks",
    "Recipe",
    "Rows",
    "Run",
    "Shard",
    "UnitMap",
    "auto_convolutions",
    "all_ranks",
    "auto_hidden_sizes",
    "build_model",
    "check_domain",
    "check_folder",
    "check_room",
    "choose_likelihood",
    "choose_map",
    "choose_run",
    "cluster_rows",
    "decode_rows",
    "duplicate_clusters",
    "export_weights",
    "fit_module",
    "imputed_rows",
    "incomplete_rows",
    "full_prior_weight",
    "layout_of",
    "log_resp_rows",
    "map_rows",
    "model_spec",
    "pretraining_prior_weight",
    "resolve_epochs",
    "resolve_precision",
    "row_bounds",
    "sample_rows",
    "seeded",
    "some_columns",
    "train",
    "with_trial",
    "training_anchor_weight",
    "training_prior_weight",
    "weight_shapes",
]
