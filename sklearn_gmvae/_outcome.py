# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What `fit` has to say of how it ended: warnings that name the parameters that would change it."""

import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_gmvae import training

# How many pairs of clusters are told, and how many names of columns.
MAX_PAIRS_TOLD = 3
MAX_COLUMNS_TOLD = 10
# What to do about clusters that are not there or not distinct.
REMEDY = (
    "train longer (pretrain_iter, max_iter), lower n_clusters, raise n_init or try another "
    "init_params"
)
# 5 frames up: fit's caller, past the function here, fit and its two wrappers.
FITS_CALLER = 5


def warn_about_outcome(
    estimator, run: training.Run, n_found: int, duplicates: list[tuple[int, int]]
) -> None:
    """Warn where ``run`` left less than was asked for: ``n_found`` clusters with rows, pairs of
    clusters that are ``duplicates`` of one another, steps not taken, an ELBO still rising."""
    warn = partial(warnings.warn, category=ConvergenceWarning, stacklevel=FITS_CALLER)
    n_skipped = run.pretraining.n_skipped + run.training.n_skipped
    warn_about_skipped(n_skipped, stacklevel=FITS_CALLER)
    if n_found < estimator.n_clusters:
        warn(
            f"{n_found} distinct clusters found, fewer than n_clusters={estimator.n_clusters}: "
            "no row is assigned to the others. X may have duplicates or be constant; "
            f"otherwise {REMEDY}."
        )
    if duplicates:
        told = ", ".join(f"{i} and {j}" for i, j in duplicates[:MAX_PAIRS_TOLD])
        more = len(duplicates) - MAX_PAIRS_TOLD
        warn(
            f"Clusters {told}{f' and {more} more pairs' if more > 0 else ''} are not distinct: "
            f"they share their rows in the same proportions. {REMEDY.capitalize()}."
        )
    last = run.training
    ended = last.converged or last.stopped or last.interrupted
    if estimator.max_iter is not None and estimator.tol > 0 and not ended:
        warn(
            f"max_iter={estimator.max_iter} epochs were completed before the ELBO gained less "
            f"than tol={estimator.tol} nats a row over n_iter_no_change="
            f"{estimator.n_iter_no_change} epochs. Raise max_iter or tol."
        )


def warn_about_skipped(n_skipped: int, stacklevel: int) -> None:
    """Warn of steps that were not taken; ``stacklevel`` counts from the caller of this."""
    if n_skipped:
        warnings.warn(
            f"{n_skipped} steps had a gradient that was not finite and were not taken. Look "
            "for extreme values in X, lower learning_rate or raise reg_covar.",
            ConvergenceWarning,
            stacklevel=stacklevel + 1,
        )


def warn_about_interrupt(
    runs: Sequence[training.Run], n_runs: int, *, has_checkpoint: bool
) -> None:
    """Warn that of ``n_runs`` only these were trained, the last of them perhaps not to its end; or
    that all were, and the user wanted to stop after."""
    last = runs[-1].training
    where = f"after {last.n_iter} epochs of training" if last.interrupted else "before training"
    if not last.interrupted and len(runs) == n_runs:
        where = "when all training was done"
    elif n_runs > 1:
        where += f" of run {len(runs) + (not last.interrupted)} of {n_runs}"
    again = " With the checkpoint the same fit goes on there." if has_checkpoint else ""
    warnings.warn(
        f"fit was interrupted {where}; the model is what there was by then.{again}",
        ConvergenceWarning,
        stacklevel=FITS_CALLER,
    )


def tell_empty_columns(names: np.ndarray, missing: np.ndarray) -> str:
    """What is wrong with columns without any value; ``missing`` (D,) are shares of their rows."""
    empty = names[missing == 1.0]
    more = f" and {len(empty) - MAX_COLUMNS_TOLD} more" if len(empty) > MAX_COLUMNS_TOLD else ""
    return (
        f"X has no value at all in {len(empty)} of its {len(missing)} columns, "
        f"{', '.join(map(str, empty[:MAX_COLUMNS_TOLD]))}{more}: all their entries are missing. "
        "Leave them out."
    )
